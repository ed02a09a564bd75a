"""Vary: one stored response for each selecting value, and none for another."""
from scripted import Scripted, get, plain


def test_vary(lab, weir):
    weir()

    def answer(head, _):
        language = next((line[17:] for line in head.split("\r\n") if line.startswith("Accept-Language: ")), "none")
        return plain(language.strip().encode(), "Cache-Control: max-age=60", "Vary: Accept-Language")

    with Scripted(lab, answer) as origin:
        for language in ("de", "en", "de", "EN", "none"):
            fields = () if language == "none" else (f"Accept-Language: {language}",)
            _, body = get(lab, origin.address, "/", "a.example", *fields)
            assert body.decode() == language.lower()
        assert origin.count() == 3
