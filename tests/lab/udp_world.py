"""The network of test_linux_probes with what the probes of UDP and time need: more addresses, NAT, real servers.

client - near (NAT for IPv4) - link that may be impaired - far - server (198.18.2.10, .11, .21, .22, .23)
"""

import contextlib
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from link import Impairment
from servers import configs
from servers.certificates import Authority, Certificate
from test_linux_probes import NEAR, SERVER, World

HERE = Path(__file__).parent
OTHER = {4: "198.18.2.11", 6: "2001:db8:18:2::11"}
"""The server's second address of each family."""
CLOCKS = ("198.18.2.21", "198.18.2.22", "198.18.2.23")
_SETUP = """
for address in 198.18.2.11 198.18.2.21 198.18.2.22 198.18.2.23; do
    ip -n server addr add $address/24 dev eth0
done
ip -n server addr add 2001:db8:18:2::11/64 dev eth0 nodad
mkdir -p /run/servers
"""
_NAT = "table ip nat {\n chain out {\n type nat hook postrouting priority srcnat\n oifname wan masquerade %s\n }\n}\n"
_RELAY = """
ip netns add relay; ip -n relay link set lo up
ip netns exec relay sh -c "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6"
ip -n far link del near
ip -n near link add wan type veth peer name inner netns relay
ip -n far link add near type veth peer name outer netns relay
ip -n near addr add 198.18.1.2/24 dev wan; ip -n near addr add 2001:db8:18:1::2/64 dev wan nodad
ip -n far addr add 198.18.1.1/24 dev near; ip -n far addr add 2001:db8:18:1::1/64 dev near nodad
for end in "near wan" "far near" "relay inner" "relay outer"; do
    set -- $end; ip -n $1 link set $2 up
    ip netns exec $1 PYTHON -c "import link; link.without_offload('$2')"
done
ip -n near route add default via 198.18.1.1; ip -n near -6 route add default via 2001:db8:18:1::1
ip -n far route add 192.168.10.0/24 via 198.18.1.2; ip -n far -6 route add 2001:db8:10::/64 via 2001:db8:18:1::2
"""


class UdpWorld(World):
    """A world whose servers are started and ended one by one."""

    def __init__(self):
        super().__init__()
        self.shell(_SETUP)

    def insert_relay(self):
        """Put a node between near and far, over which `impaired` carries the frames."""
        self.shell(f"cd {HERE}; {_RELAY.replace('PYTHON', sys.executable + ' -S')}")

    @contextlib.contextmanager
    def running(self, node, argv, *, port=None):
        """A program on a node: ready when it says so, when it has bound its UDP port, or (0) at once."""
        command = [*self.enter, "ip", "netns", "exec", node, *argv]
        speaks = port is None
        output = subprocess.PIPE if speaks else subprocess.DEVNULL
        started = subprocess.Popen(command, stdout=output, stderr=None if speaks else subprocess.DEVNULL)
        try:
            if port:
                self.shell(
                    f"for try in $(seq 300); do [ -z $(ip netns exec {node} ss -Huln 'sport = :{port}' | head -c1) ]"
                    " || exit 0; sleep 0.02; done; exit 1"
                )
            elif speaks:
                assert started.stdout.readline() == b"ready\n"
            yield
        finally:
            started.kill()
            started.wait()
            if started.stdout:
                started.stdout.close()

    def impaired(self, *, out=None, back=None):
        """The link between near and far with faults, each way its own; without any it only carries."""
        settings = {
            "devices": ["inner", "outer"],
            "forth": asdict(out or Impairment()),
            "back": asdict(back or Impairment()),
            "seed": 7,
        }
        return self.running("relay", [sys.executable, "-S", str(HERE / "link.py"), json.dumps(settings)])

    def coturn(self, *addresses, port=3478, options=()):
        """coturn as a STUN server; with two addresses of a family it offers the tests of RFC 5780."""
        command = configs.coturn(self._folder(f"turn{port}"), addresses, port=port)
        return self.running("server", [*command, *options], port=port)

    def chrony(self):
        """chrony, which takes its own clock for true."""
        folder = self._folder("chrony")
        settings = configs.chrony(folder, (SERVER[4], SERVER[6]))
        self.shell(f"cat >{folder}/conf <<'END'\n{settings}END")
        return self.running("server", ["chronyd", "-x", "-d", "-f", f"{folder}/conf"], port=123)

    def _folder(self, name):
        """A place of the world's own for a server's files."""
        folder = f"/run/servers/{name}"
        self.shell(f"mkdir -p {folder}")
        return folder

    def reflector(self, *, version=4, port=862, stateless=False):
        """A STAMP reflector on the server."""
        program = [sys.executable, "-S", str(HERE / "servers" / "reflector.py")]
        return self.running("server", [*program, SERVER[version], str(port), *(["stateless"] if stateless else [])])

    def clocks(self, **settings):
        """Clocks that are ahead by what is said, by address."""
        return self.running("server", [sys.executable, "-S", str(HERE / "servers" / "clock.py"), json.dumps(settings)])

    @contextlib.contextmanager
    def squid(self, access="allow"):
        """squid on port 3128 of the home's router."""
        settings = (
            "http_port 3128\npid_filename none\naccess_log none\ncache_store_log none\ncache_log /dev/null\n"
            "cache deny all\npinger_enable off\nnetdb_filename none\nvisible_hostname near\n"
            f"shutdown_lifetime 0 seconds\nhttp_access {access} all\n"
        )
        self.shell(f"cat >/run/servers/squid.conf <<'END'\n{settings}END")
        # Squid will not run as root, and there is nobody else in here: a namespace in which root has another name.
        another = ["unshare", "-U", "--map-user=13", "--map-group=13"]
        with self.running("near", [*another, "squid", "-N", "-f", "/run/servers/squid.conf"], port=0):
            self.shell(
                f"for try in $(seq 300); do (</dev/tcp/{NEAR[4]}/3128) 2>/dev/null && exit; sleep 0.02; done; exit 1"
            )
            yield

    def nat(self, how=""):
        """Address translation at the home's router; `random,fully-random` gives every flow a port of its own."""
        rules = _NAT % how
        return self.broken(
            f"ip netns exec near nft -f - <<'END'\n{rules}END", "ip netns exec near nft delete table ip nat"
        )

    @contextlib.contextmanager
    def vpn_and_web(self, folder):
        """A real OpenVPN server on its port, and an HTTP/3 server on 443."""
        authority = Authority()
        authority.write_root(folder / "root.pem")
        authority.write_server(folder / "server.pem", ("www.example.com",), (SERVER[4],), Certificate.GOOD)
        files = ["--ca", folder / "root.pem", "--cert", folder / "server.pem", "--key", folder / "server.pem"]
        openvpn = ["openvpn", "--dev", "null", "--tls-server", "--dh", "none", "--ifconfig-noexec", *map(str, files)]
        http3 = [sys.executable, str(HERE / "servers" / "http3.py"), str(folder / "server.pem"), SERVER[4], "443"]
        with self.running("server", openvpn, port=1194), self.running("server", http3):
            yield
