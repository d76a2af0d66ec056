"""`!vorlage`: a council paper (Gemeinderatsvorlage) on a field of action, on projects, or on a decision."""

import re
from dataclasses import dataclass

from bot.command import Command, Form, W, line, rest
from bot.context import Context
from bot.domain.project import is_key, several
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.procedures import council, council_files
from bot.procedures.council import Given, Paper
from bot.procedures.finding import decision_numbered, group_named, number_of, project_named
from bot.store import groups, projects
from bot.store.tables import Group
from bot.texts import text

DECISION = re.compile(r"(?:beschluss|decision)\s+(\S.*)", re.IGNORECASE)
PROJECTS = re.compile(r"(?:projekte?|projects?|vorhaben)\s*:?\s+(\S.*)", re.IGNORECASE)
FIELD = re.compile(r"(?:handlungsfeld|arbeitsgruppe|gruppe|field of action|field|group)\s*:?\s+(\S.*)", re.IGNORECASE)
LONGEST = 1000


@dataclass(frozen=True, kw_only=True)
class About:
    """What the paper is about, and what the bot cannot know of it."""

    words: str = rest(W("Handlungsfeld …|Projekt eAkte|B2", "field …|project eFile|B2"), default="")
    occasion: str | None = line(W("Anlass", "Occasion"))
    number: str | None = line(W("Vorlagennummer", "Paper number", ("Nummer", "Number")))
    office: str | None = line(W("Amt", "Office"))
    council: str | None = line(W("Gremium", "Council"))
    session: str | None = line(W("Sitzung", "Session"))


def write(args: About, ctx: Context) -> Answer:
    """The paper as HTML and as a Word file, to whoever asks; what stands in it the room is told in a line.

    Raises UserError for what nobody knows, and for a template of the operator that is broken.
    """
    names = ("occasion", "number", "office", "council", "session")
    given = {name: getattr(args, name) for name in names}
    for value in filter(None, given.values()):
        if len(value) > LONGEST:
            raise UserError("inbox.too_long", length=len(value), longest=LONGEST, what="text")
    paper = _paper(" ".join(args.words.split()), Given(**given), ctx)
    files = council_files.documents(paper, ctx)
    here = ctx.room.direct_with is not None
    return (Reply(text("council.sent", paper=paper, names=[file.name for file in files], here=here)), *files)


def _paper(words: str, given: Given, ctx: Context) -> Paper:
    """What the words mean; without any, the group whose room it is said in, or just that room."""
    if not words:
        return _of_here(given, ctx)
    if found := DECISION.fullmatch(words):
        return council.of_decision(decision_numbered(found[1], ctx), given, ctx)
    if number_of(words, "B") is not None:
        return council.of_decision(decision_numbered(words, ctx), given, ctx)
    if found := PROJECTS.fullmatch(words):
        return _of_projects(found[1], given, ctx)
    if found := FIELD.fullmatch(words):
        return _of_field(found[1], given, ctx)
    return _of_name(words, given, ctx)


def _of_here(given: Given, ctx: Context) -> Paper:
    here = groups.of_room(ctx.session, ctx.room.room_id)
    if here is not None:
        return council.of_group(here, given, ctx)
    paper = council.of_room(ctx.room.room_id, ctx.room.name, given, ctx) if ctx.only_room is not None else None
    if paper is None or not (paper.field or paper.projects):
        raise UserError("council.which", prefix=ctx.house.prefix)
    return paper


def _of_projects(words: str, given: Given, ctx: Context) -> Paper:
    """„eAkte, Bauportal“, „eAkte und Bauportal“, „eAkte Bauportal“."""
    found = {project.id: project for project in (project_named(key, ctx) for key in _keys(words))}
    return council.of_projects(list(found.values()), given, ctx)


def _keys(words: str) -> list[str]:
    return [key for part in several(words) for key in part.split() if fold(key) not in ("und", "and", "&")]


def _of_field(name: str, given: Given, ctx: Context) -> Paper:
    """A working group's; else one that stands in projects. Raises UserError with the nearest group."""
    group = _group(name, ctx)
    paper = council.of_group(group, given, ctx) if group else council.of_field(name, given, ctx)
    if paper is None:
        group_named(name, ctx)  # says which is near, or has ended
        raise UserError("council.unknown", words=name, close=None, prefix=ctx.house.prefix)
    return paper


def _of_name(words: str, given: Given, ctx: Context) -> Paper:
    """Without saying what it is: a project's key, or a field of action."""
    project = projects.by_folded(ctx.session, ctx.network_id, fold(words)) if is_key(words) else None
    if project is not None and not project.archived:
        return council.of_projects([project], given, ctx)
    group = _group(words, ctx)
    paper = council.of_group(group, given, ctx) if group else council.of_field(words, given, ctx)
    if paper is None and len(keys := _keys(words)) > 1 and all(map(is_key, keys)):
        return _of_projects(words, given, ctx)
    if paper is None:
        known = {fold(name): name for name in projects.keys(ctx.session, ctx.network_id)}
        known |= groups.all_names(ctx.session, ctx.network_id)
        close = next((known[each] for each in nearest(words, known)), None)
        raise UserError("council.unknown", words=words, close=close, prefix=ctx.house.prefix)
    return paper


def _group(name: str, ctx: Context) -> Group | None:
    found = groups.by_folded(ctx.session, ctx.network_id, fold(name))
    found = found or groups.formerly(ctx.session, ctx.network_id, fold(name))
    return found if found is not None and found.ended_at is None else None


COMMAND = Command(
    W("vorlage", "councilpaper", ("gemeinderatsvorlage", "ratsvorlage", "sitzungsvorlage", "council-paper")),
    (
        Form(
            args=About,
            run=write,
            needs=Role.MEMBER,
            does=W(
                "schreibt eine Gemeinderatsvorlage zu einem Handlungsfeld, zu Projekten oder einem Beschluss",
                "writes a council paper on a field of action, on projects or on a decision",
            ),
            examples=(
                W("vorlage Projekt eAkte", "councilpaper project eAkte"),
                W("vorlage B1\nAnlass: Haushalt 2027", "councilpaper B1\nOccasion: budget of 2027"),
            ),
        ),
    ),
)
