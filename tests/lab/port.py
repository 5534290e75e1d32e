"""A network port with a cable of its own in user space: a tap that tells by ethtool what its driver would find out.

    port.py '{"socket": 3, "device": "port0", "mbit_s": 100, "half": false, "port_mbit_s": 1000, ...}'

`socket` is a packet socket on the device at the cable's other end; frames are copied between the two until ended.
"""

import ctypes
import fcntl
import json
import os
import select
import socket
import struct
import sys

_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI = 0x2, 0x1000
_SIOCETHTOOL = 0x8946
_SET_LINK_SETTINGS = 0x4D
_MODES = {10: 0b11, 100: 0b1111, 1000: 0b11_1111}
"""By the most that a port can do, the modes up to there (linux/ethtool.h: 10baseT_Half is bit 0)."""
_FRAME_BYTES = 65_536


def open_port(settings: dict) -> int:
    """The tap of this network; gone when it is closed."""
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    name = settings["device"].encode()
    fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", name, _IFF_TAP | _IFF_NO_PI))
    own, other = _MODES[settings["port_mbit_s"]], _MODES[settings["partner_mbit_s"]]
    head = struct.pack(
        "=IIBBBBBBBbBBBB28x",
        _SET_LINK_SETTINGS,
        settings["mbit_s"],
        not settings["half"],
        *(0, 0, 1, 0, 0, 0, 4),
        *[0] * 4,
    )
    told = head + b"".join(mask.to_bytes(16, "little") for mask in (own, own, other))
    memory = ctypes.create_string_buffer(told, len(told))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCETHTOOL, struct.pack("16sP16x", name, ctypes.addressof(memory)))
    return tap


def main() -> None:
    """Copy frames until ended."""
    settings = json.loads(sys.argv[1])
    tap = open_port(settings)
    cable = socket.socket(fileno=settings["socket"])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        readable, _, _ = select.select((tap, cable), (), ())
        try:
            if tap in readable:
                cable.send(os.read(tap, _FRAME_BYTES))
            if cable in readable:
                os.write(tap, cable.recv(_FRAME_BYTES))
        except (BlockingIOError, OSError):
            continue  # a queue is full, or the port is not up yet: the frame is lost, as on any link


if __name__ == "__main__":
    main()
