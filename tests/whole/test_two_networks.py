"""Two networks on one bot: neither can tell that there is another one.

The same people say the same things twice: once alone on a bot, once while a second network is as busy on the same bot.
Whatever the bot says to them must be the same to the letter: every answer, number, suggestion, refusal, digest, ballot,
result, mail and file.
"""

import asyncio
import base64
import dataclasses
import json
import multiprocessing
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from bot.events import Happening, Invited, Members, Message, Reaction, Redacted, Vote
from bot.store.database import Database
from bot.store.outbox import Row
from tests.crowd import Act, Crowd, Step, World
from tests.fakes import HOUSE, US, Bot, plain

COMMANDS = 5_000  # of each network
TOGETHER = 20  # messages in one answer of the homeserver
SEED = int(os.environ.get("SEED", "2019"))
NORTH = World(
    name="Nord",
    coordinator="@anna:example.org",
    people=("@ben:example.org", "@cem:example.org", "@dora:example.org"),
    guest="@gast:example.org",
    rooms=("!nord-eins:example.org", "!nord-zwei:example.org"),
    names=("eAkte", "Karte", "Bauportal", "Lindenstadt", "Erlenbrück", "Digitale Akte"),
    words=("Apfelwiese", "grün 40%", "gelb"),
)
SOUTH = World(
    name="Süd",
    coordinator="@olga:example.org",
    people=("@paul:example.org", "@quirin:example.org", "@rosa:example.org"),
    guest="@fremd:example.org",
    rooms=("!sued-eins:example.org", "!sued-zwei:example.org", "!sued-drei:example.org"),
    names=("eAkten", "Karte", "Bauportale", "Lindenstedt", "Quellenhausen", "Digitale Akten"),
    words=("Birnbaum", "rot 10%", "red"),
)


# Random tokens, salts and what is reckoned from them, our event IDs, times that lie microseconds apart, and whose alias
# came first.
BY_CHANCE = re.compile(
    r"group/[0-9a-f]+|gelöscht-[0-9a-f]+|(?:\$|%24)bot\d+|T\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00|-\d+(?=(?::|%3A)example\.org)"
    r"|\b(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{16})\b"
)
POLL = "org.matrix.msc3381.poll.start"
READ = ("application/json", "text/html", "text/csv", "text/calendar")  # files that are text
HAPPENED = {
    "a result": "Beschluss B",
    "a dissent": "Sondervotum",
    "minutes": "Protokoll K",
    "a record": '"entries":[',
    "a vote in words": "✅",
    "a vote that does not count": "zählt aber nicht",
    "a covered result": "verdeckt",
    "a confidential result": "vertraulich",
    "a merged result": "aus E",
    "a new text": "neue Fassung",
    "a reminder": "Erinnerung",
    "a check-in": "— Rückfrage",
    "an answer to one": "Notiert: ",
    "who gave none": "Ohne Antwort",
    "a stand-in": "in Vertretung von",
    "an overdue task": "überfällig",
    "a plan of measures": "Maßnahmenplan",
    "a calendar file": "BEGIN:VCALENDAR",
    "a view of a meeting": "Rückblick 1 zu",
    "a table's round": "Tisch 1",
    "a field of action": "Neues Handlungsfeld",
    "a role's digest": "Bericht für",
    "the mailing list": "Verteiler",
    "other clocks": "Ortszeit",
}
"""What must have come of all that is said, for the test to be worth anything."""


def _founding(world: World) -> Iterator[str]:
    """What a coordinator begins with."""
    yield f"!rolle {world.guest} Gast"
    for number, name in enumerate(world.names[3:]):
        speaking = ("", world.coordinator, world.people[1])[number]
        mandate = f"Mandat: {speaking}\nVertretung: {world.people[2]}" if number else f"E-Mail: {world.mail('rathaus')}"
        yield f"!organisation neu {name}\nEbene: Stadt\nEinwohner: {number + 1}0000\n{mandate}"
    yield from (f"!projekt neu {name}\nVerantwortlich: {world.people[1]}" for name in world.names[:3])
    yield "!treffen neu Workshop\nBeginn: 3.12. 10:00"
    yield "!checkin neu Stand\nWen: Verantwortliche\nWann: jeden Montag und Mittwoch 9:00\nFrist: 1 Werktag"
    asked = f"Wen: {world.people[1]}, {world.people[2]}\nWo: direkt"
    yield f"!checkin neu Lage\n{asked}\nWann: jeden Dienstag und Donnerstag 8:00\nFrist: 1 Werktag"
    yield f"!verteiler aufnehmen {world.mail('presse')}"
    yield f"!aufgabe neu Satzung\nVerantwortlich: {world.people[2]}\nFrist: in 3 Tagen"
    yield from (f"!ergebnis T1 Leitsatz: Wir veröffentlichen {name}." for name in world.words)


