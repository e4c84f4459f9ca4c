#!/usr/bin/env bash
# Puts the Python packages of one requirements file into target/tools/venv: the machine's own Python stays as it is.
#
#   python.sh NAME      reads python-NAME.txt beside this file
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here wanted=$here/python-$1.txt
readonly venv=${TOOLS:-target/tools}/venv
readonly done_list=$venv/installed-$1.txt

"$venv/bin/python" -c '' 2>/dev/null || rm -rf "$venv"
cmp -s "$wanted" "$done_list" && exit

[ -d "$venv" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
cp "$wanted" "$done_list"
