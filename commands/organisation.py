"""`!organisation`: who belongs to the network, and who speaks for whom."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.command import Command, Form, Nothing, W, line, rest
from bot.context import Context
from bot.domain.organisations import Speaks, makes_a_circle
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import UserError
from bot.language.lists import split_ids
from bot.language.names import fold, nearest
from bot.language.organisations import is_empty, read_bench, read_email, read_level, read_state, read_whole
from bot.procedures import mandates
from bot.procedures.finding import organisation_named, require_role
from bot.store import organisations
from bot.store.tables import Organisation
from bot.texts import text

T = TypeVar("T")
LONGEST_NAME = 100
MOST_SHOWN = 100  # of a list: a phone ends at fewer


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What is known of an organisation; every line is optional."""

    level: str | None = line(W("Ebene", "Level"))
    inhabitants: str | None = line(W("Einwohner", "Inhabitants"))
    federal_state: str | None = line(W("Bundesland", "State"))
    bench: str | None = line(W("Zugehörigkeit", "Bench"))
    weight: str | None = line(W("Stimmgewicht", "Weight"))
    parent: str | None = line(W("Gehört zu", "Parent"))
    email: str | None = line(W("E-Mail", "Email", ("Mail",)))
    holders: str | None = line(W("Mandat", "Mandate", ("Mandate",)))
    deputies: str | None = line(W("Vertretung", "Deputy", ("Deputies",)))


@dataclass(frozen=True, kw_only=True)
class New(Fields):
    """A new organisation."""

    name: str = rest(W("Name", "name"))


@dataclass(frozen=True, kw_only=True)
class One(Fields):
    """An organisation by its name, and what changes; without a name, all of them."""

    name: str | None = rest(W("Name", "name"), default=None)
    renamed: str | None = line(W("Name", "Name", ("Neuer Name", "New name")))


def new(args: New, ctx: Context) -> Answer:
    """Create an organisation, with its mandates if they are named."""
    name = _free_name(args.name, ctx)
    like = _like(name, ctx)
    organisation = Organisation(
        network_id=ctx.network_id, name=name, folded=fold(name), created_by=ctx.person, created_at=ctx.now
    )
    organisations.add(ctx.session, organisation)
    _apply(organisation, args, ctx)
    return _shown(organisation, ctx, "created", like)


def _free_name(words: str, ctx: Context, own: Organisation | None = None) -> str:
    """A name that no other organisation has. Raises UserError."""
    name = " ".join(words.split())
    if len(name) > LONGEST_NAME:
        raise UserError("inbox.too_long", length=len(name), longest=LONGEST_NAME, what="name")
    if is_empty(name):
        raise UserError("organisation.bad", field="name", value=name)
    taken = organisations.by_folded(ctx.session, ctx.network_id, fold(name))
    if taken is not None and taken is not own:
        raise UserError("organisation.taken", organisation=taken)
    return name


def _like(name: str, ctx: Context, own: Organisation | None = None) -> str | None:
    """The name of another organisation that may be the same."""
    known = [entry.name for entry in organisations.of_network(ctx.session, ctx.network_id) if entry is not own]
    return next(iter(nearest(name, known)), None)


def _rename(organisation: Organisation, words: str, ctx: Context) -> str | None:
    """Give it another name; what else may be the same. Raises UserError while a vote counts it under the old one."""
    name = _free_name(words, ctx, organisation)
    if fold(name) != organisation.folded:
        for elector, consultation in organisations.electing(ctx.session, ctx.network_id):
            if fold(elector or "") == organisation.folded:
                raise UserError("organisation.voting", organisation=organisation, consultation=consultation)
    organisations.rename(ctx.session, organisation, name, fold(name))
    return _like(name, ctx, organisation)


def show_or_change(args: One, ctx: Context) -> Answer:
    """Show all, show one, or change what the lines say."""
    if args.name is None:
        return listing(Nothing(), ctx)
    organisation = organisation_named(args.name, ctx)
    changes = any(getattr(args, field) is not None for field in (*Fields.__dataclass_fields__, "renamed"))
    if not changes:
        return _shown(organisation, ctx)
    require_role(Role.COORDINATOR, ctx)
    like = _rename(organisation, args.renamed, ctx) if args.renamed else None
    _apply(organisation, args, ctx)
    return _shown(organisation, ctx, "changed", like)


def listing(args: Nothing, ctx: Context) -> Answer:
    """All organisations of the network, with who speaks for them."""
    found = organisations.of_network(ctx.session, ctx.network_id, MOST_SHOWN)
    spoken = organisations.spoken_for(ctx.session, [entry.id or 0 for entry in found], ctx.now)
    count = organisations.count(ctx.session, ctx.network_id)
    return text("organisation.list", organisations=found, count=count, spoken=spoken)


