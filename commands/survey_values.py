"""What the forms of `!umfrage` take, and what their words mean: a version, a room, the survey that asks who speaks."""

from dataclasses import dataclass

from bot.command import W, line, required, rest, word
from bot.context import Context
from bot.errors import UserError
from bot.procedures import surveys
from bot.procedures.finding import group_named, survey_numbered
from bot.store import rooms
from bot.store import surveys as store
from bot.store.surveys import Asked
from bot.store.tables import SurveyTemplate

DUE = W("Frist", "Deadline", ("Schluss", "Due", "Bis", "Until"))
WHOM = W("Wen", "Whom", ("Wer", "An", "Who", "To"))


@dataclass(frozen=True, kw_only=True)
class New:
    """A survey of a cohort. `room` is the working group in whose room new projects will stand."""

    cohort: str = rest(W("Staffel", "cohort"))
    whom: str = required(WHOM, sample=W("Verantwortliche", "owners"))
    due: str = required(DUE, sample=W("12.12.2026 18:00", "2026-12-12 18:00"))
    template: str | None = line(W("Vorlage", "Template", ("Fassung", "Version")))
    group: str | None = line(W("Gruppe", "Group", ("Raum", "Room", "Arbeitsgruppe")))


@dataclass(frozen=True)
class Words:
    """Whatever stands behind the verb."""

    words: str = rest(W("neu, und je Zeile eine Frage", "new, and one question a line"), default="")


@dataclass(frozen=True)
class Which:
    """Surveys by key or cohort; without any the latest ones."""

    words: str = rest(W("U1 U2", "U1 U2"), default="")


@dataclass(frozen=True)
class One:
    """A survey by its key."""

    short: str = word(W("Umfrage", "survey"), shown="U1")


@dataclass(frozen=True)
class Mine:
    """A survey by its key; without it, the one that asks me."""

    short: str | None = word(W("Umfrage", "survey"), default=None, shown="U1")


@dataclass(frozen=True)
class Until:
    """A survey by its key, and its new deadline."""

    short: str = word(W("Umfrage", "survey"), shown="U1")
    until: str = rest(W("Datum", "date"))


@dataclass(frozen=True)
class File:
    """A form that was dropped, and which preview of it was confirmed."""

    number: str = word(W("Nummer", "number"), shown="")
    seen: str = word(W("Stand", "state"), default="", shown="")


def version_meant(words: str | None, ctx: Context) -> SurveyTemplate:
    """The version that is named; without words the newest. Raises UserError."""
    newest = surveys.newest_template(ctx)
    if words is None:
        return newest
    number = "".join(char for char in words if char.isdecimal())
    found = [each for each in store.templates(ctx.session, ctx.network_id) if str(each.version) == number]
    if not found:
        raise UserError("survey.no_version", words=words, newest=newest.version)
    return found[0]


def room_meant(group: str | None, ctx: Context) -> str:
    """Where new projects stand: the named group's room, this one, or the only one there is. Raises UserError."""
    if group is not None:
        named = group_named(group, ctx)
        if named.room_id is None:
            raise UserError("project.no_room", group=named)
        return named.room_id
    if ctx.room.direct_with is None:
        return ctx.room.room_id
    known = rooms.groups_of_network(ctx.session, ctx.network_id)
    if len(known) != 1:
        raise UserError("survey.which_room", rooms=known)
    return known[0].room_id


def survey_meant(short: str | None, ctx: Context) -> Asked:
    """The survey that asks who speaks. Raises UserError for none, and for several of which none is named."""
    found = surveys.mine(ctx)
    if short is not None:
        survey = survey_numbered(short, ctx)
        found = [each for each in found if each.survey.id == survey.id]
        if not found and survey.closed_at is not None:
            raise UserError("surveys.over", survey=survey, prefix=ctx.house.prefix)
    if not found:
        raise UserError("surveys.not_asked", prefix=ctx.house.prefix)
    begun = [each for each in found if each.ask.at_question is not None and each.ask.paused_at is None]
    if len(found) > 1 and len(begun) != 1:
        raise UserError("surveys.which_survey", mine=found, prefix=ctx.house.prefix)
    return begun[0] if len(begun) == 1 else found[0]
