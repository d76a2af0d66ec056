"""The form of `!checkin neu`, and of a change: what its lines say, checked against each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

from bot.command import W, line, required, rest, word
from bot.context import Context
from bot.domain import checkin
from bot.domain.checkin import ASKED_ABOUT, NO_NUDGE, Skipped, Whom
from bot.domain.recurring import Recurrence
from bot.domain.roles import Role
from bot.errors import UserError
from bot.language.checkins import (
    Meant,
    read_days,
    read_escalation,
    read_nudge,
    read_place,
    read_questions,
    read_whom,
)
from bot.language.lists import listed
from bot.language.names import fold, match, nearest
from bot.language.projects import PHASES
from bot.procedures.asking import read_recurrence
from bot.procedures.checkin_people import concerned
from bot.procedures.checkin_rows import as_list, closes, rhythm
from bot.procedures.finding import group_meant, group_named, require_lead_in, require_role
from bot.store import groups, networks
from bot.store.tables import CheckIn, Group

LONGEST_TITLE = 120
MOST_PEOPLE = 200
USUAL_DAYS = 2
MORNING = time(9)  # where no time of day is said; the answer repeats it
LOOKED_AHEAD = 12  # times: whether each deadline comes before the next of them
TITLE = W("Titel", "Title")
WHOM = W("Wen", "Whom", ("Wer", "An", "Who", "To"))
QUESTIONS = W("Fragen", "Questions", ("Frage", "Question"))
WHEN = W("Wann", "When", ("Rhythmus", "Schedule"))
DUE = W("Frist", "Deadline", ("Antwortfrist", "Due"))
PLACE = W("Wo", "Where", ("Ort", "Place"))
PHASE = W("Projektstatus", "Phase")
GROUP = W("Gruppe", "Group", ("Arbeitsgruppe", "Handlungsfeld", "Working group"))
NUDGE = W("Erinnerung", "Reminder", ("Nudge",))
ESCALATION = W("Eskalation", "Escalation")


@dataclass(frozen=True, kw_only=True)
class Lines:
    """What may be set in both forms."""

    whom: str | None = line(WHOM)
    when: str | None = line(WHEN)
    questions: str | None = line(QUESTIONS)
    due: str | None = line(DUE)
    place: str | None = line(PLACE)
    phase: str | None = line(PHASE)
    group: str | None = line(GROUP)
    nudge: str | None = line(NUDGE)
    escalation: str | None = line(ESCALATION)


@dataclass(frozen=True, kw_only=True)
class New(Lines):
    """A new check-in."""

    title: str = rest(W("Titel", "title"))
    whom: str = required(WHOM, sample=W("Verantwortliche", "owners"))
    when: str = required(WHEN, sample=W("jeden Montag 9:00", "every Monday 9:00"))


@dataclass(frozen=True, kw_only=True)
class Change(Lines):
    """A check-in by its key, and what changes; without a key all there are."""

    short: str | None = word(W("Check-in", "check-in"), default=None, shown="C1")
    title: str | None = line(TITLE)

    @property
    def changes(self) -> bool:
        """Whether any line is there."""
        names = ("title", *Lines.__dataclass_fields__)
        return any(getattr(self, name) is not None for name in names)


@dataclass(frozen=True, kw_only=True)
class ChangeOne(Change):
    """A check-in by its key, and what changes."""

    short: str = word(W("Check-in", "check-in"), shown="C1")


def fill(check_in: CheckIn, args: New | Change, ctx: Context) -> None:
    """Put what the lines say into the row. Raises UserError or Question for what cannot be, or is in doubt."""
    if args.title is not None:
        check_in.title = _title(args.title)
    if args.whom is not None or args.group is not None or not check_in.room_id:
        _whom(check_in, args, ctx)
    require_lead_in(check_in.room_id, ctx)
    if args.phase is not None:
        check_in.phases = as_list(_phases(args.phase))
    if check_in.phases != "[]" and check_in.whom not in (Whom.OWNERS, Whom.EVERYWHERE):
        raise UserError("checkin.phases_of_whom")
    if args.questions is not None:
        check_in.questions = as_list(read_questions(args.questions))
    if args.place is not None:
        check_in.place = read_place(args.place)
    if args.escalation is not None:
        check_in.escalate_after = read_escalation(args.escalation)
    if args.when is not None:
        _when(check_in, read_recurrence(args.when, ctx, WHEN.folded(), usual=MORNING), ctx)
    _deadline(check_in, args, ctx)
    if args.whom is not None or args.phase is not None or args.group is not None:
        _require_somebody(check_in, ctx)


def _title(words: str) -> str:
    title = " ".join(words.split())
    if len(title) > LONGEST_TITLE:
        raise UserError("inbox.too_long", length=len(title), longest=LONGEST_TITLE, what="title")
    return title


def _whom(check_in: CheckIn, args: New | Change, ctx: Context) -> None:
    """Whom it is put to, and in which room: the group's, where one is meant that has a room, else this one."""
    meant = Meant(Whom(check_in.whom)) if args.whom is None else read_whom(args.whom)
    group = _group(meant, args, ctx)
    check_in.whom, check_in.group_id = meant.whom, group.id if group else None
    if args.whom is not None:
        check_in.people = as_list(_known(meant.people, ctx))
    if meant.whom is Whom.EVERYWHERE:
        require_role(Role.COORDINATOR, ctx)
    here = check_in.room_id or (ctx.room.room_id if ctx.room.direct_with is None else "")
    check_in.room_id = (group.room_id if group else None) or here
    if not check_in.room_id:
        raise UserError("checkin.which_room")


