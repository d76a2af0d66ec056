"""A network with much to tell of: rooms with projects, reports, feedback, ideas, tasks, votes and check-ins."""

from datetime import datetime, timedelta

from bot.domain.consultation import State
from bot.domain.groups import Part
from bot.domain.organisations import Speaks
from bot.domain.project import FeedbackKind, Light, Phase
from bot.store import Session, networks, rooms
from bot.store.tables import (
    Ballot,
    CastVote,
    CheckIn,
    CheckInAsk,
    CheckInRound,
    Consultation,
    Decision,
    Elector,
    Feedback,
    Group,
    Idea,
    Mandate,
    Meeting,
    Organisation,
    OutboxRow,
    Participation,
    Project,
    Room,
    StatusUpdate,
    Task,
    TaskParty,
)
from tests.fakes import ANNA, US

LIGHTS = (Light.GREEN, Light.YELLOW, Light.RED)
ORGANISATIONS = 6
WEEK = timedelta(days=7)


def room_of(number: int) -> str:
    """The ID of a room."""
    return f"!raum{number}:example.org"


def fill(session: Session, projects: int, room_count: int, now: datetime) -> int:
    """Make such a network, its projects spread over its rooms; its ID. `now` (UTC) is today."""
    network_id = networks.found(session, "Große Region", ANNA, now - 52 * WEEK).id or 0
    organisations = [_organisation(session, network_id, number, now) for number in range(ORGANISATIONS)]
    for number in range(room_count):
        _room(session, network_id, number, now)
    session.flush()
    for number in range(projects):
        _project(session, network_id, number, room_of(number % room_count), now)
    for number in range(max(room_count, projects // 5)):
        _around(session, network_id, number, room_of(number % room_count), now)
        _vote(session, network_id, number, room_of(number % room_count), organisations, now)
    session.flush()
    return network_id


def _organisation(session: Session, network_id: int, number: int, now: datetime) -> Organisation:
    name = f"Lindenau {number}"
    made = Organisation(
        network_id=network_id, name=name, folded=name.lower(), level="city", created_by=ANNA, created_at=now
    )
    made.bench, made.inhabitants = ("politics", "administration")[number % 2], 5_000 * (number + 1)
    session.add(made)
    session.flush()
    row = Mandate(
        network_id=network_id,
        organisation_id=made.id or 0,
        person=f"@person{number}:example.org",
        speaks=Speaks.HOLDER,
        starts_at=now - WEEK,
        given_by=ANNA,
        given_at=now,
    )
    session.add(row)
    return made


def _room(session: Session, network_id: int, number: int, now: datetime) -> None:
    own = room_of(number)
    name = f"Handlungsfeld {number}"
    room = Room(room_id=own, network_id=network_id, name=name, invited_by=ANNA, since=now - 52 * WEEK)
    room.last_digest_at = now - WEEK
    session.add(room)
    group = Group(
        network_id=network_id, name=name, folded=name.lower(), token=name, created_by=ANNA, created_at=now - 52 * WEEK
    )
    group.room_id = own
    group.dormant_since = now - WEEK if number % 10 == 0 else None
    session.add(group)
    session.flush()
    for person, kind in ((0, Part.ACTIVE), (1, Part.FOLLOWER), (2, Part.FOLLOWER)) if number % 10 else ():
        part = Participation(
            network_id=network_id,
            group_id=group.id or 0,
            person=f"@person{(number + person) % 30}:example.org",
            kind=kind,
            since=now - WEEK,
            entered_by=ANNA,
        )
        session.add(part)
    rooms.replace_members(session, own, {US, ANNA, f"@person{number % ORGANISATIONS}:example.org"})


def _project(session: Session, network_id: int, number: int, room_id: str, now: datetime) -> None:
    made = Project(
        network_id=network_id,
        room_id=room_id,
        key=f"Projekt-{number}",
        folded=f"projekt-{number}",
        title=f"Vorhaben {number}",
        phase=(Phase.RUNNING, Phase.PLANNED, Phase.FUTURE)[number % 3],
        light=LIGHTS[number % 3],
        progress=number % 100,
        owner=f"@person{number % ORGANISATIONS}:example.org",
        created_by=ANNA,
        created_at=now - 50 * WEEK,
    )
    session.add(made)
    session.flush()
    is_silent = number % 4 == 0
    for back in range(10, 0, -1):
        at = now - back * WEEK - 8 * WEEK if is_silent else now - back * WEEK + timedelta(days=1)
        event = f"$report{number}-{back}"
        session.add(
            StatusUpdate(
                project_id=made.id or 0,
                author=ANNA,
                at=at,
                light=LIGHTS[(number + back) % 3],
                progress=back,
                text="Vergabe verzögert sich um zwei Wochen.",
                event_id=event,
            )
        )
        _answered(session, event, room_id, at)


def _answered(session: Session, event: str, room_id: str, at: datetime) -> None:
    session.add(
        OutboxRow(
            key=f"{event}/0",
            transaction=event,
            room_id=room_id,
            action="send",
            device_id="D",
            first_attempt_at=at,
            created_at=at,
            state="sent",
            event_id=f"$answer-{event}",
        )
    )


def _around(session: Session, network_id: int, number: int, room_id: str, now: datetime) -> None:
    """What is said and to be done in a room besides."""
    for at in (now - timedelta(days=2), now - 2 * WEEK):
        event = f"$feedback{number}-{at.isoformat()}"
        session.add(
            Feedback(
                network_id=network_id,
                number=networks.next_number(session, network_id, "F"),
                room_id=room_id,
                project_id=1,
                kind=FeedbackKind.QUESTION,
                text="Was kostet das?",
                author=ANNA,
                at=at,
                event_id=event,
            )
        )
        _answered(session, event, room_id, at)
    at = now - timedelta(days=1)
    idea = Idea(
        network_id=network_id,
        number=number + 1,
        room_id=room_id,
        text="Bürgerkarte",
        author=ANNA,
        at=at,
        event_id=f"$idea{number}",
    )
    session.add(idea)
    for days, owner in ((-3, ANNA), (3, None), (30, None)):
        task = Task(
            network_id=network_id,
            number=networks.next_number(session, network_id, "A"),
            room_id=room_id,
            title="Satzung entwerfen",
            owner=owner,
            due_at=now + timedelta(days=days),
            created_at=now - WEEK,
            council="Gemeinderat",
            council_at=now + timedelta(days=9),
        )
        session.add(task)
        session.flush()
        session.add(TaskParty(task_id=task.id or 0, organisation_id=1, responsible=days > 0 and number % 2 == 0))
    meeting = Meeting(
        network_id=network_id,
        number=number + 1,
        room_id=room_id,
        title="Treffen",
        starts_at=now + timedelta(days=20),
        created_by=ANNA,
        created_at=now,
    )
    session.add(meeting)
    check_in = CheckIn(
        network_id=network_id,
        number=number + 1,
        room_id=room_id,
        title="Wochenstand",
        whom="owners",
        questions="[]",
        rule="FREQ=WEEKLY",
        first="2026-01-05T09:00:00",
        zone="Europe/Berlin",
        created_by=ANNA,
        created_at=now,
    )
    session.add(check_in)
    session.flush()
    round_ = CheckInRound(
        check_in_id=check_in.id or 0, number=1, due_at=now, opened_at=now, deadline=now + timedelta(days=2)
    )
    session.add(round_)
    session.flush()
    for person in range(3):
        session.add(CheckInAsk(round_id=round_.id or 0, person=f"@person{person}:example.org", project_id=1))


def _vote(
    session: Session,
    network_id: int,
    number: int,
    room_id: str,
    organisations: list[Organisation],
    now: datetime,
) -> None:
    """An open consultation, on which half have voted and one has taken that back, and one that was decided."""
    for is_open in (True, False):
        made = Consultation(
            network_id=network_id,
            number=networks.next_number(session, network_id, "K"),
            room_id=room_id,
            title="Leitsätze",
            state=State.OPEN if is_open else State.PUBLISHED,
            opens_at=now - timedelta(days=3),
            closes_at=now + timedelta(days=3 if is_open else -1),
            grace_seconds=60,
            electorate="organisations",
            published_at=None if is_open else now - timedelta(days=1),
            created_by=ANNA,
            created_at=now,
        )
        session.add(made)
        session.flush()
        ballot = Ballot(consultation_id=made.id or 0, position=1, question="Einverstanden?")
        session.add(ballot)
        session.flush()
        if not is_open:
            decision = Decision(
                network_id=network_id, number=made.number, ballot_id=ballot.id or 0, outcome="accepted", at=now
            )
            session.add(decision)
            continue
        _cast(session, made, ballot, organisations, now)


def _cast(
    session: Session, made: Consultation, ballot: Ballot, organisations: list[Organisation], now: datetime
) -> None:
    for place, organisation in enumerate(organisations):
        elector = Elector(
            consultation_id=made.id or 0,
            number=place + 1,
            organisation_id=organisation.id,
            organisation=organisation.name,
        )
        session.add(elector)
        session.flush()
        said = ("yes", None) if place == 0 else ("yes",) if place < len(organisations) // 2 else ()
        for choice in said:
            vote = CastVote(
                ballot_id=ballot.id or 0,
                elector_id=elector.id,
                sender=f"@person{place}:example.org",
                choice=choice,
                channel="poll",
                event_id=f"$vote{made.id}-{place}-{choice}",
                sent_at=now - timedelta(days=2),
                received_at=now - timedelta(days=2),
            )
            session.add(vote)
