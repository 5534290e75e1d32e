import pytest

from nexkit.texts.numbers import bit_rate, byte_size, difference, duration, milliseconds, percent, quantity, zone


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0.00 ms"),
        (0.424, "0.42 ms"),
        (1, "1.0 ms"),
        (12.34, "12.3 ms"),
        (100, "100 ms"),
        (410.4, "410 ms"),
        (1999, "1999 ms"),
        (2000, "2.0 s"),
        (2431, "2.4 s"),
    ],
)
def test_durations(value, text):
    assert milliseconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0 %"), (0.004, "0.4 %"), (0.05, "5.0 %"), (0.1, "10 %"), (0.38, "38 %"), (1, "100 %")],
)
def test_shares(value, text):
    assert percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0 bit/s"),
        (999, "999 bit/s"),
        (1000, "1.0 kbit/s"),
        (940_000, "940 kbit/s"),
        (18_900_000, "18.9 Mbit/s"),
        (1.2e9, "1.2 Gbit/s"),
        (940e6, "940 Mbit/s"),
    ],
)
def test_rates(value, text):
    assert bit_rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0 B"), (420, "420 B"), (84_000, "84.0 kB"), (12_500_000, "12.5 MB"), (2e9, "2.0 GB")],
)
def test_amounts_of_data(value, text):
    assert byte_size(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"), [(None, "dBm", "–"), (-61, "dBm", "-61 dBm"), (36, "", "36"), (0, "B", "0 B")]
)
def test_quantities(value, unit, text):
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0.0 s"),
        (4.24, "4.2 s"),
        (95, "95 s"),
        (2400, "40 min"),
        (19_800, "5.5 h"),
        (1_036_800, "12.0 d"),
    ],
)
def test_times(value, text):
    assert duration(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0041, "+0.004 s"), (-9.5, "-9.500 s"), (-95, "-95 s"), (19_800, "+5.5 h"), (-90_000, "-25.0 h")],
)
def test_a_difference_has_a_sign(value, text):
    assert difference(value) == text


@pytest.mark.parametrize(
    ("offset_s", "text"), [(32_400, "UTC+09:00"), (0, "UTC+00:00"), (-12_600, "UTC-03:30"), (20_700, "UTC+05:45")]
)
def test_time_zones(offset_s, text):
    assert zone(offset_s) == text
