"""Who may change a file of Windows, read from its security descriptor (MS-DTYP 2.4)."""

import struct

_TRUSTED = frozenset(
    {
        "S-1-5-18",  # SYSTEM
        "S-1-5-32-544",  # Administrators
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",  # NT SERVICE\TrustedInstaller
    }
)
_CHANGES = 0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x10000 | 0x40000 | 0x80000 | 0x2000000 | 0x10000000 | 0x40000000
"""Write or add a file, append or add a folder, extended attributes, delete a child, attributes, DELETE, WRITE_DAC,
WRITE_OWNER, MAXIMUM_ALLOWED, GENERIC_ALL, GENERIC_WRITE."""
_ALLOWED = frozenset({0, 9})
"""ACCESS_ALLOWED_ACE_TYPE and its kind with a condition."""
_HARMLESS = frozenset({1, 2, 10, 13, 17, 18, 19, 20})
"""Denied, audited, labelled: nothing of these gives a right."""
_INHERIT_ONLY = 0x8
_HAS_DACL = 0x4
_HEADER = struct.Struct("<BBHIIII")
_ACL = struct.Struct("<BBHHH")
_ACE = struct.Struct("<BBHI")


def who_may_change(descriptor: bytes) -> frozenset[str]:
    """Identifiers (SIDs) besides system and administrators that may change the object, its owner among them.

    ValueError for bytes that are no self-relative descriptor, or have entries that cannot be judged.
    """
    try:
        return frozenset(_changers(descriptor)) - _TRUSTED
    except (struct.error, IndexError):
        raise ValueError("no security descriptor") from None


def _changers(descriptor: bytes) -> set[str]:
    _revision, _, control, owner_at, _group_at, _sacl_at, dacl_at = _HEADER.unpack_from(descriptor)
    found = {_sid(descriptor, owner_at)} if owner_at else {"no owner"}
    if not control & _HAS_DACL or not dacl_at:
        return found | {"S-1-1-0"}  # without a list everybody may do everything
    _acl_revision, _, _size, count, _ = _ACL.unpack_from(descriptor, dacl_at)
    at = dacl_at + _ACL.size
    for _number in range(count):
        kind, flags, size, mask = _ACE.unpack_from(descriptor, at)
        if size < _ACE.size:
            raise ValueError("an entry without a size")
        if kind not in _ALLOWED | _HARMLESS:
            raise ValueError("an entry of an unknown kind")
        if kind in _ALLOWED and mask & _CHANGES and not flags & _INHERIT_ONLY:
            found.add(_sid(descriptor, at + _ACE.size))
        at += size
    return found


def _sid(descriptor: bytes, at: int) -> str:
    revision, count = descriptor[at], descriptor[at + 1]
    authority = int.from_bytes(descriptor[at + 2 : at + 8])
    parts = struct.unpack_from(f"<{count}I", descriptor, at + 8)
    return "-".join(["S", str(revision), str(authority), *map(str, parts)])
