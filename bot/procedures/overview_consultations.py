"""Consultations on the overview pages: what `!konsultation` tells of them, the numbers of a result, the minutes.

The numbers are those that went on record when the result came out (`bot.procedures.recording.result`): nothing is
counted again, however many have voted, and what is not to be told is not in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.context import Scope
from bot.domain import record
from bot.domain.answers import Kind, Sheet
from bot.domain.consultation import State
from bot.domain.tallies import Count, Line
from bot.effects import Document
from bot.procedures import consultation_view, minutes
from bot.procedures.consultation_view import View
from bot.procedures.overview import Leaf, Viewer, is_guest, leaf
from bot.store import consultations, records
from bot.store.tables import Consultation

MINUTES: Final = ("html", "csv", "json")
"""As what minutes can be had; a large record comes packed."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a ballot's result says. `count` is None where no number but the turnout may be told.

    `reached` of `base` were for what won or leads; `quorum_reached` is None where there is no quorum.
    """

    entitled: int
    turnout: int
    quorum_reached: bool | None
    count: Count | None = None
    reached: int | None = None
    base: int | None = None

    @property
    def lines(self) -> list[Line]:
        """The options in the order of their places, or as on the ballot where there are none."""
        found = self.count
        return [] if found is None else sorted(found.lines, key=lambda each: _rank(each, found))


def _rank(line: Line, count: Count) -> tuple[int, int]:
    return count.place(line.answer), 0 if count.sheet.kind is Kind.APPROVAL else int(line.answer)


@dataclass(frozen=True, slots=True)
class Whole:
    """A consultation. `numbers` are by the ballot's position, once the result is out; `minutes`: they can be had."""

    view: View
    numbers: Mapping[int, Numbers]
    minutes: bool


def listed(number: int, viewer: Viewer, scope: Scope) -> Leaf[Consultation] | None:
    """A page of the network's consultations, the newest first; None for guests."""
    if is_guest(viewer):
        return None
    return leaf(consultations.listed(scope.session, viewer.network_id, None)[::-1], number)


def running(viewer: Viewer, scope: Scope) -> Sequence[Consultation]:
    """Those that take votes, what closes first leads."""
    return [] if is_guest(viewer) else consultations.open_of(scope.session, viewer.network_id)


def whole(number: int, viewer: Viewer, scope: Scope) -> Whole | None:
    """K3; None where there is none for this viewer."""
    found = _find(number, viewer, scope)
    if found is None:
        return None
    ballots = consultations.ballots(scope.session, found.id or 0)
    on_record = records.of_kind(scope.session, found.id or 0, record.RESULT) if found.state == State.PUBLISHED else []
    sheets = {ballot.position: consultations.sheet(ballot) for ballot in ballots}
    numbers = {body["ballot"]: _numbers(body, sheets[body["ballot"]]) for body in on_record}
    return Whole(consultation_view.view(found, ballots, scope), numbers, minutes.are_there(found))


def _find(number: int, viewer: Viewer, scope: Scope) -> Consultation | None:
    return None if is_guest(viewer) else consultations.by_number(scope.session, viewer.network_id, number)


def _numbers(body: Mapping[str, Any], sheet: Sheet) -> Numbers:
    counts = dict(body["counts"])
    told = Numbers(counts["entitled"], counts["turnout"], body["quorum_reached"])
    if "lines" not in counts:
        return told
    lines = tuple(Line(**line) for line in counts.pop("lines"))
    places: Sequence[Sequence[str]] = counts.pop("places")
    counts.pop("duels")
    count = Count(sheet=sheet, lines=lines, places=tuple(tuple(tier) for tier in places), **counts)
    return Numbers(told.entitled, told.turnout, told.quorum_reached, count, body["reached"], body["base"])


def edition(number: int, viewer: Viewer, scope: Scope) -> tuple[object, ...] | None:
    """What the minutes of K3 are made from: as long as that is the same, so are they; None where there are none now."""
    found = _find(number, viewer, scope)
    told = found is not None and minutes.are_there(found)
    return (found.id, found.state, found.record_length) if found is not None and told else None


def documents(number: int, viewer: Viewer, language: str, scope: Scope) -> Sequence[Document] | None:
    """The minutes of K3, one of each of `MINUTES`; None where there are none, or none that may be told now."""
    found = _find(number, viewer, scope)
    if found is None or not minutes.are_there(found):
        return None
    return minutes.documents(found, scope, language)
