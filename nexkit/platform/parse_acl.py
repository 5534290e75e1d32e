"""Access control lists of macOS in the form of acl_to_text(3)."""

_CHANGES = frozenset(
    {"write", "append", "delete", "delete_child", "writeattr", "writeextattr", "writesecurity", "chown"}
)
"""For folders `write` is to add a file and `append` to add a folder."""
_FIELDS = 6


def gives_changes(text: bytes) -> bool:
    """Whether an entry allows a change to anybody but root; an entry of another form counts as one that does.

    Lines are `user:UUID:name:id:allow[,flags]:rights`; the first is `!#acl 1`.
    """
    for line in text.decode("utf-8", "replace").splitlines():
        if not line or line.startswith("!#acl"):
            continue
        parts = line.split(":")
        if len(parts) != _FIELDS:
            return True
        kind, _uuid, _name, its_id, effect, rights = parts
        words = effect.split(",")
        if words[0] == "deny" or "only_inherit" in words or (kind == "user" and its_id == "0"):
            continue
        if _CHANGES & set(rights.split(",")):
            return True
    return False
