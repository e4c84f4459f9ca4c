#!/usr/bin/env bash
# Installs the Debian (or Ubuntu) packages named, but only those that are missing.
#
#   debian.sh PACKAGE…       debian.sh --refresh: only brings the lists of packages up to date
#
# A service that comes with a package (rsyslog is one) is neither started now nor at the next boot:
# the tests start their own, and this may be somebody's laptop.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
readonly policy=/usr/sbin/policy-rc.d

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo --preserve-env=DEBIAN_FRONTEND "$@"
    else
        echo "This needs root or sudo: $*" >&2
        exit 1
    fi
}

apt() {
    as_root apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# maintainer scripts ask policy-rc.d before they start anything; 101 means no. An answer that is there already is left.
forbid_services() {
    [ -e "$policy" ] && return
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    trap 'as_root rm -f "$policy"' EXIT
}

if ! command -v apt-get >/dev/null; then
    echo "No apt-get here. On Debian and Ubuntu these packages would be installed: $*" >&2
    exit 1
fi
if [ "${1:-}" = --refresh ]; then
    apt update
    exit
fi

missing=()
for package in "$@"; do
    installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit

echo "Debian packages to install: ${missing[*]}"
forbid_services
apt update
apt install --no-install-recommends "${missing[@]}"
[ -d /run/systemd/system ] || exit 0
for package in "${missing[@]}"; do
    case "$package" in
    chrony) as_root systemctl disable --quiet --now chrony.service || true ;;
    rsyslog) as_root systemctl disable --quiet --now rsyslog.service syslog.socket || true ;;
    prometheus) as_root systemctl disable --quiet --now prometheus.service || true ;;
    esac
done
