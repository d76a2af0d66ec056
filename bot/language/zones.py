"""Time zones as people name them: „Wien“, „Kiew“, “Vienna”, „Österreich“, `Europe/Vienna`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.language.doubts import ANSWERED
from bot.language.names import fold, nearest
from bot.language.votes import read_choice
from bot.texts import zones

SHORTEST, LONGEST = 4, 60  # what is shorter resembles everything
MOST_OFFERED = 5
HALF_A_YEAR = timedelta(days=183)  # summer and winter


def read_zone(typed: str, *, now: datetime) -> str:
    """The IANA name of the zone that is meant by a city, a country with one zone, or that name itself.

    Raises UserError: `zones.several` (typed, zones; none if they are too many to choose from) for a country with
    several, `zones.unknown` (typed, close: the zones that may have been meant, likeliest first; possibly none).
    """
    words = fold(typed.strip(" .!?„“\"'")).removeprefix("zeitzone ").removeprefix("ortszeit ")
    words = words.removesuffix(" time").replace(" ", "_") if "/" in words else words.removesuffix(" time")
    if found := _cities().get(words):
        return found
    if here := _territories().get(words):
        if len({_offsets(name, now) for name in here}) == 1:
            return here[0]
        raise UserError("zones.several", typed=typed, zones=here if len(here) <= MOST_OFFERED else ())
    raise UserError("zones.unknown", typed=typed, close=_close(words))


def _close(words: str) -> tuple[str, ...]:
    """What may have been meant: cities rather than countries."""
    if not SHORTEST <= len(words) <= LONGEST:
        return ()
    cities = [_cities()[name] for name in nearest(words, _cities(), MOST_OFFERED)]
    countries = [_territories()[name][0] for name in nearest(words, _territories()) if len(_territories()[name]) == 1]
    return tuple(dict.fromkeys(cities + countries))


def _offsets(name: str, now: datetime) -> tuple[timedelta | None, ...]:
    """How far its clocks are from UTC now and in half a year."""
    return tuple(at.astimezone(ZoneInfo(name)).utcoffset() for at in (now, now + HALF_A_YEAR))


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    return {fold(name): zone for name, zone in zones.by_city().items()}


@lru_cache(maxsize=1)
def _territories() -> dict[str, tuple[str, ...]]:
    return {fold(name): here for name, here in zones.by_territory().items()}


def read_answered_zone(words: str, *, now: datetime) -> str:
    """The same with the answers to what was asked back: a number of what was offered, a yes to one, or another place.

    Raises UserError as `read_zone` does.
    """
    first, *answers = words.split(ANSWERED)
    doubt: UserError | None = None
    found = ""
    for said in (first, *answers):
        offered = doubt.values.get("close") or doubt.values.get("zones") or () if doubt else ()
        try:
            found, doubt = _offered(said, offered) or read_zone(said, now=now), None
        except UserError as problem:
            doubt = problem
    if doubt is not None:
        raise doubt
    return found


def _offered(answer: str, zones_offered: Sequence[str]) -> str | None:
    """The one that a number names, or the only one if the answer is yes."""
    said = answer.strip(" .)!")
    if said.isascii() and said.isdigit() and 1 <= int(said[:3]) <= len(zones_offered):
        return zones_offered[int(said[:3]) - 1]
    return zones_offered[0] if len(zones_offered) == 1 and read_choice(answer)[0] == "yes" else None
