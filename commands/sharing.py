"""`!projekt eAkte teilen @x:…`: which guests may read a project. Forms of `!projekt`, with texts of their own."""

from dataclasses import dataclass

from bot.command import Form, W, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import UserError
from bot.language.names import fold
from bot.procedures import guests
from bot.procedures.finding import person_named, project_named, require_owner
from bot.procedures.guests import Sharing
from bot.texts import text

LONGEST_ID = 255
MOST = 50
BETWEEN = frozenset({"mit", "und", "with", "and", "von", "from"})


@dataclass(frozen=True)
class WithWhom:
    """A project by its key, and people by their Matrix IDs."""

    key: str = word(W("Schlüssel", "key"))
    people: str = rest(W("@person:server", "@person:server"))


def share(args: WithWhom, ctx: Context) -> Answer:
    """Let people from outside read a project."""
    project = project_named(args.key, ctx)
    require_owner(project, ctx)
    came = {person: guests.share(project, person, ctx) for person in _people(args, ctx)}
    return text(
        "sharing.shared",
        project=project,
        people=[person for person, what in came.items() if what is Sharing.SHARED],
        already=[person for person, what in came.items() if what is Sharing.ALREADY],
        insiders=[person for person, what in came.items() if what is Sharing.INSIDER],
        foreign=[
            person
            for person, what in came.items()
            if what is not Sharing.INSIDER and person.partition(":")[2] not in ctx.house.servers
        ],
    )


def unshare(args: WithWhom, ctx: Context) -> Answer:
    """Let people read a project no longer."""
    project = project_named(args.key, ctx)
    require_owner(project, ctx)
    people = _people(args, ctx)
    ended = [person for person in people if guests.withdraw(project, person, ctx)]
    return text(
        "sharing.withdrawn",
        project=project,
        people=ended,
        strangers=[person for person in people if person not in ended],
        left=[person for person in ended if guests.sees_nothing(person, ctx)],
        prefix=ctx.house.prefix,
    )


def _people(args: WithWhom, ctx: Context) -> list[str]:
    """The Matrix IDs that were written, each once. Raises UserError for anything else among them."""
    found = []
    for written in args.people.replace(",", " ").split():
        if fold(written) in BETWEEN:
            continue
        person = person_named(written.strip(".;()"), ctx)
        if len(person) > LONGEST_ID:
            raise UserError("finding.no_person", words=written)
        if person == ctx.house.us:
            raise UserError("role.not_me")
        found.append(person)
    if not found:
        raise UserError("finding.no_person", words=args.people)
    if len(found) > MOST:
        raise UserError("sharing.too_many", longest=MOST)
    return list(dict.fromkeys(found))


FORMS = (
    Form(
        verb=W("teilen", "share"),
        after_key=True,
        args=WithWhom,
        run=share,
        needs=Role.MEMBER,
        does=W("lässt Gäste ein Projekt lesen", "lets guests read a project"),
        examples=(W("projekt eAkte teilen @kim:example.org", "project eAkte share @kim:example.org"),),
    ),
    Form(
        verb=W("entziehen", "unshare", ("withdraw",)),
        after_key=True,
        args=WithWhom,
        run=unshare,
        needs=Role.MEMBER,
        does=W("lässt Gäste es nicht mehr lesen", "lets guests read it no longer"),
        examples=(W("projekt eAkte entziehen @kim:example.org", "project eAkte unshare @kim:example.org"),),
    ),
)
