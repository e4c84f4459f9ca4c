#!/bin/sh
# Unpacks Debian's (or Ubuntu's) syslog-ng-core beside the tests, into target/tools/syslog-ng.
#
# Why not install it: syslog-ng-core and rsyslog conflict as packages, and the tests send to both.
# Runs as any user, needs apt and dpkg-deb and the package lists (apt-get update); does nothing when it is all there.
set -eu

here=$(cd "$(dirname "$0")/../.." && pwd)
place="$here/target/tools/syslog-ng"
binary="$place/usr/sbin/syslog-ng"

runs() {
    # Asks the unpacked program for its version with the libraries that were unpacked beside it.
    [ -x "$binary" ] || return 1
    libraries=$(find "$place/usr/lib" "$place/lib" -type d 2>/dev/null | tr '\n' ':')
    LD_LIBRARY_PATH=$libraries "$binary" --version >/dev/null 2>&1
}

if runs; then
    exit 0
fi

for tool in apt-get dpkg-deb; do
    command -v "$tool" >/dev/null || {
        echo "syslog-ng.sh: $tool is missing: these tests need Debian or Ubuntu" >&2
        exit 1
    }
done

# What an installation would bring: the package and the libraries that this machine lacks. Nothing is installed.
packages=$(apt-get --simulate --no-install-recommends install syslog-ng-core 2>/dev/null | sed -n 's/^Inst \([^ ]*\).*/\1/p')
# Where the package is installed already, only it itself is fetched, so that the tests find it in the one place they look.
packages=${packages:-syslog-ng-core}
case " $(echo $packages) " in
    *" syslog-ng-core "*) ;;
    *)
        echo "syslog-ng.sh: apt knows no syslog-ng-core: run apt-get update, or enable the universe component" >&2
        exit 1
        ;;
esac

fresh="$place.new"
rm -rf "$fresh"
mkdir -p "$fresh/packages" "$fresh/root"
chmod 755 "$fresh/packages"
# APT::Sandbox::User: as root apt would fetch as _apt, who may not write here.
# shellcheck disable=SC2086 # one word per package
(cd "$fresh/packages" && apt-get -q -o APT::Sandbox::User=root download $packages)
for package in "$fresh"/packages/*.deb; do
    dpkg-deb --extract "$package" "$fresh/root"
done
rm -rf "$place"
mv "$fresh/root" "$place"
rm -rf "$fresh"

runs || {
    echo "syslog-ng.sh: $binary was unpacked but does not start:" >&2
    libraries=$(find "$place/usr/lib" "$place/lib" -type d 2>/dev/null | tr '\n' ':')
    LD_LIBRARY_PATH=$libraries "$binary" --version >&2 || true
    exit 1
}
