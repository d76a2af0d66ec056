"""What a round of a check-in says: the question in the room or to each person alone, and the summary.

The keys of the posts: `checkin/3` is what stands in the room (the root of the thread), `checkin/3/17` one question to
one person, in that thread or in a direct chat, `checkin/3/summary` what came of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.context import Scope
from bot.domain.checkin import Place, Skipped
from bot.domain.project import Light
from bot.effects import Direct, Edit, Effect, Say
from bot.procedures.checkin_rows import questions_of
from bot.store import checkins, outbox, rooms
from bot.store.tables import CheckIn, CheckInAnswer, CheckInAsk, CheckInRound, Project, Task
from bot.texts import Text, text

KEY = "checkin/"
MOST_CALLED = 100  # people; a Matrix ID may have 255 bytes
GRAVEST_FIRST = (Light.RED, Light.YELLOW, Light.GREEN, None)


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody was asked, and what they said. `light` is what holds now: the answer's, else the project's."""

    ask: CheckInAsk
    project: Project | None = None
    task: Task | None = None
    answer: CheckInAnswer | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether an answer is still to come; not of somebody whose data were erased."""
        return self.ask.skipped is None and self.answer is None and ":" in self.ask.person

    @property
    def light(self) -> str | None:
        """How it stands."""
        said = self.answer.light if self.answer else None
        return said or (self.project.light if self.project else None)


@dataclass(frozen=True, slots=True)
class Summary:
    """How a round stands. Every line is in one of the lists; of those answered what is gravest leads."""

    answered: Sequence[Line]
    unchanged: Sequence[Line]
    missing: Sequence[Line]
    away: Sequence[Line]
    left: Sequence[Line]

    @property
    def came(self) -> int:
        """How many answers came."""
        return len(self.answered) + len(self.unchanged)

    @property
    def asked(self) -> int:
        """How many were asked for."""
        return self.came + len(self.missing)


def key_of(made: CheckInRound, what: int | str | None = None) -> str:
    """The key of a round's post: of the one in the room, or of `what` belongs to it."""
    return f"{KEY}{made.id}" + (f"/{what}" if what is not None else "")


def lines(made: CheckInRound, scope: Scope) -> list[Line]:
    """Everything that was or would have been asked in a round, with the answers; two questions to the database."""
    answers = checkins.answers_of(scope.session, made.id or 0)
    asked = checkins.asks_of(scope.session, made.id or 0)
    return [Line(each.ask, each.project, each.task, answers.get(each.ask.id or 0)) for each in asked]


def summed(found: Iterable[Line]) -> Summary:
    """The lines of a round by what came of them."""
    listed = list(found)
    put = [line for line in listed if line.ask.skipped is None]
    said = [line for line in put if line.answer and not _is_bare(line.answer)]
    return Summary(
        answered=sorted(said, key=lambda line: GRAVEST_FIRST.index(Light(line.light) if line.light else None)),
        unchanged=[line for line in put if line.answer and _is_bare(line.answer)],
        missing=[line for line in put if line.is_awaited],
        away=[line for line in listed if line.ask.skipped == Skipped.AWAY],
        left=[line for line in listed if line.ask.skipped == Skipped.LEFT or _is_erased(line)],
    )


def _is_erased(line: Line) -> bool:
    return line.ask.skipped is None and line.answer is None and not line.is_awaited


def _is_bare(answer: CheckInAnswer) -> bool:
    """„Keine Änderung“, and nothing else."""
    return answer.no_change and not (answer.text or answer.light or answer.progress is not None)


