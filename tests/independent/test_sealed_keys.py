"""A room key that is lost on its way to the bot: it asks the sender's client for it, and answers exactly once."""

import pytest

from tests.crash.process import PATIENCE, Bot
from tests.independent.conftest import NewSealedGroup
from tests.independent.group import SealedGroup
from tests.independent.sealed import Sealed

COMMAND = {"msgtype": "m.text", "body": "!status eAkte", "m.mentions": {}}


@pytest.mark.timeout(240)
async def test_a_lost_key_is_asked_for_after_a_kill(new_sealed_group: NewSealedGroup) -> None:
    """What could not be read is kept: the next process asks, and answers."""
    group = await new_sealed_group(2)
    ben = group.people[1]
    async with await Bot.start(group.installation) as bot:
        await bot.ready()
        room = await group.founded(bot)
        await bot.kill()
    said = await said_without_key(group, ben, room)
    async with await Bot.start(group.installation) as bot:
        await bot.ready()
        await bot.kill()
    async with group.running():
        await ben.answer_to(room, said, timeout=PATIENCE)
        await group.anna.ask(room, "!status eAkte", timeout=PATIENCE)
    answers = group.answers(await group.anna.history(room))
    assert len(answers[said]) == 1, answers[said]
    await group.all_is_readable()


async def said_without_key(group: SealedGroup, person: Sealed, room: str) -> str:
    """A command under a new key, of which the bot's part never leaves the sender's client."""
    await person.do("lose", user=group.installation.user_id, count=1)
    return await person.send(room, "m.room.message", COMMAND, fresh=True)
