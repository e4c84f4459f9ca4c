#!/usr/bin/env bash
# The fault stories in their long form, one after the other, and the one table that they make.
#
#   tests/soak.sh [N]        N times the numbers that the stories stand for (default 1; 0.1 is a tenth)
#
# Rows go to target/soak/rows.jsonl, the table to target/soak/soak.md. A story that fails does not keep the others from their
# turn; the exit code says so at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly scale="${1:-1}" rows=target/soak/rows.jsonl table=target/soak/soak.md

mkdir -p target/soak
rm -f "$rows" "$table"
export SIEMBOX_SOAK="$PWD/$rows" SIEMBOX_SOAK_SCALE="$scale"
failed=0

# scaled COUNT: the scaled count, for the tests that have a count of their own in the environment
scaled() { awk -v count="$1" -v scale="$scale" 'BEGIN {n = int(count * scale + 0.5); print n < 1 ? 1 : n}'; }

# story TARGET [FILTER…]: the tests of a target whose names hold one of these words
story() {
    local target=$1
    shift
    [ -e "tests/$target.rs" ] || [ -e "tests/$target/main.rs" ] || return 0
    echo "──── $target $*"
    cargo test --locked --release --test "$target" -- --nocapture --test-threads=1 "$@" || failed=1
}

cargo build --locked --release --package siembox-support --bin soak-table

story stories crash:: restarts:: early_ends:: dense:: relp_kills:: nemesis:: poison:: silence:: names:: backlog:: clock:: faulty_disk:: event_hubs::
SIEMBOX_CUTS=$(scaled 20) story stories power::
SIEMBOX_CUTS=$(scaled 100) story spool power_cut::
SIEMBOX_CASES=$(scaled 1000) story model

target/release/soak-table "$rows" "$table"
exit "$failed"
