"""A short run of the fuzzer, the same every time; `python3 dev.py fuzz` runs it for long with new examples."""

import pytest
from fuzzing import KINDS, try_examples


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_altered_at_random_is_answered(kind):
    try_examples(kind, 1, 40)
