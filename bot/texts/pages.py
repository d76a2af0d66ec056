"""Every web page: one HTML template a page, its words looked up by key, in both languages.

A page is laid out once, so that the languages cannot drift apart, and whoever designs it sees plain HTML:

    <h1>{{ t("projects.title") }}</h1>
    <p>{{ t("projects.count", n=projects|length) }}</p>

The words stand in `bot/web/words/de/projects.toml` and `…/en/projects.toml`, a file an area, the same keys in both (a
test holds them to that). `{n}` in them is filled with the value of that name; where a key has `one` and `other`, `n`
chooses. Words are plain text: they and what fills them are escaped as any value is.

An operator's own folder lies over ours: `templates/web/start.html` in the place of a whole page, and
`templates/web/words/de/projects.toml` in the place of single words.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, TemplateSyntaxError

from bot.errors import OperatorError
from bot.texts import LANGUAGES, ROOT, SHIPPED, environment, times

TEMPLATES: Final = ROOT / "bot" / "web" / "templates"
WORDS: Final = ROOT / "bot" / "web" / "words"

Words = Mapping[str, "str | Mapping[str, str]"]
"""By key (`projects.title`): the words, or those for one (`one`) and for any other number (`other`)."""


class Pages:
    """All pages in all languages."""

    def __init__(self, own: Path | None = None) -> None:
        """`own` is the operator's template folder. Raises OperatorError for a page or words in it that are none."""
        self._environments = {language: _made(own, language) for language in LANGUAGES}

    def render(self, name: str, language: str, zone: ZoneInfo, usual: ZoneInfo | None = None, **values: Any) -> str:
        """The page `name` as HTML; times are shown in `zone`, `usual` is the network's (`bot.texts.times`).

        Raises jinja2.TemplateNotFound, or LookupError for words that nobody has written.
        """
        with times.shown_in(zone, usual):
            return self._environments[language].get_template(f"{name}.html").render(values)

    def words(self, language: str, key: str, **values: Any) -> str:
        """Single words, for what is no page: a file's name, a heading of a chart."""
        translate: Any = self._environments[language].globals["t"]
        return str(translate(key, **values))


@lru_cache
def of(own: Path | None) -> Pages:
    """All pages, with the operator's folder laid over ours; read once."""
    return Pages(own)


def _made(own: Path | None, language: str) -> Environment:
    folders = [str(TEMPLATES)] if own is None else [str(own / "web"), str(TEMPLATES)]
    folders += [str(folder / language) for folder in SHIPPED]  # their words for a light, a phase: `parts.html`
    made = environment(folders, language)
    words = words_of(WORDS / language)
    if own is not None:
        _compiled(own / "web", made)
        words |= _fitting(own / "web" / "words" / language, words)
    made.filters["person"] = str  # in a browser a Matrix ID leads nowhere

    def t(key: str, /, **values: Any) -> str:
        return _said(words, key, values)

    made.globals["t"] = t
    return made


def _compiled(folder: Path, made: Environment) -> None:
    """The operator's pages can be read. Raises OperatorError with file and line, before anybody asks for one."""
    for file in sorted(folder.rglob("*.html")):
        try:
            made.get_template(file.relative_to(folder).as_posix())
        except (TemplateSyntaxError, UnicodeDecodeError) as error:
            line = f", line {error.lineno}: {error.message}" if isinstance(error, TemplateSyntaxError) else ": no UTF-8"
            raise OperatorError(f"{file}{line}") from error


def _fitting(folder: Path, ours: Words) -> dict[str, str | Mapping[str, str]]:
    """The operator's words, which are said in the place of ours. Raises OperatorError for what would say nothing."""
    own = words_of(folder)
    for key, words in own.items():
        place = f"{folder / key.partition('.')[0]}.toml: {key.partition('.')[2]}"
        if key not in ours:
            raise OperatorError(f"{place}: no page says this; the known words are in {WORDS / folder.name}")
        if more := sorted(_filled_with(words) - _filled_with(ours[key])):
            raise OperatorError(f"{place}: nothing fills {', '.join(f'{{{name}}}' for name in more)}")
    return own


def _filled_with(words: str | Mapping[str, str]) -> set[str]:
    forms = [words] if isinstance(words, str) else list(words.values())
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name is not None}


def _said(words: Words, key: str, values: Mapping[str, Any]) -> str:
    found = words.get(key)
    if found is None:
        raise LookupError(f"no words for {key}")
    if not isinstance(found, str):
        found = found["one" if values["n"] == 1 else "other"]
    return found.format_map(values)


def words_of(folder: Path) -> dict[str, str | Mapping[str, str]]:
    """The words in a folder, by key. Raises OperatorError for a file that is not what it should be."""
    found: dict[str, str | Mapping[str, str]] = {}
    for file in sorted(folder.glob("*.toml")):
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise OperatorError(f"{file}: cannot be read as words of a page: {error}") from error
        found |= dict(_flat(table, file.stem))
        for key in found:
            try:
                _filled_with(found[key])
            except (ValueError, TypeError, AttributeError) as error:
                raise OperatorError(f"{file}: {key.partition('.')[2]}: no words: {error}") from error
    return found


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str | Mapping[str, str]]]:
    for name, value in table.items():
        if isinstance(value, Mapping) and set(value) != {"one", "other"}:
            yield from _flat(value, f"{prefix}.{name}")
        else:
            yield f"{prefix}.{name}", value
