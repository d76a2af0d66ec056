"""Every sentence the bot says: one Jinja macro per message, in one file per module and language.

User text enters as a value, never as a template; autoescape and StrictUndefined are on. The plain body is derived from
the HTML. An operator's own folder (`templates/de/status.html` …) may lay single macros over ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_properties import Display
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_element import HtmlElement
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, pass_environment
from markupsafe import Markup, escape

from bot.texts import rhythms, times

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = (
    ROOT / "commands" / "texts",
    ROOT / "schedules" / "texts",
    ROOT / "bot" / "procedures" / "texts",
    ROOT / "bot" / "texts",
)
LANGUAGES = ("de", "en")

_BLOCK = HtmlElement(display=Display.block)
_APART = HtmlElement(display=Display.block, margin_before=1)
PLAIN = ParserConfig(css=CSS_PROFILES["strict"] | {"details": _APART, "summary": _BLOCK}, display_links=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A message by name (`status.shown`) and the values that fill it."""

    name: str
    values: Mapping[str, Any]


def text(name: str, /, **values: Any) -> Text:
    """Shorthand: `text("status.shown", project=project)`."""
    return Text(name, values)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message, ready to send: the same content as HTML and as plain text."""

    html: str
    plain: str


class Texts:
    """All messages in all languages."""

    def __init__(self, own: Path | None = None) -> None:
        """`own` is the operator's template folder, laid over ours macro by macro."""
        self._own = own
        self._environments: dict[tuple[str, bool], Environment] = {}
        self._macros: dict[tuple[str, str], Any] = {}

    def render(self, message: Text, language: str, zone: ZoneInfo, usual: ZoneInfo | None = None) -> Rendered:
        """Fill a message. Raises LookupError for a name that nobody has written.

        Times are shown in `zone`; where `usual`, the network's, is another one, they say so (`bot.texts.times`).
        """
        html = self.html(message, language, zone, usual)
        return Rendered(html=html, plain=_plain_of(html))

    def html(self, message: Text, language: str, zone: ZoneInfo, usual: ZoneInfo | None = None) -> str:
        """The same without a plain body, for a file: making that of a long document takes seconds."""
        with times.shown_in(zone, usual):
            return _tidy(self._filled(message, language))

    def _filled(self, message: Text, language: str) -> Markup:
        """Also the filter `inner`, for a text in a text: so that the operator can lay over each by itself."""
        key = (message.name, language)
        if key not in self._macros:
            self._macros[key] = self._macro(*key)
        return Markup(self._macros[key](**message.values))  # noqa: S704 - a macro has escaped what it was given

    def _macro(self, name: str, language: str) -> Any:
        module, _, macro = name.partition(".")
        for own in (True, False) if self._own else (False,):
            try:
                template = self._environment(language, own=own).get_template(f"{module}.html")
            except TemplateNotFound:
                continue
            if (found := getattr(template.module, macro, None)) is not None:
                return found
        raise LookupError(f"no text {name} in {language}")

    def _environment(self, language: str, *, own: bool) -> Environment:
        key = (language, own)
        if key not in self._environments:
            shipped = [str(folder / language) for folder in SHIPPED]
            folders = [str(self._own / language), *shipped] if own and self._own else shipped
            made = self._environments[key] = environment(folders, language)
            made.filters["inner"] = lambda message: self._filled(message, language)
        return self._environments[key]


@lru_cache
def of(own: Path | None) -> Texts:
    """All messages, with the operator's folder laid over ours; read once."""
    return Texts(own)


def environment(folders: list[str], language: str) -> Environment:
    """Templates of one language from these folders, the first that has one; with the filters of all texts."""
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["language"] = language
    made.filters |= times.FILTERS | {
        "recurring": rhythms.recurring,
        "person": person,
        "lines": _lines,
        "short": _short,
        "number": _number,
        "euros": _euros,
    }
    return made


@pass_environment
def _number(environment: Environment, value: int) -> str:
    """„26.000“."""
    return str(format_decimal(value, locale=_locale(environment)))


@pass_environment
def _euros(environment: Environment, cents: int) -> str:
    """„12.000 €“, “€12,000”; cents only where there are some. The blank is one that no line is broken at."""
    pattern = "#,##0.00" if cents % 100 else "#,##0"
    figures = format_decimal(Decimal(cents) / 100, pattern, locale=_locale(environment))
    return f"{figures}\u00a0€" if _locale(environment) == "de" else f"€{figures}"


def _locale(environment: Environment) -> str:
    return str(environment.globals["language"])


@lru_cache(maxsize=1_000)
def person(matrix_id: str) -> Markup:
    """A person by Matrix ID, as a link that clients show as a pill. It notifies nobody: m.mentions does that.

    The pseudonym of somebody whose data were erased leads nowhere, and is no link.
    """
    if ":" not in matrix_id:
        return Markup(escape(matrix_id))  # noqa: S704 - escaped
    return Markup('<a href="https://matrix.to/#/{}">{}</a>').format(quote(matrix_id, safe="@:"), matrix_id)


def _lines(user_text: str) -> Markup:
    """User text with its line breaks."""
    return Markup("<br>").join(escape(line) for line in user_text.splitlines())


def _short(user_text: str, length: int = 200) -> str:
    """The beginning of a text, cut between words."""
    flat = " ".join(user_text.split())
    if len(flat) <= length:
        return flat
    return flat[:length].rsplit(" ", 1)[0][:length].rstrip(",;:.–-") + " …"


def _tidy(html: str) -> str:
    """Line breaks and indents of the template are for its readers only (`pre` keeps its own)."""
    parts = re.split(r"(<pre>.*?</pre>)", html, flags=re.DOTALL)
    return "".join(part if part.startswith("<pre>") else re.sub(r"\s+", " ", part) for part in parts).strip()


def plain_of(html: str) -> str:
    """The plain body of an HTML message: lists, tables and line breaks stay readable."""
    bare = html.replace("<pre><code>", "<pre>").replace("</code></pre>", "</pre>")  # else its line breaks are lost
    bare = bare.replace("&amp;", "&amp;amp;")  # inscriptis unescapes what lxml has unescaped already
    lines = (line.rstrip() for line in get_text(bare, PLAIN).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


_plain_of = lru_cache(maxsize=256)(plain_of)  # many answers are the same; the parts of a long one never
