import locale

import pytest

from nexkit.texts import language_of, system_language


@pytest.mark.parametrize(
    ("names", "language"),
    [(["ja_JP.UTF-8"], "ja"), (["ja-JP"], "ja"), (["fr_FR", "ja"], "ja"), (["de_DE@euro"], "en"), ([], "en")],
)
def test_the_first_language_with_a_catalogue_is_taken(names, language):
    assert language_of(names) == language


def test_windows_names_of_languages_are_understood(monkeypatch):
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(locale, "getlocale", lambda: ("Japanese_Japan", "932"))
    assert system_language() == "ja"
