#!/usr/bin/env bash
# Licences, bans and sources of the dependencies (.cargo/deny.toml), and the advisories against them.
#
# The database of advisories has to be fetched; where it can't be, that is said and passed over.
# ADVISORIES=required makes that an error.
set -euo pipefail
deny() { target/tools/cargo/bin/cargo-deny --locked "$@"; }

deny check --hide-inclusion-graph bans licenses sources
if timeout 120 target/tools/cargo/bin/cargo-deny --log-level off fetch db; then
    deny check advisories
else
    echo "PASSED OVER: advisories. The RustSec database can't be fetched from here; CI with network, or you, should run this again."
    [ "${ADVISORIES:-}" != required ]
fi
