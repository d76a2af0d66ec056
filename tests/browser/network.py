"""Fills a database with the network of `story`, by saying everything to the bot itself."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import select

from bot.context import Scope
from bot.events import Invited, Members
from bot.language.names import fold
from bot.procedures import portfolio
from bot.store import aims, projects, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Aim, Synergy
from tests.browser import story
from tests.browser.story import ABROAD, AKTE, ANNA, DATEN, EVERYBODY, OLGA, OVERVIEW, PAUL, PORTAL
from tests.fakes import HOUSE, US, Bot, plain

NETWORK = "Modellkommunen Open Government"
PLACE = dataclasses.replace(HOUSE, coordinators=(ANNA, OLGA))
FAILED = ("kenne ich nicht", "verstehe ich nicht", "Dafür braucht es", "Nummer", "Es fehlt noch", "gibt es nicht")


async def fill(database: Database, today: datetime) -> None:
    """Two networks with all that the pages show at `today` (UTC)."""
    bot = Bot(database, house=PLACE, now=today - timedelta(days=210))
    for room, people in ((OVERVIEW, EVERYBODY), (AKTE, EVERYBODY), (PORTAL, EVERYBODY), (DATEN, EVERYBODY)):
        await _enter(bot, room, ANNA, people)
    await _enter(bot, ABROAD, OLGA, (OLGA, PAUL))
    for person in (*EVERYBODY, story.GUEST, OLGA):
        await _enter(bot, story.direct(person), person, (person,), direct=True)
    await say(bot, ANNA, f"!verbund umbenennen {NETWORK}", OVERVIEW)
    await database.run(lambda session: _begin(Scope(session, bot.now, bot.house)))
    for step in story.steps():
        bot.now = today - timedelta(days=step.days)
        await bot.tick()
        for line in step.commands:
            await say(bot, step.person, line, step.room)
    await database.run(lambda session: _finish(Scope(session, today - timedelta(days=6), bot.house)))
    bot.now = today
    await bot.tick()


async def say(bot: Bot, person: str, line: str, room: str) -> Sequence[Row]:
    """Say something that must be understood: else a page stays empty without anybody noticing."""
    rows = await bot.say(person, line, room_id=room)
    assert rows, line
    assert not any(word in plain(rows[0]) for word in FAILED), f"{line}\n→ {plain(rows[0])}"
    return rows


async def _enter(bot: Bot, room: str, inviter: str, people: tuple[str, ...], *, direct: bool = False) -> None:
    await bot.handle(
        Invited(room_id=room, inviter=inviter, direct=direct, received_at=bot.now),
        Members(room_id=room, joined=frozenset({US, *people})),
    )


def _network_id(scope: Scope) -> int:
    room = rooms.find(scope.session, OVERVIEW)
    assert room is not None
    return room.network_id or 0


def _begin(scope: Scope) -> None:
    """Rooms have names, the network has aims."""
    for room_id, name in story.NAMES.items():
        room = rooms.find(scope.session, room_id)
        assert room is not None
        room.name = name
    for kind, names in story.AIMS.items():
        for name in names:
            aim = Aim(network_id=_network_id(scope), kind=kind, name=name, folded=fold(name))
            aim.created_by, aim.created_at = ANNA, scope.now
            aims.add(scope.session, aim)


def _finish(scope: Scope) -> None:
    """What is known of projects besides, and what they have in common."""
    network_id = _network_id(scope)
    for key, values in story.MORE.items():
        project = projects.by_folded(scope.session, network_id, fold(key))
        assert project is not None, key
        portfolio.change(project, values, ANNA, "$more", scope)
    for found in scope.session.exec(select(Synergy).where(Synergy.network_id == network_id)):
        scope.session.delete(found)  # what the search has come upon by itself gives way to what the story says
    scope.session.flush()
    for number, (one, other, linked) in enumerate(story.SYNERGIES, start=1):
        pair = [projects.by_folded(scope.session, network_id, fold(key)) for key in (one, other)]
        first, second = sorted(each.id or 0 for each in pair if each is not None)
        made = Synergy(network_id=network_id, number=number, first_id=first, second_id=second, score=0.6, terms="[]")
        made.terms = '[["digitale Antragstellung", "Antrag"], ["Fördermittel", "Fördermittel"]]'
        made.found_at = scope.now
        if linked:
            made.first_said = made.second_said = "yes"
            made.linked_at = scope.now
        scope.session.add(made)
