"""A consultation that is open, put straight into the database: for tests of votes that are not about its announcement.

Organisation Lindenstadt has two holders (Ben, Dora) and a deputy (Cem), Erlenbrück one (Emil); Anna coordinates, Fritz
is in the room and speaks for nobody.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from bot.domain.answers import Kind, Option, Sheet
from bot.domain.consultation import Franchise, State, Visibility
from bot.domain.counting import counted
from bot.domain.organisations import Speaks
from bot.events import Invited, Members, Reaction, Redacted, Vote
from bot.language.names import fold
from bot.store import Session, consultations, networks, organisations, votes
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Ballot, CastVote, Consultation, Elector, Mandate, Organisation, OutboxRow
from tests.fakes import ANNA, BEN, CEM, ROOM, START, US, Bot, plain

DORA, EMIL, FRITZ = "@dora:example.org", "@emil:example.org", "@fritz:example.org"
HERE = (ANNA, BEN, CEM, DORA, EMIL, FRITZ)
APPROVAL = Sheet(Kind.APPROVAL)
COLOURS = (Option("Rot"), Option("Grün"), Option("Blau"))


@dataclass
class Box:
    """The open consultation K1 and what people do about it; `n` counts from 1 to the ballots there are."""

    bot: Bot
    ids: list[int]
    posts: dict[str, str]  # „announcement“, „sheet 1“, „poll 1“, „notice BEN“ … to event ID
    counter: Any = field(default_factory=lambda: itertools.count(1))

    async def click(self, who: str, *answers: str, n: int = 1, **more: Any) -> list[Row]:
        """Click in a native poll."""
        return await self.bot.handle(self.event(Vote, who, poll=self.posts[f"poll {n}"], answers=answers, **more))

    async def react(self, who: str, key: str, on: str = "sheet 1", **more: Any) -> list[Row]:
        """React on a post."""
        return await self.bot.handle(self.event(Reaction, who, target=self.posts[on], key=key, **more))

    async def redact(self, who: str, event_id: str, **more: Any) -> list[Row]:
        """Take back."""
        return await self.bot.handle(self.event(Redacted, who, target=event_id, **more))

    def event(self, kind: Any, who: str, **more: Any) -> Any:
        """An event that comes now."""
        values = {
            "room_id": ROOM,
            "event_id": f"$tap{next(self.counter)}",
            "sent_at": self.bot.now,
            "received_at": self.bot.now,
        } | more
        return kind(sender=who, **values)

    async def directly(self, who: str, body: str, **more: Any) -> list[Row]:
        """Write in the direct chat."""
        return await self.bot.say(who, body, room_id=direct(who), **more)

    def rows(self, n: int = 1) -> list[CastVote]:
        """The votes on record for a ballot."""

        def work(session: Session) -> list[CastVote]:
            mine = select(CastVote).where(CastVote.ballot_id == self.ids[n - 1])
            found = session.exec(mine.order_by(col(CastVote.id))).all()
            session.expunge_all()
            return list(found)

        return self.bot.database.run_now(work)

    def counts(self, n: int = 1) -> dict[str, str | None]:
        """What counts now, by elector."""

        def work(session: Session) -> dict[str, str | None]:
            ballot, consultation = consultations.ballot_with_consultation(session, self.ids[n - 1])
            valid = counted(votes.votes(session, ballot.id or 0), consultations.terms(consultation, ballot))
            names = {each.id: each.organisation or each.person for each in votes.electors(session, 1)}
            return {names[elector] or "": cast.choice for elector, cast in valid.items()}

        return self.bot.database.run_now(work)

    async def change(self, **values: Any) -> None:
        """Set fields of the consultation."""

        def work(session: Session) -> None:
            consultation = session.get_one(Consultation, 1)
            for name, value in values.items():
                setattr(consultation, name, value)

        await self.bot.database.run(work)


def direct(person: str) -> str:
    """The direct chat of a person."""
    return f"!direct-{person[1:]}"


def told(rows: Sequence[Row]) -> dict[str, str]:
    """What people are told by direct message."""
    return {row.person: plain(row) for row in rows if row.person}


async def opened(
    database: Database,
    *sheets: Sheet,
    visibility: Visibility = Visibility.OPEN,
    franchise: Franchise = Franchise.ORGANISATIONS,
    extra: int = 0,
) -> Box:
    """Open K1 with these ballots. `extra` further organisations have a vote and no Matrix."""
    bot = Bot(database)
    await bot.enter(ROOM, *HERE)
    for person in HERE:
        await bot.handle(_invited(person, bot), Members(room_id=direct(person), joined=frozenset({US, person})))
    ids, posts = await database.run(lambda session: _make(session, bot, sheets, visibility, franchise, extra))
    return Box(bot, ids, posts)


def _invited(person: str, bot: Bot) -> Any:
    return Invited(room_id=direct(person), inviter=person, direct=True, received_at=bot.now)


def _make(
    session: Session, bot: Bot, sheets: Sequence[Sheet], visibility: Visibility, franchise: Franchise, extra: int
) -> tuple[list[int], dict[str, str]]:
    bodies = [
        _organisation(session, name) for name in ("Lindenstadt", "Erlenbrück", *(f"Ort {n}" for n in range(extra)))
    ]
    for person, body, speaks in (
        (BEN, 0, Speaks.HOLDER),
        (DORA, 0, Speaks.HOLDER),
        (CEM, 0, Speaks.DEPUTY),
        (EMIL, 1, Speaks.HOLDER),
    ):
        mandate(session, bodies[body], person, speaks, bot)
    consultation = consultations.add(
        session,
        Consultation(
            network_id=1,
            number=networks.next_number(session, 1, "K"),
            room_id=ROOM,
            title="Grundsätze",
            state=State.OPEN,
            opens_at=bot.now,
            closes_at=bot.now + timedelta(days=7),
            grace_seconds=60,
            visibility=visibility,
            electorate=franchise,
            created_by=ANNA,
            created_at=bot.now,
        ),
    )
    if franchise is Franchise.PERSONS:
        electors = [Elector(consultation_id=1, number=n, person=person) for n, person in enumerate(HERE[:-1], 1)]
    else:
        electors = [
            Elector(consultation_id=1, number=n, organisation=each.name, organisation_id=each.id)
            for n, each in enumerate(bodies, 1)
        ]
    votes.add_electors(session, electors)
    ids = []
    posts = {"announcement": _said(session, "consultation/1/announcement", bot)}
    posts |= {f"notice {who}": _said(session, f"consultation/1/notice/{who}", bot) for who in HERE}
    for position, sheet in enumerate(sheets, 1):
        ballot = consultations.add_ballot(session, _ballot(consultation, position, sheet))
        ids.append(ballot.id or 0)
        posts[f"poll {position}"] = _said(session, f"ballot/{ballot.id}/poll", bot)
        posts[f"sheet {position}"] = (
            posts["announcement"] if len(sheets) == 1 else _said(session, f"ballot/{ballot.id}/sheet", bot)
        )
    return ids, posts


def mandate(session: Session, body: Organisation, person: str, speaks: Speaks, bot: Bot) -> None:
    """Give a mandate from now on."""
    row = Mandate(
        network_id=1,
        organisation_id=body.id or 0,
        person=person,
        speaks=speaks,
        starts_at=bot.now,
        given_by=ANNA,
        given_at=bot.now,
    )
    organisations.give_mandate(session, row)


def _organisation(session: Session, name: str) -> Organisation:
    row = Organisation(network_id=1, name=name, folded=fold(name), created_by=ANNA, created_at=START)
    return organisations.add(session, row)


def _ballot(consultation: Consultation, position: int, sheet: Sheet) -> Ballot:
    return Ballot(
        consultation_id=consultation.id or 0,
        position=position,
        question=f"Frage {position}?",
        kind=sheet.kind,
        options=consultations.options_as_stored(sheet.options),
        points=sheet.points,
    )


def _said(session: Session, key: str, bot: Bot) -> str:
    """A post of ours that was sent."""
    event_id = f"$post/{key}"
    session.add(
        OutboxRow(
            key=key,
            transaction=key,
            action="send",
            room_id=ROOM,
            content="{}",
            device_id="DEVICE",
            first_attempt_at=bot.now,
            created_at=bot.now,
            state="sent",
            event_id=event_id,
        )
    )
    session.flush()
    return event_id
