"""macOS: access control lists beside the mode bits (acl(3))."""

import ctypes
import errno
import os
import sys
from pathlib import Path

from nexkit.platform.parse_acl import gives_changes

assert sys.platform == "darwin"  # noqa: S101  mypy reads this file for macOS alone

_EXTENDED = 0x100
"""ACL_TYPE_EXTENDED, the only type that macOS has."""


def others_may_change(path: Path) -> bool:
    """Whether an entry of the list lets anybody change the file or folder; without a list the mode says it all."""
    library = ctypes.CDLL(None, use_errno=True)
    library.acl_get_link_np.argtypes = (ctypes.c_char_p, ctypes.c_int)
    library.acl_get_link_np.restype = ctypes.c_void_p
    library.acl_to_text.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    library.acl_to_text.restype = ctypes.c_void_p
    library.acl_free.argtypes = (ctypes.c_void_p,)
    found = library.acl_get_link_np(os.fsencode(path), _EXTENDED)
    if not found:
        code = ctypes.get_errno()
        if code in {errno.ENOENT, errno.ENOTSUP}:  # no list; a file system without lists
            return False
        raise OSError(code, os.strerror(code), str(path))
    try:
        text = library.acl_to_text(found, None)
        if not text:
            return True  # what cannot be judged is not trusted
        try:
            return gives_changes(ctypes.string_at(text))
        finally:
            library.acl_free(text)
    finally:
        library.acl_free(found)
