"""A plan of measures as files: HTML that everybody can read and print, and XLSX to calculate with.

The HTML is one file without scripts and without anything from elsewhere. Its picture is drawn in the file itself (SVG);
all that it shows stands in the table below it.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from bot.domain.timeline import Drawing, Timeline
from bot.files import sheets
from bot.files.sheets import Cell
from bot.store.tables import Project, Task
from bot.texts import Text, Texts, text


class Entry(Protocol):
    """A measure with everybody who has a part in it (`bot.procedures.responsible.OpenTask`)."""

    @property
    def task(self) -> Task:
        """The measure."""

    @property
    def overdue(self) -> bool:
        """Whether it should have been done."""

    @property
    def funds(self) -> int | None:
        """The funds of all together, in cents."""


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Share:
    """What one municipality, or one person, contributes to how many measures. `funds` in cents; None: none named."""

    name: str
    is_person: bool
    measures: int
    funds: int | None
    contributions: Sequence[tuple[int, str | None, int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Generic[E]):
    """All that a plan says. `name` is that of the group, None for a whole network; `at` is when it was made.

    `entries` are the measures by number in the order in which they are due, `groups` in which group each is if there
    are several, by room; `projects` those that measures belong to, by ID. Of the shares, what was dropped is no part.
    """

    network: str
    name: str | None
    at: datetime
    entries: Mapping[int, E]
    timeline: Timeline
    drawing: Drawing | None
    shares: Sequence[Share]
    projects: Mapping[int, Project]
    groups: Mapping[str, str]
    zone: ZoneInfo

    @property
    def funds(self) -> int | None:
        """The funds of all, in cents."""
        named = [share.funds for share in self.shares if share.funds is not None]
        return sum(named) if named else None

    def count(self, state: str) -> int:
        """How many measures stand so; what is overdue is counted as that."""
        return sum(1 for entry in self.entries.values() if entry.task.state == state and not entry.overdue)

    def midday(self, day: date) -> datetime:
        """A local day as a time, for the filters of the texts."""
        return datetime(day.year, day.month, day.day, 12, tzinfo=self.zone)


@dataclass(frozen=True, slots=True)
class Wording:
    """In which words, language and time zone to write."""

    texts: Texts
    language: str
    zone: ZoneInfo

    def document(self, plan: Plan[E], workbook: str) -> bytes:
        """The HTML; `workbook` is the name of the other file."""
        filled = text("plans.document", plan=plan, workbook=workbook)
        markup = self.texts.html(filled, self.language, self.zone)
        # in chat a person is a link that clients show as a name; in a file it would lead out of it
        return ("<!DOCTYPE html>\n" + re.sub(r"</?a\b[^>]*>", "", markup) + "\n").encode()

    def workbook(self, plan: Plan[E]) -> bytes:
        """The XLSX: a sheet of the measures, and one of who contributes what."""
        return sheets.to_workbook(
            {
                self._word("measures"): list(self._measures(plan)),
                self._word("shares"): list(self._shares(plan)),
            }
        )

    def _measures(self, plan: Plan[E]) -> Iterator[Sequence[Cell]]:
        columns = ("key", "title", "state", "due", "council", "council_at", "mandatory", "owner", "funds", "project")
        yield [self._word(name) for name in (*columns, "group")]
        for entry in plan.entries.values():
            task = entry.task
            project = plan.projects.get(task.project_id or 0)
            yield [
                f"A{task.number}",
                task.title,
                self._word("overdue" if entry.overdue else task.state),
                self._day(task.due_at),
                task.council or "",
                self._day(task.council_at),
                self._word("yes" if task.mandatory else "if_need_be"),
                self._bare(text("plans.who", open=entry)),
                Decimal(entry.funds) / 100 if entry.funds is not None else "",
                project.key if project else "",
                plan.groups.get(task.room_id, plan.name or ""),
            ]

    def _shares(self, plan: Plan[E]) -> Iterator[Sequence[Cell]]:
        yield [self._word(name) for name in ("party", "key", "title", "contribution", "funds")]
        for share in plan.shares:
            for number, contribution, funds in share.contributions:
                amount: Cell = Decimal(funds) / 100 if funds is not None else ""
                yield [share.name, f"A{number}", plan.entries[number].task.title, contribution or "", amount]
        for share in plan.shares:
            if share.funds is not None:
                yield [share.name, "", "", self._word("total"), Decimal(share.funds) / 100]
        if plan.funds is not None:
            yield [self._word("all"), "", "", self._word("total"), Decimal(plan.funds) / 100]

    def _day(self, at: datetime | None) -> Cell:
        return at.astimezone(self.zone).date() if at is not None else ""

    def _word(self, value: str) -> str:
        return self._bare(text("plans.word", value=value))

    def _bare(self, filled: Text) -> str:
        markup = self.texts.html(filled, self.language, self.zone)
        return html.unescape(re.sub(r"<[^>]+>", "", markup)).strip()
