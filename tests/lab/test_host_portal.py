"""The portal probe before a real captive portal (nginx), and the host probe on a computer that is busy or not."""

import contextlib
import subprocess
import sys

import pytest
from test_linux_probes import World

from nexkit.outcome import FailureKind

pytestmark = pytest.mark.lab
CHECK = "http://198.18.2.10/generate_204"
NGINX = """
daemon off; master_process off; user root; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ }}
http {{
  access_log off; default_type text/plain; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen {port}; {answer} }}
}}
"""
KNOWS_THE_CHALLENGE = (
    'location / { add_header X-Nexkit-Response "response $http_x_nexkit_challenge" always; return 204; }'
)
OPEN = "location = /generate_204 { return 204; } location / { return 200 'open'; }"
PAGE = "location / { return 200 '<form>code</form>'; }"
REDIRECT = "location = /login { return 200 'sign in'; } location / { return 302 http://198.18.1.1:8080/login?mac=x; }"
CAUGHT = """
ip netns exec near nft -f - <<'END'
table ip caught {
 chain caught {
  type nat hook prerouting priority dstnat;
  iifname "lan" tcp dport 80 redirect to :8080
 }
}
END
"""
FREE = "ip netns exec near nft delete table ip caught"


class PortalWorld(World):
    """The network with web servers."""

    @contextlib.contextmanager
    def web(self, folder, node, port, answer):
        folder = folder / node
        folder.mkdir()
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, answer=answer))
        command = ["ip", "netns", "exec", node, "nginx", "-e", str(folder / "error.log"), "-c"]
        running = subprocess.Popen([*self.enter, *command, str(folder / "nginx.conf")])
        try:
            self.shell(
                f"for try in $(seq 200); do ip netns exec {node} bash -c '</dev/tcp/127.0.0.1/{port}' 2>/dev/null"
                " && exit 0; sleep 0.02; done; exit 1"
            )
            yield
        finally:
            running.kill()
            running.wait()


@pytest.fixture(scope="module")
def world(lab):
    built = PortalWorld()
    yield built
    built.end()


def test_an_open_network_gives_the_page_unchanged(world, tmp_path):
    with world.web(tmp_path, "server", 80, OPEN):
        fact = world.fact("portal", url=CHECK)
    assert [attempt.as_expected for attempt in fact.attempts] == [True, True]
    assert {attempt.address for attempt in fact.attempts} == {"198.18.2.10"}
    assert (fact.same_body, fact.sign_in) == (True, None)
    assert {attempt.challenge_answered for attempt in fact.attempts} == {None}


def test_a_server_of_the_organisation_repeats_the_challenge(world, tmp_path):
    with world.web(tmp_path, "server", 80, KNOWS_THE_CHALLENGE):
        fact = world.fact("portal", url=CHECK)
    assert [attempt.challenge_answered for attempt in fact.attempts] == [True, True]


def test_a_page_in_the_place_of_the_check_page(world, tmp_path):
    with (
        world.web(tmp_path, "server", 80, OPEN),
        world.web(tmp_path, "near", 8080, PAGE),
        world.broken(CAUGHT, FREE),
    ):
        fact = world.fact("portal", url=CHECK)
    assert [(attempt.status, attempt.as_expected) for attempt in fact.attempts] == [(200, False)] * 2
    assert fact.same_body is True
    assert fact.attempts[0].body_sha256 is not None
    assert fact.attempts[0].server.startswith("nginx")


def test_a_redirect_whose_page_answers_or_does_not(world, tmp_path):
    with world.web(tmp_path, "near", 8080, REDIRECT), world.broken(CAUGHT, FREE):
        dead = world.fact("portal", url=CHECK)
        (tmp_path / "second").mkdir()
        with world.web(tmp_path / "second", "far", 8080, REDIRECT):
            alive = world.fact("portal", url=CHECK)
    assert [attempt.redirect_host for attempt in dead.attempts] == ["198.18.1.1"] * 2
    assert (dead.sign_in.host, dead.sign_in.reached, dead.sign_in.status) == ("198.18.1.1", False, None)
    assert dead.sign_in.failure.kind is FailureKind.REFUSED
    assert (alive.sign_in.reached, alive.sign_in.status) == (True, 200)


def test_a_silent_network_is_no_portal(world):
    with world.filtered("near", "forward", "tcp dport 80 drop"):
        fact = world.fact("portal", url=CHECK, timeout_s=0.4)
    assert [attempt.failure.kind for attempt in fact.attempts] == [FailureKind.TIMEOUT] * 2
    assert (fact.same_body, fact.sign_in) == (None, None)


def test_a_busy_processor_shows(world):
    burning = [
        subprocess.Popen(
            [*world.enter, sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    try:
        for each in burning:
            each.stdout.readline()
        busy = world.fact("host", interval_s=0.5)
    finally:
        for each in burning:
            each.kill()
            each.wait()
            each.stdout.close()
    assert busy.cpu_busy_ratio > 0.8 * min(1, 2 / busy.cpu_count)
    assert busy.memory_total_bytes > busy.memory_available_bytes > 0


def test_a_known_product_is_told_by_its_id_alone(world, tmp_path):
    program = tmp_path / "charon-systemd"
    program.symlink_to("/usr/bin/sleep")
    # The shell's name is that of the file which it was started as.
    running = subprocess.Popen([*world.enter, str(program), "30"])
    try:
        fact = world.fact("host", interval_s=0.1)
    finally:
        running.kill()
        running.wait()
    assert "strongswan" in {agent.product for agent in fact.agents}
    assert "charon" not in repr(fact)


def test_nothing_leaves_this_computer_by_reading_it(world):
    count = (
        "nft -f - <<'END'\ntable inet count {\n chain out {\n type filter hook output priority 0;\n"
        ' oifname != "lo" counter\n }\n}\nEND'
    )
    with world.broken(count, "nft list table inet count >/run/sent; nft delete table inet count"):
        world.fact("host", interval_s=0.1)
    sent = subprocess.run([*world.enter, "cat", "/run/sent"], capture_output=True, text=True, check=True).stdout
    assert "packets 0 bytes 0" in sent
