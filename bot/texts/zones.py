"""What zones are called, as the Unicode consortium's CLDR has it in many languages (by way of babel).

A zone has an IANA name („Europe/Kyiv“), which may have changed (CLDR still says „Europe/Kiev“), and is known by a city.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global

LANGUAGES = ("de", "en")
NOWHERE = (WORLD, UNKNOWN) = ("001", "ZZ")  # in place of a country


def city(zone: ZoneInfo, language: str) -> str:
    """What a zone is called after: „London“, „Wien“."""
    return _city(zone.key, language)


@lru_cache(maxsize=2048)
def _city(name: str, language: str) -> str:
    known = Locale.parse(language).time_zones
    found = (known.get(each, {}).get("city") for each in (canonical(name), *_former(canonical(name))))
    return next((str(each) for each in found if each), name.rpartition("/")[2].replace("_", " "))


def canonical(name: str) -> str:
    """The present name of a zone: „Europe/Kyiv“ for „Europe/Kiev“."""
    renamed: Mapping[str, str] = get_global("zone_aliases")
    return renamed.get(name, name)


@lru_cache(maxsize=2048)
def _former(name: str) -> tuple[str, ...]:
    renamed: Mapping[str, str] = get_global("zone_aliases")
    return tuple(sorted(old for old, new in renamed.items() if new == name))


@lru_cache(maxsize=1)
def by_city() -> Mapping[str, str]:
    """All zones that are somewhere on earth, by their IANA names, old ones too, and by their cities in each language.

    A city that several are called after is only known by its IANA name. „Etc/GMT+2“ is nowhere, and west of Greenwich.
    """
    territories: Mapping[str, str] = get_global("zone_territories")
    known = sorted(available_timezones())
    somewhere = [
        each for each in known if territories.get(canonical(each), WORLD) not in NOWHERE and canonical(each) in known
    ]
    called: dict[str, set[str]] = {}
    for name in somewhere:
        for each in (*(_city(name, language) for language in LANGUAGES), name.rpartition("/")[2].replace("_", " ")):
            called.setdefault(each, set()).add(canonical(name))
    cities = {each: next(iter(zones)) for each, zones in called.items() if len(zones) == 1}
    return cities | {name: canonical(name) for name in somewhere}


@lru_cache(maxsize=1)
def by_territory() -> Mapping[str, tuple[str, ...]]:
    """The zones of each country, by its name in each language and its ISO code."""
    found: dict[str, tuple[str, ...]] = {}
    known = set(by_city().values())
    zones: Mapping[str, Iterable[str]] = get_global("territory_zones")
    for code, names in zones.items():
        here = tuple(dict.fromkeys(each for name in names if (each := canonical(name)) in known))
        if here:
            called = (Locale.parse(language).territories.get(code) for language in LANGUAGES)
            found |= {name: here for name in (code, *called) if name}
    return found
