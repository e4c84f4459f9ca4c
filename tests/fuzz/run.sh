#!/usr/bin/env bash
# Runs one fuzz target for a time, or keeps what the runs have found.
#
#   run.sh list                        the targets
#   run.sh run TARGET SECONDS          what it finds new goes to target/fuzz/corpus, what breaks to target/fuzz/crashes
#   run.sh keep TARGET                 the smallest inputs that reach as much, from there into tests/fuzz/corpus
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly here=tests/fuzz work=target/fuzz toolchain=nightly
readonly most=40000 # bytes of a corpus in the tree; replay.rs refuses 60000
PATH=$PWD/target/tools/cargo/bin:$PATH
# thin LTO would double the time of the build
export CARGO_PROFILE_RELEASE_LTO=off

targets() { sed -n 's/^name = "\(.*\)"$/\1/p' <(sed -n '/^\[\[bin\]\]/,$p' $here/Cargo.toml); }
build() { cargo +$toolchain fuzz "$1" --fuzz-dir $here --target-dir $work/build --features libfuzzer "${@:2}"; }

readonly what=${1:-list} target=${2:-}
if [ "$what" != list ] && ! targets | grep -qx "$target"; then
    printf 'No fuzz target %s. There are:\n' "${target:-is named: T=…}" >&2
    targets | sed 's/^/  /' >&2
    exit 64
fi
readonly found=$work/corpus/$target crashes=$work/crashes/$target kept=$here/corpus/$target
# shellcheck disable=SC2054
readonly bounds=(-max_len=4096 -timeout=20 -rss_limit_mb=1024 -malloc_limit_mb=200)

case $what in
list)
    echo "Fuzz targets (make fuzz T=TARGET SECONDS=600):"
    for name in $(targets); do
        printf '  %-10s %s\n' "$name" "$(sed -n '1s/^\/\/! //p' "$here/targets/$name.rs")"
    done
    ;;
run)
    readonly seconds=${3:-600}
    mkdir -p "$found" "$crashes"
    echo "Building $target with the fuzzer (a few minutes the first time)"
    build build "$target"
    echo "Running $target for $seconds s. New inputs go to $found, what breaks to $crashes"
    if ! build run "$target" "$found" "$kept" -- "${bounds[@]}" -max_total_time="$seconds" -print_final_stats=1 \
        -artifact_prefix="$crashes/"; then
        echo "$target broke; the input is in $crashes. Once repaired, keep it as $here/crashes/$target/WHAT-IT-WAS" >&2
        exit 1
    fi
    echo "make fuzz-keep T=$target takes what was found into the tree"
    ;;
keep)
    mkdir -p "$found"
    merged=$(mktemp -d)
    trap 'rm -rf "$merged"' EXIT
    cp "$kept"/seed-* "$merged"
    # as few as reach every branch that the others reach, however often
    build run "$target" "$merged" "$kept" "$found" -- -set_cover_merge=1 -use_counters=0 "${bounds[@]}" -max_len=1024
    rm "$merged"/seed-*
    find "$kept" -type f ! -name 'seed-*' -delete
    size=$(cat "$kept"/* | wc -c)
    # the shortest first, as many as there is room for
    find "$merged" -type f -printf '%s %f\n' | sort -n | while read -r bytes name; do
        size=$((size + bytes))
        [ "$size" -le "$most" ] || break
        cp "$merged/$name" "$kept/$name"
    done
    echo "$kept: $(find "$kept" -type f | wc -l) inputs, $(cat "$kept"/* | wc -c) bytes"
    ;;
*)
    sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 64
    ;;
esac
