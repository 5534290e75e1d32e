from types import SimpleNamespace

import pytest

from nexkit import registry as registry_module
from nexkit.probe import CONTRACT_VERSION
from nexkit.registry import ENTRY_POINT_GROUP, Registry, RegistryError


def probe(probe_id, contract=CONTRACT_VERSION):
    return SimpleNamespace(spec=SimpleNamespace(id=probe_id, contract=contract))


@pytest.fixture
def offered(monkeypatch):
    """What other distributions offer: name -> probe; records what was loaded."""
    probes, loaded = {}, []

    def entry(name):
        def load():
            loaded.append(name)
            return lambda: probes[name]

        return SimpleNamespace(name=name, load=load)

    def entry_points(*, group):
        assert group == ENTRY_POINT_GROUP
        return [entry(name) for name in probes]

    monkeypatch.setattr(registry_module, "entry_points", entry_points)
    return SimpleNamespace(probes=probes, loaded=loaded)


def test_built_in_probes_are_there_by_id():
    ping, dns = probe("ping"), probe("dns")
    registry = Registry([ping, dns])
    assert [spec.id for spec in registry] == ["ping", "dns"]
    assert registry.get("dns") is dns
    assert "ping" in registry


def test_an_unknown_probe_is_not_there():
    registry = Registry([])
    assert "ping" not in registry
    with pytest.raises(KeyError):
        registry.get("ping")


def test_an_id_is_given_once():
    with pytest.raises(RegistryError, match="'ping' is taken"):
        Registry([probe("ping"), probe("ping")])


def test_other_probes_are_off_until_switched_on(offered):
    offered.probes |= {"radio": probe("radio"), "other": probe("other")}
    registry = Registry([probe("ping")])
    assert "radio" not in registry
    registry.switch_on(["radio"])
    assert "radio" in registry
    assert offered.loaded == ["radio"]


def test_a_probe_that_nobody_offers_cannot_be_switched_on(offered):
    with pytest.raises(RegistryError, match="no installed distribution offers a probe 'radio'"):
        Registry([]).switch_on(["radio"])


def test_another_probe_cannot_take_the_place_of_a_built_in_one(offered):
    offered.probes["mine"] = probe("ping")
    built_in = probe("ping")
    registry = Registry([built_in])
    with pytest.raises(RegistryError, match="'ping' is taken"):
        registry.switch_on(["mine"])
    assert registry.get("ping") is built_in


def test_a_probe_of_another_contract_is_refused(offered):
    offered.probes["old"] = probe("old", contract=CONTRACT_VERSION + 1)
    registry = Registry([])
    with pytest.raises(RegistryError, match="was written for contract"):
        registry.switch_on(["old"])
    assert "old" not in registry
