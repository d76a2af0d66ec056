"""The fields of a project as lines of `!projekt`: read, and what a list is chosen by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from bot.command import W, line
from bot.context import Context
from bot.domain.project import AimKind, several
from bot.errors import UserError
from bot.language.names import fold
from bot.language.projects import BY_NAME, LONGEST, NOTHING, Holds, ProjectField
from bot.procedures.finding import person_named
from bot.store.tables import Aim, Project


def _line(name: str) -> Any:
    field = BY_NAME[name]
    return line(W(field.de, field.en, field.also))


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What is known of a project; every line is optional. The words are those of `bot.language.projects.FIELDS`."""

    title: str | None = _line("title")
    goal: str | None = _line("goal")
    description: str | None = _line("description")
    owner: str | None = _line("owner")
    organisation: str | None = _line("organisation")
    field: str | None = _line("field")
    goals: str | None = _line("goals")
    principles: str | None = _line("principles")
    phase: str | None = _line("phase")
    funding: str | None = _line("funding")
    priority: str | None = _line("priority")
    influential: str | None = _line("influential")
    partners: str | None = _line("partners")
    milestone: str | None = _line("milestone")


@dataclass(frozen=True, kw_only=True)
class Choice(Fields):
    """What projects are chosen by: what is reported of them, too."""

    light: str | None = _line("light")
    progress: str | None = _line("progress")


def given(args: Fields) -> dict[str, str]:
    """The lines that are there, by field."""
    return {name: words for name in BY_NAME if (words := getattr(args, name, None)) is not None}


def read(args: Fields, ctx: Context) -> dict[str, Any]:
    """The lines that are there, understood; a dash takes back what was said. Raises UserError."""
    return {name: _read(BY_NAME[name], words, ctx) for name, words in given(args).items()}


def _read(field: ProjectField, words: str, ctx: Context) -> Any:
    if len(words) > LONGEST:
        raise UserError("inbox.too_long", length=len(words), longest=LONGEST, what="text")
    if words in NOTHING:
        return field.empty
    if field.holds is Holds.PERSON:
        return person_named(words, ctx)
    value = field.read(words)
    if value is None and field.name != "field":
        raise _refused(field, words, ctx.language)
    return value


def _refused(field: ProjectField, words: str, language: str) -> UserError:
    if field.name == "phase":
        return UserError("project.bad_phase", value=words)
    if field.name == "funding":
        return UserError("project.bad_funding", value=words)
    name = field.de if language == "de" else field.en
    return UserError("project.bad_value", name=name, value=words, possible=field.possible(language))


def fitting(
    wanted: Mapping[str, Any], found: Iterable[Project], serves: Mapping[int, Iterable[Aim]], language: str
) -> list[Project]:
    """The projects that have all that is wanted (fields as read). Of several names in a field, each is enough.

    Words fit what contains them; of names (fields of action, goals) one that is called just so goes before. What is
    not known is neither yes nor no. `serves` are the aims of projects, by their IDs.
    """
    known = [(project, {name: _held(BY_NAME[name], project, serves) for name in wanted}) for project in found]
    for name, value in wanted.items():
        field = BY_NAME[name]
        if field.holds in (Holds.NAMES, Holds.AIMS) and value:
            known = _named(known, name, [fold(each) for each in several(field.write(value, language))])
        else:
            known = [pair for pair in known if _fits(field, pair[1][name], value)]
    return [project for project, _ in known]


def _held(field: ProjectField, project: Project, serves: Mapping[int, Iterable[Aim]]) -> Any:
    if field.holds is Holds.AIMS:
        kind = AimKind.GOAL if field.name == "goals" else AimKind.PRINCIPLE
        return [fold(aim.name) for aim in serves.get(project.id or 0, ()) if aim.kind == kind]
    value = getattr(project, field.name)
    return [fold(each) for each in several(value)] if field.holds is Holds.NAMES else value


def _fits(field: ProjectField, held: Any, wanted: Any) -> bool:
    if wanted == field.empty:
        return held == field.empty or held in (None, [])
    return fold(wanted) in fold(held or "") if field.holds is Holds.TEXT else bool(held == wanted)


Known = list[tuple[Project, dict[str, Any]]]


def _named(known: Known, name: str, wanted: list[str]) -> Known:
    """Those that have each of the names, or at least something like it."""
    for each in wanted:
        exact = [pair for pair in known if each in pair[1][name]]
        known = exact or [pair for pair in known if any(each in own for own in pair[1][name])]
    return known


def from_words(words: str, language: str) -> Choice:
    """`Projektstatus: in Umsetzung` typed behind „liste“ is as good as on a line. Raises UserError."""
    name, colon, value = words.partition(":")
    for field in fields(Choice):
        if colon and fold(name) in field.metadata["name"].folded():
            return Choice(**{field.name: value.strip()})
    raise UserError("project.bad_filter", words=words)
