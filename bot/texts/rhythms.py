"""A recurrence in words: „jeden Montag um 9:00 Uhr“, “every Monday at 9:00”.

Only rules that `bot.language.rhythms` makes are known here; whoever adds one there says here how it sounds.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import Environment, pass_environment

from bot.domain.recurring import Recurrence
from bot.texts import times, zones

_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKING = "MO,TU,WE,TH,FR"
_DAYS = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_NTH = {
    "de": {1: "ersten", 2: "zweiten", 3: "dritten", 4: "vierten", 5: "fünften", -1: "letzten", -2: "vorletzten"},
    "en": {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "second to last"},
}
_NUMBERS = {
    "de": ["zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"],
    "en": ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
}
_UNITS = {
    "de": {"DAILY": "Tage", "WEEKLY": "Wochen", "MONTHLY": "Monate", "YEARLY": "Jahre"},
    "en": {"DAILY": "days", "WEEKLY": "weeks", "MONTHLY": "months", "YEARLY": "years"},
}
_EACH = {"de": {"MONTHLY": "jedes Monats", "YEARLY": "jedes Jahres"}, "en": {"MONTHLY": "of each month", "YEARLY": ""}}
# What is left out, or moved up, where a month lacks the day.
_LACKING = {
    "de": {
        "28,29": "im Februar am letzten Tag",
        "28,29,30": "im Februar am letzten Tag",
        "29": "im Februar nur in Schaltjahren",
        "30": "nicht im Februar",
        "31": "nur in Monaten mit 31 Tagen",
    },
    "en": {
        "28,29": "in February on the last day",
        "28,29,30": "in February on the last day",
        "29": "in February in leap years only",
        "30": "not in February",
        "31": "only in months of 31 days",
    },
}


@pass_environment
def recurring(environment: Environment, recurrence: Recurrence, upcoming: datetime | None = None) -> str:
    """„jeden Montag um 9:00 Uhr“; with `upcoming` (aware) „das nächste Mal am …“ where the phase matters."""
    zone = times.clocks().zone.key
    return in_words(recurrence, str(environment.globals["language"]), zone=zone, upcoming=upcoming)


def in_words(recurrence: Recurrence, language: str, *, zone: str, upcoming: datetime | None = None) -> str:
    """All that is set, in one phrase that fits behind „Wann:“; in the wall time of the recurrence itself.

    `zone` (IANA) is the reader's: where the recurrence keeps to another, that is named. Where periods are counted or
    a beginning was set (`INTERVAL`, even of 1), the phrase ends with the day of `upcoming` (aware), or else with that
    of the first time.
    """
    parts = dict(part.split("=", 1) for part in recurrence.rule.split(";"))
    german, interval = language == "de", int(parts.get("INTERVAL", "1"))
    said = _rhythm(parts, interval, language)
    clock = f"{recurrence.first.hour}:{recurrence.first:%M:%S}" if recurrence.first.second else ""
    clock = clock or f"{recurrence.first.hour}:{recurrence.first:%M}"
    said += f" um {clock} Uhr" if german else f" at {clock}"
    if recurrence.zone != zone:
        place = zones.city(ZoneInfo(recurrence.zone), language)
        said += f" (Ortszeit {place})" if german else f" ({place} time)"
    if "INTERVAL" in parts:
        said += _begins(recurrence, language, upcoming)
    if "UNTIL" in parts:
        last = _long(datetime.strptime(parts["UNTIL"], "%Y%m%dT%H%M%S").date(), language)  # noqa: DTZ007 - a wall time
        said += f", bis {last}" if german else f", until {last}"
    return said


def _begins(recurrence: Recurrence, language: str, upcoming: datetime | None) -> str:
    if upcoming is None:
        day = _long(recurrence.first.date(), language)
        return f", zum ersten Mal am {day}" if language == "de" else f", for the first time on {day}"
    day = _long(upcoming.astimezone(ZoneInfo(recurrence.zone)).date(), language)
    return f", das nächste Mal am {day}" if language == "de" else f", the next time on {day}"


def _rhythm(parts: dict[str, str], interval: int, language: str) -> str:
    freq, german = parts["FREQ"], language == "de"
    period = _period(freq, interval, language)
    if freq == "DAILY":
        return period or ("täglich" if german else "every day")
    if freq == "WEEKLY":
        return _weekly(parts["BYDAY"], period, language)
    day = _numbered(parts, language) if "BYDAY" in parts else _month_day(parts, language)
    on = "am" if german else "on the"
    if months := parts.get("BYMONTH"):
        return _in_months(parts, f"{on} {day}", months, period, language)
    lacking = _lacking(parts, language)
    if period:
        return f"{period} {on} {day}{lacking}"
    return f"{on} {day} {_EACH[language][freq]}{lacking}"


def _period(freq: str, interval: int, language: str) -> str:
    if interval == 1:
        return ""
    number = _NUMBERS[language][interval - 2] if interval <= 12 else str(interval)
    return f"{'alle' if language == 'de' else 'every'} {number} {_UNITS[language][freq]}"


def _weekly(codes: str, period: str, language: str) -> str:
    german, days = language == "de", [_CODES.index(code) for code in codes.split(",")]
    names = [_DAYS[language][day] for day in days]
    row = len(days) > 2 and days == list(range(days[0], days[0] + len(days)))
    if len(days) == 7 and not period:
        return "täglich" if german else "every day"
    if row and german:
        return f"{period} {names[0].lower()}s bis {names[-1].lower()}s".lstrip()
    if row:
        return f"{period} from {names[0]} to {names[-1]}" if period else f"{names[0]}s to {names[-1]}s"
    listed = _listed(names, language)
    if period:
        return f"{period} am {listed}" if german else f"{period} on {listed}"
    return f"jeden {listed}" if german else f"every {listed}"


def _numbered(parts: dict[str, str], language: str) -> str:
    if parts["BYDAY"] == _WORKING:
        nth = int(parts["BYSETPOS"])
        which = _NTH[language].get(nth) or _ordinal(nth, language)
        return f"{which} Arbeitstag (Montag bis Freitag)" if language == "de" else f"{which} weekday (Monday to Friday)"
    named: dict[int, list[str]] = {}
    for code in parts["BYDAY"].split(","):
        named.setdefault(_CODES.index(code[-2:]), []).append(_NTH[language][int(code[:-2])])
    return _listed([f"{_listed(nths, language)} {_DAYS[language][day]}" for day, nths in named.items()], language)


def _month_day(parts: dict[str, str], language: str) -> str:
    german, days = language == "de", parts["BYMONTHDAY"].split(",")
    if "BYSETPOS" in parts:
        days = days[-1:]
    return _listed([_one_day(int(day), language, german=german) for day in days], language)


def _one_day(day: int, language: str, *, german: bool) -> str:
    if day < 0:
        return f"{_NTH[language][day]} {'Tag' if german else 'day'}"
    return _ordinal(day, language)


def _ordinal(number: int, language: str) -> str:
    if language == "de":
        return f"{number}."
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number not in (11, 12, 13) else "th"
    return f"{number}{ending}"


def _in_months(parts: dict[str, str], day: str, months: str, period: str, language: str) -> str:
    german, numbers = language == "de", [int(month) for month in months.split(",")]
    names = _listed([_MONTHS[language][number - 1] for number in numbers], language)
    dated = int(parts.get("BYMONTHDAY", "-1").split(",")[0]) > 0
    where = f"{day}{' ' if dated and german else ' im ' if german else ' of '}{names}"
    leap = ""
    if numbers == [2] and parts.get("BYMONTHDAY") == "29":
        leap = " (nur in Schaltjahren)" if german else " (in leap years only)"
    return f"{period or ('jedes Jahr' if german else 'every year')} {where}{leap}"


def _lacking(parts: dict[str, str], language: str) -> str:
    if "BYDAY" in parts:
        fifth = any(code.startswith("5") for code in parts["BYDAY"].split(","))
        if not fifth:
            return ""
        return " (nur in Monaten, die ihn haben)" if language == "de" else " (only in months that have one)"
    said = _LACKING[language].get(parts["BYMONTHDAY"])
    return f" ({said})" if said else ""


def _listed(names: list[str], language: str) -> str:
    joint = " und " if language == "de" else " and "
    return ", ".join(names[:-1]) + joint + names[-1] if len(names) > 1 else names[0]


def _long(day: date, language: str) -> str:
    return format_date(day, "EEEE, d. MMMM y" if language == "de" else "EEEE, d MMMM y", locale=language)
