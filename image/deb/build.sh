#!/usr/bin/env bash
# Debian packages of the binaries that image/static.sh built; what is in them: [package.metadata.deb] in Cargo.toml.
#
#   image/deb/build.sh [x86_64] [aarch64]      →  target/deb/siembox_<version>_<amd64|arm64>.deb
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
[ $# -gt 0 ] || set -- x86_64 aarch64

rm -rf target/deb
image/notices.py > target/release-static/NOTICES
for machine in "$@"; do
    target/tools/cargo/bin/cargo-deb --quiet --locked --no-build --no-strip --profile dist \
        --target "$machine-unknown-linux-musl" --output target/deb/
done
ls -l target/deb
