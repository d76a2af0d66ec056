"""What the lines of a task say, understood: from where it comes, who has a part in it, which council decides when."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.command import W, line
from bot.context import Context
from bot.errors import Question, UserError
from bot.language.dates import Moment
from bot.language.doubts import ANSWERED
from bot.language.names import fold
from bot.language.parts import Entry, is_nobody
from bot.procedures import meetings as held
from bot.procedures import parties, tasks
from bot.procedures.asking import ahead, behind, read_date
from bot.procedures.finding import decision_numbered, feedback_numbered, meeting_numbered
from bot.procedures.parties import Party
from bot.procedures.responsible import spoken_for
from bot.store import decisions, meetings, projects
from bot.store.tables import Decision, Feedback, Meeting, Project, Task

LONGEST_TITLE = 300
LONGEST_COUNCIL = 200
TITLE = W("Titel", "Title")
OWNER = W("Verantwortlich", "Owner", ("Verantwortliche", "Verantwortlicher", "responsible", "owners"))
INVOLVED = W("Beteiligt", "Involved", ("Beteiligte", "Beteiligung", "Parties", "Participants", "Taking part"))
DUE = W("Frist", "Due", ("Bis", "Deadline", "Until"))
MANDATORY = W("Pflicht", "Mandatory")
COUNCIL = W("Gremium", "Council", ("Rat", "Committee", "Gremien", "Gremiendatum"))
ORIGIN = W("Herkunft", "Origin", ("Aus", "From"))
YES = frozenset({"ja", "yes", "pflicht", "mandatory"})
IF_NEED_BE = frozenset({"ggf", "gegebenenfalls", "nein", "no", "if need be", "optional"})
SAMPLE = W("Gemeinderat 15.12.", "council 15.12.")

_KEYS = r"[TBF]\s?\d{1,6}(?:(?:\s*[,&+]\s*|\s+(?:und|and)\s+|\s+)[TBF]\s?\d{1,6})*"
_FROM = re.compile(rf"\s+(?:aus|from)\s+(?P<keys>{_KEYS})\s*$", re.IGNORECASE)
_LEADS_TO_DATE = re.compile(r"[\s,:;(–-]+(?:(?:am|an|on|den|vom|im|in)\s*)?$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The lines that a new task and a change have in common."""

    owner: str | None = line(OWNER)
    text: str | None = line(INVOLVED)  # so called, its lines may hold colons: „Lindenstadt: stellt Server“
    due: str | None = line(DUE)
    mandatory: str | None = line(MANDATORY)
    council: str | None = line(COUNCIL, sample=SAMPLE)
    origin: str | None = line(ORIGIN)


