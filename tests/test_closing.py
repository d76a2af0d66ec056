"""At the close the homeserver's list is read again: what we missed counts, what was taken back does not."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy.engine import Engine

from bot.context import Scope
from bot.domain.consultation import State
from bot.events import Members, Reaction, Redacted, Related, Relations, Undecryptable, Upgraded, Vote
from bot.procedures import closing
from bot.store import Session, consultations, votes
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import CastVote, HandledEvent
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, START, US, Bot, plain

CLOSE = START + timedelta(hours=2)
PUBLISH = CLOSE + timedelta(seconds=60)
NEW = f"""!konsultation neu Kaffee
Frage: Mehr Kaffee?
Wahlberechtigt: Personen
Erinnerung: keine
Schluss: {CLOSE.astimezone(HOUSE.zone):%d.%m.%Y %H:%M}"""
POLL = "org.matrix.msc3381.poll.start"


class Voting(Bot):
    """A bot with one consultation that is open."""

    poll: str
    sheet: str

    async def open(self) -> None:
        """Anna puts a question to the vote."""
        await self.enter()
        rows = await self.say(ANNA, NEW)
        self.poll = next(row.event_id or "" for row in rows if row.event_type == POLL)
        self.sheet = next(row.event_id or "" for row in rows if row.key.endswith("/announcement"))

    def click(self, person: str, answer: str, sent: datetime, **more: Any) -> Vote:
        """A vote in the poll that reaches us now."""
        self._count += 1
        values: dict[str, Any] = {"event_id": f"$vote{self._count}", "received_at": self.now} | more
        answers = (answer,) if answer else ()
        return Vote(room_id=ROOM, sender=person, sent_at=sent, poll=self.poll, answers=answers, **values)

    async def result(self) -> str:
        """Let the close and the grace time come; what is said then."""
        self.now = CLOSE
        await self.tick()
        self.now = PUBLISH
        return self.said(await self.tick())

    def said(self, rows: list[Row]) -> str:
        """The message with the result."""
        return next(plain(row) for row in rows if row.key.endswith("/result"))

    async def cast(self) -> list[CastVote]:
        """What is on record."""
        return await self.database.run(lambda session: [r for n in range(1, 20) if (r := session.get(CastVote, n))])


@pytest.fixture
async def bot(database: Database) -> Voting:
    made = Voting(database)
    await made.open()
    return made


async def test_what_we_never_heard_of_counts_as_it_was_sent(bot: Voting) -> None:
    bot.missed = [
        bot.click(BEN, "yes", CLOSE),
        bot.click(CEM, "no", CLOSE + timedelta(seconds=1)),
        Reaction(
            room_id=ROOM, event_id="$r", sender=ANNA, sent_at=START, received_at=PUBLISH, target=bot.sheet, key="👍"
        ),
        Reaction(
            room_id=ROOM, event_id="$h", sender=ANNA, sent_at=START, received_at=PUBLISH, target=bot.sheet, key="🎉"
        ),
    ]
    said = await bot.result()
    assert "2 Ja, 0 Nein" in said
    assert "abgeglichen: 3 Stimmen hatten mich nicht erreicht" in said
    assert f"{CEM}, eingegangen" in said
    assert "nach Schluss abgeschickt" in said
    assert [row.found_late for row in await bot.cast()] == [True] * 3


async def test_the_order_is_that_of_sending(bot: Voting) -> None:
    bot.now = START + timedelta(minutes=30)
    await bot.handle(bot.click(BEN, "no", bot.now))
    bot.missed = [bot.click(BEN, "yes", START + timedelta(minutes=10))]  # before the one that we heard
    assert "0 Ja, 1 Nein" in await bot.result()


async def test_nothing_is_taken_twice(bot: Voting) -> None:
    heard, missed = bot.click(BEN, "yes", START), bot.click(CEM, "yes", START)
    await bot.handle(heard)
    bot.missed = [heard, missed, missed]
    assert "2 Ja" in await bot.result()
    await bot.handle(missed)  # /sync brings it after all
    assert [row.event_id for row in await bot.cast()] == [heard.event_id, missed.event_id]


async def test_what_was_forgotten_as_handled_is_not_taken_again(bot: Voting) -> None:
    """Handled events are dropped after a while; a consultation may be open for longer."""
    heard = bot.click(BEN, "yes", START)
    await bot.handle(heard)

    def forget(session: Session) -> None:
        session.delete(session.get_one(HandledEvent, heard.event_id))

    await bot.database.run(forget)
    bot.missed = [heard]
    assert "1 Ja" in await bot.result()
    assert len(await bot.cast()) == 1


async def test_what_sync_brought_too_late_stays_late(bot: Voting) -> None:
    """The list gives a vote that was dated back no second chance."""
    bot.now = PUBLISH + timedelta(seconds=1)
    late = bot.click(BEN, "yes", CLOSE - timedelta(seconds=1))
    await bot.handle(late)
    bot.missed = [late]
    assert "zu spät eingegangen" in bot.said(await bot.tick())
    row = (await bot.cast())[0]
    assert (row.found_late, row.verdict) == (False, "arrived_late")


def taken_back(vote: Vote, by: str, at: datetime) -> Redacted:
    """A redaction that we never heard of."""
    return Redacted(
        room_id=ROOM, event_id=f"$gone{vote.event_id}", sender=by, sent_at=at, received_at=at, target=vote.event_id
    )


@pytest.mark.parametrize(
    ("by", "at", "yes"),
    [(BEN, CLOSE, 0), (BEN, CLOSE + timedelta(seconds=1), 1), (ANNA, CLOSE - timedelta(hours=1), 1)],
)
async def test_what_was_taken_back_unheard(by: str, at: datetime, yes: int, bot: Voting) -> None:
    """By the voter in time it is withdrawn; a moderator, or too late, changes nothing."""
    vote = bot.click(BEN, "yes", START)
    await bot.handle(vote)
    bot.redacted[vote.event_id] = taken_back(vote, by, at)
    assert f"{yes} Ja, 0 Nein" in await bot.result()


async def test_what_is_gone_without_a_word_still_counts(bot: Voting) -> None:
    """A homeserver that has purged the event, say."""
    vote = bot.click(BEN, "yes", START)
    await bot.handle(vote)
    bot.heard.clear()
    assert "1 Ja, 0 Nein" in await bot.result()


async def test_where_the_comparison_fails_it_is_said(bot: Voting) -> None:
    await bot.handle(bot.click(BEN, "yes", START))
    bot.refuses["reread"] = "502 nobody there"
    said = await bot.result()
    assert "1 Ja, 0 Nein" in said
    assert "Abgleich mit dem Server ist nicht vollständig gelungen (502 nobody there)" in said


async def test_an_answer_that_comes_again_publishes_nothing_again(bot: Voting) -> None:
    await bot.result()

    def again(session: Session) -> tuple[Any, ...]:
        related = Related(key="consultation/1/reread", found=Relations(), redacted=(), received_at=PUBLISH)
        return closing.related(related, Scope(session, PUBLISH, HOUSE))

    assert await bot.database.run(again) == ()


def sealed(event_id: str, sent: datetime = START) -> Undecryptable:
    return Undecryptable(
        room_id=ROOM, event_id=event_id, sender=BEN, sent_at=sent, received_at=sent, session_id="session"
    )


async def test_what_cannot_be_read_makes_it_provisional(bot: Voting) -> None:
    await bot.handle(sealed("$one"), sealed("$one"), sealed("$two"))
    said = await bot.result()
    assert "(vorläufig)" in said
    assert "2 Nachrichten oder Stimmen" in said


async def test_what_is_read_after_all_does_not(bot: Voting) -> None:
    await bot.handle(sealed("$one"), sealed("$typed"))
    await bot.handle(bot.click(BEN, "yes", START, event_id="$one"))
    await bot.say(CEM, "!stimme K1 ja", event_id="$typed")
    said = await bot.result()
    assert "vorläufig" not in said
    assert "2 Ja" in said


async def test_before_the_opening_and_elsewhere_nothing_is_kept(database: Database) -> None:
    bot = Voting(database)
    await bot.enter()
    await bot.handle(sealed("$one"))
    await bot.open()
    assert "vorläufig" not in await bot.result()


async def test_rooms_that_were_replaced_are_read_too(bot: Voting) -> None:
    """Native polls there still take votes."""
    new = "!neu:example.org"
    tombstone = Upgraded(
        room_id=ROOM, event_id="$tombstone", sender=ANNA, sent_at=START, received_at=START, successor=new
    )
    await bot.handle(tombstone, Members(room_id=new, joined=frozenset({US, ANNA, BEN, CEM})))
    bot.now = CLOSE
    await bot.tick()
    bot.now = PUBLISH
    asked = next(json.loads(row.content) for row in await bot.tick() if row.action == "reread")
    announced, polled = "consultation/1/announcement", "ballot/1/poll"
    again = [[f"{announced}/in {new}", new], [f"{polled}/in {new}", new]]
    assert sorted(asked["of"]) == sorted([[announced, ROOM], [polled, ROOM], *again])


async def test_eighty_thousand_are_one_difference(bot: Voting) -> None:
    """No question to the database for each event."""
    listed, asked = frozenset(f"$e{number}" for number in range(80_000)), []

    def work(session: Session) -> None:
        consultation = consultations.by_id(session, 1)
        consultation.state = State.CLOSED
        found = Relations(listed=listed, votes=())
        related = Related(key="consultation/1/reread", found=found, redacted=(), received_at=PUBLISH)
        closing.related(related, Scope(session, PUBLISH, HOUSE))

    def note(*values: Any) -> None:
        asked.append(values[2])

    sql_event.listen(Engine, "before_cursor_execute", note)
    try:
        await bot.database.run(work)
    finally:
        sql_event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) < 100


async def test_what_is_asked_for(bot: Voting) -> None:
    """The announcement and the poll, and in the second question only what is missing."""
    vote = bot.click(BEN, "yes", START)
    await bot.handle(vote)
    bot.heard.clear()
    bot.now = CLOSE
    await bot.tick()
    bot.now = PUBLISH
    first, second = (json.loads(row.content) for row in await bot.tick() if row.action == "reread")
    assert [key for key, _ in first["of"]] == ["consultation/1/announcement", "ballot/1/poll"]
    assert second == {"of": [], "gone": [vote.event_id], "rooms": [ROOM]}


async def test_only_clicks_in_rooms_are_expected_in_the_list(bot: Voting) -> None:
    """Not what was typed, nor what was tapped in a direct chat, nor what was taken back and we heard it."""
    typed = bot.message(BEN, "!stimme K1 ja")
    click = bot.click(CEM, "yes", START)
    await bot.handle(typed, click)
    gone = taken_back(click, CEM, START)
    assert await bot.database.run(lambda session: votes.clicked(session, 1)) == {click.event_id: CEM}
    await bot.handle(gone)
    assert await bot.database.run(lambda session: votes.clicked(session, 1)) == {}
