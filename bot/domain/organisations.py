"""Organisations: who belongs to a network, how large they are, who speaks for them."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """Ebene of an organisation."""

    STATE = "state"
    COUNTY = "county"
    CITY = "city"
    MUNICIPALITY = "municipality"
    DEPARTMENT = "department"
    OFFICE = "office"
    PARTY = "party"
    UNIVERSITY = "university"
    EXTERNAL = "external"


class Bench(StrEnum):
    """Zugehörigkeit: politics and administration sit in one room (Mainz) and are told apart."""

    POLITICS = "politics"
    ADMINISTRATION = "administration"


class Speaks(StrEnum):
    """How somebody speaks for an organisation."""

    HOLDER = "holder"
    DEPUTY = "deputy"


# Upper bounds of the size classes usual in Germany (Gemeindegrößenklassen); the last class has none.
SIZE_BOUNDS = (5_000, 10_000, 20_000, 50_000, 100_000)


def size_class(inhabitants: int) -> int:
    """The number of the size class: 0 below 5,000 inhabitants … 5 from 100,000."""
    return bisect_right(SIZE_BOUNDS, inhabitants)


def makes_a_circle(parents: Mapping[int, int | None], child: int, parent: int) -> bool:
    """Whether `child` under `parent` would close a circle. `parents` maps each organisation to the one above it."""
    seen: set[int] = set()
    at: int | None = parent
    while at is not None and at not in seen:
        if at == child:
            return True
        seen.add(at)
        at = parents.get(at)
    return False


@dataclass(frozen=True, slots=True)
class Mandate:
    """Somebody may speak for an organisation from `starts_at` until `ends_at` (UTC; None: until further notice)."""

    person: str
    organisation_id: int
    speaks: Speaks
    starts_at: datetime
    ends_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at `at`."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


def in_force(mandates: Iterable[Mandate], at: datetime) -> list[Mandate]:
    """The mandates in force, holders before deputies."""
    return sorted((m for m in mandates if m.holds(at)), key=lambda m: (m.speaks is Speaks.DEPUTY, m.person))
