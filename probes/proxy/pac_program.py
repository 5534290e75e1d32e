"""Evaluate a PAC file: one JSON value in, one out; started by `probes.proxy.pac` alone, as a process of its own.

The file is a program of a stranger. The engine gives it no network, no files, and limits of time and memory; what
the engine cannot stop (a loop inside one of its own functions, a crash) ends with the process.
"""

import importlib
import json
import sys
from typing import Any

NOT_INSTALLED_STATUS = 4
_MEMORY_BYTES = 64 * 1024 * 1024
_STACK_BYTES = 256 * 1024
_MAX_ANSWER_CHARACTERS = 2048
_OUT_OF_TIME, _OUT_OF_MEMORY, _BROKEN = "time", "memory", "broken"
_INTERRUPTED = "InternalError: interrupted"
_NO_MEMORY = ("InternalError: out of memory", "null", "InternalError\n")
"""How the engine's error begins; where no memory is left for its text, that is `null`."""


def evaluate(request: dict[str, Any], engine: Any) -> dict[str, Any]:  # noqa: ANN401  a module without types
    """Answers for each of the web addresses, or why there are none, and which names are wanted.

    `request` has `functions` and `script` (texts), `urls` (pairs of address and host), `names` (name -> addresses),
    `own` (this computer's addresses) and `time_s`.
    """
    context = engine.Context()
    context.set_memory_limit(_MEMORY_BYTES)
    context.set_max_stack_size(_STACK_BYTES)
    context.set_time_limit(request["time_s"])
    # JSON is a part of JavaScript (ECMAScript 2019), so values are written into the program as they are.
    names, own = json.dumps(request["names"]), json.dumps(request["own"])
    wanted = context.eval(f"{request['functions']}(globalThis, {names}, {own})")
    answers: list[dict[str, str]] = []
    try:
        context.eval(request["script"])
        # The second is Microsoft's, which others do not look for.
        function = "FindProxyForURL" if _defined(context, "FindProxyForURL") else "FindProxyForURLEx"
        for url, host in request["urls"]:
            answer = context.eval(f"{function}({json.dumps(url)}, {json.dumps(host)})")
            text = isinstance(answer, str)
            answers.append({"text": answer[:_MAX_ANSWER_CHARACTERS]} if text else {"error": _BROKEN})
        return {"answers": answers, "wanted": json.loads(wanted()), "error": None}
    except engine.JSException as error:
        return {"answers": answers, "wanted": [], "error": _kind_of(str(error))}


def _defined(context: Any, name: str) -> bool:  # noqa: ANN401
    return bool(context.eval(f"typeof {name} === 'function'"))


def _kind_of(message: str) -> str:
    if message.startswith(_INTERRUPTED):
        return _OUT_OF_TIME
    return _OUT_OF_MEMORY if message.startswith(_NO_MEMORY) else _BROKEN


def main() -> int:
    """Evaluate what stands on the standard input, print the result, and give the exit status."""
    try:
        engine = importlib.import_module("quickjs")
    except ImportError:
        return NOT_INSTALLED_STATUS
    result = evaluate(json.loads(sys.stdin.buffer.read()), engine)
    sys.stdout.buffer.write(json.dumps(result).encode())
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
