#!/usr/bin/env bash
# Makes sure that static binaries can be built for the targets named.
#
# Ordinarily rustup brings their standard library. Where rustup can fetch nothing, Debian's own Rust (the packages with
# "web" in their names, kept new for browsers) is unpacked into target/tools/rust-web, with the library's source:
# image/static.sh then builds the standard library too. STD=source takes that way even where rustup could be asked.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here web=target/tools/rust-web

has_std() {
    compgen -G "$(rustc --print target-libdir --target "$1")/libstd-*.rlib" >/dev/null
}

missing=()
for target in "$@"; do
    has_std "$target" || missing+=("$target")
done
if [ "${STD:-}" != source ]; then
    [ ${#missing[@]} -eq 0 ] && exit
    command -v rustup >/dev/null && timeout 300 rustup target add "${missing[@]}" && exit
    echo "rustup can't bring ${missing[*]} here"
fi
[ -e "$web/complete" ] && exit
echo "Taking Debian's Rust and the source of its standard library"
if ! apt-cache show rustc-web rust-web-src >/dev/null 2>&1; then
    "$here/debian.sh" --refresh
    apt-cache show rustc-web rust-web-src >/dev/null || {
        echo "No rustc-web in this system's package lists either. Cure: rustup target add $*" >&2
        exit 1
    }
fi

# what Debian would install for it here (libraries that this machine lacks among them), and its own parts in any case
packages() {
    printf '%s\n' rustc-web rust-web-src
    apt-cache depends --recurse --important rustc-web | grep -E '^lib(std-rust-web|llvm)'
    apt-get --simulate install --no-install-recommends rustc-web rust-web-src | sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

rm -rf "$web"
mkdir -p "$web/debs"
mapfile -t packages < <(packages | sort -u)
download() { (cd "$web/debs" && apt-get -q -o APT::Sandbox::User=root -o Acquire::Retries=3 download "${packages[@]}"); }
download || { "$here/debian.sh" --refresh && download; }
for deb in "$web"/debs/*.deb; do
    case "$deb" in
    # of the whole compiler's source only the library's, a twelfth of it
    */rust-web-src_*) dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$web" --wildcards './usr/lib/*' './usr/src/*/library/*' ;;
    *) dpkg-deb --extract "$deb" "$web" ;;
    esac
done
rm -r "$web/debs"
touch "$web/complete"