@dataclass(frozen=True, slots=True)
class Read:
    """The lines, understood. `values` are columns of the task; None stands for lines that were not given.

    After „Frist: keine“ there is a value, but no `due`.
    """

    values: dict[str, Any]
    in_charge: Sequence[Party] | None
    taking_part: Sequence[tuple[Party, Entry]] | None
    due: Moment | None

    def named(self) -> Iterable[Party]:
        """Everybody who is named."""
        return [*(self.in_charge or ()), *(party for party, _ in self.taking_part or ())]

    def put(self, task: Task, ctx: Context) -> None:
        """Change a stored task accordingly."""
        for name, value in self.values.items():
            setattr(task, name, value)
        if self.taking_part is not None:
            parties.put_parts(task, self.taking_part, ctx)
        if self.in_charge is not None:
            parties.put_in_charge(task, self.in_charge, ctx)
        if "due_at" in self.values:
            tasks.watch(task, ctx)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a task comes from, and what it is about."""

    project: Project | None
    decision: Decision | None
    meeting: Meeting | None
    feedback: Feedback | None


def read(lines: Lines, title: str | None, ctx: Context, *, council: str | None = None) -> Read:
    """Understand the lines that were given. `council` is the body known before, which a date alone leaves as it is.

    Raises UserError, and Question for what is in doubt.
    """
    values: dict[str, Any] = {}
    if title is not None:
        values |= _title(title, ctx)
    if lines.origin is not None:
        values |= _origin(lines.origin, ctx)
    due = None
    if lines.due is not None:
        due = None if is_nobody(lines.due) else read_date(lines.due, ctx, DUE.folded())
        values["due_at"] = due.at if due is not None else None
    if lines.mandatory is not None:
        values["mandatory"] = _mandatory(lines.mandatory)
    if lines.council is not None:
        values["council"], values["council_at"] = _council(lines.council, council, ctx)
    return Read(
        values,
        in_charge=parties.in_charge(lines.owner, ctx, OWNER.folded()) if lines.owner is not None else None,
        taking_part=parties.taking_part(lines.text, ctx, INVOLVED.folded()) if lines.text is not None else None,
        due=due,
    )


def others(named: Iterable[Party], ctx: Context) -> list[Party]:
    """Those who are neither the asker nor an organisation that the asker speaks for."""
    own = spoken_for(ctx.person, ctx.network_id, ctx)
    return [each for each in named if each != ctx.person and (isinstance(each, str) or each.id not in own)]


def _title(title: str, ctx: Context) -> dict[str, Any]:
    """„… aus T2“ at its end says where the task comes from."""
    found = _FROM.search(title)
    values = _from(found["keys"], ctx) if found else {}
    title = " ".join(title[: found.start()].split()) if found else " ".join(title.split())
    if len(title) > LONGEST_TITLE:
        raise UserError("inbox.too_long", length=len(title), longest=LONGEST_TITLE, what="title")
    return values | {"title": title}


def _origin(words: str, ctx: Context) -> dict[str, Any]:
    """The line „Herkunft“: keys, or that there is none."""
    if is_nobody(words):
        return {"meeting_id": None, "decision_id": None, "feedback_id": None}
    found = re.fullmatch(rf"(?:aus\s+|from\s+)?({_KEYS})", words.strip(" ."), re.IGNORECASE)
    if found is None:
        raise UserError("task.bad_origin", value=words)
    return _from(found[1], ctx)


def _from(keys: str, ctx: Context) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for letter, number in re.findall(r"([TBF])\s?(\d+)", keys, re.IGNORECASE):
        key = f"{letter.upper()}{number}"
        match letter.upper():
            case "T":
                values["meeting_id"] = meeting_numbered(key, ctx).id
            case "B":
                values["decision_id"] = decision_numbered(key, ctx).id
            case _:
                feedback = feedback_numbered(key, ctx)
                values |= {"feedback_id": feedback.id} | (
                    {"project_id": feedback.project_id} if feedback.project_id else {}
                )
    return values


def running_meeting(ctx: Context) -> Meeting | None:
    """The meeting during which something is said in its room: from an hour before it begins until the day after it."""
    meeting = held.held(ctx.room.room_id, ctx.now, ctx)
    if meeting is None or meeting.cancelled_at is not None:
        return None
    last = held.days_of(meeting, ctx)[-1]
    over = last.ends_at or last.starts_at
    return (
        meeting
        if (ctx.now.astimezone(ctx.house.zone).date() - over.astimezone(ctx.house.zone).date()).days <= 1
        else None
    )


def _mandatory(words: str) -> bool:
    said = fold(words).strip(" .!")
    if said not in YES | IF_NEED_BE:
        raise UserError("task.bad_mandatory", value=words)
    return said in YES


def _council(words: str, known: str | None, ctx: Context) -> tuple[str | None, datetime | None]:
    """„Gemeinderat 15.12.2025“: the body and its day. A date in doubt is asked back; without one there is none."""
    if is_nobody(words):
        return None, None
    first = words.split(ANSWERED, maxsplit=1)[0]
    at = _where_date_begins(first, ctx)
    body = _LEADS_TO_DATE.sub("", f"{first[:at]} ").strip() if at is not None else first.strip()
    if len(body) > LONGEST_COUNCIL:
        raise UserError("inbox.too_long", length=len(body), longest=LONGEST_COUNCIL, what="text")
    if at is None:
        return " ".join(body.split()), None
    try:
        moment = ahead(words[at:], ctx)
    except UserError as problem:
        raise Question(problem.text, resume=behind(ctx, COUNCIL.folded()), **problem.values) from problem
    local = moment.at.astimezone(ctx.house.zone)
    day = local.replace(hour=0, minute=0, second=0) if moment.assumed_time else local
    return " ".join(body.split()) or known, day


def _where_date_begins(words: str, ctx: Context) -> int | None:
    """The first word from which on it can be read as a date, were it one in doubt; else the first with a digit."""
    starts = [found.start() for found in re.finditer(r"\S+", words)]
    for start in starts:
        try:
            ahead(words[start:], ctx)
        except UserError as problem:
            if problem.text == "dates.unreadable":
                continue
        return start
    return next((start for start in starts if re.match(r"\S*\d", words[start:])), None)


def origin_of(task: Task, ctx: Context) -> Origin:
    """Where a stored task comes from."""
    return Origin(
        project=projects.project(ctx.session, task.project_id) if task.project_id else None,
        decision=decisions.by_id(ctx.session, task.decision_id) if task.decision_id else None,
        meeting=meetings.by_id(ctx.session, task.meeting_id) if task.meeting_id else None,
        feedback=projects.feedback_by_id(ctx.session, task.feedback_id) if task.feedback_id else None,
    )
