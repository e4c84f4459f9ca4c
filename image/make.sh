#!/usr/bin/env bash
# The image of one board, with the siembox that belongs on it built first.
#
#   image/make.sh BOARD [SIEMBOX] [--debug]      →  target/image/siembox-<board>-<version>[-debug].img
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly board=${1:-} siembox=${2:-}
shift $(($# < 2 ? $# : 2))

if [ -z "$board" ] || [ ! -e "board/$board.toml" ]; then
    exec image/build.py ${board:+"$board"}
fi
if [ -n "$siembox" ]; then
    exec image/build.py "$board" --siembox "$siembox" "$@"
fi
machine=$(sed -n 's/^machine = "\(.*\)"$/\1/p' "board/$board.toml")
tests/tools.sh release
image/static.sh "$machine"
image/notices.py > target/release-static/NOTICES
exec image/build.py "$board" "$@"
