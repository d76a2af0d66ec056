"""The status-quo survey before a cohort's workshops: its questions in versions, one after the other, and compared.

Leipzig (2023) puts one survey before the workshops of each cohort (Staffel), so that cohorts of different years are
comparable. What nobody knows is unknown, and no „no“; what nobody said is neither.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.domain.project import Funding, Phase, several
from bot.domain.workdays import in_land, morning, working_days_before

FREE: Final = "free"  # begins the names of questions that are no field of a project: free1, free2 …
PICK: Final = "?pick"  # steps that are no questions of the template
SAME: Final = "?same"
CONFIRM: Final = "?confirm"
INFLUENTIAL: Final = "?influential"
REMINDED: Final = 2  # working days before the deadline
COUNTED: Final = ("phase", "funding", "field")

Answers = Mapping[str, Any]
"""By question what was said; None: unknown. What was not answered is not in it."""


@dataclass(frozen=True, slots=True)
class Item:
    """A field of a project (`bot.language.projects`) or a free question; `wording` where it is not the usual one."""

    name: str
    wording: str | None = None

    @property
    def is_free(self) -> bool:
        """Whether its answer is no field of a project."""
        return self.name.startswith(FREE)


Items = Sequence[Item]


def written(questions: Items) -> str:
    """The questions of a version, for its row."""
    return json.dumps([[each.name, each.wording] for each in questions], ensure_ascii=False)


def questions_in(row: str) -> tuple[Item, ...]:
    """The other way round."""
    return tuple(Item(name, wording) for name, wording in json.loads(row))


def following(questions: Items, name: str, skip: Iterable[str] = ()) -> str:
    """The question after this one, without those to `skip`; `CONFIRM` after the last."""
    return _neighbour(list(questions), name, skip) or CONFIRM


def preceding(questions: Items, name: str, skip: Iterable[str] = ()) -> str:
    """The question before this one; `PICK` before the first. The last one comes before `CONFIRM`."""
    return _neighbour(list(reversed(questions)), name, skip) or PICK


def _neighbour(questions: Items, name: str, skip: Iterable[str]) -> str | None:
    names = [each.name for each in questions]
    start = names.index(name) + 1 if name in names else 0
    left_out = set(skip)
    return next((each for each in names[start:] if each not in left_out), None)


def reminder_at(due_at: datetime, opened_at: datetime, zone: ZoneInfo, state: str | None) -> datetime | None:
    """Nine o'clock two working days before the deadline (UTC), in that Land; None if it was opened later than that."""
    day = working_days_before(due_at.astimezone(zone).date(), REMINDED, in_land(state))
    at = morning(day, zone)
    return at if at > opened_at + timedelta(hours=1) else None


# cohorts side by side


@dataclass(frozen=True, slots=True)
class Cohort:
    """What one survey found: the answers of each project that was taken over."""

    name: str
    version: int
    questions: Items
    projects: Sequence[Answers]


@dataclass(frozen=True, slots=True)
class Row:
    """How often something was said in each cohort. `value` None: said to be unknown; „“: not answered."""

    value: str | None
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One question in all cohorts; `reworded`: it was not put in the same words."""

    name: str
    rows: tuple[Row, ...]
    reworded: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Cohorts side by side. `left_out` are questions that not all of their versions have."""

    cohorts: Sequence[Cohort]
    tables: tuple[Table, ...]
    left_out: tuple[str, ...]


def compare(cohorts: Sequence[Cohort]) -> Comparison:
    """Count phase, funding and field of action, as far as all versions ask for them."""
    asked = [{each.name: each.wording for each in cohort.questions} for cohort in cohorts]
    common = [name for name in COUNTED if all(name in each for each in asked)]
    known = [name for name in COUNTED if any(name in each for each in asked) and name not in common]
    tables = tuple(
        Table(name, _ROWS[name](name, cohorts), reworded=len({each[name] for each in asked}) > 1) for name in common
    )
    return Comparison(cohorts, tables, tuple(known))


def _choices(name: str, cohorts: Sequence[Cohort]) -> tuple[Row, ...]:
    values = [each.value for each in (Phase if name == "phase" else Funding) if each != Funding.UNKNOWN]
    found = [Counter(_one(project, name) for project in cohort.projects) for cohort in cohorts]
    return tuple(Row(value, tuple(each[value] for each in found)) for value in [*values, None, ""])


def _one(project: Answers, name: str) -> str | None:
    value = project.get(name, "")
    return None if value == Funding.UNKNOWN else value


def _names(name: str, cohorts: Sequence[Cohort]) -> tuple[Row, ...]:
    """A project in several fields of action counts in each of them."""
    spelled: dict[str, str] = {}
    found: list[Counter[str | None]] = []
    for cohort in cohorts:
        counts = Counter[str | None]()
        for project in cohort.projects:
            said = project.get(name, "")
            for each in several(said):
                counts[spelled.setdefault(each.casefold(), each)] += 1
            if not said:
                counts[said] += 1
        found.append(counts)
    total = Counter[str]({each: sum(counts[each] for counts in found) for each in spelled.values()})
    ordered = sorted(total, key=lambda each: (-total[each], each.casefold()))
    return tuple(Row(value, tuple(each[value] for each in found)) for value in [*ordered, None, ""])


_ROWS: Mapping[str, Callable[[str, Sequence[Cohort]], tuple[Row, ...]]] = {
    "phase": _choices,
    "funding": _choices,
    "field": _names,
}
