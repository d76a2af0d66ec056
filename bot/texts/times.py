"""Times as people read them: on the clocks of whoever reads, and not to be misread by who is used to others.

Each message is shown in the zone of the room or person it goes to. Where that zone's clocks differ, at the time that is
shown, from those of the network, the time says whose it is: „11:00 Uhr (Ortszeit London)“. A day alone never does, nor
does a `stamp` in a long table, whose heading may say it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from jinja2 import Environment, pass_environment

from bot.texts.zones import city

DAY = timedelta(days=1)


class Clocks(NamedTuple):
    """`zone` is where the reader is, `usual` the zone of their network."""

    zone: ZoneInfo
    usual: ZoneInfo


_CLOCKS: ContextVar[Clocks] = ContextVar("clocks")


@contextmanager
def shown_in(zone: ZoneInfo, usual: ZoneInfo | None = None) -> Iterator[None]:
    """While a message is filled, its times are those of `zone`; a parameter of the filters, which templates never see.

    A set of compiled templates for each zone would take a second to make, and there are 600 zones.
    """
    token = _CLOCKS.set(Clocks(zone, usual or zone))
    try:
        yield
    finally:
        _CLOCKS.reset(token)


def clocks() -> Clocks:
    """Those in which the message at hand is shown."""
    return _CLOCKS.get()


def _place(at: datetime, language: str) -> str:
    """„ (Ortszeit London)“ where other members of the network have other clocks; else nothing."""
    zone, usual = _CLOCKS.get()
    if zone is usual or at.astimezone(zone).utcoffset() == at.astimezone(usual).utcoffset():
        return ""
    return f" (Ortszeit {city(zone, language)})" if language == "de" else f" ({city(zone, language)} time)"


@pass_environment
def moment(environment: Environment, at: datetime) -> str:
    """„Freitag, 12. Dezember 2025, 12:00 Uhr“; seconds only where there are some."""
    language = _language(environment)
    pattern = "EEEE, d. MMMM y, HH:mm" if language == "de" else "EEEE, d MMMM y, HH:mm"
    pattern += ":ss" if at.second else ""
    pattern += " 'Uhr'" if language == "de" else ""
    return format_datetime(at, pattern, tzinfo=_CLOCKS.get().zone, locale=language) + _place(at, language)


@pass_environment
def day(environment: Environment, at: datetime) -> str:
    """„12. Dezember 2025“."""
    language = _language(environment)
    return format_date(_local(at).date(), "long" if language == "de" else "d MMMM y", locale=language)


@pass_environment
def short_day(environment: Environment, at: datetime) -> str:
    """„Do., 20. November 2025“."""
    return _short_day(_local(at).date(), _language(environment))


@lru_cache(maxsize=1_000)
def _short_day(day: date, language: str) -> str:
    """A status alone names five, and most answers name the same few days."""
    return format_date(day, "EEE, d. MMMM y" if language == "de" else "EEE, d MMMM y", locale=language)


@pass_environment
def month(environment: Environment, at: datetime) -> str:
    """„Dezember 2025“."""
    return format_date(_local(at).date(), "LLLL y", locale=_language(environment))


@pass_environment
def first(environment: Environment, at: datetime) -> str:
    """The beginning of a time: „Dienstag, 1. Dezember 2026“ if it begins with the day."""
    local = _local(at)
    return _whole_day(environment, local.date()) if local.time() == time() else moment(environment, at)


@pass_environment
def last(environment: Environment, at: datetime) -> str:
    """The end of a time: its last day, if it ends with one."""
    local = _local(at)
    return _whole_day(environment, local.date() - DAY) if local.time() == time() else moment(environment, at)


@pass_environment
def clock(environment: Environment, at: datetime, placed: bool = True) -> str:
    """„12:00 Uhr“; not `placed` where the sentence says whose clocks are meant."""
    language = _language(environment)
    shown = format_time(_local(at).timetz(), "HH:mm:ss" if at.second else "HH:mm", locale=language)
    return (f"{shown} Uhr" if language == "de" else shown) + (_place(at, language) if placed else "")


def days(at: datetime, now: datetime) -> int:
    """How many midnights lie between `now` and `at`, as the reader counts days: tomorrow is 1, yesterday -1."""
    return (_local(at).date() - _local(now).date()).days


@pass_environment
def lasting(environment: Environment, span: timedelta) -> str:
    """„40 Minuten“, „15 Stunden“, as roughly as people say it."""
    return str(format_timedelta(span, granularity="minute", threshold=2, locale=_language(environment)))


@pass_environment
def stamp(environment: Environment, at: datetime) -> str:
    """„12.12.2025, 12:00:05“, for the columns of long tables: a hundred times as fast as `moment`."""
    return _local(at).strftime("%d.%m.%Y, %H:%M:%S" if _language(environment) == "de" else "%Y-%m-%d, %H:%M:%S")


@pass_environment
def place(environment: Environment, zone: str) -> str:
    """An IANA name as people say it: „London“."""
    return city(ZoneInfo(zone), _language(environment))


def _whole_day(environment: Environment, local: date) -> str:
    language = _language(environment)
    return format_date(local, "EEEE, d. MMMM y" if language == "de" else "EEEE, d MMMM y", locale=language)


def _local(at: datetime) -> datetime:
    return at.astimezone(_CLOCKS.get().zone)


def _language(environment: Environment) -> str:
    return str(environment.globals["language"])


FILTERS = {
    "moment": moment,
    "day": day,
    "short_day": short_day,
    "clock": clock,
    "days": days,
    "lasting": lasting,
    "month": month,
    "first": first,
    "last": last,
    "stamp": stamp,
    "place": place,
}
