"""The sheets of the controlling file: texts, days and numbers, as `bot.files.workbook` makes a file of them."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.domain.project import AimKind
from bot.files.sheets import Cell, Percent
from bot.files.workbook import Tables
from bot.language.projects import BY_NAME, FIELDS, FUNDINGS, LIGHTS, PHASES, ProjectField
from bot.procedures.controlling import Decided, Portfolio
from bot.procedures.responsible import OpenTask
from bot.store.controlling import Told
from bot.store.tables import Project, ProjectChange
from bot.texts import Text, Texts, text

KINDS = {"goals": AimKind.GOAL, "principles": AimKind.PRINCIPLE}
RAW = {"True": True, "False": False}  # as `portfolio.change` writes them down
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Wording:
    """In which words and language to write; times are those of the portfolio's zone."""

    texts: Texts
    language: str

    def tables(self, portfolio: Portfolio) -> Tables:
        """All sheets by name, in their order; the same for the same portfolio."""
        writer = _Writer(portfolio, self.texts, self.language, {})
        return {
            writer.word("summary"): list(writer.summary()),
            writer.word("projects"): list(writer.projects()),
            writer.word("history"): list(writer.history()),
            writer.word("measures"): list(writer.measures()),
            writer.word("decisions"): list(writer.decisions()),
        }