class Stage:
    """A bot with one or two networks on it, and what it said to the people of each."""

    def __init__(self, database: Database, *worlds: World) -> None:
        house = dataclasses.replace(HOUSE, coordinators=(NORTH.coordinator, SOUTH.coordinator), mail=True)
        self.bot = Bot(database, house=house)
        self.worlds = worlds
        self.heard: dict[str, list[str]] = {world.name: [] for world in worlds}
        self.posts: dict[str, list[str]] = defaultdict(list)  # place to our messages there
        self.polls: dict[str, list[str]] = defaultdict(list)
        self.crowds: dict[str, Crowd] = {}

    async def begin(self) -> None:
        """Both coordinators bring the bot into their rooms; everybody opens a direct chat."""
        for world in self.worlds:
            for room in world.rooms:
                await self._enter(room, world.coordinator, world.everybody, direct=False)
            for person in world.everybody:
                await self._enter(_chat(person), person, (person,), direct=True)
            for number, line in enumerate(_founding(world)):
                event = f"${world.name}-{number}"
                said = await self.bot.say(world.coordinator, line, room_id=world.rooms[0], event_id=event)
                self._keep(said)

    async def _enter(self, room: str, inviter: str, people: tuple[str, ...], *, direct: bool) -> None:
        self._keep(
            await self.bot.handle(
                Invited(room_id=room, inviter=inviter, direct=direct, received_at=self.bot.now),
                Members(room_id=room, joined=frozenset({US, *people})),
            )
        )

    async def say(self, *steps: tuple[World, Step]) -> None:
        """A few things are said, and time passes."""
        done = (self._done(world, step) for world, step in steps)
        self._keep(await self.bot.handle(*(each for each in done if each is not None)))

    async def pass_time(self, minutes: int) -> None:
        """The clock ticks later."""
        self.bot.now += timedelta(minutes=minutes)
        self._keep(await self.bot.tick())
        self.bot.now += timedelta(seconds=1)  # what is said next is said after that, whoever is the first

    def _done(self, world: World, step: Step) -> Happening | None:
        """What the homeserver tells of it; nothing where there is no poll or post to do it to."""
        place = step.room or _chat(step.person)
        event: dict[str, Any] = {
            "room_id": place,
            "event_id": f"${world.name}{step.number}",
            "sender": step.person,
            "sent_at": self.bot.now,
            "received_at": self.bot.now,
        }
        posts, polls = self.posts[place], self.polls[place]
        match step.act:
            case Act.TAP:
                return Vote(**event, poll=polls[-1 - step.back], answers=step.taps) if len(polls) > step.back else None
            case Act.REACT:
                return (
                    Reaction(**event, target=posts[-1 - step.back], key=step.body) if len(posts) > step.back else None
                )
            case Act.REDACT:
                return Redacted(**event, target=f"${world.name}{step.back}")
        post = posts[-1 - step.back] if len(posts) > step.back else None
        reply_to, thread = (post, None) if step.act is Act.ANSWER else (None, post if step.act is Act.TALK else None)
        return Message(**event, body=step.body, reply_to=reply_to, thread=thread)

    def _keep(self, rows: list[Row]) -> None:
        for row in rows:
            for world in self.worlds:
                if self._is_for(row, world):
                    said = _said(row)
                    self.heard[world.name].append(f"{row.action} {row.room_id or ''} {row.person or ''}: {said}")
                    if world.name in self.crowds:
                        self.crowds[world.name].hear(said)
            if row.event_id and row.room_id and row.event_type in ("m.room.message", POLL):
                kept = self.polls if row.event_type == POLL else self.posts
                kept[row.room_id].append(row.event_id)

    def _is_for(self, row: Row, world: World) -> bool:
        if row.action == "mail":
            return world.mail("") in row.content
        ours = {*world.rooms, *map(_chat, world.everybody)} - {_chat(world.known)}
        if row.person is not None:
            return row.person in set(world.everybody) - {world.known} and row.action != "invite"
        return row.room_id in ours


