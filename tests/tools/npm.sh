#!/usr/bin/env bash
# Puts the npm packages that a folder's lock file names into target/tools/NAME, exactly those versions. Node and npm are
# Debian's, where there are none yet.
#
#   npm.sh FOLDER NAME
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly folder=$1 tools=target/tools/$2

if ! { command -v node && command -v npm; } >/dev/null; then
    tests/tools/debian.sh nodejs npm
fi
[ -d "$tools/node_modules" ] && cmp -s "$folder/package-lock.json" "$tools/package-lock.json" && exit

mkdir -p "$tools"
cp "$folder/package.json" "$tools/"
cp "$folder/package-lock.json" "$tools/"
(cd "$tools" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error) || { rm -f "$tools/package-lock.json"; exit 1; }
