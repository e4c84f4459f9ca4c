#!/usr/bin/env bash
# Builds one tool of crates.io, of one version, into target/tools/cargo/bin.
#
#   cargo.sh NAME VERSION
set -euo pipefail
readonly name=$1 version=$2
tools=$(mkdir -p "target/tools" && cd "target/tools" && pwd)
readonly tools

[ "$("$tools/cargo/bin/$name" --version 2>/dev/null)" = "$name $version" ] && exit

echo "Building $name $version (once, a minute or two)"
# they run for seconds: unoptimized, they are there in a third of the time
export CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_STRIP=true
CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --root "$tools/cargo" "$name@$version"
rm -rf "$tools/build"