def _chat(person: str) -> str:
    return f"!direct-{person[1:]}"


def _said(row: Row) -> str:
    """What people see, without what differs from run to run."""
    content = json.loads(row.content or "{}")
    said = plain(row) or json.dumps({key: value for key, value in content.items() if key != "m.relates_to"})
    if content.get("mimetype") in READ:
        said = base64.b64decode(content["content"]).decode()
    return BY_CHANCE.sub("", said)


async def play(file: Path, migrated: Path, *worlds: World, commands: int = COMMANDS) -> dict[str, list[str]]:
    """Let the crowds of these networks talk at the same time; what each of them heard."""
    shutil.copy(migrated, file)
    database = Database(f"sqlite:///{file}")
    try:
        stage = Stage(database, *worlds)
        await stage.begin()
        await stage.pass_time(1)
        stage.crowds = {world.name: Crowd(world, SOUTH if world is NORTH else NORTH, SEED) for world in worlds}
        crowds = [(world, stage.crowds[world.name].steps(commands)) for world in worlds]
        for number in range(0, commands, TOGETHER):
            for each in _interleaved(crowds):
                await stage.say(*each)
            await stage.pass_time(1500 if number % 200 == 0 else 7)
        return stage.heard
    finally:
        database.close()


def _interleaved(crowds: list[tuple[World, Iterator[Step]]]) -> Iterator[list[tuple[World, Step]]]:
    """The next things that each crowd says, in turns within one answer of the homeserver."""
    parts = [[(world, step) for step, _ in zip(steps, range(TOGETHER), strict=False)] for world, steps in crowds]
    yield [one for turn in zip_longest(*parts) for one in turn if one is not None]


def played(folder: Path, migrated: Path, *worlds: World) -> dict[str, list[str]]:
    """The same in a process of its own."""
    return asyncio.run(play(folder / f"{'-'.join(world.name for world in worlds)}.db", migrated, *worlds))


@pytest.mark.timeout(1200)
def test_no_network_can_tell_that_there_is_another(ram: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two networks on one bot take as long as each alone after the other: side by side."""
    print(f"SEED={SEED}")
    monkeypatch.setenv("PYTHONHASHSEED", str(SEED))  # what order a set has is by chance, and the same for all three
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        casts = ((NORTH, SOUTH), (NORTH,), (SOUTH,))
        plays = [processes.submit(played, ram, migrated, *worlds) for worlds in casts]
        together, *alone = [each.result() for each in plays]
    for world, heard_alone in zip((NORTH, SOUTH), alone, strict=True):
        heard = heard_alone[world.name]
        for number, (before, after) in enumerate(zip_longest(heard, together[world.name])):
            assert before == after, f"{world.name}, answer {number}, SEED={SEED}"
        assert len(heard) > COMMANDS * 0.8
        unexpected = [line for line in heard if "Nummer" in line and "nicht geklappt" in line]
        assert unexpected == [], "commands that failed for no reason a person could mend"
    everything = "\n".join((*together[NORTH.name], *together[SOUTH.name]))
    assert [what for what, words in HAPPENED.items() if words not in everything] == []


async def test_the_test_sees_a_leak(ram: Path, migrated: Path) -> None:
    """With one coordinator for both, the rooms belong to one network: then the crowds do hear of each other."""
    south = dataclasses.replace(SOUTH, coordinator=NORTH.coordinator)
    together = await play(ram / "both.db", migrated, NORTH, south, commands=100)
    alone = await play(ram / "alone.db", migrated, NORTH, commands=100)
    assert alone["Nord"] != together["Nord"]
