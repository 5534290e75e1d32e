"""Configuration texts of the lab's real servers: nginx, dnsmasq, chrony, coturn."""

from collections.abc import Iterable, Mapping
from pathlib import Path

_NGINX = """\
daemon off;
master_process off;
user root;
pid {state}/nginx.pid;
error_log {state}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  ssl_protocols TLSv1.2 TLSv1.3;
  default_type text/plain;
  client_body_temp_path {state}/body;
  proxy_temp_path {state}/proxy;
  fastcgi_temp_path {state}/fastcgi;
  uwsgi_temp_path {state}/uwsgi;
  scgi_temp_path {state}/scgi;
  server {{
    {listen}
    location = /generate_204 {{ return 204; }}
    location = /status.txt {{ return 200 "the lab's network is open"; }}
    location / {{ {answer} }}
  }}
}}
"""

_PAGE = "." * 3_500
"""As pages are: more than a packet holds."""

_DNSMASQ = (
    "keep-in-foreground",
    "log-facility=-",
    "user=root",
    "group=",  # none: setgroups() is refused in a user namespace
    "pid-file",
    "no-hosts",
    "no-resolv",
    "bind-interfaces",
    "local-ttl=60",
)


def nginx_web(state: Path, pem: Path, tls_ports: Iterable[int], status: int, *, http3_offered: bool = False) -> str:
    """A web server on port 80 and TLS ports of both families; every other page answers with `status`."""
    listen = ["listen 80;", "listen [::]:80 ipv6only=on;"]
    for port in tls_ports:
        listen += [f"listen {port} ssl;", f"listen [::]:{port} ssl ipv6only=on;"]
    listen += [f"ssl_certificate {pem};", f"ssl_certificate_key {pem};"]
    if http3_offered:
        listen.append("add_header Alt-Svc 'h3=\":443\"; ma=86400' always;")
    return _NGINX.format(
        state=state, listen="\n    ".join(listen), answer=f'return {status} "status {status} {_PAGE}";'
    )


def nginx_portal(state: Path, port: int, *, redirects: bool) -> str:
    """A captive portal's web server: it sends to a sign-in page, or shows that page as the answer to everything."""
    page = '"<html><title>Guest network</title><form action=/login><input name=code></form></html>"'
    answer = "return 302 http://login.example.test/;" if redirects else f"return 200 {page};"
    text = _NGINX.format(state=state, listen=f"listen {port}; listen [::]:{port} ipv6only=on;", answer=answer)
    # A portal answers every page with itself, also the ones that the checks ask for.
    return "\n".join(line for line in text.splitlines() if "location = " not in line)


def dnsmasq_records(addresses: Iterable[str], records: Mapping[str, Iterable[str]]) -> str:
    """A resolver that knows the lab's names; every other name does not exist."""
    lines = [*_DNSMASQ, *(f"listen-address={address}" for address in addresses), "local=/#/"]
    lines += [f"host-record={name},{','.join(values)}" for name, values in records.items()]
    return "\n".join(lines) + "\n"


def dnsmasq_forwarder(device: str, upstreams: Iterable[str]) -> str:
    """A home router's DNS forwarder on every address of a device."""
    return "\n".join([*_DNSMASQ, f"interface={device}", *(f"server={server}" for server in upstreams)]) + "\n"


def chrony(folder, addresses):
    """A clock that takes itself for true."""
    bound = "".join(f"bindaddress {address}\n" for address in addresses)
    return f"local stratum 2\nallow all\ncmdport 0\npidfile {folder}/pid\nuser root\n{bound}"


def coturn(folder, addresses, *, port=3478):
    """The command of a STUN server; with two addresses of a family it offers the tests of RFC 5780."""
    files = [f"--pidfile={folder}/pid", f"--userdb={folder}/users", "--log-file=stdout", "-c", "/dev/null"]
    plain = ["--no-tcp", "--no-tls", "--no-dtls", "--no-cli", "--stun-only", "--no-auth"]
    return ["turnserver", *plain, f"--listening-port={port}", *files, *(f"--listening-ip={each}" for each in addresses)]


_SQUID = """\
http_port {port}
pid_filename none
cache_log {folder}/cache.log
cache_store_log none
access_log none
cache deny all
pinger_enable off
netdb_filename none
dns_nameservers {resolver}
dns_timeout {timeout_s} seconds
connect_timeout {timeout_s} seconds
positive_dns_ttl 1 second
negative_dns_ttl 1 second
shutdown_lifetime 0 seconds
visible_hostname proxy.example.test
acl tunnelled port {ports}
http_access deny CONNECT !tunnelled
{rules}
http_access deny all
"""
_SQUID_PASSWORD = """\
auth_param basic program {folder}/check_password
auth_param basic children 1
auth_param basic realm the proxy
acl known proxy_auth REQUIRED
http_access allow known"""
_CHECK_PASSWORD = """\
#!/bin/sh
while read -r answer; do
    case "$answer" in "alice secret") echo OK ;; *) echo ERR ;; esac
done
"""


def squid(folder, proxy):
    """A proxy's configuration, beside it the program that knows the password."""
    rules = ["http_access allow all"]
    if proxy.password:
        program = folder / "check_password"
        program.write_text(_CHECK_PASSWORD)
        program.chmod(0o755)
        rules = [_SQUID_PASSWORD.format(folder=folder)]
    if proxy.refused:
        rules = [f"acl refused dstdomain {' '.join(proxy.refused)}", "http_access deny refused", *rules]
    return _SQUID.format(
        port=proxy.port,
        folder=folder,
        resolver=proxy.resolver,
        timeout_s=proxy.timeout_s,
        ports=" ".join(str(port) for port in proxy.ports),
        rules="\n".join(rules),
    )


def squid_command(folder):
    """Squid will not run as root, and there is nobody else in here: a namespace in which root has another name."""
    return ["unshare", "-U", "--map-user=13", "--map-group=13", "squid", "-N", "-f", str(folder / "squid.conf")]
