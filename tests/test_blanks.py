"""A message for many, rendered once and filled, is what it would be if it had been rendered for each."""

from zoneinfo import ZoneInfo

import pytest

from bot.texts import Texts, text
from bot.texts.blanks import blanks, filled
from tests.fakes import TEXTS
from tests.samples.general import CONSULTATION
from tests.samples.opening import BY_TEXT

BERLIN = ZoneInfo("Europe/Berlin")
NAMES = ("Lindenau", "Stadt Süd & Söhne <GmbH>", "&amp; \\1 'x' \"y\"", "zwei  Leerzeichen", "🟢 {{ x }} {0}", "<b>")


def both(texts: Texts, names: tuple[str, ...], language: str) -> tuple[object, object]:
    def said(words: tuple[str, ...]) -> object:
        values = BY_TEXT["reminding.reminder"] | {"consultation": CONSULTATION, "names": words}
        return texts.render(text("reminding.reminder", **values), language, BERLIN)

    return filled(said(blanks(len(names))), names), said(names)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("names", [*((name,) for name in NAMES), NAMES, NAMES * 2], ids=range(8))
def test_filled_is_as_rendered(names: tuple[str, ...], language: str) -> None:
    once, each = both(TEXTS, names, language)
    assert once == each


def test_what_people_write_is_no_blank() -> None:
    """A blank cannot be guessed, so no text that is quoted is filled by mistake."""
    written = "\ue000-0\ue001"
    assert written not in blanks(1)
