from nexkit.texts import Texts


def test_sentences_have_a_space_between_them_except_in_japanese():
    assert Texts("en").joined(("It works.", "", "So it was the cable.")) == "It works. So it was the cable."
    assert (
        Texts("ja").joined(("つながりました。", "", "原因はケーブルです。")) == "つながりました。原因はケーブルです。"
    )
