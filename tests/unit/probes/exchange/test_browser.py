from nexkit.address import Family
from nexkit.facts.reach import FamilyLookup, ReachAttempt
from nexkit.outcome import Failure, FailureKind
from probes.exchange.browser import browser_choice

SIX, OTHER_SIX = "2001:db8::1", "2001:db8::2"
FOUR, OTHER_FOUR = "198.18.0.1", "198.18.0.2"


def connects(address, connect_ms):
    return ReachAttempt(address=address, connect_ms=connect_ms, tls=None, http=None, failure=None)


def fails(address, after_ms, kind=FailureKind.TIMEOUT):
    failure = Failure(kind=kind, step="connect")
    return ReachAttempt(
        address=address, connect_ms=None, tls=None, http=None, failure=failure, failed_after_ms=after_ms
    )


def looked_up(four_ms, six_ms, *, no_six=False):
    nothing = Failure(kind=FailureKind.NAME_NO_DATA, step="resolve")
    return {
        Family.IPV4: FamilyLookup(took_ms=four_ms, failure=None),
        Family.IPV6: FamilyLookup(took_ms=six_ms, failure=nothing if no_six else None),
    }


def test_the_first_address_of_the_system_is_taken_where_it_answers():
    choice = browser_choice([connects(SIX, 20.0), connects(FOUR, 5.0)], looked_up(10.0, 10.0))
    assert (choice.chosen, choice.connected_ms, choice.fallback_ms, choice.tried) == (SIX, 30.0, 0.0, 1)
    assert choice.lookup_wait_ms == 0


def test_silence_costs_the_attempt_delay():
    choice = browser_choice([fails(SIX, 3000.0), connects(FOUR, 5.0)], looked_up(10.0, 10.0))
    assert (choice.chosen, choice.connected_ms, choice.fallback_ms, choice.tried) == (FOUR, 265.0, 250.0, 2)


def test_a_refusal_costs_its_round_trip():
    choice = browser_choice([fails(SIX, 7.0, FailureKind.REFUSED), connects(FOUR, 5.0)], looked_up(10.0, 10.0))
    assert (choice.chosen, choice.connected_ms, choice.fallback_ms) == (FOUR, 22.0, 7.0)


def test_a_slow_first_address_is_overtaken():
    choice = browser_choice([connects(SIX, 600.0), connects(FOUR, 5.0)], looked_up(0.0, 0.0))
    assert (choice.chosen, choice.connected_ms, choice.fallback_ms, choice.tried) == (FOUR, 255.0, 250.0, 2)
    choice = browser_choice([connects(SIX, 260.0), connects(FOUR, 50.0)], looked_up(0.0, 0.0))
    assert (choice.chosen, choice.connected_ms, choice.fallback_ms, choice.tried) == (SIX, 260.0, 0.0, 2)


def test_the_families_take_turns():
    attempts = [connects(SIX, 9e9), connects(OTHER_SIX, 9e9), connects(FOUR, 9e9), connects(OTHER_FOUR, 1.0)]
    choice = browser_choice(attempts, looked_up(0.0, 0.0))
    assert choice.order == (SIX, FOUR, OTHER_SIX, OTHER_FOUR)
    assert (choice.chosen, choice.fallback_ms, choice.tried) == (OTHER_FOUR, 750.0, 4)


def test_the_preference_of_the_system_is_kept():
    choice = browser_choice([connects(FOUR, 5.0), connects(SIX, 5.0)], looked_up(0.0, 0.0))
    assert (choice.order, choice.chosen) == ((FOUR, SIX), FOUR)


def test_ipv6_addresses_are_waited_for_a_little():
    attempts = [connects(SIX, 5.0), connects(FOUR, 5.0)]
    choice = browser_choice(attempts, looked_up(10.0, 40.0))
    assert (choice.chosen, choice.lookup_wait_ms, choice.connected_ms) == (SIX, 30.0, 45.0)
    choice = browser_choice(attempts, looked_up(10.0, 2000.0))
    assert (choice.chosen, choice.lookup_wait_ms, choice.connected_ms) == (FOUR, 50.0, 65.0)
    assert choice.order == (FOUR, SIX)


def test_ipv4_addresses_are_not_waited_for():
    attempts = [connects(SIX, 5.0), connects(FOUR, 5.0)]
    choice = browser_choice(attempts, looked_up(2000.0, 10.0))
    assert (choice.chosen, choice.lookup_wait_ms, choice.connected_ms) == (SIX, 0.0, 15.0)
    choice = browser_choice([fails(SIX, 3000.0), connects(FOUR, 5.0)], looked_up(2000.0, 10.0))
    assert (choice.chosen, choice.connected_ms, choice.fallback_ms) == (FOUR, 2005.0, 1990.0)


def test_no_addresses_is_an_answer_that_ends_the_waiting():
    choice = browser_choice([connects(FOUR, 5.0)], looked_up(10.0, 30.0, no_six=True))
    assert (choice.chosen, choice.lookup_wait_ms, choice.order) == (FOUR, 20.0, (FOUR,))


def test_a_family_that_only_the_other_lookup_gave_is_no_choice():
    choice = browser_choice([connects(SIX, 1.0), connects(FOUR, 5.0)], looked_up(10.0, 12_000.0, no_six=True))
    assert (choice.chosen, choice.order) == (FOUR, (FOUR,))


def test_where_nobody_answers_nobody_is_chosen():
    choice = browser_choice([fails(SIX, 3000.0), fails(FOUR, 3000.0)], looked_up(0.0, 0.0))
    assert (choice.chosen, choice.connected_ms, choice.fallback_ms, choice.tried) == (None, None, None, 2)


def test_a_literal_address_is_there_from_the_beginning():
    choice = browser_choice([connects(FOUR, 5.0)], {})
    assert (choice.chosen, choice.connected_ms, choice.lookup4, choice.lookup_wait_ms) == (FOUR, 5.0, None, 0.0)


def test_without_addresses_there_is_no_race():
    assert browser_choice([], looked_up(1.0, 1.0)) is None
