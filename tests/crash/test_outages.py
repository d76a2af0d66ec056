"""The bot was off, the homeserver was off: nothing is lost, nothing comes twice. And the bot knows when to give up."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person
from tests.crash.conftest import Group, NewGroup
from tests.crash.process import PATIENCE, Bot, Installation

MISSED = 300


@pytest.mark.timeout(240)
async def test_the_bot_and_the_homeserver_go_down_by_turns(homeserver: Homeserver, new_group: NewGroup) -> None:
    """One story, because every start of a homeserver takes its seconds.

    The homeserver is down when the bot starts; the bot is stopped, and 300 commands gather; the homeserver dies while
    they are answered.
    """
    group = await new_group(3)
    homeserver.kill()
    async with await Bot.start(group.installation) as bot:
        async with _back_later(homeserver):
            await bot.said.until("the homeserver does not answer")
        room = await group.founded(bot)
        await _stop(bot)
    await asyncio.gather(*(person.go_offline() for person in group.people))
    before = len(group.commands(await group.anna.history(room)))
    await asyncio.gather(*(_write(person, room) for person in group.people))
    async with await Bot.start(group.installation) as bot:
        await bot.ready()
        group.anna.go_online()
        await group.anna.wait_for(room, lambda event: _text(event).startswith(f"I{MISSED // 3} "), timeout=PATIENCE)
        async with _back_later(homeserver):
            await bot.said.until("cannot be followed")
        await group.anna.ask(room, "!ideen", timeout=PATIENCE)
        await _stop(bot)
    _check(group, await group.anna.history(room), before)


@contextlib.asynccontextmanager
async def _back_later(homeserver: Homeserver) -> AsyncIterator[None]:
    """The homeserver is dead inside, and runs again afterwards, for the other tests as well."""
    homeserver.kill()
    try:
        yield
    finally:
        await homeserver.start()


async def _stop(bot: Bot) -> None:
    """SIGTERM: an end in order, within two seconds."""
    asked = time.monotonic()
    bot.process.terminate()
    assert await bot.ended() == 0, bot.said.transcript
    assert time.monotonic() - asked < 2


async def _write(person: Person, room: str) -> None:
    for number in range(MISSED // 3):
        await person.say(room, f"!idee Nummer {number}")


def _check(group: Group, history: list[Json], before: int) -> None:
    """Each answered once, in order; and each carried out once, in order: the ideas are numbered."""
    missed, answers = group.commands(history)[before:-1], group.answers(history)
    assert len(missed) == MISSED
    found = [[_text(answer) for answer in answers[event["event_id"]]] for event in missed]
    assert found == [
        [f"I{number} notiert: {_text(event).removeprefix('!idee ')}"] for number, event in enumerate(missed, 1)
    ]
    position = {event["event_id"]: number for number, event in enumerate(history)}
    order = [position[answers[event["event_id"]][0]["event_id"]] for event in missed]
    assert order == sorted(order)


def _text(event: Json) -> str:
    return str(event["content"].get("body", ""))


async def test_it_gives_up_where_only_a_person_can_help(homeserver: Homeserver, new_group: NewGroup) -> None:
    group = await new_group(1)
    user_id, folder = group.installation.user_id, group.installation.folder
    revoked = 'access_token = "syt_revoked"\ndevice_id = "GONE"'
    wrong = Installation.make(folder / "a", homeserver.url, user_id, group.anna.user_id, 'password = "falsch"')
    gone = Installation.make(folder / "b", homeserver.url, user_id, group.anna.user_id, revoked)
    endings = await asyncio.gather(_run(wrong), _run(gone), _signed_out(group, homeserver))
    assert [code for code, _ in endings] == [1, 1, 1], endings
    last_words = [lines[-1] for _, lines in endings]
    assert last_words[0] == f"{homeserver.url} refuses the password of {user_id}; mend matrix.password"
    assert last_words[1].startswith("the homeserver does not know our access token (any more); set matrix.access_token")
    assert last_words[2].startswith("the homeserver has ended our session (M_UNKNOWN_TOKEN)")
    assert not any("Traceback" in line for _, lines in endings for line in lines)
    assert not any("again in" in line or "next attempt" in line for _, lines in endings for line in lines)


async def _run(installation: Installation) -> tuple[int, list[str]]:
    async with await Bot.start(installation) as bot:
        return await bot.ended(), bot.said.lines


async def _signed_out(group: Group, homeserver: Homeserver) -> tuple[int, list[str]]:
    """Revoke the token of a bot that runs."""
    async with await Bot.start(group.installation) as bot:
        await bot.ready()
        token = json.loads((group.installation.folder / "crypto" / "session.json").read_text())["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{homeserver.url}/_matrix/client/v3/logout", json={}) as answer,
        ):
            assert answer.status == 200
        return await bot.ended(), bot.said.lines
