"""A digest's sections: the most urgent first, each shortened to its share of a message that a phone can show.

Every section is a text of its own (`digest.overdue` …), so that the operator can lay over each by itself.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.context import Scope
from bot.domain.digest import DUE_WITHIN, NO_REASON, Section, shares
from bot.domain.project import FeedbackKind
from bot.procedures import digest_links
from bot.procedures.digest_gathering import Material
from bot.procedures.digest_items import Given, ToDo
from bot.store.tables import Meeting
from bot.texts import Text, text

SAID: Mapping[Section, Callable[..., Text]] = {
    Section.OVERDUE: lambda **values: text("digest.overdue", **values),
    Section.CONSULTATIONS: lambda **values: text("digest.consultations", **values),
    Section.CHECK_INS: lambda **values: text("digest.check_ins", **values),
    Section.UNANSWERED: lambda **values: text("digest.unanswered", **values),
    Section.DUE: lambda **values: text("digest.due", **values),
    Section.STALE: lambda **values: text("digest.stale", **values),
    Section.DORMANT: lambda **values: text("digest.dormant", **values),
    Section.COUNCIL: lambda **values: text("digest.council", **values),
    Section.DECIDED: lambda **values: text("digest.decided", **values),
    Section.MOVED: lambda **values: text("digest.moved", **values),
    Section.BLOCKED: lambda **values: text("digest.blocked", **values),
    Section.LINKED: lambda **values: text("digest.linked", **values),
    Section.FEEDBACK: lambda **values: text("digest.feedback", **values),
    Section.IDEAS: lambda **values: text("digest.ideas", **values),
}


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest says at `now` about the time since `since` (UTC).

    `is_empty`: it has nothing to say, and is not posted; participation or a meeting alone are no reason. `is_news`:
    something has come since the last one; what only goes on being open or missing has not.
    """

    since: datetime
    now: datetime
    parts: Sequence[Text]
    meeting: Meeting | None
    is_empty: bool
    is_news: bool


def digest(material: Material, shown: Collection[Section], rooms: Collection[str], scope: Scope) -> Digest:
    """What somebody is told who may see these sections; links lead into `rooms`, which they are in."""
    found = {
        section: items for section, items in _items(material, shown, scope.now).items() if section in shown and items
    }
    ordered = [section for section in Section if section in found]
    given = dict(zip(ordered, shares([len(found[section]) for section in ordered]), strict=True))
    cut = {section: list(found[section][: given[section]]) for section in ordered}
    places = digest_links.places([item for items in cut.values() for item in items], rooms, scope)
    hidden = {Section.DUE: _later(material.tasks, scope.now)}
    parts = [
        SAID[section](
            lines=digest_links.lines(cut[section], places),
            more=len(found[section]) - given[section] + hidden.get(section, 0),
            now=scope.now,
            prefix=scope.house.prefix,
        )
        for section in ordered
    ]
    if Section.PARTICIPATION in shown and material.figures is not None and material.figures.falls_short:
        parts.append(text("digest.participation", figures=material.figures))
    return Digest(
        since=material.since,
        now=scope.now,
        parts=parts,
        meeting=material.meetings[0][0] if material.meetings else None,
        is_empty=not found.keys() - NO_REASON,
        is_news=_is_news(material),
    )


def _items(material: Material, shown: Collection[Section], now: datetime) -> dict[Section, Sequence[Any]]:
    """New feedback waits for an answer, too; it is named so where it is not named as new."""
    waiting = [each for each in material.feedback if _waits(each)] if Section.FEEDBACK not in shown else []
    return {
        Section.OVERDUE: [each for each in material.tasks if each.task.due_at and each.task.due_at < now],
        Section.CONSULTATIONS: material.open,
        Section.CHECK_INS: material.asked,
        Section.UNANSWERED: [*material.unanswered, *waiting],
        Section.DUE: [each for each in material.tasks if _is_due(each, now)],
        Section.STALE: material.stale,
        Section.DORMANT: material.resting,
        Section.COUNCIL: material.council,
        Section.DECIDED: material.decided,
        Section.MOVED: material.moved,
        Section.BLOCKED: material.blocked,
        Section.LINKED: list({each.tied.synergy.id: each for each in material.linked}.values()),
        Section.FEEDBACK: material.feedback,
        Section.IDEAS: material.ideas,
    }


def _waits(each: Given) -> bool:
    return each.feedback.answered_at is None and each.feedback.kind != FeedbackKind.PRAISE


def _is_due(each: ToDo, now: datetime) -> bool:
    """Soon, or by no day at all: then nothing else would ever recall it."""
    return each.task.due_at is None or now <= each.task.due_at <= now + DUE_WITHIN


def _later(tasks: Sequence[ToDo], now: datetime) -> int:
    return sum(each.task.due_at is not None and each.task.due_at > now + DUE_WITHIN for each in tasks)


def _is_news(material: Material) -> bool:
    since = material.since
    opened = any(each.consultation.opens_at > since for each in material.open)
    resting = any((each.group.dormant_told_at or since) > since for each in material.resting)
    given = any(each.task.created_at > since for each in material.tasks)
    told = (material.linked, material.moved, material.decided, material.feedback, material.ideas)
    return any((*told, opened, resting, given))
