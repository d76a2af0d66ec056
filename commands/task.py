"""`!aufgabe`: what is to be done until the next meeting, by whom, until when."""

from dataclasses import dataclass, replace

from bot.command import Command, Form, W, line, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.domain.task import State
from bot.effects import Answer, Reply
from bot.errors import Question, UserError
from bot.language.dates import Moment
from bot.language.kept import literal
from bot.language.task_words import read_state
from bot.procedures import responsible, task_giving
from bot.procedures import tasks as work
from bot.procedures.finding import number_of, require_lead_in, require_room, task_numbered
from bot.procedures.parties import Party, key_of
from bot.store import networks, projects, tasks
from bot.store.tables import Task
from bot.texts import Text, text
from commands.consulting import free_day
from commands.task_listing import Filters, is_filter, listing
from commands.task_values import TITLE, Lines, Read, origin_of, others, read, running_meeting

LONGEST_NOTE = 500


@dataclass(frozen=True, kw_only=True)
class New(Lines):
    """A new task; only the title is mandatory."""

    title: str = rest(W("Titel", "title"))


@dataclass(frozen=True, kw_only=True)
class Named:
    """A task by its key, and how it stands."""

    short: str | None = word(W("Aufgabe", "task"), default=None, shown="A7")
    words: str = rest(W("erledigt|in Arbeit|entfällt|offen", "done|in progress|dropped|open"), default="")
    title: str | None = line(TITLE)


@dataclass(frozen=True, kw_only=True)
class One(Lines, Named):
    """A task by its key, and how it stands or what changes; without a key all that are open."""


def new(args: New, ctx: Context) -> Answer:
    """Make a task in this room. It is one's own, unless somebody else is named: that is for who leads the room."""
    require_room(ctx)
    given = read(args, args.title, ctx)
    if others(given.named(), ctx):
        require_lead_in(ctx.room.room_id, ctx)
    meeting = None if {"meeting_id", "decision_id", "feedback_id"} & given.values.keys() else running_meeting(ctx)
    task = Task(
        network_id=ctx.network_id,
        number=networks.next_number(ctx.session, ctx.network_id, "A"),
        room_id=ctx.room.room_id,
        title=given.values["title"],
        owner=ctx.person,
        meeting_id=meeting.id if meeting else None,
        created_by=ctx.person,
        created_at=ctx.now,
    )
    tasks.add(ctx.session, task)
    given.put(task, ctx)
    return (Reply(_shown(task, ctx, done="created", due=given.due)), *task_giving.told(task, (), ctx))


def show_or_change(args: One, ctx: Context) -> Answer:
    """One task; or say that it is done or open again, or change what the lines say."""
    said = f"{args.short or ''} {args.words}".strip()
    if args.short is None or is_filter(said):
        return listing(Filters(words=said), ctx)
    args = _in_order(args, ctx)
    task = task_numbered(args.short or "", ctx)
    changed = [name for name in (*Lines.__dataclass_fields__, "title") if getattr(args, name)]
    if not args.words and not changed:
        return _shown(task, ctx)
    only_parts = changed == ["text"] and not args.words
    if not only_parts:
        _require_owner(task, ctx)
    given = read(args, args.title, ctx, council=task.council)
    _require_terms(args, given, task, ctx)
    before = task_giving.in_charge(task, ctx)
    given.put(task, ctx)
    shown = _settle(task, args.words, ctx) if args.words else _shown(task, ctx, done="changed", due=given.due)
    return (Reply(shown), *(() if State(task.state).is_settled else task_giving.told(task, before, ctx)))


def _in_order(args: One, ctx: Context) -> One:
    """„erledigt A7“ is „A7 erledigt“. Without a key it is the person's only open task; else raises a Question."""
    number, said = work.keyed(args.words)
    if number is not None and number_of(args.short or "", "A") is not None:  # „A7 erledigt“ as an answer on A7
        return replace(args, short=f"A{number}", words=said)
    whole = f"{args.short} {args.words}"
    state, behind = read_state(whole)
    if state is None or number_of(args.short or "", "A") is not None:
        return args
    said = whole[: whole.rindex(behind)].strip(" .,:;") if behind else whole.strip(" .,:;")
    key, _, remark = behind.partition(" ")
    if number_of(key, "A") is not None:
        return replace(args, short=key, words=f"{said} {remark}".strip())
    mine = responsible.of_person(ctx.person, ctx.network_id, ctx, settled=state is State.OPEN)
    if len(mine) != 1:
        raise Question("task.which_one", resume=f"aufgabe {{answer}} {literal(f'{said} {behind}'.strip())}", mine=mine)
    return replace(args, short=f"A{mine[0].number}", words=f"{said} {behind}".strip())


