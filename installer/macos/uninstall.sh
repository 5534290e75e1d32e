#!/bin/sh
# Takes nexkit off this Mac: sudo sh uninstall.sh [--managed] [ROOT]
#
# --managed: also what the organisation put into /Library/Application Support/nexkit, and the receipts of its packages.
# ROOT: the root of another volume. Users' own files (settings, keys, results) stay where they are.
set -eu

managed_too=no
if [ "${1:-}" = "--managed" ]; then
    managed_too=yes
    shift
fi
root="${1:-}"
root="${root%/}"
app="$root/Applications/nexkit.app"
managed="$root/Library/Application Support/nexkit"

if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then
    echo "only an administrator can uninstall nexkit: sudo sh $0" >&2
    exit 1
fi

# Only what leads into our own folder is ours.
case "$(readlink "$root/usr/local/bin/nexkit" 2>/dev/null || true)" in
    /Applications/nexkit.app/*) rm -f "$root/usr/local/bin/nexkit" ;;
esac
if grep -qs '^exec /Applications/nexkit.app/' "$root/usr/local/bin/nexkit-pack"; then
    rm -f "$root/usr/local/bin/nexkit-pack"
fi
rm -rf "$app"

forget() {
    # Without pkgutil (another system's volume) there are no receipts to take away.
    command -v pkgutil >/dev/null 2>&1 || return 0
    pkgutil --volume "${root:-/}" --pkgs="$1" 2>/dev/null | while read -r package; do
        pkgutil --volume "${root:-/}" --forget "$package"
    done
}

forget '^io\.nexkit\.pkg$'
if [ "$managed_too" = yes ]; then
    rm -rf "$managed"
    forget '^io\.nexkit\.pkg\.'
fi
