"""Rooms with people and a bot that is killed."""

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person, relates_to
from tests.conftest import Newcomer
from tests.crash.process import PASSWORD, Bot, Fork, Installation


@dataclass(frozen=True)
class Group:
    """A bot's installation and the people it works for; the first coordinates."""

    installation: Installation
    people: tuple[Person, ...]

    @property
    def anna(self) -> Person:
        return self.people[0]

    async def founded(self, bot: Bot | Fork) -> str:
        """Open the group's room, with a project in it, while the bot runs."""
        await bot.ready()
        guests = [person.user_id for person in self.people[1:]]
        room = await self.anna.create_room("eAkte", invite=[self.installation.user_id, *guests])
        for person in self.people[1:]:
            await person.join(room)
        await self.anna.wait_for(room, self.from_bot)
        await self.anna.ask(room, f"!projekt neu eAkte\nTitel: Elektronische Akte\nVerantwortlich: {guests[0]}")
        return room

    def from_bot(self, event: Json) -> bool:
        return bool(event["sender"] == self.installation.user_id and event["type"] != "m.room.member")

    def answers(self, history: list[Json]) -> dict[str, list[Json]]:
        """To each event, what the bot said or reacted to it."""
        found: dict[str, list[Json]] = {event["event_id"]: [] for event in history}
        for event in filter(self.from_bot, history):
            for about in relates_to(event):
                found[about].append(event)
        return found

    def commands(self, history: list[Json]) -> list[Json]:
        """Everything that people said with an exclamation mark, in the room's order."""
        return [
            event for event in history if not self.from_bot(event) and event["content"].get("body", "").startswith("!")
        ]


@pytest.fixture(autouse=True)
def bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process started here keeps its bytecode, so that the second start is as quick as in an installation."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv(
        "PYTHONPYCACHEPREFIX", str(Path(tempfile.gettempdir()) / f"zwischenstand-bytecode-{os.getuid()}")
    )


class NewGroup(Protocol):
    """Makes a bot and people."""

    async def __call__(self, size: int, *, grace: int = 0, auto_join: bool = False) -> Group: ...


@pytest.fixture
def new_group(homeserver: Homeserver, newcomer: Newcomer, tmp_path: Path) -> NewGroup:
    """Registers a bot and some people, and writes the bot's configuration."""

    async def make(size: int, *, grace: int = 0, auto_join: bool = False) -> Group:
        names = ("anna", "ben", "cem", "dora", "emil", "fritz")[:size]
        people = tuple([await newcomer(name, auto_join=auto_join) for name in names])
        name = f"zwischenstand-{secrets.token_hex(4)}"
        user_id = await homeserver.register(name, PASSWORD)
        folder, coordinator = tmp_path / name, people[0].user_id
        return Group(Installation.make(folder, homeserver.url, user_id, coordinator, grace=grace), people)

    return make