def _group(meant: Meant, args: New | Change, ctx: Context) -> Group | None:
    """The group it is about, if any. Raises UserError where it is not known, or named twice."""
    if args.group is not None and meant.group is not None:
        raise UserError("inbox.field_twice", name=GROUP[ctx.language])
    if meant.whom in (Whom.LIST, Whom.EVERYWHERE):
        return group_named(args.group, ctx) if args.group is not None else None
    if meant.group is not None and meant.whom is Whom.ACTIVE:
        return _group_called(meant.group, args.whom or "", ctx)
    name = args.group or meant.group
    if name is None and meant.whom is not Whom.ACTIVE:
        return None
    return group_meant(name, ctx)


def _group_called(name: str, typed: str, ctx: Context) -> Group:
    """A group that only its name says is one. Raises UserError what else could stand there."""
    if fold(name) == fold(typed) and groups.by_folded(ctx.session, ctx.network_id, fold(name)) is None:
        names = groups.all_names(ctx.session, ctx.network_id)
        close = next((names[other] for other in nearest(name, names)), None)
        raise UserError("checkin.bad_whom", words=typed, close=close)
    return group_named(name, ctx)


def _known(people: tuple[str, ...], ctx: Context) -> tuple[str, ...]:
    """Only people of this network are written to. Raises UserError who is not."""
    if len(people) > MOST_PEOPLE:
        raise UserError("checkin.too_many_people", count=len(people), most=MOST_PEOPLE)
    here = networks.people_in_rooms(ctx.session, ctx.network_id) - {ctx.house.us} if people else set()
    strangers = [person for person in people if person not in here]
    if strangers:
        raise UserError("checkin.strangers", people=strangers)
    return people


def _phases(words: str) -> Iterator[str]:
    if fold(words) in {"alle", "all", "-"}:
        return
    for name in listed(words):
        phase = match(name, PHASES)
        if phase is None or phase not in ASKED_ABOUT:
            raise UserError("checkin.bad_phase", value=name, known=phase is not None)
        yield phase


def _when(check_in: CheckIn, found: Recurrence, ctx: Context) -> None:
    check_in.rule, check_in.first, check_in.zone = found.rule, found.first.isoformat(), found.zone
    if check_in.state == checkin.State.ACTIVE:
        check_in.next_at = found.next(ctx.now)


def _deadline(check_in: CheckIn, args: New | Change, ctx: Context) -> None:
    """The deadline must come before the next time, the reminder between the question and the deadline."""
    times = list(islice(_times(rhythm(check_in), ctx.now), LOOKED_AHEAD))
    zone = ZoneInfo(check_in.zone)
    if args.due is not None:
        check_in.deadline_days = read_days(args.due)
    elif isinstance(args, New):
        usual = (days for days in range(USUAL_DAYS, 0, -1) if not checkin.overlaps(times, days, zone))
        check_in.deadline_days = next(usual, 0)
    if checkin.overlaps(times, check_in.deadline_days, zone):
        most = [days for days in range(check_in.deadline_days) if not checkin.overlaps(times, days, zone)]
        raise UserError(
            "checkin.overlaps", days=check_in.deadline_days, rhythm=rhythm(check_in), most=most[-1] if most else None
        )
    if any(closes(check_in, at, ctx) <= at for at in times):
        raise UserError("checkin.too_late_in_the_day", rhythm=rhythm(check_in))
    if args.nudge is not None:
        check_in.nudge_days = read_nudge(args.nudge)
        if check_in.nudge_days != NO_NUDGE and check_in.nudge_days >= check_in.deadline_days:
            raise UserError("checkin.nudge_too_early", days=check_in.deadline_days)
    elif isinstance(args, New) or check_in.nudge_days >= check_in.deadline_days:
        check_in.nudge_days = checkin.nudge_for(check_in.deadline_days)


def _times(found: Recurrence, now: datetime) -> Iterator[datetime]:
    at = found.next(now)
    while at is not None:
        yield at
        at = found.next(at)


def _require_somebody(check_in: CheckIn, ctx: Context) -> None:
    """A check-in to nobody is refused, with what to do. Who is only away at present counts."""
    found = concerned(check_in, check_in.next_at or ctx.now, ctx)
    if all(each.skipped is Skipped.LEFT for each in found.wanted):
        raise UserError(
            "checkin.nobody",
            whom=check_in.whom,
            ownerless=[project.key for project in found.ownerless],
            limited=check_in.phases != "[]",
            prefix=ctx.house.prefix,
        )
