"""Known VPNs, security agents and filters by the names of their programs, from `host_agents.toml`."""

import pkgutil
import tomllib
from collections.abc import Iterable
from functools import cache

from nexkit.facts.host import Agent, AgentKind

_LINUX_NAME_CHARACTERS = 15
"""Linux keeps no more of a program's name (TASK_COMM_LEN in linux/sched.h)."""


@cache
def _table() -> dict[str, Agent]:
    """Agents by program; a long name stands there a second time, cut off."""
    source = pkgutil.get_data("nexkit.data", "host_agents.toml") or b""
    table: dict[str, Agent] = {}
    for entry in tomllib.loads(source.decode())["agent"]:
        agent = Agent(product=entry["id"], kind=AgentKind(entry["kind"]))
        for program in entry["programs"]:
            table[program] = agent
            table.setdefault(program[:_LINUX_NAME_CHARACTERS], agent)
    return table


def agents_among(programs: Iterable[str]) -> tuple[Agent, ...]:
    """The known products whose programs are among these, each once, by id."""
    table = _table()
    found = {table.get(program.lower().removesuffix(".exe")) for program in programs}
    return tuple(sorted((agent for agent in found if agent is not None), key=lambda agent: agent.product))
