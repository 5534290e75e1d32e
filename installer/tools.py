"""The programs of others that packages are built and tried with, and the Debian packages that have them."""

FREEZE_LINUX = {"patchelf": "patchelf", "objdump": "binutils"}
LINUX = {"dpkg-deb": "dpkg", "xz": "xz-utils", "objdump": "binutils"}
MSI = {
    "wixl": "wixl",
    "msibuild": "msitools",
    "msiinfo": "msitools",
    "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64",
}
SIGN = {"osslsigncode": "osslsigncode"}
WINE = {
    "wine": "wine",
    "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64",
    "xvfb-run": "xvfb",
    "xauth": "xauth",
}
TRIALS = {
    "msiextract": "msitools",
    "mmdebstrap": "mmdebstrap",
    "desktop-file-validate": "desktop-file-utils",
    "appstreamcli": "appstream",
}
ALL = FREEZE_LINUX | LINUX | MSI | SIGN | WINE | TRIALS
