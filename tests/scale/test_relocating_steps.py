"""A network's way to another account, step by step: two bots without a homeserver on one PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, update

from bot.events import (
    Batch,
    CaughtUp,
    Echo,
    Invited,
    Members,
    Membership,
    Power,
    Powers,
    Undecryptable,
)
from bot.language.names import fold
from bot.others import Others
from bot.store import accounts, rooms
from bot.store.database import Database
from bot.store.leased import taken_now
from bot.store.outbox import Row
from bot.store.relocation import departing
from bot.store.tables import OutboxRow
from schedules import JOBS, relocations
from tests.fakes import ANNA, BEN, HOUSE, ROOM, START, Bot, plain
from tests.scale.accounts import rows, started

NORD, SUED = "@nord:example.org", "@sued:example.org"
OTHER = "!other:example.org"
LOOK = relocations.EVERY + timedelta(seconds=1)
STATE = "SELECT state FROM public.relocation"


@dataclass
class Two:
    """Both bots; the first has a network with one room, and Ben in a direct chat."""

    url: str
    nord: Bot
    sued: Bot

    def state(self) -> str | None:
        found = rows(self.url, STATE)
        return str(found[0][0]) if found else None

    def ask(self) -> None:
        departing.ask(self.url, NORD, "Verbund", SUED, self.nord.now, fold)

    async def look(self, bot: Bot, times: int = 1) -> list[Row]:
        """What comes of so many looks."""
        found: list[Row] = []
        for _ in range(times):
            self.nord.now += LOOK
            self.sued.now = self.nord.now
            found += await bot.tick()
        return [row for row in found if "relocation/" in row.key or row.room_id in (ROOM, OTHER)]

    async def come(self, room_id: str = ROOM, inviter: str = NORD) -> None:
        """The new bot follows its invitation."""
        invited = Invited(room_id=room_id, inviter=inviter, direct=False, received_at=self.sued.now)
        assert [row.action for row in await self.sued.handle(invited)] == ["join"]
        frame: dict[str, Any] = {"sender": SUED, "sent_at": self.nord.now, "received_at": self.nord.now}
        joined = Membership(room_id=room_id, event_id=f"$join{room_id}", person=SUED, state="join", **frame)
        assert await self.nord.handle(joined) == []

    async def echo(self, *marks: Row) -> None:
        """The marks come back."""
        frame: dict[str, Any] = {"sender": NORD, "sent_at": self.nord.now, "received_at": self.nord.now}
        for row in marks:
            echo = Echo(room_id=row.room_id or "", event_id=f"$mark{row.id}", transaction=row.transaction, **frame)
            await self.nord.handle(echo)

    async def marked(self) -> list[Row]:
        """From the beginning to the marks."""
        self.ask()
        await self.look(self.nord)
        await self.come()
        return await self.look(self.nord, 2)

    async def read(self, *marks: Row) -> None:
        """The new bot reads its rooms."""
        for row in marks:
            members = Members(room_id=row.room_id or "", joined=frozenset({SUED, ANNA, BEN}))
            caught_up = CaughtUp(room_id=row.room_id or "", mark=f"$mark{row.id}")
            await self.sued.inbox.handle(Batch((members, caught_up), None, self.sued.now, unread=True))


@pytest.fixture
async def two(postgres_database: str) -> AsyncIterator[Two]:
    started(postgres_database, NORD)
    accounts.add(postgres_database, SUED)
    with ExitStack() as stack:
        bots = []
        for us in (NORD, SUED):
            lease = stack.enter_context(taken_now(postgres_database, us))
            database = stack.enter_context(closing(Database(postgres_database, lease=lease, account=us)))
            others = Others()
            jobs = (*JOBS, relocations.job(others))
            bots.append(Bot(database, house=replace(HOUSE, us=us), jobs=jobs, others=others, now=START))
        nord, sued = bots
        await nord.enter()
        await nord.say(ANNA, "!verbund umbenennen Verbund")
        await nord.handle(Invited(room_id="!ben", inviter=BEN, direct=True, received_at=START))
        await nord.handle(Members(room_id="!ben", joined=frozenset({NORD, BEN})))
        two = Two(postgres_database, nord, sued)
        await two.look(sued)
        yield two


async def test_from_the_first_step_to_the_last(two: Two) -> None:
    two.ask()
    invite, power = await two.look(two.nord)
    assert (invite.action, invite.person, power.action, power.content) == ("invite", SUED, "empower", '{"level": null}')
    assert (two.state(), await two.look(two.nord, 3)) == ("inviting", [])
    await two.come()
    assert await two.look(two.nord) == [], "one look more"
    (mark,) = await two.look(two.nord)
    assert (two.state(), mark.room_id) == ("marked", ROOM)
    assert f"Ab jetzt betreut {SUED} diesen Raum" in plain(mark)
    assert await two.look(two.nord, 2) == [], "the mark is not back"
    assert len(await two.nord.say(BEN, "!hilfe")) == 1
    await two.echo(mark)
    assert await two.nord.say(BEN, "!hilfe") == []
    told, left = await two.look(two.nord)
    assert (two.state(), told.person, left.action, left.room_id) == ("handed", BEN, "leave", ROOM)
    assert f"betreut ab jetzt {SUED}" in plain(told)
    assert "sonst nichts mehr" in plain(told)
    assert await two.sued.say(BEN, "!hilfe") == [], "it has not read the room"
    assert await two.look(two.sued, 2) == []
    await two.read(mark)
    assert len(await two.sued.say(BEN, "!hilfe")) == 1
    assert (await two.look(two.sued), two.state()) == ([], "taken")
    people = await two.sued.database.run(lambda session: set(rooms.members(session, ROOM)))
    assert people == {ANNA, BEN}
    assert (await two.look(two.nord), two.state()) == ([], None)
    assert not two.sued.inbox._others.expecting or await two.look(two.sued) == []


async def test_whom_nobody_lets_in_is_invited_again(two: Two) -> None:
    two.ask()
    first = await two.look(two.nord)
    again = await two.look(two.nord, 60)
    assert [row.action for row in first + again] == ["invite", "empower"] * 2


@pytest.mark.parametrize("hindered", ["silent", "waiting", "voting"])
async def test_the_marks_wait(two: Two, hindered: str) -> None:
    frame: dict[str, Any] = {"room_id": ROOM, "sender": ANNA, "sent_at": START, "received_at": START}
    two.ask()
    await two.look(two.nord)
    await two.come()
    key = "welcome %"

    def wait(session: Any, state: str = "waiting") -> None:
        session.exec(update(OutboxRow).where(col(OutboxRow.key).like(key)).values(state=state))

    if hindered == "silent":
        await two.nord.handle(Powers(event_id="$less", lacks=frozenset({Power.SPEAK}), **frame))
    elif hindered == "waiting":
        await two.nord.database.run(wait)
        two.nord.now += timedelta(minutes=2)
    else:
        await two.nord.say(ANNA, "!konsultation neu Ort\nFrage: Gut?\nErinnerung: keine\nSchluss: 21.11.2026 10:00")
    assert [row for row in await two.look(two.nord, 5) if "/mark " in row.key] == []
    assert two.state() == "inviting"
    if hindered == "silent":
        await two.nord.handle(Powers(event_id="$more", lacks=frozenset(), **frame))
    elif hindered == "waiting":
        await two.nord.database.run(lambda session: wait(session, "sent"))
    else:
        await two.nord.say(ANNA, "!konsultation K1 absagen")
        await two.nord.say(ANNA, "ja")
        two.nord.now += timedelta(minutes=2)
    assert len([row for row in await two.look(two.nord, 3) if "/mark " in row.key]) == 1


async def test_a_room_that_comes_meanwhile_gets_a_mark_of_its_own(two: Two) -> None:
    (mark,) = await two.marked()
    await two.nord.enter(OTHER)
    await two.echo(mark)
    rows_ = await two.look(two.nord)
    assert [(row.action, row.room_id) for row in rows_] == [("invite", OTHER), ("empower", OTHER)]
    assert await two.look(two.nord, 2) == []
    await two.come(OTHER)
    (late,) = await two.look(two.nord, 2)
    assert late.room_id == OTHER
    await two.echo(late)
    assert [row.action for row in await two.look(two.nord)] == ["send", "leave", "leave"]
    await two.read(mark)
    assert (await two.look(two.sued), two.state()) == ([], "handed")
    await two.read(late)
    assert (await two.look(two.sued), two.state()) == ([], "taken")


async def test_what_is_locked_is_waited_for_but_not_for_ever(two: Two) -> None:
    frame: dict[str, Any] = {"room_id": ROOM, "sender": BEN, "sent_at": START}
    (mark,) = await two.marked()
    locked = Undecryptable(event_id="$locked", session_id="s", content={"x": 1}, received_at=two.nord.now, **frame)
    await two.nord.handle(locked)
    await two.echo(mark)
    await two.look(two.nord)
    assert two.state() == "marked"
    two.nord.now += timedelta(minutes=10)
    await two.look(two.nord, 2)
    assert two.state() == "handed"


async def test_it_is_given_up(two: Two) -> None:
    """The new bot goes, and knows nothing of it any more; the old one is as ever."""
    two.ask()
    await two.look(two.nord)
    await two.come(inviter=ANNA)  # where the old bot may not
    greeted = await two.sued.handle(Invited(room_id=OTHER, inviter=ANNA, direct=False, received_at=two.sued.now))
    assert len(greeted) > 1, "a room of no such network"
    departing.stop(two.url, NORD, "Verbund", fold)
    assert await two.look(two.nord, 3) == []
    assert [(row.action, row.room_id) for row in await two.look(two.sued)] == [("leave", ROOM)]
    assert two.state() is None
    assert len(await two.nord.say(BEN, "!hilfe")) == 1


async def test_who_has_another_network_there_is_told_so(two: Two) -> None:
    await two.nord.say(ANNA, "!verbund neu Zweiter")
    await two.nord.enter(OTHER)
    await two.nord.say(ANNA, "Zweiter", room_id=f"!direct-{ANNA[1:]}")
    (mark,) = await two.marked()
    await two.echo(mark)
    told = {row.person: plain(row) for row in await two.look(two.nord) if row.person}
    assert "Für Ihre anderen Verbünde" in told[BEN]
