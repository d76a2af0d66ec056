"""`!aufgabe`: what is to be done until the next meeting, by whom, until when."""

from dataclasses import dataclass, replace
from typing import Any

from bot.command import Command, Form, Nothing, W, line, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.domain.task import State
from bot.effects import Answer
from bot.errors import Question, UserError
from bot.language.dates import Moment
from bot.language.kept import literal
from bot.language.names import fold
from bot.procedures import tasks as work
from bot.procedures.asking import read_date
from bot.procedures.finding import number_of, person_named, require_lead_in, require_room, task_numbered
from bot.store import decisions, networks, projects, tasks
from bot.store.tables import Task
from bot.texts import Text, text
from commands.consulting import free_day

LONGEST_TITLE = 300
OWNER = W("Verantwortlich", "Owner", ("Verantwortliche", "Verantwortlicher", "responsible"))
DUE = W("Frist", "Due", ("Bis", "Deadline", "Until"))
MANDATORY = W("Pflicht", "Mandatory")
YES = frozenset({"ja", "yes", "pflicht", "mandatory"})
IF_NEED_BE = frozenset({"ggf", "gegebenenfalls", "nein", "no", "if need be", "optional"})


@dataclass(frozen=True, kw_only=True)
class New:
    """A new task; only the title is mandatory."""

    title: str = rest(W("Titel", "title"))
    owner: str | None = line(OWNER)
    due: str | None = line(DUE)
    mandatory: str | None = line(MANDATORY)


@dataclass(frozen=True, kw_only=True)
class One:
    """A task by its key, and how it stands or what changes; without a key all that are open."""

    short: str | None = word(W("Aufgabe", "task"), default=None, shown="A7")
    words: str = rest(W("erledigt|offen", "done|open"), default="")
    title: str | None = line(W("Titel", "Title"))
    owner: str | None = line(OWNER)
    due: str | None = line(DUE)
    mandatory: str | None = line(MANDATORY)


def new(args: New, ctx: Context) -> Answer:
    """Make a task in this room. It is one's own, unless somebody else is named: that is for who leads the room."""
    require_room(ctx)
    due = read_date(args.due, ctx, DUE.folded()) if args.due is not None else None
    values = {"owner": ctx.person} | _read(args, due, ctx)
    if values["owner"] != ctx.person:
        require_lead_in(ctx.room.room_id, ctx)
    task = Task(
        network_id=ctx.network_id,
        number=networks.next_number(ctx.session, ctx.network_id, "A"),
        room_id=ctx.room.room_id,
        created_by=ctx.person,
        created_at=ctx.now,
        **values,
    )
    return _shown(tasks.add(ctx.session, task), ctx, done="created", due=due)


def listing(args: Nothing, ctx: Context) -> Answer:
    """The tasks of this room; in a direct chat one's own."""
    mine = ctx.only_room is None
    found = tasks.listed(ctx.session, ctx.network_id, room_id=ctx.only_room, owner=ctx.person if mine else None)
    return text(
        "task.list",
        waiting=[work.waiting(task, ctx) for task in found if task.state == State.OPEN],
        settled=[task for task in found if task.state != State.OPEN],
        mine=mine,
        prefix=ctx.house.prefix,
    )


def show_or_change(args: One, ctx: Context) -> Answer:
    """One task; or say that it is done or open again, or change what the lines say."""
    if args.short is None:
        return listing(Nothing(), ctx)
    args = _in_order(args, ctx)
    task = task_numbered(args.short or "", ctx)
    changes = any((args.title, args.owner, args.due, args.mandatory))
    if not args.words and not changes:
        return _shown(task, ctx)
    _require_owner(task, ctx)
    _require_terms(args, task, ctx)
    due = read_date(args.due, ctx, DUE.folded()) if args.due is not None else None
    for name, value in _read(args, due, ctx).items():
        setattr(task, name, value)
    return _settle(task, args.words, ctx) if args.words else _shown(task, ctx, done="changed", due=due)


def _in_order(args: One, ctx: Context) -> One:
    """„erledigt A7“ is „A7 erledigt“. Without a key it is the person's only open task; else raises a Question."""
    state, behind = work.read_state(f"{args.short} {args.words}")
    if state is None or number_of(args.short or "", "A") is not None:
        return args
    said = (args.short or "").rstrip(".,:")
    key, _, remark = behind.partition(" ")
    if number_of(key, "A") is not None:
        return replace(args, short=key, words=f"{said} {remark}".strip())
    mine = tasks.listed(ctx.session, ctx.network_id, room_id=None, owner=ctx.person)
    mine = [task for task in mine if (task.state == State.OPEN) != (state is State.OPEN)]
    if len(mine) != 1:
        raise Question("task.which_one", resume=f"aufgabe {{answer}} {literal(said)}", mine=mine)
    return replace(args, short=f"A{mine[0].number}", words=f"{said} {behind}".strip())


