"""From facts to a verdict: pure functions, the same answer today, next year and on the support desk's machine."""
