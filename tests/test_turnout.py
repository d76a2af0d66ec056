"""Who has voted until now is found without asking the rule about each single vote, and is what the rule says."""

import random
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from bot.context import Scope
from bot.domain.answers import Kind, Sheet
from bot.domain.consultation import Channel, Visibility
from bot.domain.counting import Rank, counted
from bot.procedures import turnout
from bot.store import Session, consultations, votes
from bot.store.database import Database
from bot.store.tables import Ballot, CastVote, Consultation, Elector
from tests.ballotbox import APPROVAL, COLOURS, Box, opened
from tests.fakes import HOUSE, START

HOUR = timedelta(hours=1)
ODD = random.Random(4)


def cast(ballot: int, elector: int, number: int, withdraws: int | None) -> dict[str, Any]:
    """A vote as odd as they come."""
    sent = START + ODD.choice([-HOUR, timedelta(0), HOUR, HOUR, HOUR, 3 * HOUR])
    return {
        "ballot_id": ballot, "elector_id": elector, "sender": f"@{ODD.randint(1, 2)}:example.org",
        "rank": ODD.choice(list(Rank)), "edition": ODD.choice([1, 2, 2, 2]),
        "choice": ODD.choice(["yes", "no", "abstain", "perhaps", None]), "channel": Channel.TYPED,
        "event_id": f"${ballot}/{number}", "sent_at": sent,
        "received_at": sent + ODD.choice([timedelta(0), timedelta(0), HOUR]),
        "offline_since": ODD.choice([None, None, START]), "in_room": ODD.random() > 0.1, "openly": ODD.random() < 0.3,
        "informant": ODD.choice([None, "telefonisch"]), "withdraws": withdraws, "found_late": ODD.random() < 0.1,
        "record_position": number,
    }  # fmt: skip


async def test_it_is_what_the_rule_says(database: Database) -> None:
    """Of 3,000 odd votes, on ballots of each visibility, with a former text or not."""
    box = await opened(database, APPROVAL, extra=300)

    def work(session: Session) -> None:
        ballot, consultation = consultations.ballot_with_consultation(session, box.ids[0])
        consultation.closes_at = START + 2 * HOUR
        electors = [each.id or 0 for each in votes.electors(session, 1)]
        for number in range(3_000):
            elector = ODD.choice(electors)
            before = session.exec(
                select(CastVote.id).where(CastVote.elector_id == elector, col(CastVote.choice).is_not(None))
            ).first()
            values = cast(ballot.id or 0, elector, number + 1, before if ODD.random() < 0.2 else None)
            votes.record(session, CastVote(**values))
        scope = Scope(session, START, HOUSE)
        found = set()
        for visibility in Visibility:
            for edition, since in ((1, None), (2, START + timedelta(minutes=5))):
                consultation.visibility, ballot.valid_edition, ballot.valid_since = visibility, edition, since
                terms = consultations.terms(consultation, ballot)
                right = counted(votes.votes(session, ballot.id or 0), terms).keys()
                assert turnout.voted(consultation, ballot, scope) == right
                found.add(len(right))
        assert len(found) > 2  # the cases differ
        assert 0 < max(found) < len(electors)

    await database.run(work)


async def large(database: Database, electors: int, ballots: int) -> Box:
    """So many have voted on so many ballots, each twice."""
    box = await opened(database, *[APPROVAL] * ballots, extra=electors - 2)

    def work(session: Session) -> None:
        everybody = session.exec(select(Elector.id).where(Elector.consultation_id == 1)).all()
        position = 0
        rows = []
        for ballot in box.ids:
            for elector in everybody:
                for again in range(2):
                    position += 1
                    common: dict[str, Any] = {
                        "sender": f"@{elector}:example.org",
                        "channel": "typed",
                        "rank": 3,
                        "edition": 1,
                    }
                    times: dict[str, Any] = {"sent_at": START, "received_at": START, "event_id": f"$e{position}"}
                    rows.append(
                        CastVote(
                            ballot_id=ballot,
                            elector_id=elector,
                            choice="no" if again else "yes",
                            **common,
                            **times,
                            record_position=position,
                        ).model_dump(exclude={"id"})
                    )
        session.connection().execute(sa.insert(CastVote.__table__), rows)  # type: ignore[attr-defined]
        session.get_one(Consultation, 1).record_length = position

    await database.run(work)
    return box


async def test_showing_a_large_one_reads_few_votes(database: Database) -> None:
    """Where everybody has voted twice; what is read of votes is bounded by the names that are shown."""
    box = await large(database, 400, 3)
    read = 0
    whole = votes._cast

    def counting(row: Any) -> Any:
        nonlocal read
        read += 1
        return whole(row)

    votes._cast = counting
    try:
        rows = await box.bot.say("@anna:example.org", "!konsultation K1")
    finally:
        votes._cast = whole
    said = "".join(row.content for row in rows)
    assert "Beteiligung: 400 von 400" in said
    assert "und 350 weitere" in said
    assert read <= 3 * turnout.MOST_NAMED * 2 * 2


async def test_one_vote_more_of_somebody_who_had_voted_is_no_change(database: Database) -> None:
    box = await large(database, 400, 3)
    await box.change(turnout_shown=2_400)
    await box.click("@ben:example.org", "yes")

    def work(session: Session) -> bool:
        return turnout.has_changed(consultations.by_id(session, 1), Scope(session, START, HOUSE))

    assert not await database.run(work)


async def test_the_first_vote_of_somebody_is_a_change_and_taking_it_back_is_one(database: Database) -> None:
    box = await opened(database, APPROVAL, Sheet(Kind.CHOICE, COLOURS))

    async def changed() -> bool:
        def work(session: Session) -> bool:
            consultation = consultations.by_id(session, 1)
            found = turnout.has_changed(consultation, Scope(session, START, HOUSE))
            consultation.turnout_shown = consultation.record_length
            return found

        return await database.run(work)

    await box.click("@ben:example.org", "yes")
    assert await changed()
    await box.click("@ben:example.org", "no")
    assert not await changed()
    await box.click("@ben:example.org")
    assert await changed()
    await box.click("@ben:example.org", "2", n=2)
    assert await changed()
    ballots = await database.run(lambda session: session.exec(select(Ballot)).all())
    assert len(ballots) == 2
