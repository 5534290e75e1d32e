"""Facts of proxies and of UDP made by hand."""

from dataclasses import replace

from diagnosis_records import CONTROLS, SERVICE_HOST, T, attempt, failure, reach, tcp, tls, without_internet

from nexkit.facts.network import Proxy, ProxySettings
from nexkit.facts.proxy import (
    PacFile,
    PacLookup,
    ProxyAttempt,
    ProxyCheck,
    ProxyDecision,
    ProxyKind,
    ProxyReason,
    ProxyRequest,
    ProxyScheme,
    ProxyServer,
    ProxySetting,
    ProxySource,
    ProxyWay,
    TunnelAnswer,
)
from nexkit.facts.reach import HttpResult, ProxyReach, QuicReach
from nexkit.facts.udp import ReflectorAnswer, StunAnswer, UdpPath

PROXY = "192.168.10.9"
SQUID = ProxyWay(kind=ProxyKind.HTTP, host=PROXY, port=3128)
OTHER = ProxyWay(kind=ProxyKind.HTTP, host="192.168.10.8", port=3128)
DIRECT = ProxyWay(kind=ProxyKind.DIRECT)
NAMES = (*CONTROLS, SERVICE_HOST)
CALLS = "stun.example.com"
CALLS_ADDRESS = "198.18.8.80"


def answer(status=200, *, schemes=(), error=None):
    return TunnelAnswer(status=status, answer_ms=5.0, schemes=tuple(schemes), product="squid", error=error)


def asked(*, status=200, kind=None, at="tunnel", way=SQUID, schemes=(), error=None, password=None):
    """One web address through one proxy; `password`: the status with the password of the settings."""
    return ProxyAttempt(
        way=way,
        request=ProxyRequest.TUNNEL,
        answer=None if kind else answer(status, schemes=schemes, error=error),
        answer_with_password=None if password is None else answer(password),
        socks_reply=None,
        failure=failure(kind, at) if kind else None,
    )


def decision(name, *attempts, ways=(SQUID,)):
    return ProxyDecision(
        url=f"https://{name}/", reason=ProxyReason.SETTINGS, ways=tuple(ways), attempts=tuple(attempts)
    )


def check(attempts=None, *, ways=(SQUID,), pac=(), each=None):
    """The proxy probe's fact; `attempts` for every name, but for those that `each` names."""
    decisions = {name: decision(name, *(attempts or ()), ways=ways) for name in NAMES}
    decisions |= {name: decision(name, *own, ways=ways) for name, own in (each or {}).items()}
    servers = {
        one.way: one.failure if one.failure and one.failure.step in {"resolve", "connect"} else None
        for of_name in decisions.values()
        for one in of_name.attempts
    }
    return ProxyCheck(
        settings=(
            ProxySetting(
                source=ProxySource.ENVIRONMENT,
                http=SQUID,
                https=SQUID,
                pac_url=None,
                auto_detect=None,
                exceptions=0,
                password_known=False,
            ),
        ),
        wpad=None,
        pac=tuple(pac),
        servers=tuple(
            ProxyServer(way=way, addresses=1, resolve_ms=None, connect_ms=None if why else 1.0, failure=why)
            for way, why in servers.items()
        ),
        decisions=tuple(decisions.values()),
    )


def by_proxy(host, *, status=200, problem=None, tunnel=200, kind=None, at="tunnel", error=None, public=None):
    """The reach probe's fact of a web address through the proxy, where nothing answers directly."""
    opened = kind is None and tunnel == 200
    shaken = replace(tls(problem), publicly_trusted=public) if opened else None
    page = HttpResult(status=status, first_byte_ms=40.0, total_ms=45.0, redirect_host=None, server=None)
    own = reach(host, [attempt(each, kind=T) for each in (*CONTROLS.get(host, ()), "198.18.3.10")[:1]])
    return replace(
        own,
        through_proxy=ProxyReach(
            proxy=PROXY,
            proxy_port=3128,
            address=None if kind and at.startswith("proxy") else PROXY,
            resolve_ms=None,
            connect_ms=None if kind and at.startswith("proxy") else 1.0,
            tunnel=None if kind else answer(tunnel, error=error),
            tls=shaken,
            http=page if opened and problem is None else None,
            failure=failure(kind, at) if kind else None,
        ),
    )


def settings():
    return ProxySettings(http=Proxy(host=PROXY, port=3128), https=Proxy(host=PROXY, port=3128))


def closed(facts, **proxied):
    """Nothing gets out directly, names are looked up all the same; what the proxy gives is `proxied`, by step id."""
    changed = without_internet(facts)
    kept = ("lookup.system", "dns.resolver1")
    for step_id in kept:
        changed[step_id] = facts[step_id]
    for number, (name, addresses) in enumerate(CONTROLS.items(), start=1):
        changed[f"reach.control{number}"] = reach(name, addresses, kind=T)
    changed["reach.service.mail"] = reach(SERVICE_HOST, ["198.18.3.10"], kind=T)
    changed["interfaces"] = replace(facts["interfaces"], proxy=settings())
    changed["proxy.system"] = check([asked()])
    for number, name in enumerate(CONTROLS, start=1):
        changed[f"reach.proxied.control{number}"] = by_proxy(name)
    changed["reach.proxied.service.mail"] = by_proxy(SERVICE_HOST)
    return {**changed, **{step_id.replace("__", "."): fact for step_id, fact in proxied.items()}}


def script(*, kind=None, at="pac_fetch", fetch_ms=20.0, status=200, from_wpad=False, lookups_ms=()):
    return PacFile(
        url="http://192.168.10.9/proxy.pac",
        from_wpad=from_wpad,
        status=None if kind else status,
        content_type=None,
        size_bytes=200,
        fetch_ms=fetch_ms,
        evaluate_ms=None if kind else 30.0,
        lookups=tuple(PacLookup(name="www.example.com", took_ms=each, failure=None) for each in lookups_ms),
        failure=failure(kind, at) if kind else None,
    )


def wants_password(*schemes, password=None):
    return check([asked(status=407, schemes=schemes or (ProxyScheme.BASIC,), password=password)])


# --- UDP ---


def udp_path(stun=None, reflector=None, *, address=CALLS_ADDRESS):
    """One STUN server and one reflector on one host; a failure kind, None: it answers."""
    return UdpPath(
        stun=(
            StunAnswer(
                server=CALLS,
                port=3478,
                address=address,
                attempts=3,
                rtt_ms=None if stun else 10.0,
                mapped_address=None if stun else "203.0.113.7",
                mapped_port=None if stun else 40000,
                failure=failure(stun, "stun") if stun else None,
            ),
        ),
        nat=(),
        reflectors=(
            ReflectorAnswer(
                server=CALLS,
                port=862,
                address=address,
                rtt_ms=None if reflector else 10.0,
                failure=failure(reflector, "greet") if reflector else None,
            ),
        ),
        stream=None,
    )


def over_quic(host, addresses, kind=None, *, offered=True):
    """A web server that offers HTTP/3 over TCP, and what came of QUIC."""
    quic = QuicReach(
        version=None if kind else "QUICv1",
        handshake_ms=None if kind else 20.0,
        trusted=None if kind else True,
        problem=None,
        certificate=None,
        http=None,
        failure=failure(kind, "quic") if kind else None,
    )
    tried = [attempt(each) for each in addresses]
    return reach(host, [replace(each, quic=quic, http=replace(each.http, http3_offered=offered)) for each in tried])


def host_alive():
    return tcp(CALLS_ADDRESS)
