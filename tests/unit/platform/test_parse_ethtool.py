"""The drivers' answers about cables, laid out as linux/ethtool.h has them."""

import re
import struct
from pathlib import Path

import pytest

from nexkit.facts.network import Duplex
from nexkit.platform.parse_ethtool import SPEED_OF_MODE, LinkMode, mask_words, read_link_settings

DATA = Path(__file__).parents[2] / "data" / "linux"
WORDS = 4
GIGABIT_MODES = (0, 1, 2, 3, 4, 5)
FAST_ETHERNET_MODES = (0, 1, 2, 3)
NO_SPEEDS = (6, 7, 13)


def mask(*modes):
    return sum(1 << mode for mode in modes).to_bytes(4 * WORDS, "little")


def answer(*, speed=1000, duplex=1, negotiates=1, supported=(), partner=(), words=WORDS):
    header = struct.pack("=IIBBBBBBBbBBBB28x", 0x4C, speed, duplex, 0, 1, negotiates, 0, 0, 0, words, 0, 0, 0, 0)
    return header + mask(*supported) + mask(*supported) + mask(*partner) + bytes(100)


def test_every_mode_of_the_kernel_has_the_speed_in_its_name():
    named = dict(line.split() for line in (DATA / "ethtool_link_modes.txt").read_text().splitlines())
    speeds = {int(number): re.match(r"([0-9]+)base", name) for number, name in named.items()}
    assert {number: int(found[1]) for number, found in speeds.items() if found} == SPEED_OF_MODE


def test_a_gigabit_port_at_a_fast_ethernet_switch():
    found = read_link_settings(
        answer(speed=100, supported=(*GIGABIT_MODES, *NO_SPEEDS), partner=(*FAST_ETHERNET_MODES, *NO_SPEEDS))
    )
    assert found == LinkMode(
        speed_bit_s=1e8, duplex=Duplex.FULL, auto_negotiation=True, port_max_bit_s=1e9, partner_max_bit_s=1e8
    )


def test_a_cable_below_what_both_ends_can_do():
    found = read_link_settings(answer(speed=100, supported=GIGABIT_MODES, partner=GIGABIT_MODES))
    assert (found.speed_bit_s, found.port_max_bit_s, found.partner_max_bit_s) == (1e8, 1e9, 1e9)


def test_a_port_set_by_hand_to_half_duplex():
    found = read_link_settings(answer(speed=10, duplex=0, negotiates=0, supported=GIGABIT_MODES))
    assert (found.speed_bit_s, found.duplex, found.auto_negotiation) == (1e7, Duplex.HALF, False)
    assert found.partner_max_bit_s is None


@pytest.mark.parametrize("speed", [0, 0xFFFFFFFF])
def test_what_the_driver_does_not_know_is_not_known(speed):
    """As a virtual machine's driver answers while nothing is set."""
    found = read_link_settings(answer(speed=speed, duplex=0xFF, negotiates=0))
    assert found == LinkMode(speed_bit_s=None, duplex=None)


def test_the_kernel_tells_the_length_of_its_masks_by_a_negative_number():
    assert mask_words(answer(words=-4)) == 4
    assert mask_words(answer(words=0)) == 0


def test_an_answer_without_masks_has_no_abilities():
    assert read_link_settings(answer(words=0)).port_max_bit_s is None
