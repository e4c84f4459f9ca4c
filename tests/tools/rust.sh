#!/usr/bin/env bash
# Says in one sentence what to do where Rust is missing or too old. Installs nothing by itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
readonly wanted
readonly cure="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y"

if ! command -v cargo >/dev/null; then
    printf 'siembox needs Rust %s or newer, and there is no cargo here. This brings it:\n\n    %s\n\nThen call make again.\n' "$wanted" "$cure" >&2
    exit 1
fi
found=$(rustc --version | cut -d' ' -f2)
if [ "$(printf '%s\n' "$wanted" "${found%%-*}" | sort -V | head -n1)" != "$wanted" ]; then
    printf 'siembox needs Rust %s or newer; here is %s. This brings it:\n\n    %s\n\n' "$wanted" "$found" \
        "$(command -v rustup >/dev/null && echo 'rustup update stable' || echo "$cure")" >&2
    exit 1
fi
