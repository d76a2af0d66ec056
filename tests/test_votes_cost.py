"""What a vote costs does not depend on how many there are: the same statements, the same rows read."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.context import Scope
from bot.domain.answers import Kind, Sheet
from bot.domain.consultation import Channel
from bot.procedures import votes
from bot.store import Session
from bot.store import votes as cast_votes
from bot.store.database import Database
from bot.store.tables import CastVote, Elector
from tests.ballotbox import APPROVAL, COLOURS, EMIL, FRITZ, Box, opened
from tests.fakes import ANNA, BEN, CEM

ORGANISATIONS = 1000
STRANGERS = {"$first": ANNA, "$second": FRITZ}  # the word why is said once to each
HUBER = "(telefonisch, Fr. Huber)"


@contextmanager
def _counted() -> Iterator[list[int]]:
    """How many rows each statement read; a list as long as there were statements."""
    rows: list[int] = []
    asking = False

    def note(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        nonlocal asking
        if asking:
            return
        asking = True
        reads = statement.lstrip().upper().startswith("SELECT")
        rows.append(len(cursor.connection.execute(statement, parameters).fetchall()) if reads and not many else 0)
        asking = False

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield rows
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _many(session: Session, box: Box) -> None:
    """A vote by each of the other organisations, and as many by people who may not."""
    everybody = cast_votes.electors(session, 1)
    for number, elector in enumerate(everybody[2:]):
        session.add(_vote(box, number, elector))
        session.add(_vote(box, -number - 1, None))
    session.flush()


def _vote(box: Box, number: int, elector: Elector | None) -> CastVote:
    return CastVote(
        ballot_id=1,
        elector_id=elector.id if elector else None,
        sender=f"@p{number}:example.org",
        choice="yes",
        channel=Channel.POLL,
        event_id=f"$many{number}",
        sent_at=box.bot.now,
        received_at=box.bot.now,
    )


Act = Callable[[Box, str], Awaitable[Any]]
ACTS: dict[str, tuple[Sheet, Act]] = {
    "a click": (APPROVAL, lambda box, key: box.click(EMIL, "yes", event_id=key)),
    "a reaction": (Sheet(Kind.MULTIPLE, COLOURS), lambda box, key: box.react(EMIL, "1️⃣", event_id=key)),
    "typed": (APPROVAL, lambda box, key: box.bot.say(EMIL, "!stimme K1 ja", event_id=key)),
    "directly": (APPROVAL, lambda box, key: box.directly(EMIL, "stimme K1 ja", event_id=key)),
    "recorded": (APPROVAL, lambda box, key: box.bot.say(ANNA, f"!stimme K1 für Erlenbrück ja {HUBER}", event_id=key)),
    "not entitled": (APPROVAL, lambda box, key: box.click(STRANGERS[key], "yes", event_id=key)),
}


@pytest.mark.parametrize("act", ACTS)
async def test_the_first_vote_costs_what_the_thousandth_does(act: str, database: Database) -> None:
    sheet, does = ACTS[act]
    costs = []
    box = await opened(database, sheet, extra=ORGANISATIONS - 2)
    with _counted() as rows:
        await does(box, "$first")
    costs.append(rows)

    def forget(session: Session) -> None:
        for vote in cast_votes.votes_by_event(session, "$first"):
            session.delete(vote)
        _many(session, box)

    await database.run(forget)
    with _counted() as rows:
        await does(box, "$second")
    costs.append(rows)
    assert len(box.rows()) == 2 * (ORGANISATIONS - 2) + 1
    assert len(costs[0]) > 5, "the count counts"
    assert (len(costs[1]), sum(costs[1])) == (len(costs[0]), sum(costs[0]))


async def test_a_takeback_and_a_reminder_cost_the_same_too(database: Database) -> None:
    box = await opened(database, APPROVAL, extra=ORGANISATIONS - 2)

    async def cost(key: str) -> tuple[int, int]:
        await box.click(EMIL, "yes", event_id=key)
        with _counted() as rows:
            await box.redact(EMIL, key)
            await database.run(
                lambda session: votes.awaited({"consultation/1"}, EMIL, Scope(session, box.bot.now, box.bot.house))
            )
        return len(rows), max(rows)

    few = await cost("$few")
    await database.run(lambda session: _many(session, box))
    many = await cost("$many")
    assert many[0] == few[0]
    assert many[1] < 10


async def test_a_reminder_waits_for_the_organisation(database: Database) -> None:
    """As long as none of its people's votes counts; whoever gave it."""
    box = await opened(database, APPROVAL, APPROVAL)

    async def awaited(person: str) -> bool:
        return await database.run(
            lambda session: bool(votes.awaited({"consultation/1"}, person, Scope(session, box.bot.now, box.bot.house)))
        )

    assert [await awaited(person) for person in (BEN, CEM, EMIL, ANNA)] == [True, True, True, False]
    await box.click(CEM, "yes", n=1)
    assert await awaited(BEN), "the second ballot is open"
    await box.click(CEM, "no", n=2)
    assert [await awaited(person) for person in (BEN, CEM, EMIL)] == [False, False, True]
    await box.click(CEM, n=2)
    assert await awaited(BEN)
    await box.bot.say(ANNA, "!stimme K1.2 für Lindenstadt ja (telefonisch, Fr. Huber)")
    assert not await awaited(BEN), "a recorded one is enough"
