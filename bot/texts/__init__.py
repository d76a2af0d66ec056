"""Every sentence the bot says: one Jinja macro per message, in one file per module and language.

User text enters as a value, never as a template; autoescape and StrictUndefined are on. The plain body is derived from
the HTML. An operator's own folder (`templates/de/status.html` …) may lay single macros over ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_properties import Display
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_element import HtmlElement
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, pass_environment
from markupsafe import Markup, escape

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = (
    ROOT / "commands" / "texts",
    ROOT / "schedules" / "texts",
    ROOT / "bot" / "procedures" / "texts",
    ROOT / "bot" / "texts",
)
LANGUAGES = ("de", "en")
DAY = timedelta(days=1)

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
        self._environments: dict[tuple[str, ZoneInfo, bool], Environment] = {}
        self._macros: dict[tuple[str, str, ZoneInfo], Any] = {}

    def render(self, message: Text, language: str, zone: ZoneInfo) -> Rendered:
        """Fill a message; times are shown in `zone`. Raises LookupError for a name that nobody has written."""
        html = self.html(message, language, zone)
        return Rendered(html=html, plain=_plain_of(html))

    def html(self, message: Text, language: str, zone: ZoneInfo) -> str:
        """The same without a plain body, for a file: making that of a long document takes seconds."""
        key = (message.name, language, zone)
        if key not in self._macros:
            self._macros[key] = self._macro(*key)
        return _tidy(str(self._macros[key](**message.values)))

    def _macro(self, name: str, language: str, zone: ZoneInfo) -> Any:
        module, _, macro = name.partition(".")
        for own in (True, False) if self._own else (False,):
            try:
                template = self._environment(language, zone, own=own).get_template(f"{module}.html")
            except TemplateNotFound:
                continue
            if (found := getattr(template.module, macro, None)) is not None:
                return found
        raise LookupError(f"no text {name} in {language}")

    def _environment(self, language: str, zone: ZoneInfo, *, own: bool) -> Environment:
        key = (language, zone, own)
        if key not in self._environments:
            shipped = [str(folder / language) for folder in SHIPPED]
            folders = [str(self._own / language), *shipped] if own and self._own else shipped
            self._environments[key] = _environment(folders, language, zone)
        return self._environments[key]


@lru_cache
def of(own: Path | None) -> Texts:
    """All messages, with the operator's folder laid over ours; read once."""
    return Texts(own)


def _environment(folders: list[str], language: str, zone: ZoneInfo) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["language"] = language
    environment.globals["zone"] = zone
    environment.filters |= {
        "moment": _moment,
        "day": _day,
        "short_day": _short_day,
        "clock": _clock,
        "first": _first,
        "last": _last,
        "person": person,
        "lines": _lines,
        "short": _short,
        "number": _number,
        "stamp": _stamp,
    }
    return environment


@pass_environment
def _moment(environment: Environment, at: datetime) -> str:
    """„Freitag, 12. Dezember 2025, 12:00 Uhr“; seconds only where there are some."""
    pattern = "EEEE, d. MMMM y, HH:mm" if _german(environment) else "EEEE, d MMMM y, HH:mm"
    pattern += ":ss" if at.second else ""
    pattern += " 'Uhr'" if _german(environment) else ""
    return format_datetime(at, pattern, tzinfo=_zone(environment), locale=_locale(environment))


@pass_environment
def _day(environment: Environment, at: datetime) -> str:
    """„12. Dezember 2025“."""
    local = at.astimezone(_zone(environment))
    return format_date(local.date(), "long" if _german(environment) else "d MMMM y", locale=_locale(environment))


@pass_environment
def _short_day(environment: Environment, at: datetime) -> str:
    """„Do., 20. November 2025“."""
    local = at.astimezone(_zone(environment))
    pattern = "EEE, d. MMMM y" if _german(environment) else "EEE, d MMMM y"
    return format_date(local.date(), pattern, locale=_locale(environment))


@pass_environment
def _first(environment: Environment, at: datetime) -> str:
    """The beginning of a time: „Dienstag, 1. Dezember 2026“ if it begins with the day."""
    local = at.astimezone(_zone(environment))
    return _whole_day(environment, local.date()) if local.time() == time() else _moment(environment, at)


@pass_environment
def _last(environment: Environment, at: datetime) -> str:
    """The end of a time: its last day, if it ends with one."""
    local = at.astimezone(_zone(environment))
    return _whole_day(environment, local.date() - DAY) if local.time() == time() else _moment(environment, at)


def _whole_day(environment: Environment, day: date) -> str:
    pattern = "EEEE, d. MMMM y" if _german(environment) else "EEEE, d MMMM y"
    return format_date(day, pattern, locale=_locale(environment))


@pass_environment
def _clock(environment: Environment, at: datetime) -> str:
    """„12:00 Uhr“."""
    pattern = "HH:mm:ss" if at.second else "HH:mm"
    shown = format_time(at.astimezone(_zone(environment)).timetz(), pattern, locale=_locale(environment))
    return f"{shown} Uhr" if _german(environment) else shown


@pass_environment
def _stamp(environment: Environment, at: datetime) -> str:
    """„12.12.2025, 12:00:05“, for the columns of long tables: a hundred times as fast as `_moment`."""
    pattern = "%d.%m.%Y, %H:%M:%S" if _german(environment) else "%Y-%m-%d, %H:%M:%S"
    return at.astimezone(_zone(environment)).strftime(pattern)


@pass_environment
def _number(environment: Environment, value: int) -> str:
    """„26.000“."""
    return str(format_decimal(value, locale=_locale(environment)))


def _german(environment: Environment) -> bool:
    return environment.globals["language"] == "de"


def _zone(environment: Environment) -> ZoneInfo:
    zone = environment.globals["zone"]
    assert isinstance(zone, ZoneInfo)  # noqa: S101 - _environment put it there
    return zone


def _locale(environment: Environment) -> str:
    return str(environment.globals["language"])


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
