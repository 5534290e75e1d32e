"""Namespaces of a test's own, built by a shell script, in which programs run and probes measure.

The script builds the network below the client (the namespace it starts in) and its last line prints `built`. It runs as
root of a user namespace of its own, so that nothing of it reaches the machine.
"""

import asyncio
import contextlib
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PRELUDE = """
set -e
mount -t tmpfs tmpfs /run && mkdir /run/netns
no_waiting="cd /proc/sys/net/ipv6/conf/default; echo 0 >accept_dad; echo 0 >router_solicitations"
sh -c "$no_waiting"
node() { ip netns add $1; ip -n $1 link set lo up; ip netns exec $1 sh -c "$no_waiting"; }
cable() { # node device addresses, node device addresses
    ip link add left type veth peer name right
    for end in "left $1 $2 $3 $4" "right $5 $6 $7 $8"; do
        set -- $end
        in=""; [ $2 = client ] || { ip link set $1 netns $2; in="-n $2"; }
        ip $in link set $1 name $3
        ip $in addr add $4 dev $3
        [ $5 = - ] || ip $in addr add $5 dev $3 nodad
        ip $in link set $3 up
    done
}
ip link set lo up
"""
READY_S = 15


class SmallWorld:
    """The namespaces, held by a process that ends with this object, and every program in them."""

    def __init__(self, build):
        command = ["unshare", "-Urnm", "--fork", "--pid", "--kill-child", "--mount-proc", "bash", "-c"]
        script = PRELUDE + build + "\necho built\nexec sleep infinity\n"
        self.holder = subprocess.Popen([*command, script], stdout=subprocess.PIPE, text=True)
        self.programs = []
        assert self.holder.stdout.readline() == "built\n"
        children = Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text()
        self.enter = ["nsenter", "-t", children.split()[0], "-U", "-n", "-m", "-p", "--preserve-credentials"]

    def end(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()
        for program in self.programs:
            program.wait()

    def shell(self, script):
        done = subprocess.run([*self.enter, "bash", "-ec", script], check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    @contextlib.contextmanager
    def broken(self, script, mend):
        self.shell(script)
        try:
            yield
        finally:
            self.shell(mend)

    def start(self, node, *command, log=None):
        """A server on a node (None: the client); it ends with the world, or when it is told to."""
        inside = ["ip", "netns", "exec", node] if node else []
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
            program = subprocess.Popen(
                [*self.enter, *inside, *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        self.programs.append(program)
        return program

    def wait_for_port(self, node, address, port):
        """Until a TCP port accepts."""
        inside = f"ip netns exec {node} " if node else ""
        loop = f"for i in {{1..{READY_S * 50}}}; do (: </dev/tcp/{address}/{port}) && exit; sleep 0.02; done; exit 1"
        self.shell(f"{inside}bash -c '{loop}' 2>/dev/null")

    def outcome(self, probe, *, environment=None, privilege=(), **params):
        """What a probe of the client came to; `privilege` is how it is started."""
        words = [f"{name}={value}" for name, value in params.items()]
        done = subprocess.run(
            [*self.enter, *privilege, sys.executable, __file__, "measure", probe, *words],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={
                "PYTHONPATH": str(REPOSITORY),
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": "/nonexistent",
                **(environment or {}),
            },
            check=True,
        )
        return pickle.loads(done.stdout)

    def fact(self, probe, **more):
        return self.outcome(probe, **more).fact


async def measure(probe_id, words):
    """The outcome of a probe; its bytes stay under its budget, or it is a failure of its own."""
    from nexkit.clock import SystemClock
    from nexkit.params import build_params
    from nexkit.platform import system_platform
    from nexkit.probe import ProbeContext
    from probes import builtin_probe

    probe = builtin_probe(probe_id)()
    ctx = ProbeContext(
        platform=system_platform(),
        clock=SystemClock(),
        random=random.Random(1),
        max_bytes=probe.spec.max_bytes,
        on_progress=lambda ratio: None,
        on_sample=lambda rtt_ms: None,
    )
    return await probe.run(build_params(probe.spec.params, dict(word.split("=", 1) for word in words)), ctx)


if __name__ == "__main__":
    sys.stdout.buffer.write(pickle.dumps(asyncio.run(measure(sys.argv[2], sys.argv[3:]))))
    sys.stdout.buffer.flush()
    os._exit(0)
