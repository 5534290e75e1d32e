"""The address that a measurement goes to."""

from nexkit.address import is_address
from nexkit.probe import ProbeContext
from probes.exchange.traffic import LOOKUP_BYTES


async def address_of(target: str, ctx: ProbeContext) -> str:
    """The target itself where it is an address, else the first address of the name; socket.gaierror without any."""
    if is_address(target):
        return target
    ctx.spend(LOOKUP_BYTES)
    return (await ctx.platform.resolve(target))[0]
