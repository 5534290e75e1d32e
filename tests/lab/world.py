"""A home network, its provider and an internet with real servers, in network namespaces; faults are injected for real.

    python tests/lab/world.py list
    python tests/lab/world.py run SCENARIO [-- COMMAND ...]    default: `nexkit diagnose` with the lab's profile
    python tests/lab/world.py shell SCENARIO                   a shell on the client

Everything lives in one process tree inside new user, network, mount and process namespaces: it works as root and as
an ordinary user, several worlds run at once, and nothing is left when the first process ends. The command runs on the
client as an ordinary user without any privilege, with the client's own resolv.conf, hosts file and trusted roots.
"""

import argparse
import contextlib
import ctypes
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn

import certifi
import topology
from link import open_packets, without_offload
from scenario import (
    Action,
    CaptivePortal,
    ClientEnvironment,
    ClientFile,
    ClientPort,
    ClocksAhead,
    DnsFault,
    DnsRecords,
    HostsFile,
    Http3,
    ImpairLink,
    Ip,
    Nft,
    Page,
    PauseServer,
    RefuseIcmp,
    ResolvConf,
    Scenario,
    Serve,
    Shape,
    StopServer,
    Sysctl,
    Trust,
    VpnClient,
    VpnServer,
    WebCertificate,
    WebProxy,
    WebStatus,
    all_paths,
    find,
    load,
)
from servers import configs
from servers.certificates import ISSUER_OF, Authority, Certificate, Issuer

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
TOOLS = ("unshare", "ip", "nft", "tc", "dnsmasq", "nginx", "ping", "curl")

_NAMESPACES = (
    "unshare",
    "--user",
    "--map-root-user",
    "--net",
    "--mount",
    "--pid",
    "--mount-proc",
    "--fork",
    "--kill-child",
)
_CLONE_NEWNET = 0x40000000
_READY_S = 10.0
_PORTAL_PORT = 8080
_CABLE = "cable"
"""The node where the other end of the client's own port is."""
_FAKETIME = "/usr/$LIB/faketime/libfaketime.so.1"
"""The dynamic linker puts in the folder of its own architecture (ld.so(8))."""
_ETC = ("resolv.conf", "hosts", "nsswitch.conf")
_FOREIGN_SETTINGS = ("proxy", "xdg_", "dbus_", "ssl_cert", "curl_ca")
"""Parts of names of environment variables that would carry the machine's own network settings into the lab."""

