"""The words of the pages: the same in both languages, and all there that a template asks for."""

import re
import string
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import OperatorError
from bot.texts import LANGUAGES
from bot.texts.pages import TEMPLATES, WORDS, Pages, words_of

BERLIN = ZoneInfo("Europe/Berlin")


def fields(words: object) -> set[str]:
    """What has to be filled in; of a number's two forms, one need not name it."""
    forms = words.values() if isinstance(words, dict) else [words]
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(str(form)) if name is not None} - {"n"}


def test_both_languages_have_the_same_words_to_be_filled_in_alike() -> None:
    german, english = (words_of(WORDS / language) for language in LANGUAGES)
    assert german.keys() == english.keys()
    for key, words in german.items():
        assert isinstance(words, str) == isinstance(english[key], str), key
        assert fields(words) == fields(english[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_a_template_asks_for_is_there(language: str) -> None:
    known = words_of(WORDS / language)
    for template in TEMPLATES.rglob("*.html"):
        for key, more in re.findall(r"""\bt\(\s*"([\w.]+)"(\s*~)?""", template.read_text(encoding="utf-8")):
            if more:
                assert any(each.startswith(key) for each in known), f"{template.name}: {key}…"
            else:
                assert key in known, f"{template.name}: {key}"


def own(folder: Path, words: str = "", page: str = "") -> Path:
    """An operator's folder with words for `layout` and a page `own`."""
    (folder / "web" / "words" / "de").mkdir(parents=True)
    (folder / "web" / "words" / "de" / "layout.toml").write_text(words, encoding="utf-8")
    (folder / "web" / "own.html").write_text(page, encoding="utf-8")
    return folder


def test_words_are_no_html(tmp_path: Path) -> None:
    words = 'name = "Müller & Söhne"\nreader = "<b>{person}</b>"\n'
    page = '{{ t("layout.name") }}|{{ t("layout.reader", person=wer, role="") }}|{{ t("layout.menu") }}'
    pages = Pages(own(tmp_path, words, page))
    assert pages.render("own", "de", BERLIN, wer="<script>{{ 7*7 }}{0}") == (
        "Müller &amp; Söhne|&lt;b&gt;&lt;script&gt;{{ 7*7 }}{0}&lt;/b&gt;|Seiten"
    )
    assert pages.words("en", "layout.name") == "Zwischenstand"


@pytest.mark.parametrize(
    ("words", "page", "says"),
    [
        ("name = Zwischenstand", "", r"layout\.toml: cannot be read as words of a page: "),
        ("name = 7", "", r"layout\.toml: name: no words: "),
        ('name = "{"', "", r"layout\.toml: name: no words: "),
        ('nam = "Stand"', "", r"layout\.toml: nam: no page says this; the known words are in .*words/de$"),
        ('reader = "{person} aus {ort}"', "", r"layout\.toml: reader: nothing fills \{ort\}$"),
        ("", "<p>\n{% if %}", r"own\.html, line 2: "),
    ],
)
def test_what_an_operator_wrote_wrong_is_named(tmp_path: Path, words: str, page: str, says: str) -> None:
    with pytest.raises(OperatorError, match=says):
        Pages(own(tmp_path, words, page))


def test_words_that_nobody_has_written() -> None:
    with pytest.raises(LookupError, match="no words for nowhere"):
        Pages().words("de", "nowhere.to.be.found")
