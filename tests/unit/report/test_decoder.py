"""What the pseudonyms of a report stand for stays on this computer, and can be looked up there."""

import os
import random
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sample_report import OWN_NAMES, SECRET_IPV4, SECRET_MAC

from report.consent import DEFAULT_CATEGORIES
from report.decoder import KEPT_DAYS, DecoderError, delete_old_decoders, forget_decoder, keep_decoder, read_decoder
from report.draft import make_draft
from ui.cli import main

NOW = datetime.now(UTC)


@pytest.fixture
def draft(record, diagnosis, profile, texts):
    return make_draft(record, diagnosis, profile, DEFAULT_CATEGORIES, texts, random.Random(1), own_names=OWN_NAMES)


def test_a_pseudonym_and_a_value_find_each_other(draft, tmp_path):
    keep_decoder(draft, NOW, tmp_path)
    decoder = read_decoder(draft.report_id, tmp_path)
    shown = draft.redacted.replaced[SECRET_IPV4]
    token = shown.partition("#")[2]
    assert decoder.look_up(token) == ((token, SECRET_IPV4),)
    assert (shown, SECRET_IPV4) in decoder.look_up(SECRET_IPV4)
    assert (token, SECRET_IPV4) in decoder.look_up(f"the hop {shown} is slow")
    assert draft.redacted.replaced[SECRET_MAC] in dict(decoder.look_up(SECRET_MAC.upper()))
    assert decoder.look_up("host-aaaaaaaa") == ()


def test_the_labels_of_a_name_are_found_one_by_one(draft, tmp_path):
    keep_decoder(draft, NOW, tmp_path)
    shown = draft.redacted.replaced["files.kaisha.example"]
    values = dict(read_decoder(draft.report_id, tmp_path).look_up(shown))
    first, second = shown.split(".")[:2]
    assert (values[first], values[second]) == ("files.kaisha.example", "kaisha.example")


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_only_its_owner_reads_the_list(draft, tmp_path):
    path = keep_decoder(draft, NOW, tmp_path / "decoder")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_list_is_in_no_file_of_the_report(draft):
    text = b"".join(draft.files.values()).decode()
    assert not [value for value in draft.redacted.decoder.values() if len(value) > 8 and value in text]


def test_old_lists_and_remains_are_deleted(draft, tmp_path):
    old = keep_decoder(draft, NOW, tmp_path)
    remains = tmp_path / ".nexkit-00ff.part"
    remains.write_text("half")
    for path in (old, remains):
        day = (NOW - timedelta(days=KEPT_DAYS + 1)).timestamp()
        os.utime(path, (day, day))
    keep_decoder(replace(draft, report_id="20261121T101500Z-00000001"), NOW, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["20261121T101500Z-00000001.json"]
    delete_old_decoders(NOW + timedelta(days=KEPT_DAYS + 1), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_list_can_be_forgotten(draft, tmp_path):
    keep_decoder(draft, NOW, tmp_path)
    assert forget_decoder(draft.report_id, tmp_path)
    assert not forget_decoder(draft.report_id, tmp_path)
    with pytest.raises(DecoderError, match="no list"):
        read_decoder(draft.report_id, tmp_path)


@pytest.mark.parametrize("name", ["../report_key", "x", "20261121T101500Z-00000001/../../x"])
def test_a_name_that_is_no_report_number_names_no_file(name, tmp_path):
    with pytest.raises(DecoderError, match="no report number"):
        read_decoder(name, tmp_path)


def test_a_damaged_list_is_named(draft, tmp_path):
    path = keep_decoder(draft, NOW, tmp_path)
    path.write_text("{")
    with pytest.raises(DecoderError, match="line 1"):
        read_decoder(draft.report_id, tmp_path)


def test_the_command_line_looks_up_and_forgets(draft, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path))
    keep_decoder(draft, NOW)
    token = draft.redacted.replaced["enx3c22fb9a0b7d"]
    report = f"/somewhere/{draft.report_id}.nexkit.zip"
    assert main(["report", "lookup", report, token]) == 0
    assert capsys.readouterr().out == f"{token}  =  enx3c22fb9a0b7d\n"
    assert main(["report", "lookup", draft.report_id, "nothing"]) == 1
    assert main(["report", "lookup", draft.report_id, token, "--json", "-"]) == 0
    assert f'"shown": "{token}"' in capsys.readouterr().out
    assert main(["report", "forget", draft.report_id]) == 0
    assert main(["report", "forget", draft.report_id]) == 0
    assert main(["report", "lookup", draft.report_id, token]) == 2
    assert "no list" in capsys.readouterr().err