_NAT = """
table ip home {
  chain outward { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }
}
"""
_VPN_NAT = """
table inet vpn {
  chain outward { type nat hook postrouting priority srcnat; oifname "eth0" masquerade; }
}
"""
_PORTAL = f"""
table inet portal {{
  chain caught {{
    type nat hook prerouting priority dstnat;
    iifname "lan0" tcp dport 80 redirect to :{_PORTAL_PORT}
  }}
  chain closed {{
    type filter hook forward priority filter;
    iifname "lan0" drop
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRun:
    """What a command on the client did."""

    exit_status: int
    stdout: str
    stderr: str
    built_s: float | None
    """How long the world took to build and break; None where that failed."""
    took_s: float | None
    """How long the command ran."""
    peak_memory_bytes: int | None
    """Largest resident set of the command."""


def refusal() -> str | None:
    """Why no lab can be built on this machine; None where it can."""
    if sys.platform != "linux":
        return "network namespaces exist on Linux only"
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=path)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run([*_NAMESPACES, "true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"namespaces are refused: {tried.stderr.strip()}"


def diagnose_command(scenario: Scenario, *further: str) -> list[str]:
    """`nexkit diagnose` as the scenario wants it, its document on stdout."""
    command = [sys.executable, "-m", "ui.cli", "diagnose", "--profile", str(scenario.profile_path)]
    command += ["--depth", scenario.depth, "--symptom", scenario.symptom, "--json", "-"]
    return [*command, *(["--agree", scenario.agree] if scenario.agree else []), *further]


def run_in_lab(
    name: str, command: Sequence[str] | None = None, *, timeout_s: float = 110, privileged: bool = False
) -> LabRun:
    """Build the world of a scenario, break it, run a command on its client (default: the diagnosis), and end all.

    The command is an ordinary user's unless it is `privileged` (tools to compare with, which want raw sockets).
    subprocess.TimeoutExpired when it takes too long; nothing of the world is left then either.
    """
    chosen = list(command) if command else diagnose_command(load(find(name)))
    with tempfile.TemporaryFile("w+") as status:
        done = subprocess.run(
            _outer_command(name, chosen, privileged=privileged, status=status.fileno()),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            pass_fds=[status.fileno()],
        )
        status.seek(0)
        times = json.loads(status.read() or "{}")
    return LabRun(
        exit_status=done.returncode,
        stdout=done.stdout,
        stderr=done.stderr,
        built_s=times.get("built_s"),
        took_s=times.get("took_s"),
        peak_memory_bytes=times.get("peak_memory_bytes"),
    )


def _outer_command(
    name: str, command: Sequence[str], *, privileged: bool = False, status: int | None = None
) -> list[str]:
    inside = [sys.executable, str(HERE / "world.py"), "inside", name]
    inside += ["--privileged"] if privileged else []
    inside += [] if status is None else ["--status", str(status)]
    return [*_NAMESPACES, *inside, "--", *command]


@dataclass(slots=True, kw_only=True)
class Server:
    """A server process of a node."""

    name: str
    node: str
    argv: list[str]
    listens: tuple[tuple[str, int], ...]
    """TCP addresses and ports that accept as soon as it is ready."""
    datagrams: int | None = None
    """A UDP port that is bound as soon as it is ready."""
    process: subprocess.Popen[bytes] | None = None


@dataclass(slots=True)
class World:
    """The network of one scenario; built once, gone with its process."""

    scenario: Scenario
    state: Path = Path("/run/lab")
    servers: dict[str, Server] = field(default_factory=dict)
    relays: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def build(self) -> None:
        """Make the namespaces, the links and the servers, and wait until all of them answer; then break things."""
        self._mount_private_run()
        ahead_s = max((action.seconds for action in self._all(ClocksAhead) if not action.hosts), default=0.0)
        authorities = {issuer: Authority(issuer.value, ahead_s) for issuer in Issuer}
        self._write_trust(authorities)
        self._make_nodes()
        self._make_links()
        self._write_client_files()
        self._plan_servers(authorities)
        for server in self.servers.values():
            self._start(server)
        for server in self.servers.values():
            self._wait_for(server)
        for relay in self.relays:
            _wait_for_line(relay)
        for action in self.scenario.inject:
            self._break(action)
        self._wait_for_addresses()
        _ip(["neigh flush all"], node="client")

    def _wait_for_addresses(self) -> None:
        """Until the client knows whether somebody else has its addresses too, where a scenario lets it look."""
        end_s = time.monotonic() + _READY_S
        show = ["ip", "-n", "client", "-6", "-o", "addr", "show", "tentative", "-dadfailed"]
        while subprocess.run(show, capture_output=True, check=True).stdout and time.monotonic() < end_s:
            time.sleep(0.05)

    def client_command(self, command: Sequence[str], *, privileged: bool) -> list[str]:
        """A command on the client with the client's files in /etc, and the lab's list of public authorities.

        Unless privileged, its user is one of a further user namespace: its number is not 0, and it has no power over
        the network.
        """
        binds = [
            f"mount --bind {self.state / 'etc' / name} {Path('/etc', name).resolve()}"
            for name in _ETC
            if Path("/etc", name).resolve().exists()
        ]
        public = self.state / "public.pem"
        binds += [f"mount --bind {public} {shlex.quote(str(place))}" for place in _lists_of_authorities(command)]
        user = "" if privileged else "unshare --user --map-user=1000 --map-group=1000 -- "
        enter = " && ".join([*binds, f'exec {user}"$@"'])
        return ["ip", "netns", "exec", "client", "sh", "-c", enter, "client", *command]

    def client_environment(self) -> dict[str, str]:
        """The caller's environment without network settings of the machine, and with the lab's trusted root."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not any(part in name.lower() for part in _FOREIGN_SETTINGS)
        }
        root = str(self.state / "root.pem")
        home = self.state / "home"
        home.mkdir(exist_ok=True)
        further = {name: value for action in self._all(ClientEnvironment) for name, value in action.values.items()}
        none = self.state / "no-certificates"
        none.mkdir(exist_ok=True)
        return {
            **kept,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(home),
            "SSL_CERT_FILE": root,
            "SSL_CERT_DIR": str(none),
            "CURL_CA_BUNDLE": root,
            **further,
        }

    def _mount_private_run(self) -> None:
        # The machine's own sockets (resolver, buses) are out of reach then, and named namespaces are private.
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        # faketime's memory is named by the number of the process, which every world counts anew.
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/dev/shm"], check=True)
        for name in _ETC:
            target = Path("/etc", name).resolve()
            if target.is_relative_to("/run"):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.touch()
        (self.state / "etc").mkdir(parents=True)

    def _make_nodes(self) -> None:
        impaired = [f"relay-{action.link}" for action in self._all(ImpairLink)]
        impaired += [_CABLE for _ in self._all(ClientPort)]
        _ip([f"netns add {node}" for node in (*topology.NODES, *impaired)])
        for node in (*topology.NODES, *impaired):
            settings = {
                "net/ipv6/conf/default/accept_dad": "0",
                "net/ipv6/conf/all/accept_dad": "0",
                "net/ipv6/conf/default/accept_ra": "0",
                "net/ipv4/icmp_ratelimit": "0",
                "net/ipv4/icmp_ratemask": "0",
                "net/ipv6/icmp/ratelimit": "0",
            }
            if node in topology.CHAIN:
                settings |= {"net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1"}
            elif node == "switch" or node in impaired:
                settings["net/ipv6/conf/default/disable_ipv6"] = "1"
            elif node == "client" and not self._all(RefuseIcmp):
                # Only group 0 has a meaning in this user namespace: it is the group that the client's user has.
                settings["net/ipv4/ping_group_range"] = "0 0"
            _write_sysctls(node, settings)

    def _make_links(self) -> None:
        impairments = {action.link: action for action in self._all(ImpairLink)}
        unknown = impairments.keys() - {link.name for link in topology.LINKS}
        if unknown:
            raise ValueError(f"no such link: {', '.join(unknown)}")
        cables = []
        lines: dict[str, list[str]] = {node: ["link set lo up"] for node in topology.NODES}
        for link in topology.LINKS:
            inner, outer = (
                f"name {end.device} netns {end.node} address {link.mac(end)}" for end in (link.inner, link.outer)
            )
            if link.name in impairments:
                relay = f"relay-{link.name}"
                cables += [
                    f"link add {inner} type veth peer name inner netns {relay}",
                    f"link add name outer netns {relay} type veth peer {outer}",
                ]
                lines[relay] = ["link set inner up", "link set outer up"]
            elif link.name == "lan" and self._all(ClientPort):
                cables.append(f"link add name far netns {_CABLE} type veth peer {outer}")
                lines[_CABLE] = ["link set far up"]
            else:
                cables.append(f"link add {inner} type veth peer {outer}")
            for end, other in ((link.inner, link.outer), (link.outer, link.inner)):
                lines[end.node] += [f"link set {end.device} up"]
                lines[end.node] += [f"addr add {address} dev {end.device}" for address in end.addresses]
                if link.fixed_neighbours:
                    lines[end.node] += [
                        f"neigh add {topology.plain(address)} lladdr {link.mac(other)} dev {end.device}"
                        for address in other.addresses
                    ]
        lines["switch"] += ["link add br0 type bridge forward_delay 0 mcast_snooping 0", "link set br0 up"]
        lines["switch"] += ["link set client master br0", "link set router master br0"]
        # A lease and a router advertisement give addresses a lifetime: they show as dynamic.
        lines["client"] += [
            f"addr add {address} dev eth0 valid_lft 86400 preferred_lft 43200"
            for address in (topology.CLIENT4, topology.CLIENT6)
        ]
        _ip(cables)
        for action in self._all(ClientPort):
            self._start_port(action)
        for node, batch in lines.items():
            _ip([*batch, *topology.routes(node)], node=node)
        _nft(_NAT, node="router")
        for action in impairments.values():
            self._start_relay(action)

    def _start_port(self, action: ClientPort) -> None:
        """The client's port in place of a mere cable; what stands on it tells what the port tells."""
        link = next(link for link in topology.LINKS if link.name == "lan")
        for node, device in ((_CABLE, "far"), (link.outer.node, link.outer.device)):
            with _entered(node):
                without_offload(device)
        with _entered(_CABLE):
            cable = open_packets("far")
        settings = {"socket": cable.fileno(), "device": "port0", **asdict(action)}
        with _entered("client"):
            program = [sys.executable, "-S", str(HERE / "port.py"), json.dumps(settings)]
            port = subprocess.Popen(
                program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=[cable.fileno()]
            )
        cable.close()
        _wait_for_line(port)
        inner = f"name {link.inner.device} address {link.mac(link.inner)}"
        _ip(["link set port0 up", f"link add link port0 {inner} type macvlan mode bridge"], node="client")

    def _start_relay(self, action: ImpairLink) -> None:
        link = next(link for link in topology.LINKS if link.name == action.link)
        relay = f"relay-{link.name}"
        for node, device in (
            (link.inner.node, link.inner.device),
            (relay, "inner"),
            (relay, "outer"),
            (link.outer.node, link.outer.device),
        ):
            with _entered(node):
                without_offload(device)
        settings = {"devices": ["inner", "outer"], "forth": asdict(action.out), "back": asdict(action.back)}
        with _entered(relay):
            self.relays.append(
                subprocess.Popen(
                    [sys.executable, "-S", str(HERE / "link.py"), json.dumps(settings)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                )
            )

    def _write_trust(self, authorities: dict[Issuer, Authority]) -> None:
        """What the client's system trusts, and the list of public authorities beside it."""
        authorities[Issuer.PUBLIC].write_root(self.state / "public.pem")
        further = [issuer for action in self._all(Trust) for issuer in action.issuers]
        (self.state / "root.pem").write_bytes(
            b"".join(authorities[issuer].root() for issuer in (Issuer.PUBLIC, *further))
        )

    def _write_client_files(self) -> None:
        for action in self._all(ClientFile):
            path = self.state / "home" / action.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(action.text)
        hosts = "127.0.0.1 localhost\n::1 localhost\n" + "".join(action.text for action in self._all(HostsFile))
        texts = [action.text for action in self._all(ResolvConf)]
        for name, text in {
            "resolv.conf": texts[0] if texts else f"nameserver {topology.LAN_GATEWAY4}\n",
            "hosts": hosts,
            "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        }.items():
            (self.state / "etc" / name).write_text(text)

    def _plan_servers(self, authorities: dict[Issuer, Authority]) -> None:
        faults = {action.node: action for action in self._all(DnsFault)}
        changed = {action.node: action.records for action in self._all(DnsRecords)}
        certificates = {action.host: action.variant for action in self._all(WebCertificate)}
        over_quic = {action.host: action for action in self._all(Http3)}
        statuses = {action.host: action.status for action in self._all(WebStatus)}
        replaced = {(action.node, action.port) for action in self._all(Page)}
        for host in topology.HOSTS:
            addresses = (topology.plain(host.v4), topology.plain(host.v6))
            if host.web_ports and not any((host.name, port) in replaced for port in host.web_ports):
                folder = self._folder(f"{host.name}.web")
                pem = folder / "server.pem"
                variant = certificates.get(host.name, Certificate.GOOD)
                issuer = ISSUER_OF.get(variant, Issuer.PUBLIC)
                authorities[issuer].write_server(pem, host.names, addresses, variant)
                offered = host.name in over_quic
                status = statuses.get(host.name, 200)
                text = configs.nginx_web(folder, pem, host.web_ports, status, http3_offered=offered)
                self._add_nginx(f"{host.name}.web", host.name, text, addresses, (80, *host.web_ports))
                if offered and over_quic[host.name].answers:
                    places = [word for address in addresses for word in (address, "443")]
                    quic = [sys.executable, str(HERE / "servers" / "http3.py"), str(pem), *places]
                    self._add(f"{host.name}.http3", host.name, quic, (), datagrams=443)
        dns = {
            host.name: (topology.plain(host.v4), topology.plain(host.v6))
            for host in topology.HOSTS
            if host.name in {"resolver1", "resolver2", "dns"}
        }
        lan = (topology.LAN_GATEWAY4, topology.plain(topology.ROUTER_LAN6))
        own = {"client": ("127.0.0.53",)} if "client" in faults else {}
        for node, addresses in {**dns, "router": lan, **own}.items():
            records = {name: values for name, values in (topology.records() | changed.get(node, {})).items() if values}
            if node in faults:
                behaviour = {name: value for name, value in asdict(faults[node]).items() if name != "node"}
                settings = {"addresses": addresses, "records": records, **behaviour}
                argv = [sys.executable, str(HERE / "servers" / "dns_fault.py"), json.dumps(settings)]
            else:
                upstreams = [dns["resolver1"][0], dns["resolver2"][0]]
                text = (
                    configs.dnsmasq_forwarder("lan0", upstreams)
                    if node == "router"
                    else configs.dnsmasq_records(addresses, records)
                )
                path = self._folder(f"{node}.dns") / "dnsmasq.conf"
                path.write_text(text)
                argv = ["dnsmasq", f"--conf-file={path}"]
            self._add(f"{node}.dns", node, argv, tuple((address, 53) for address in addresses))
        for action in self._all(CaptivePortal):
            folder = self._folder("router.portal")
            text = configs.nginx_portal(folder, _PORTAL_PORT, redirects=action.redirects)
            self._add_nginx("router.portal", "router", text, lan, (_PORTAL_PORT,))
        self._plan_gatekeepers(authorities)
        load_server = [sys.executable, "-S", str(HERE / "load_server.py"), "--bind", "::", "--port", "80"]
        speed = next(host for host in topology.HOSTS if host.name == "speed")
        self._add("speed.load", "speed", load_server, tuple((topology.plain(a), 80) for a in (speed.v4, speed.v6)))
        self._plan_datagram_servers()
        self._plan_vpn(authorities[Issuer.PUBLIC])
        self._plan_further_servers(authorities[Issuer.PUBLIC])

    def _plan_further_servers(self, authority: Authority) -> None:
        """What the scenario itself brings."""
        for action in self._all(Serve):
            host = next(host for host in topology.HOSTS if host.name == action.node)
            program = Path(action.argv[0]).name
            argv = list(action.argv)
            if "{pem}" in argv:
                pem = self._folder(f"{host.name}.{program}") / "server.pem"
                addresses = (topology.plain(host.v4), topology.plain(host.v6))
                authority.write_server(pem, host.names, addresses, Certificate.GOOD)
                argv = [word.replace("{pem}", str(pem)) for word in argv]
            self._add(f"{host.name}.{program}", host.name, argv, ((topology.plain(host.v4), action.port),))

    def _plan_gatekeepers(self, authorities: dict[Issuer, Authority]) -> None:
        """Proxies, and pages in place of others."""
        for action in self._all(WebProxy):
            name = f"{action.node}.proxy{action.port}"
            folder = self._folder(name)
            (folder / "squid.conf").write_text(configs.squid(folder, action))
            self._add(name, action.node, configs.squid_command(folder), ((action.address, action.port),))
        for action in self._all(Page):
            name = f"{action.node}.page{action.port}"
            name = f"{name}.{action.address}" if name in self.servers else name
            folder = self._folder(name)
            if action.names:
                pem = folder / "server.pem"
                authorities[action.issuer].write_server(pem, action.names, (), Certificate.GOOD)
            settings = {"certificate": str(pem) if action.names else None, **asdict(action), "issuer": None}
            page = [sys.executable, "-S", str(HERE / "servers" / "page.py"), json.dumps(settings)]
            self._add(name, action.node, page, ((action.address, action.port),))

    def _plan_datagram_servers(self) -> None:
        """A clock (chrony), a STUN server (coturn) and a STAMP reflector."""
        hosts = {host.name: (topology.plain(host.v4), topology.plain(host.v6)) for host in topology.HOSTS}
        clock = self._folder("time.ntp")
        (clock / "chrony.conf").write_text(configs.chrony(clock, hosts["time"]))
        ntp = ["chronyd", "-x", "-d", "-f", str(clock / "chrony.conf")]
        if ahead_s := self._ahead_s("time"):
            wrong = {"ntp": dict.fromkeys(hosts["time"], ahead_s)}
            ntp = [sys.executable, "-S", str(HERE / "servers" / "clock.py"), json.dumps(wrong)]
        self._add("time.ntp", "time", ntp, (), datagrams=123)
        turn = self._folder("calls.stun")
        self._add("calls.stun", "calls", configs.coturn(turn, hosts["calls"]), (), datagrams=3478)
        reflector = [sys.executable, "-S", str(HERE / "servers" / "reflector.py"), hosts["calls"][0], "862"]
        self._add("calls.stamp", "calls", reflector, (), datagrams=862)

    def _plan_vpn(self, authority: Authority) -> None:
        """Both ends of a VPN, and what stands behind its server."""
        server = (topology.plain(next(host.v4 for host in topology.HOSTS if host.name == "vpn")), topology.VPN_PORT)
        if self._all(VpnServer):
            _ip([f"addr add {address} dev lo" for address in topology.VPN_INNER], node="vpn")
            inner = [topology.plain(address) for address in topology.VPN_INNER]
            resolver, web = inner[:2], inner[2:]
            path = self._folder("vpn.dns") / "dnsmasq.conf"
            path.write_text(configs.dnsmasq_records(resolver, {**topology.records(), topology.INTRANET: tuple(web)}))
            self._add("vpn.dns", "vpn", ["dnsmasq", f"--conf-file={path}"], tuple((each, 53) for each in resolver))
            folder = self._folder("vpn.web")
            pem = folder / "server.pem"
            authority.write_server(pem, (topology.INTRANET,), tuple(web), Certificate.GOOD)
            self._add_nginx("vpn.web", "vpn", configs.nginx_web(folder, pem, (443,), 200), web, (443,))
            self._add_tunnel("vpn", {"device": "tun0", "port": topology.VPN_PORT})
        for action in self._all(VpnClient):
            faults = {"hole_bytes": action.hole_bytes, "out": asdict(action.out), "back": asdict(action.back)}
            self._add_tunnel("client", {"device": "tun0", "port": topology.VPN_PORT + 1, "server": server, **faults})

    def _add_tunnel(self, node: str, settings: dict) -> None:
        argv = [sys.executable, "-S", str(HERE / "tunnel.py"), json.dumps(settings)]
        self._add(f"{node}.tunnel", node, argv, (), datagrams=settings["port"])

    def _folder(self, name: str) -> Path:
        folder = self.state / name
        folder.mkdir(exist_ok=True)
        return folder

    def _add_nginx(self, name: str, node: str, text: str, addresses: Sequence[str], ports: Sequence[int]) -> None:
        path = self._folder(name) / "nginx.conf"
        path.write_text(text)
        listens = tuple((address, port) for address in addresses for port in ports)
        # -e: the log that it opens before it reads the file.
        nginx = ["nginx", "-e", str(path.parent / "error.log"), "-c", str(path)]
        ahead_s = self._ahead_s(node)
        self._add(name, node, [*_other_time(ahead_s), *nginx] if ahead_s else nginx, listens)

    def _ahead_s(self, node: str) -> float:
        """By how much the clock of a server runs ahead."""
        return sum(action.seconds for action in self._all(ClocksAhead) if node in action.hosts or not action.hosts)

    def _add(
        self,
        name: str,
        node: str,
        argv: list[str],
        listens: tuple[tuple[str, int], ...],
        *,
        datagrams: int | None = None,
    ) -> None:
        self.servers[name] = Server(name=name, node=node, argv=argv, listens=listens, datagrams=datagrams)

    def _start(self, server: Server) -> None:
        with _entered(server.node), (self._folder(server.name) / "output").open("wb") as output:
            server.process = subprocess.Popen(
                server.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=HERE
            )

    def _wait_for(self, server: Server) -> None:
        end_s = time.monotonic() + _READY_S
        ready = [partial(_accepts, *each) for each in server.listens]
        if server.datagrams is not None:
            ready.append(partial(_is_bound, server.datagrams))
        with _entered(server.node):
            for is_ready in ready:
                while not is_ready():
                    if server.process.poll() is not None or time.monotonic() > end_s:
                        output = (self.state / server.name / "output").read_text(errors="replace")
                        raise RuntimeError(f"{server.name} is not ready ({is_ready.args}): {output}")
                    time.sleep(0.002)

    def _break(self, action: Action) -> None:
        match action:
            case Ip():
                _ip(action.lines, node=action.node, family=action.family)
            case Nft():
                _nft(action.rules, node=action.node)
            case Sysctl():
                _write_sysctls(action.node, action.values)
            case StopServer():
                process = self.servers[action.server].process
                process.kill()
                process.wait()
            case PauseServer():
                self.servers[action.server].process.send_signal(signal.SIGSTOP)
            case CaptivePortal():
                _nft(_PORTAL, node="router")
            case Shape():
                self._shape(action)
            case VpnServer():
                settings = {"net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1"}
                _write_sysctls("vpn", settings)
                _nft(_VPN_NAT, node="vpn")
                up = [f"addr add {address} dev tun0" for address in topology.VPN_SERVER_END]
                _ip([*up, "link set tun0 up"], node="vpn")
            case VpnClient():
                self._connect_vpn(action)
            case _:
                pass  # was built in

    @staticmethod
    def _connect_vpn(action: VpnClient) -> None:
        """As VPN programs do it: a way to the server itself past the tunnel, then the ways into it."""
        server = next(host for host in topology.HOSTS if host.name == "vpn")
        addresses = [f"addr add {address} dev tun0" for address in topology.VPN_CLIENT_END]
        past = f"route add {topology.plain(server.v4)}/32 via {topology.LAN_GATEWAY4} congctl cubic"
        ways = [f"route add {prefix} dev tun0 congctl cubic" for prefix in action.routes]
        _ip([f"link set tun0 mtu {action.mtu_bytes} up", *addresses, past, *ways], node="client")

    @staticmethod
    def _shape(action: Shape) -> None:
        queue_bytes = round(action.rate_mbit_s * 1e6 / 8 * action.queue_ms / 1000)
        # A quarter of a millisecond at least: the kernel's timer does not come oftener.
        burst_bytes = max(5000, round(action.rate_mbit_s * 1e6 / 8 / 4000))
        arguments = f"rate {action.rate_mbit_s}mbit burst {burst_bytes} limit {max(queue_bytes, 3000)}"
        with _entered(action.node):
            subprocess.run(["tc", "qdisc", "add", "dev", action.device, "root", "tbf", *arguments.split()], check=True)

    def _all(self, kind: type) -> list:
        return [action for action in self.scenario.inject if isinstance(action, kind)]


def _lists_of_authorities(command: Sequence[str]) -> list[Path]:
    """Where Mozilla's list stands that this program uses, and those that frozen programs or a Windows Python bring."""
    beside = [
        Path(word).parent / folder / "certifi" / "cacert.pem"
        for word in command
        if Path(word).is_absolute()
        for folder in ("_internal", "Lib/site-packages")
    ]
    return [Path(certifi.where()), *(place for place in beside if place.is_file())]


def _other_time(ahead_s: float) -> list[str]:
    """In front of a command: it lives so many seconds ahead."""
    return ["env", f"LD_PRELOAD={_FAKETIME}", f"FAKETIME={ahead_s:+f}s", "FAKETIME_DONT_FAKE_MONOTONIC=1"]


def _ip(lines: Sequence[str], node: str | None = None, family: int | None = None) -> None:
    where = [*(["-n", node] if node else []), *([f"-{family}"] if family else [])]
    subprocess.run(["ip", *where, "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)


def _nft(rules: str, *, node: str) -> None:
    with _entered(node):
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


def _write_sysctls(node: str, values: dict[str, str]) -> None:
    with _entered(node):
        for path, value in values.items():
            Path("/proc/sys", path).write_text(value)


@contextlib.contextmanager
def _entered(node: str) -> Iterator[None]:
    """This process in the network of a node for a while; os.setns() comes with Python 3.12."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/self/ns/net").open() as home, Path("/run/netns", node).open() as there:
        if libc.setns(there.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {node}")
        try:
            yield
        finally:
            libc.setns(home.fileno(), _CLONE_NEWNET)


def _accepts(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        return sock.connect_ex((address, port)) == 0


def _is_bound(port: int) -> bool:
    """Whether a UDP socket of this network has the port."""
    tables = [Path("/proc/thread-self/net", table).read_text() for table in ("udp", "udp6")]
    return any(f":{port:04X} " in table for table in tables)


def _wait_for_line(process: subprocess.Popen[bytes]) -> None:
    if not process.stdout.readline():
        raise RuntimeError(f"ended at once: {process.args}")


def _inside(name: str, command: Sequence[str], *, privileged: bool, status: int | None) -> NoReturn:
    """The first process of the new namespaces: build, break, run, report, end (and all others with it)."""
    # A handler, unlike SIG_IGN, is not passed on to the command: it is the command that Ctrl-C stops.
    signal.signal(signal.SIGINT, lambda *_: None)
    os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    begun_s = time.monotonic()
    world = World(load(find(name)))
    world.build()
    built_s = time.monotonic() - begun_s
    started_s = time.monotonic()
    client = subprocess.Popen(world.client_command(command, privileged=privileged), env=world.client_environment())
    _, ended, usage = os.wait4(client.pid, 0)
    took_s = time.monotonic() - started_s
    if status is not None:
        measured = {"built_s": built_s, "took_s": took_s, "peak_memory_bytes": usage.ru_maxrss * 1024}
        with os.fdopen(status, "w") as file:
            json.dump(measured, file)
    else:
        sys.stderr.write(f"lab: built in {built_s:.2f} s, the command took {took_s:.2f} s\n")
    sys.stderr.flush()
    exit_status = os.waitstatus_to_exitcode(ended)
    os._exit(exit_status if exit_status >= 0 else 128 - exit_status)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="The lab: a home network in namespaces.")
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("list", help="every scenario and its story")
    run = commands.add_parser("run", help="build, break, and run a command on the client")
    shell = commands.add_parser("shell", help="build, break, and open a shell on the client")
    inside = commands.add_parser("inside", help="for the lab itself: the first process in the namespaces")
    for sub in (run, shell, inside):
        sub.add_argument("scenario", help="name, or path of a TOML file")
        sub.add_argument("--privileged", action="store_true", help="the command may use raw sockets")
    run.epilog = "The command stands after `--`; default: nexkit diagnose."
    inside.add_argument("--status", type=int)
    own = sys.argv[1:]
    command = own[own.index("--") + 1 :] if "--" in own else []
    arguments = parser.parse_args(own[: own.index("--")] if "--" in own else own)
    if arguments.what == "list":
        for path in all_paths():
            sys.stdout.write(f"{path.stem:32} {load(path).story}\n")
        return 0
    if arguments.what == "inside":
        _inside(arguments.scenario, command, privileged=arguments.privileged, status=arguments.status)
    if reason := refusal():
        sys.stderr.write(f"no lab here: {reason}\n")
        return 2
    scenario = load(find(arguments.scenario))
    if arguments.what == "shell":
        command = [os.environ.get("SHELL", "sh")]
    outer = _outer_command(arguments.scenario, command or diagnose_command(scenario), privileged=arguments.privileged)
    os.chdir(REPOSITORY)
    # In the place of this process: who ends it, ends the world.
    return os.execvp(outer[0], outer)


if __name__ == "__main__":
    sys.exit(main())
