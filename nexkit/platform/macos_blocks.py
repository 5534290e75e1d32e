"""Calls back from the system's libraries: a block is a structure with a function in it.

Written from the ABI of blocks (clang.llvm.org/docs/Block-ABI-Apple.html).
"""

import ctypes
import sys
from collections.abc import Callable
from typing import Any

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

_BLOCK_IS_GLOBAL = 1 << 28


class _Descriptor(ctypes.Structure):
    _fields_ = (("reserved", ctypes.c_ulong), ("size", ctypes.c_ulong))


class Block(ctypes.Structure):
    """A block that refers to nothing outside, which the system takes as it stands."""

    _fields_ = (
        ("isa", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("reserved", ctypes.c_int),
        ("invoke", ctypes.c_void_p),
        ("descriptor", ctypes.POINTER(_Descriptor)),
    )


_kept: list[Any] = []
"""What the system may still call after the answer came too late; what was cancelled calls nothing more."""


def pointer_of(library: ctypes.CDLL, name: str) -> int:
    """The value of a variable of a library that holds a pointer; ValueError where the library has none."""
    return ctypes.c_void_p.in_dll(library, name).value or 0


def class_of_global_blocks(system: ctypes.CDLL) -> int:
    """The address of the class; ValueError where the library has none."""
    return ctypes.addressof(ctypes.c_void_p.in_dll(system, "_NSConcreteGlobalBlock"))


def make_block(isa: int, function: Callable[..., None], *argument_types: Any) -> Block:  # noqa: ANN401  ctypes' types
    """A block of the class `isa` that calls a function with these arguments, from any thread; kept for ever."""
    invoke = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *argument_types)(lambda _block, *values: function(*values))
    descriptor = _Descriptor(0, ctypes.sizeof(Block))
    block = Block(isa, _BLOCK_IS_GLOBAL, 0, ctypes.cast(invoke, ctypes.c_void_p), ctypes.pointer(descriptor))
    _kept.append((invoke, descriptor, block))
    return block
