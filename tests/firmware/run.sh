#!/usr/bin/env bash
# Builds the images of a board that QEMU plays, and runs what is told of it in tests/firmware.
#
#   tests/firmware/run.sh BOARD stories         all of it, the plug pulled twice
#   tests/firmware/run.sh BOARD first-boot      only the one in which all goes well
#   tests/firmware/run.sh BOARD rollback        only updates, kept and taken back
#   tests/firmware/run.sh BOARD cuts N          the plug pulled N times
#   tests/firmware/run.sh BOARD figures         what it costs, measured on the debug image
#
# SIEMBOX=file takes that binary instead of building it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly board=$1 what=$2
case "$board" in qemu-aarch64 | qemu-x86_64 | generic-aarch64 | generic-x86_64) ;; *)
    echo "BOARD=$board: QEMU plays qemu-aarch64, qemu-x86_64, generic-aarch64 and generic-x86_64; raspberry-pi-3 is tried along with the first" >&2
    exit 64 ;;
esac
export BOARD=$board

make_image() { image/make.sh "$1" "${SIEMBOX:-}" "${@:2}"; }
tell() { cargo test --locked --test firmware -- --ignored --nocapture "$@"; }

make_image "$board"
case "$what" in
stories)
    make_image "$board" --debug
    if [ "$board" = qemu-aarch64 ]; then make_image raspberry-pi-3; fi
    cargo test --locked --test shipped image:: -- --ignored
    tell --test-threads=2
    ;;
first-boot) tell first_boot ;;
rollback) tell --test-threads=1 rollback ;;
cuts) CUTS=$3 tell power_cut ;;
figures) make_image "$board" --debug && cargo bench --locked --profile dev --bench firmware ;;
*) sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 64 ;;
esac