def _shown(organisation: Organisation, ctx: Context, done: str = "", like: str | None = None) -> Answer:
    """An organisation in full; `done` says what was done to it, `like` names one that may be the same."""
    speaking = organisations.mandates(ctx.session, organisation.id or 0, ctx.now)
    return text(
        "organisation.shown",
        organisation=organisation,
        parent=organisations.by_id(ctx.session, organisation.parent_id) if organisation.parent_id else None,
        mandates=speaking,
        now=ctx.now,
        strangers=mandates.strangers([mandate.person for mandate in speaking], ctx),
        done=done,
        like=like,
        unmailed=organisation.email is not None and not ctx.house.mail,
    )


def _apply(organisation: Organisation, args: Fields, ctx: Context) -> None:
    """Take over what the lines say."""
    if args.level is not None:
        organisation.level = _read(args.level, read_level, "level")
    if args.bench is not None:
        organisation.bench = _read(args.bench, read_bench, "bench")
    if args.inhabitants is not None:
        organisation.inhabitants = _read(args.inhabitants, lambda words: read_whole(words, lowest=0), "inhabitants")
    if args.weight is not None:
        weight = read_whole(args.weight, lowest=1)
        if weight is None:
            raise UserError("organisation.bad", field="weight", value=args.weight)
        organisation.weight = weight
    if args.federal_state is not None:
        organisation.federal_state = _read(args.federal_state, read_state, "state")
    if args.email is not None:
        organisation.email = _read(args.email, read_email, "email")
    if args.parent is not None:
        _put_under(organisation, args.parent, ctx)
    for words, speaks in ((args.holders, Speaks.HOLDER), (args.deputies, Speaks.DEPUTY)):
        if words is not None:
            mandates.replace(organisation, _people(words), speaks, ctx)


def _put_under(organisation: Organisation, name: str, ctx: Context) -> None:
    if is_empty(name):
        organisation.parent_id = None
        return
    parent = organisation_named(name, ctx)
    everything = organisations.of_network(ctx.session, ctx.network_id)
    parents = {entry.id or 0: entry.parent_id for entry in everything}
    if makes_a_circle(parents, organisation.id or 0, parent.id or 0):
        raise UserError("organisation.circle", organisation=organisation, parent=parent)
    organisation.parent_id = parent.id


def _read(typed: str, read: Callable[[str], T | None], field: str) -> T | None:
    """What was understood; None where there shall be nothing. Raises UserError."""
    if is_empty(typed):
        return None
    understood = read(typed)
    if understood is None:
        raise UserError("organisation.bad", field=field, value=typed)
    return understood


def _people(words: str) -> list[str]:
    """Matrix IDs, separated by commas; none where there shall be nobody. A name alone is refused."""
    if is_empty(words):
        return []
    found, bad, others = split_ids(words)
    if bad or others or not found:
        raise UserError("finding.no_person", words=next(iter(bad), words))
    return found


COMMAND = Command(
    W("organisation", "organisation", ("organization", "organisationen", "organisations", "kommune")),
    (
        Form(
            verb=W("neu", "new"),
            args=New,
            run=new,
            needs=Role.COORDINATOR,
            does=W("nimmt eine Organisation auf", "adds an organisation"),
            examples=(
                W(
                    "organisation neu Lindenstadt\nEbene: Stadt\nEinwohner: 26000\nMandat: @ben:example.org",
                    "organisation new Lindenstadt\nLevel: city\nInhabitants: 26000\nMandate: @ben:example.org",
                ),
            ),
        ),
        Form(
            verb=W("liste", "list"),
            args=Nothing,
            run=listing,
            needs=Role.MEMBER,
            does=W("zeigt alle Organisationen", "lists all organisations"),
            examples=(W("organisation liste", "organisation list"),),
        ),
        Form(
            args=One,
            run=show_or_change,
            needs=Role.MEMBER,
            does=W("zeigt oder ändert eine Organisation", "shows or changes an organisation"),
            examples=(
                W("organisation Lindenstadt", "organisation Lindenstadt"),
                W(
                    "organisation Lindenstadt\nVertretung: @cem:example.org",
                    "organisation Lindenstadt\nDeputy: @cem:example.org",
                ),
                W("organisation Lindenstadt\nMandat: keine", "organisation Lindenstadt\nMandate: none"),
            ),
        ),
    ),
)