def _settle(task: Task, words: str, ctx: Context) -> Text:
    """„erledigt“, „offen“. Raises Question for anything else: what counts as done is never guessed."""
    state, remark = work.read_state(words)
    if state is None:
        raise Question("task.which_state", resume=f"aufgabe A{task.number} {{answer}}", task=task, words=words)
    if task.state == state:
        return text("task.already", task=task, prefix=ctx.house.prefix)
    task.state = state
    task.done_by, task.done_at = (ctx.person, ctx.now) if state is State.DONE else (None, None)
    project = projects.project(ctx.session, task.project_id) if task.project_id else None
    return text("task.settled", task=task, project=project, remark=remark, prefix=ctx.house.prefix)


def _require_owner(task: Task, ctx: Context) -> None:
    """Only who is responsible, and who leads the room. Raises UserError who may."""
    if task.owner == ctx.person:
        return
    try:
        require_lead_in(task.room_id, ctx)
    except UserError as refusal:
        holders = work.leads(task.network_id, task.room_id, ctx)
        raise UserError("task.not_owner", task=task, holders=holders) from refusal


def _require_terms(args: One, task: Task, ctx: Context) -> None:
    """To give a task to somebody else is for who leads the room, as with a new one.

    So is whether it must be done, unless one has set it oneself. Raises UserError who may.
    """
    given_away = args.owner is not None and person_named(args.owner, ctx) not in (task.owner, ctx.person)
    if given_away or (args.mandatory is not None and task.created_by != ctx.person):
        require_lead_in(task.room_id, ctx)


def _read(args: New | One, due: Moment | None, ctx: Context) -> dict[str, Any]:
    """The fields that were given, understood."""
    values: dict[str, Any] = {}
    if args.title is not None:
        if len(args.title) > LONGEST_TITLE:
            raise UserError("inbox.too_long", length=len(args.title), longest=LONGEST_TITLE, what="title")
        values["title"] = " ".join(args.title.split())
    if args.owner is not None:
        values["owner"] = person_named(args.owner, ctx)
    if due is not None:
        values["due_at"] = due.at
    if args.mandatory is not None:
        values["mandatory"] = _mandatory(args.mandatory)
    return values


def _mandatory(words: str) -> bool:
    said = fold(words).strip(" .!")
    if said not in YES | IF_NEED_BE:
        raise UserError("task.bad_mandatory", value=words)
    return said in YES


def _overdue(task: Task, ctx: Context) -> bool:
    return task.state == State.OPEN and task.due_at is not None and task.due_at < ctx.now


def _shown(task: Task, ctx: Context, done: str = "", due: Moment | None = None) -> Text:
    """A task in full; `due` is the time limit that was just set."""
    return text(
        "task.shown",
        task=task,
        done=done,
        overdue=_overdue(task, ctx),
        assumed_time=due is not None and due.assumed_time,
        free_day=free_day(due, ctx),
        project=projects.project(ctx.session, task.project_id) if task.project_id else None,
        decision=decisions.by_id(ctx.session, task.decision_id) if task.decision_id else None,
        prefix=ctx.house.prefix,
    )


COMMAND = Command(
    W("aufgabe", "task", ("aufgaben", "tasks", "maßnahme")),
    (
        Form(
            verb=W("neu", "new"),
            args=New,
            run=new,
            needs=Role.MEMBER,
            does=W("hält eine Aufgabe fest", "keeps a task"),
            examples=(
                W("aufgabe neu Satzung entwerfen\nFrist: 12.12. 12:00", "task new Draft the bylaw\nDue: 12.12. 12:00"),
                W(
                    "aufgabe neu Ratsvorlage abstimmen\nVerantwortlich: @ben:example.org\nPflicht: ggf.",
                    "task new Agree on the council paper\nOwner: @ben:example.org\nMandatory: if need be",
                ),
            ),
        ),
        Form(
            verb=W("liste", "list"),
            listed=False,
            args=Nothing,
            run=listing,
            needs=Role.MEMBER,
            does=W(
                "zeigt die Aufgaben dieses Raums, im Direktchat Ihre", "lists this room's tasks, in a direct chat yours"
            ),
            examples=(W("aufgabe liste", "task list"),),
        ),
        Form(
            args=One,
            run=show_or_change,
            needs=Role.MEMBER,
            does=W("zeigt eine Aufgabe, ändert sie oder schließt sie ab", "shows a task, changes it or settles it"),
            examples=(
                W("aufgabe", "task"),
                W("aufgabe A7", "task A7"),
                W("aufgabe A7 erledigt", "task A7 done"),
                W("aufgabe A7 offen", "task A7 open"),
            ),
        ),
    ),
)