def _settle(task: Task, words: str, ctx: Context) -> Text:
    """„erledigt“, „offen“ … Raises Question for anything else: what counts as done is never guessed."""
    state, note = read_state(words)
    if state is None:
        raise Question("task.which_state", resume=f"aufgabe A{task.number} {{answer}}", task=task, words=words)
    if len(note) > LONGEST_NOTE:
        raise UserError("inbox.too_long", length=len(note), longest=LONGEST_NOTE, what="text")
    if task.state == state:
        return text("task.already", task=task, prefix=ctx.house.prefix)
    work.settle(task, state, ctx.person, note or None, ctx)
    project = projects.project(ctx.session, task.project_id) if task.project_id else None
    return text("task.settled", task=task, project=project, remark=note, prefix=ctx.house.prefix)


def _require_owner(task: Task, ctx: Context) -> None:
    """Only who is in charge, and who leads the room. Raises UserError who may."""
    if responsible.may_settle(task, ctx.person, ctx):
        return
    try:
        require_lead_in(task.room_id, ctx)
    except UserError as refusal:
        holders = responsible.leads(task.network_id, task.room_id, ctx)
        seen = responsible.waiting([task], ctx)[0]
        raise UserError("task.not_owner", open=seen, holders=holders) from refusal


def _require_terms(args: One, given: Read, task: Task, ctx: Context) -> None:
    """To name others, or to take what they have in hand, is for who leads the room, as with a new one.

    So is whether it must be done, unless one has set it oneself. What they contribute themselves everybody may say who
    speaks for themselves or for an organisation. Raises UserError who may.
    """
    strangers = others((party for party, _ in given.taking_part or ()), ctx)
    if given.taking_part is not None and not given.taking_part:  # nobody is to take part any more
        strangers = others(_known(task, ctx), ctx)
    if given.in_charge is not None:
        before, after = _in_charge(task, ctx), {key_of(party): party for party in given.in_charge}
        changed = [party for key, party in {**before, **after}.items() if (key in before) is not (key in after)]
        strangers += others(changed, ctx)
    if strangers or (args.mandatory is not None and task.created_by != ctx.person):
        require_lead_in(task.room_id, ctx)


def _in_charge(task: Task, ctx: Context) -> dict[str, Party]:
    seen = responsible.waiting([task], ctx)[0]
    named: list[Party] = [*seen.people, *(part.organisation for part in seen.bodies if part.organisation)]
    return {key_of(party): party for party in named}


def _known(task: Task, ctx: Context) -> list[Party]:
    """Who takes part as it is."""
    seen = responsible.waiting([task], ctx)[0]
    return [party for part in seen.contributors if (party := part.person or part.organisation) is not None]


def _shown(task: Task, ctx: Context, done: str = "", due: Moment | None = None) -> Text:
    """A task in full; `due` is the time limit that was just set."""
    return text(
        "task.shown",
        open=responsible.waiting([task], ctx)[0],
        done=done,
        assumed_time=due is not None and due.assumed_time,
        free_day=free_day(due, ctx),
        origin=origin_of(task, ctx),
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
                    "aufgabe neu Serverraum bauen aus T2\nVerantwortlich: @ben:example.org, Lindenstadt\n"
                    "Beteiligt:\n- Lindenstadt: stellt Server, 12.000 €\n- Erlenbrück: 2 Personentage\n"
                    "Gremium: Gemeinderat 15.12.",
                    "task new Build the server room from T2\nOwner: @ben:example.org, Lindenstadt\n"
                    "Involved:\n- Lindenstadt: provides servers, €12,000\n- Erlenbrück: 2 person days\n"
                    "Council: municipal council 15.12.",
                ),
                W(
                    "aufgabe neu Ratsvorlage abstimmen\nVerantwortlich: @ben:example.org\nPflicht: ggf.",
                    "task new Agree on the council paper\nOwner: @ben:example.org\nMandatory: if need be",
                ),
            ),
        ),
        Form(
            verb=W("liste", "list"),
            listed=False,
            args=Filters,
            run=listing,
            needs=Role.MEMBER,
            does=W(
                "zeigt die Aufgaben dieses Raums, im Direktchat Ihre", "lists this room's tasks, in a direct chat yours"
            ),
            examples=(
                W("aufgabe liste", "task list"),
                W("aufgabe liste meine", "task list mine"),
                W("aufgabe liste überfällig alle", "task list overdue all"),
                W("aufgabe liste Gruppe Digitales", "task list group Digitales"),
                W("aufgabe liste Lindenstadt", "task list Lindenstadt"),
            ),
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
                W("aufgabe A7 in Arbeit", "task A7 in progress"),
                W("aufgabe A7 entfällt Förderung abgelehnt", "task A7 dropped funding refused"),
                W("aufgabe A7 offen", "task A7 open"),
            ),
        ),
    ),
)