def put(check_in: CheckIn, made: CheckInRound, found: Sequence[Line], scope: Scope) -> tuple[Effect, ...]:
    """Put a round that was just opened. Who is not in the room is asked alone, and who would be one name too many."""
    asked = [line for line in found if line.ask.skipped is None]
    if check_in.place == Place.DIRECT:
        return tuple(_directly(check_in, made, asked, scope))
    people = _called(check_in, asked, scope)
    inside = [line for line in asked if line.ask.person in people]
    outside = [line for line in asked if line.ask.person not in people]
    root = Say(
        room_id=check_in.room_id, key=key_of(made), text=_root(check_in, made, summed(found), people), mentions=people
    )
    threads = [
        Say(
            room_id=check_in.room_id,
            key=key_of(made, line.ask.id or 0),
            text=text("checkins.line", line=line),
            thread=root.key,
        )
        for line in inside
    ]
    return (root, *threads, *_directly(check_in, made, outside, scope))


def root_again(
    check_in: CheckIn, made: CheckInRound, found: Sequence[Line], mark: object, scope: Scope
) -> tuple[Effect, ...]:
    """Show how many have answered, by editing what stands in the room. `mark` tells one edit from another."""
    if not stands_in(check_in.room_id, key_of(made), scope):  # asked alone, or in a room that was left behind
        return ()
    shown = _root(check_in, made, summed(found), _called(check_in, found, scope))
    key = key_of(made, f"root/{mark}")
    return (Edit(room_id=check_in.room_id, key=key, of=key_of(made), text=shown),)


def _called(check_in: CheckIn, found: Iterable[Line], scope: Scope) -> tuple[str, ...]:
    """Whom the post in the room calls: who is asked and is there. An event has no room for any number of mentions."""
    present = set(rooms.members(scope.session, check_in.room_id))
    people = dict.fromkeys(line.ask.person for line in found if line.ask.skipped is None)
    return tuple(each for each in people if each in present)[:MOST_CALLED]


def stands_in(room_id: str, key: str, scope: Scope) -> bool:
    """Whether a post of ours stands, or is to stand, in this room; another account's could not be edited."""
    return outbox.stands_in(scope.session, key, scope.house.us) == room_id


def _root(check_in: CheckIn, made: CheckInRound, summary: Summary, people: Sequence[str]) -> Text:
    return text(
        "checkins.root",
        check_in=check_in,
        questions=questions_of(check_in),
        round=made,
        summary=summary,
        people=people,
    )


def _directly(check_in: CheckIn, made: CheckInRound, asked: Sequence[Line], scope: Scope) -> Iterable[Effect]:
    """One message each; to who is asked several things, a quiet one besides for each of them, to be answered alone."""
    language = scope.language_of(check_in.room_id)
    for person, own in by_person(asked).items():
        said = text("checkins.direct", check_in=check_in, questions=questions_of(check_in), round=made, lines=own)
        first = own[0].ask.id or 0
        key = key_of(made, first if len(own) == 1 else f"to/{first}")
        yield Direct(person=person, key=key, text=said, network_id=check_in.network_id, language=language)
        for line in own if len(own) > 1 else ():
            yield Direct(
                person=person,
                key=key_of(made, line.ask.id or 0),
                text=text("checkins.line", line=line),
                network_id=check_in.network_id,
                language=language,
                quiet=True,
            )


def by_person(asked: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines of each person, in their order."""
    found: dict[str, list[Line]] = {}
    for line in asked:
        found.setdefault(line.ask.person, []).append(line)
    return found


def reminded(check_in: CheckIn, made: CheckInRound, own: Sequence[Line], scope: Scope) -> Effect:
    """Remind one person of what they have not answered; of a single question the reminder may be answered itself."""
    person, first = own[0].ask.person, own[0].ask.id or 0
    said = text("checkins.nudge", check_in=check_in, questions=questions_of(check_in), round=made, lines=own)
    return Direct(
        person=person,
        key=key_of(made, f"nudge/{first}"),
        text=said,
        network_id=check_in.network_id,
        language=scope.language_of(check_in.room_id),
    )


def summary_of(check_in: CheckIn, made: CheckInRound, found: Sequence[Line]) -> Text:
    """What came of a round."""
    return text(
        "checkins.summary",
        check_in=check_in,
        round=made,
        summary=summed(found),
        early=made.closed_at is not None and made.closed_at < made.deadline,
    )
