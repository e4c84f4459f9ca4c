#!/usr/bin/env bash
# Builds the binaries that are shipped: one file each, static, that runs on any Linux of its machine.
#
#   image/static.sh [x86_64] [aarch64]      →  target/release-static/siembox-<machine>
#
# musl for the C library, zig as C compiler and linker (tests/tools.sh release brings it). The standard library is rustup's
# where rustup has it for the target, else (or with STD=source) it is built from the source that came with Debian's Rust.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly tools=$PWD/target/tools out=target/release-static
[ $# -gt 0 ] || set -- x86_64 aarch64

targets=()
for machine in "$@"; do targets+=(--target "$machine-unknown-linux-musl"); done

has_std() {
    compgen -G "$(rustc --print target-libdir --target "$1-unknown-linux-musl")/libstd-*.rlib" >/dev/null
}
from_rustup=yes
[ "${STD:-}" = source ] && from_rustup=no
for machine in "$@"; do has_std "$machine" || from_rustup=no; done

# position independent, so that its addresses are drawn anew at each start, and no folder of the build machine in it
flags=(-Crelocation-model=pic -Clink-arg=-pie
    "--remap-path-prefix=$PWD=." "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo")
build_std=()
if [ $from_rustup = no ]; then
    web=$tools/rust-web
    [ -e "$web/complete" ] || { echo "Nothing here to build ${targets[*]} with. Cure: make tools-release" >&2; exit 1; }
    lib=$(dirname "$(compgen -G "$web/usr/lib/*/librustc_driver-*.so")")
    export RUSTC=$web/usr/bin/rustc LD_LIBRARY_PATH=$lib RUSTC_BOOTSTRAP=1
    build_std=("-Zbuild-std=std,panic_unwind")
    # musl and its start files are zig's
    flags+=(-Clink-self-contained=no "--remap-path-prefix=$web=rust")
fi
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS PATH=$tools/venv/bin:$PATH

cargo zigbuild "${build_std[@]}" --locked --profile dist --bin siembox "${targets[@]}"

mkdir -p "$out"
for machine in "$@"; do
    install -m 755 "target/$machine-unknown-linux-musl/dist/siembox" "$out/siembox-$machine"
done
ls -l "$out"
