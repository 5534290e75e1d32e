#!/bin/sh
# Installs nexkit for all users of this computer, or takes it away again. What is unpacked also runs as it is: ./nexkit
#
#     sudo ./install.sh                  to /opt/nexkit, with links in /usr/local/bin and an entry in the menu
#     sudo ./install.sh --uninstall      leaves nothing but users' own data (~/.local/share/nexkit)
#
# A folder managed/ beside this file (profile.toml, profile.toml.sig, org_signers, ...) goes to the organisation's place,
# /etc/xdg/nexkit. A profile that the program would refuse ends the installation with status 2, and nothing is changed.
set -eu
umask 022

PROGRAM=/opt/nexkit
NEW=$PROGRAM.new
OLD=$PROGRAM.old
MANAGED=/etc/xdg/nexkit
BIN=/usr/local/bin
SHARE=/usr/local/share
NEEDS_GLIBC="{glibc}"

main() {
    case "${1-}" in
    "") work=install_it ;;
    --uninstall) work=uninstall ;;
    *) fail 2 "usage: install.sh [--uninstall]" ;;
    esac
    [ "$(id -u)" = 0 ] || fail 1 "only root may do that: sudo $0 $*"
    if dpkg-query -S $PROGRAM/nexkit >/dev/null 2>&1; then
        fail 1 "$PROGRAM belongs to the package nexkit; take that away first: apt-get remove nexkit"
    fi
    $work
}

install_it() {
    from=$(cd "$(dirname "$0")" && pwd -P)
    [ "$from" != $PROGRAM ] || fail 1 "this is what is installed; run install.sh of an archive"
    found=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2)
    lower=$(printf '%s\n%s\n' $NEEDS_GLIBC "${found:-0}" | sort -V | head -n1)
    [ "$lower" = $NEEDS_GLIBC ] || fail 1 "needs glibc $NEEDS_GLIBC or newer; here is ${found:-another C library}"

    trap 'rm -rf $NEW' EXIT
    rm -rf $NEW
    mkdir -p /opt
    cp -R "$from" $NEW
    chown -R root:root $NEW
    chmod -R u=rwX,go=rX $NEW
    install_managed
    # What an earlier archive has put into the organisation's place goes with the program all the same.
    if [ -d $PROGRAM/managed ] && [ ! -e $NEW/managed ]; then cp -R $PROGRAM/managed $NEW/managed; fi
    rm -rf $OLD
    if [ -e $PROGRAM ]; then mv $PROGRAM $OLD; fi
    mv $NEW $PROGRAM
    rm -rf $OLD

    mkdir -p $BIN
    for program in $(programs); do ln -sfn $PROGRAM/"$program" $BIN/"$program"; done
    shared | while read -r name place; do install -D -m 644 $PROGRAM/share/"$name" $SHARE/"$place"; done
    renew_caches
    echo "nexkit is installed: $BIN/nexkit"
}

# The program that is about to be installed checks the profile: all of it gets there, or nothing changes.
install_managed() {
    if [ -e $NEW/managed/profile.toml ]; then
        $NEW/nexkit profile install $NEW/managed
    elif [ -e $MANAGED/profile.toml ]; then
        $NEW/nexkit profile install
    fi
    managed_files $NEW | while read -r file; do install -D -m 644 $NEW/managed/"$file" $MANAGED/"$file"; done
}

uninstall() {
    for program in $(programs); do
        if [ "$(readlink $BIN/"$program")" = $PROGRAM/"$program" ]; then rm -f $BIN/"$program"; fi
    done
    shared | while read -r name place; do rm -f $SHARE/"$place"; done
    managed_files $PROGRAM | while read -r file; do rm -f $MANAGED/"$file"; done
    rmdir $MANAGED/certificates $MANAGED 2>/dev/null || true
    rm -rf $PROGRAM $NEW $OLD
    renew_caches
    echo "nexkit is taken away"
}

# What is started by name.
programs() {
    for program in "$PROGRAM"/nexkit*; do
        if [ -f "$program" ] && [ -x "$program" ]; then basename "$program"; fi
    done
}

# Each file of share/, and its place in a system's.
shared() {
    echo nexkit.desktop applications/nexkit.desktop
    echo nexkit.svg icons/hicolor/scalable/apps/nexkit.svg
    echo "{id}.metainfo.xml metainfo/{id}.metainfo.xml"
    echo nexkit.1 man/man1/nexkit.1
}

managed_files() {
    if [ -d "$1"/managed ]; then (cd "$1"/managed && find . -type f); fi
}

# Where the desktop keeps any; it finds new files without, only later.
renew_caches() {
    update-desktop-database -q $SHARE/applications 2>/dev/null || true
    gtk-update-icon-cache -q -t $SHARE/icons/hicolor 2>/dev/null || true
}

fail() {
    status=$1
    shift
    echo "install.sh: $*" >&2
    exit "$status"
}

main "$@"
