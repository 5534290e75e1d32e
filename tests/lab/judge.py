"""What is wrong with a diagnosis, measured against what a scenario expects."""

EXIT_STATUS = {"healthy": 0, "fault": 1, "inconclusive": 3}


def causes(document, *, context):
    """The causes that a diagnosis names, as context or as findings."""
    return [f["cause"] for f in document["findings"] if (f["severity"] == "context") is context]


def mistakes(expected, document, exit_status=None):
    """A line for each thing that is not as expected; empty where all is. Without an exit status none is judged."""
    found = causes(document, context=False)
    verdict = document["verdict"]
    named = {*expected.also, *([expected.cause] if expected.cause else [])}
    wrong = {
        f"the verdict is {verdict}": (verdict["state"], verdict["cause"], verdict["segment"])
        != (expected.verdict, expected.cause, expected.where),
        f"not named: {sorted(named - set(found))}": not named <= set(found),
        f"named for nothing: {sorted(set(found) - named - set(expected.allowed))}": not set(found) - named
        <= set(expected.allowed),
        f"told twice: {found}": len(found) != len(set(found)),
        f"context is {causes(document, context=True)}": not set(expected.context)
        <= set(causes(document, context=True)),
        f"forbidden: {found}": bool({f["cause"] for f in document["findings"]} & set(expected.forbidden)),
        f"exit status {exit_status}": exit_status not in {None, EXIT_STATUS[expected.verdict]},
    }
    return [what for what, is_wrong in wrong.items() if is_wrong]
