"""A lock on an open file that ends with the program, however it ends."""

import errno
import os
import sys

_BYTE = 0x7FFF_0000
"""Windows locks ranges, against reading too: one beyond anything that is written."""


def lock_file(descriptor: int) -> None:
    """Lock it until it is closed; BlockingIOError where another program has it, OSError.

    flock(2); on Windows LockFile by way of the C library.
    """
    if sys.platform == "win32":
        import msvcrt

        at = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from None
        finally:
            os.lseek(descriptor, at, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
