#!/usr/bin/env bash
# Puts the Python packages of one requirements file into target/tools/venv: the machine's own Python stays as it is.
#
#   python.sh REQUIREMENTS
set -euo pipefail
readonly wanted=$1
readonly venv=target/tools/venv
done_list=$venv/installed-$(echo "$wanted" | tr / -)
readonly done_list

"$venv/bin/python" -c '' 2>/dev/null || rm -rf "$venv"
cmp -s "$wanted" "$done_list" && exit

[ -d "$venv" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted"
cp "$wanted" "$done_list"
