#!/usr/bin/env bash
# Says what to do where there is no nightly Rust, which the fuzzer's instrumentation needs. Installs nothing by itself.
set -euo pipefail

if ! rustc +nightly --version >/dev/null 2>&1; then
    printf 'Fuzzing needs a nightly Rust beside the stable one. This brings it:\n\n    %s\n\nThen call make again.\n' \
        'rustup toolchain install nightly --profile minimal' >&2
    exit 1
fi
