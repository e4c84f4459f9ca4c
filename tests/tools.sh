#!/usr/bin/env bash
# Brings what the tests, the checks or the release builds need, and nothing that is there already.
#
#   tests/tools.sh run | test | check | fuzz | release | deb | image | image-test | bench | budget
#
# Debian's packages are installed by name (as root, or through sudo); everything else goes into target/tools.
# Called by the Makefile; a second call takes a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly here=tests/tools
# what cargo needs: ring and zstd are partly C, and crates come over HTTPS
readonly build=(gcc libc6-dev ca-certificates)

case "${1:-}" in
run)
    $here/debian.sh "${build[@]}"
    ;;
test)
    # real receivers, their TLS drivers, a clock that can be set for one process, and the CEF parsers that read our lines back
    $here/debian.sh "${build[@]}" rsyslog rsyslog-gnutls rsyslog-openssl rsyslog-relp openssl python3-venv faketime liblognorm-utils
    # kill, which sends a signal by its name
    $here/debian.sh procps
    # the firmware's network and clock: a packet filter, a DHCP server at the other end of a cable, a time server
    $here/debian.sh nftables iproute2 chrony
    # the package busybox has no DHCP server
    busybox udhcpd --help 2>&1 | grep -q Usage || $here/debian.sh busybox-static
    # disks that lose power and fail: ext4 on loop devices, in mount namespaces
    $here/debian.sh e2fsprogs mount util-linux
    # a browser that looks at the page, and promtool, which reads its metrics
    $here/debian.sh chromium prometheus
    $here/npm.sh tests/browser browser
    $here/python.sh tests/parsers/requirements.txt
    $here/syslog-ng.sh || { $here/debian.sh --refresh && $here/syslog-ng.sh; }
    ;;
check)
    $here/debian.sh "${build[@]}" git
    $here/cargo.sh cargo-deny 0.20.2
    ;;
fuzz)
    # libFuzzer is C++
    $here/debian.sh "${build[@]}" g++
    $here/cargo.sh cargo-fuzz 0.13.2
    $here/nightly.sh
    ;;
release)
    # zig is the C compiler and linker of both machines; qemu runs the one that this machine is not
    $here/debian.sh "${build[@]}" python3-venv qemu-user-static
    $here/python.sh image/requirements.txt
    $here/rust-targets.sh x86_64-unknown-linux-musl aarch64-unknown-linux-musl
    ;;
deb)
    $here/debian.sh "${build[@]}" dpkg systemd
    $here/cargo.sh cargo-deb 3.8.0
    ;;
image)
    # everything else that makes an image is pinned in image/debian.lock and unpacked, not installed
    $here/debian.sh dpkg apt ca-certificates debian-archive-keyring git python3
    ;;
image-test)
    # machines that are emulated whole, with the firmware that starts a disk, and a time server, which may lie
    $here/debian.sh "${build[@]}" rsyslog openssl mtools fdisk qemu-system-arm qemu-system-x86 ovmf qemu-efi-aarch64 u-boot-qemu ipxe-qemu chrony faketime
    ;;
bench)
    # those that siembox is measured beside, and what floods its page; perf, which counts syncs, is used where it is there
    $here/debian.sh "${build[@]}" rsyslog python3 wrk
    $here/syslog-ng.sh || { $here/debian.sh --refresh && $here/syslog-ng.sh; }
    ;;
budget)
    # the runner has to be of the same version as gungraun in Cargo.lock
    $here/debian.sh "${build[@]}" python3 valgrind
    $here/cargo.sh gungraun-runner "$(sed -n '/^name = "gungraun"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)"
    ;;
*)
    sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 64
    ;;
esac