@dataclass(frozen=True, slots=True)
class _Writer:
    portfolio: Portfolio
    texts: Texts
    language: str
    known: dict[str, str]

    def word(self, value: str) -> str:
        if value not in self.known:
            self.known[value] = self._bare(text("controlling.word", value=value))
        return self.known[value]

    def summary(self) -> Iterator[Row]:
        """What a head of department asks first. Unknown is a line of its own: it is not „no“."""
        whole, word = self.portfolio, self.word
        yield [word(name) for name in ("about", "what", "value")]
        yield word("report"), word("network"), whole.network
        yield word("report"), word("part"), whole.name or word("everything" if whole.room_id is None else "room")
        yield word("report"), word("as_of"), self._time(whole.at)
        yield word("report"), word("since"), self._time(whole.since)
        yield word("projects"), word("count"), len(whole.projects)
        yield from self._counted("phase", PHASES)
        yield from self._counted("funding", FUNDINGS)
        yield from self._counted("light", LIGHTS)
        for name, count in whole.by_field():
            yield self._name(BY_NAME["field"]), name or word("unsaid"), count
        mean = whole.mean_progress
        told = sum(each.progress is not None for each in whole.projects)
        yield word("currency"), word("stale"), whole.stale
        yield word("currency"), word("mean_progress"), Percent(round(mean, 1)) if mean is not None else word("unsaid")
        yield word("currency"), word("with_progress"), told
        yield word("measures"), word("open"), len(whole.open_measures)
        yield word("measures"), word("overdue"), sum(each.overdue for each in whole.open_measures)
        funds = [each.funds for each in whole.open_measures if each.funds is not None]
        yield word("measures"), word("open_funds"), Decimal(sum(funds)) / 100 if funds else word("unsaid")
        yield word("period"), word("updates"), len(whole.updates)
        yield word("period"), word("changes"), len(whole.changes)
        yield word("period"), word("decisions"), sum(each.decision.at >= whole.since for each in whole.decided)

    def _counted(self, name: str, choices: dict[str, Any]) -> Iterator[Row]:
        field = BY_NAME[name]
        found = Counter(getattr(project, name) for project in self.portfolio.projects)
        for value in dict.fromkeys(choices.values()):
            yield self._name(field), field.write(value, self.language), found[value]
        if found[None]:
            yield self._name(field), self.word("unsaid"), found[None]

    def projects(self) -> Iterator[Row]:
        """All fields of all projects, and how old what is known of them is."""
        whole, word = self.portfolio, self.word
        yield [word("key"), *(self._name(field) for field in FIELDS), *map(word, ("group", "last_update", "age"))]
        today = self._time(whole.at).date()
        for project in whole.projects:
            heard = whole.last_heard(project)
            day = self._time(heard).date() if heard is not None else None
            yield [
                project.key,
                *(self._field(project, field) for field in FIELDS),
                whole.groups.get(project.room_id, ""),
                day or "",
                (today - day).days if day is not None else "",
            ]

    def _field(self, project: Project, field: ProjectField) -> Cell:
        if field.name in KINDS:
            return field.write(self.portfolio.served(project, KINDS[field.name]), self.language)
        value = getattr(project, field.name)
        if field.name == "progress" and value is not None:
            return Percent(value)
        return field.write(value, self.language)

    def history(self) -> Iterator[Row]:
        """What was reported and what was changed, in the order in which it happened."""
        columns = ("at", "project", "kind", "field", "before", "after", "light", "progress", "text", "by")
        yield [self.word(name) for name in columns]
        told: list[tuple[datetime, Row]] = [(each.at, self._told(each)) for each in self.portfolio.updates]
        told += [(each.at, self._changed(each, key)) for each, key in self.portfolio.changes]
        yield from (row for _, row in sorted(told, key=lambda pair: pair[0]))

    def _told(self, update: Told) -> Row:
        light = BY_NAME["light"].write(update.light, self.language)
        progress: Cell = Percent(update.progress) if update.progress is not None else ""
        kind = self.word("update")
        return self._time(update.at), update.project, kind, "", "", "", light, progress, update.text, update.author

    def _changed(self, change: ProjectChange, key: str) -> Row:
        field = BY_NAME.get(change.field)
        name = self._name(field) if field is not None else self.word("archived")
        before, after = (self._value(field, value) for value in (change.before, change.after))
        return self._time(change.at), key, self.word("change"), name, before, after, "", "", "", change.by

    def _value(self, field: ProjectField | None, raw: str | None) -> str:
        """What was written down of a field, in words."""
        if raw is None:
            return ""
        if field is None:
            return self.word("yes" if RAW.get(raw) else "no")
        value = RAW.get(raw, raw) if field.choices is not None else raw
        known = field.choices is None or value in field.choices.values()
        return field.write(value, self.language) if known and field.name not in KINDS else raw

    def measures(self) -> Iterator[Row]:
        """Tasks, what is due first leads."""
        columns = ("number", "measure", "state", "due", "council", "council_at", "mandatory", "owner", "funds")
        yield [self.word(name) for name in (*columns, "project", "group")]
        for entry in self.portfolio.measures:
            yield self._measure(entry)

    def _measure(self, entry: OpenTask) -> Row:
        task = entry.task
        return [
            f"A{task.number}",
            task.title,
            self.word("overdue" if entry.overdue else task.state),
            self._day(task.due_at),
            task.council or "",
            self._day(task.council_at),
            self.word("yes" if task.mandatory else "if_need_be"),
            self._owners(entry),
            Decimal(entry.funds) / 100 if entry.funds is not None else "",
            self.portfolio.keys.get(task.project_id or 0, ""),
            self.portfolio.groups.get(task.room_id, ""),
        ]

    def _owners(self, entry: OpenTask) -> str:
        bodies = [part.organisation.name for part in entry.bodies if part.organisation is not None]
        return ", ".join([*entry.people, *bodies]) or self.word("nobody")

    def decisions(self) -> Iterator[Row]:
        """What was decided, the latest first."""
        columns = ("number", "day", "consultation", "title", "question", "outcome", "chosen")
        yield [self.word(name) for name in (*columns, "provisional", "dissents", "touches")]
        for each in self.portfolio.decided:
            yield self._decision(each)

    def _decision(self, each: Decided) -> Row:
        decision = each.decision
        outcome = f"{decision.outcome} {each.ballot.kind}"
        if outcome not in self.known:
            said = text("controlling.outcome", outcome=decision.outcome, kind=each.ballot.kind)
            self.known[outcome] = self._bare(said)
        return [
            f"B{decision.number}",
            self._day(decision.at),
            each.short,
            each.consultation.title,
            each.ballot.question,
            self.known[outcome],
            decision.chosen or "",
            self.word("yes" if decision.provisional else "no"),
            each.dissents if each.dissents is not None else self.word("confidential"),
            ", ".join(each.projects),
        ]

    def _name(self, field: ProjectField) -> str:
        return field.de if self.language == "de" else field.en

    def _time(self, at: datetime) -> datetime:
        """As it is read on the network's clocks; to the minute, as it is shown."""
        return at.astimezone(self.portfolio.zone).replace(tzinfo=None, second=0, microsecond=0)

    def _day(self, at: datetime | None) -> Cell:
        return at.astimezone(self.portfolio.zone).date() if at is not None else ""

    def _bare(self, said: Text) -> str:
        markup = self.texts.html(said, self.language, self.portfolio.zone)
        return html.unescape(re.sub(r"<[^>]+>", "", markup)).strip()
