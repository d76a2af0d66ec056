"""The whole bot on a real homeserver: a room is replaced, by right or by fraud, and closed to us."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person
from tests.conftest import Newcomer
from tests.crash.process import PASSWORD, Bot, Installation
from tests.matrix.admin import TOMBSTONE, create, get_state, put_state, remove, set_powers, upgrade

PATIENCE = 40.0
POLL = "org.matrix.msc3381.poll.start"


@dataclass(frozen=True)
class Case:
    """Anna, who coordinates, Ben, and a bot that is not running yet."""

    installation: Installation
    anna: Person
    ben: Person

    @property
    def us(self) -> str:
        return self.installation.user_id

    async def room(self, name: str) -> str:
        """A room in which the bot may pin."""
        room = await self.anna.create_room(name, invite=[self.us, self.ben.user_id])
        await self.ben.join(room)
        await self.said(self.anna, room, "Guten Tag")
        await set_powers(self.anna, room, users={self.us: 50})
        return room

    async def said(self, person: Person, room: str, words: str) -> Json:
        """What the bot says in a room with these words in it."""

        def fits(event: Json) -> bool:
            return event["sender"] == self.us and words in str(event["content"].get("body", ""))

        return await person.wait_for(room, fits, timeout=PATIENCE)

    async def told(self, person: Person, words: str) -> str:
        """What the bot tells somebody alone."""
        chat = await person.wait_for_invite(PATIENCE)
        await person.join(chat)
        return str((await self.said(person, chat, words))["content"]["body"])

    async def move(self, room: str) -> str:
        """Upgrade a room as Element does: the new one is made, then everybody invited."""
        new = await upgrade(self.anna, room)
        for person in (self.us, self.ben.user_id):
            await self.anna.invite(new, person)
        await self.ben.join(new)
        return new


@pytest.fixture
async def case(homeserver: Homeserver, newcomer: Newcomer, tmp_path: Path) -> Case:
    anna, ben = await newcomer("anna"), await newcomer("ben")
    name = f"zwischenstand-{secrets.token_hex(4)}"
    user_id = await homeserver.register(name, PASSWORD)
    return Case(Installation.make(tmp_path / name, homeserver.url, user_id, anna.user_id), anna, ben)


async def stop(bot: Bot) -> None:
    bot.process.terminate()
    assert await bot.ended() == 0, bot.said.transcript


@pytest.mark.timeout(180)
async def test_a_room_moves_with_an_open_vote_and_is_closed_to_us(case: Case) -> None:
    anna, ben = case.anna, case.ben
    async with await Bot.start(case.installation) as bot:
        await bot.ready()
        old = await case.room("Digitales")
        await anna.ask(old, "!projekt neu eAkte")
        await anna.ask(old, "!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: in 3 Tagen", timeout=PATIENCE)
        poll = await ben.wait_for(old, lambda event: event["type"] == POLL)
        await ben.vote(old, poll["event_id"], "yes")

        new = await case.move(old)
        moved = await case.said(anna, new, "Hier geht es weiter")
        poll = await anna.wait_for(new, lambda event: event["type"] == POLL, timeout=PATIENCE)
        await anna.vote(new, poll["event_id"], "no")
        assert "eAkte" in (await ben.ask(new, "!status"))["content"]["body"]
        assert "2 von 2" in (await anna.ask(new, "!konsultation K1"))["content"]["body"]
        assert (await get_state(anna, new, "m.room.pinned_events"))["pinned"] == [moved["event_id"]]

        await remove(anna, new, case.us, reason="Zum Ausprobieren")
        said = await case.told(anna, "Ich bin nicht mehr im Raum")
        assert f"{anna.user_id} hat mich entfernt (Grund: „Zum Ausprobieren“)" in said
        assert "K1 „Leitbild“" in said
        await anna.invite(new, case.us)
        await anna.wait_for(new, lambda event: _comes(event, case.us, times=2, seen=anna.seen(new)), timeout=PATIENCE)
        assert "eAkte" in (await ben.ask(new, "!status"))["content"]["body"]
        await stop(bot)
    async with await Bot.start(case.installation) as bot:  # all state comes again
        await bot.ready()
        assert "eAkte" in (await ben.ask(new, "!status"))["content"]["body"]
        await stop(bot)
    greetings = [event for event in await anna.history(new) if "Hier geht es weiter" in str(event["content"])]
    assert len(greetings) == 1


def _comes(event: Json, us: str, *, times: int, seen: list[Json]) -> bool:
    """Whether we have come into the room for the so-many-th time."""
    joins = [one for one in seen if one.get("state_key") == us and one["content"].get("membership") == "join"]
    return len(joins) >= times and event in joins


@pytest.mark.timeout(180)
async def test_what_happened_while_we_were_away(case: Case) -> None:
    """One room is replaced by right, another by a room that does not name it: known at the next start."""
    anna, ben = case.anna, case.ben
    async with await Bot.start(case.installation) as bot:
        await bot.ready()
        right, wrong = await case.room("Recht"), await case.room("Unrecht")
        await anna.ask(right, "!projekt neu eAkte")
        await stop(bot)
    new = await case.move(right)
    trap = await create(anna, invite=[case.us])
    await put_state(anna, wrong, TOMBSTONE, {"body": "Umzug", "replacement_room": trap})
    async with await Bot.start(case.installation) as bot:
        await bot.ready()
        await case.said(anna, new, "Hier geht es weiter")
        assert "eAkte" in (await ben.ask(new, "!status"))["content"]["body"]
        said = await case.told(anna, "Ich bleibe im alten Raum")
        assert trap in said
        assert "Karte" in (await ben.ask(wrong, "!idee Karte"))["content"]["body"]
        await stop(bot)
    async with await Bot.start(case.installation) as bot:
        await bot.ready()
        await ben.ask(wrong, "!ideen")
        await stop(bot)
    chat = next(room for room in anna.rooms() if room not in {right, wrong, new, trap})
    told = [event for event in await anna.history(chat) if "Ich bleibe im alten Raum" in str(event["content"])]
    assert len(told) == 1
