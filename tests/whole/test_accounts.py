"""Two bots with accounts of their own on one PostgreSQL and one real homeserver: each answers where it is, once."""

import asyncio
import secrets
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import accounts, app
from bot.config import Database, Matrix, Settings
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person, relates_to
from bot.errors import OperatorError
from tests.conftest import Newcomer
from tests.running import running
from tests.scale.accounts import rows

PATIENCE = 60
OWNER = "Verantwortlich: "
WORDS = ("m.room.message", "m.room.encrypted")
PROJECTS = "SELECT (SELECT array_agg(key) FROM {}.project), (SELECT count(*) FROM {}.network)"


async def _settings(homeserver: Homeserver, name: str, anna: Person, folder: Path, url: str) -> Settings:
    password = SecretStr(secrets.token_hex(8))
    us = await homeserver.register(f"{name}-{secrets.token_hex(4)}", password.get_secret_value())
    (folder / name).mkdir()
    matrix = Matrix(homeserver=homeserver.url, user_id=us, password=password, store=folder / name / "crypto")
    return Settings(coordinators=(anna.user_id,), matrix=matrix, database=Database(url=url))


async def _room(anna: Person, us: str, *, encrypted: bool) -> str:
    """A room with one bot, which has greeted."""
    room = await anna.create_room("Verbund", invite=[us], encrypted=encrypted)
    await anna.wait_for(room, lambda event: event["sender"] == us and event["type"] in WORDS, timeout=PATIENCE)
    return room


def _answers(anna: Person, room: str, asked: str) -> list[str]:
    """Who answered a message with words, as often as they did."""
    return [
        event["sender"]
        for event in anna.seen(room)
        if asked in relates_to(event) and event["sender"] != anna.user_id and event["type"] in WORDS
    ]


@pytest.mark.timeout(400)
async def test_two_bots_on_one_database(
    homeserver: Homeserver, newcomer: Newcomer, postgres_database: str, tmp_path: Path
) -> None:
    anna = await newcomer("anna", auto_join=True)
    nord, sued = [await _settings(homeserver, name, anna, tmp_path, postgres_database) for name in ("nord", "sued")]
    asked: list[tuple[str, str, str]] = []
    async with running(nord):
        with pytest.raises(OperatorError, match="not registered there"):
            await app.run(sued)
        said = await asyncio.to_thread(lambda: list(accounts.add(sued)))
        assert "number 1, schema zwischenstand_1" in said[0]
        rooms = {}
        async with running(sued):
            for settings, encrypted in ((nord, False), (sued, True)):
                us = settings.matrix.user_id
                rooms[us] = await _room(anna, us, encrypted=encrypted)
                asked.append(
                    (us, rooms[us], await anna.say(rooms[us], f"!projekt neu {us[1:5]}\n{OWNER}{anna.user_id}"))
                )
                await anna.answer_to(rooms[us], asked[-1][2], timeout=PATIENCE)
        us, room = nord.matrix.user_id, rooms[nord.matrix.user_id]
        asked.append((us, room, await anna.say(room, "!hilfe")))  # the other one is away
        await anna.answer_to(room, asked[-1][2], timeout=PATIENCE)
    async with running(sued), running(nord):
        for us, room in rooms.items():
            asked.append((us, room, await anna.say(room, "!hilfe")))
            await anna.answer_to(room, asked[-1][2], timeout=PATIENCE)
    assert [_answers(anna, room, event) for _, room, event in asked] == [[us] for us, *_ in asked]
    for settings, schema in ((nord, "public"), (sued, "zwischenstand_1")):
        (found,) = rows(postgres_database, PROJECTS.format(schema, schema))
        assert found == ([settings.matrix.user_id[1:5]], 1)
