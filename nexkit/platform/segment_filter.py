"""The packet filter of the segment probe in classic BPF: of all frames, those few that it reads.

Let through are ARP replies, IPv4 datagrams to the DHCP client's port, router advertisements without extension headers,
LLDP and CDP. All else stays in the kernel, so that a busy network costs nothing.
"""

import struct

_LD, _LDX, _JMP, _RET = 0x00, 0x01, 0x05, 0x06
_W, _H, _B = 0x00, 0x08, 0x10
_ABS, _IND, _MSH = 0x20, 0x40, 0xA0
_JEQ, _JSET = 0x10, 0x40
_WHOLE = 0x40000

_TYPE = _LD | _H | _ABS
_IS = _JMP | _JEQ
_HAS = _JMP | _JSET

# Each: code, jumps if true and if false (instructions to pass over), operand.
_PROGRAM = (
    (_TYPE, 0, 0, 12),  # 0: the EtherType
    (_IS, 3, 0, 0x0806),  # 1: ARP -> 5
    (_IS, 20, 0, 0x88CC),  # 2: LLDP -> 23
    (_IS, 3, 0, 0x0800),  # 3: IPv4 -> 7
    (_IS, 9, 13, 0x86DD),  # 4: IPv6 -> 14, else -> 18
    (_TYPE, 0, 0, 20),  # 5: the ARP operation
    (_IS, 16, 15, 2),  # 6: a reply -> 23, else 22
    (_LD | _B | _ABS, 0, 0, 23),  # 7: the protocol
    (_IS, 0, 13, 17),  # 8: UDP, else 22
    (_TYPE, 0, 0, 20),  # 9: flags and fragment offset
    (_HAS, 11, 0, 0x1FFF),  # 10: a later fragment -> 22
    (_LDX | _B | _MSH, 0, 0, 14),  # 11: the length of the IPv4 header
    (_LD | _H | _IND, 0, 0, 16),  # 12: the destination port
    (_IS, 9, 8, 68),  # 13: the DHCP client's -> 23, else 22
    (_LD | _B | _ABS, 0, 0, 20),  # 14: the next header
    (_IS, 0, 6, 58),  # 15: ICMPv6, else 22
    (_LD | _B | _ABS, 0, 0, 54),  # 16: its type
    (_IS, 5, 4, 134),  # 17: a router advertisement -> 23, else 22
    (_LD | _W | _ABS, 0, 0, 0),  # 18: the destination
    (_IS, 0, 2, 0x01000CCC),  # 19: CDP's group, else 22
    (_TYPE, 0, 0, 4),  # 20: its end
    (_IS, 1, 0, 0xCCCC),  # 21: -> 23, else 22
    (_RET, 0, 0, 0),  # 22: no
    (_RET, 0, 0, _WHOLE),  # 23: yes
)
FILTER = b"".join(struct.pack("=HBBI", *instruction) for instruction in _PROGRAM)
"""As the kernel wants it: struct sock_filter, one after the other."""
