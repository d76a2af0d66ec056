"""A network that has been there for years: what of it grows with time, and rows of that in bulk.

It has 20 rooms, 400 projects, 300 organisations and as many people with a direct chat, an open consultation K1 on which
every organisation has a vote, and a check-in that asks 100 people in their direct chats. That stays. `remember` adds
what the years leave:

    always            the outbox (a row for each thing ever said; its wording goes after a month), status updates,
                      changes of projects, check-ins put and answered, votes with the record of each consultation,
                      feedback, ideas, tasks, results, ended roles, mandates and participations
    up to 13 months   occurrences, ciphertexts that were read
    up to a month     events that were handled

Rooms, networks, members, plans, boards and questions that wait do not grow with time, but with the network.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from bot.domain.consultation import State
from bot.domain.organisations import Speaks
from bot.domain.project import FeedbackKind, Light
from bot.store import Session, consultations, networks
from bot.store.tables import (
    Ballot,
    CastVote,
    CheckIn,
    CheckInAnswer,
    CheckInAsk,
    CheckInRound,
    Consultation,
    Counter,
    Decision,
    Elector,
    Feedback,
    Group,
    HandledEvent,
    Idea,
    Mandate,
    Occurrence,
    Organisation,
    OutboxRow,
    Participation,
    Person,
    Project,
    ProjectChange,
    RecordEntry,
    RecordSecret,
    Result,
    ResultVersion,
    RoleGrant,
    Room,
    RoomMember,
    StatusUpdate,
    Step,
    Task,
)
from tests.bulk import put
from tests.fakes import ANNA, ROOM, START, US

ROOMS, PROJECTS, PEOPLE = 20, 400, 300
ASKED = 100
"""So many people are asked by the check-in that is open, and Anna, who never answers."""
YEAR, MONTH, HOUR = timedelta(days=365), timedelta(days=29), timedelta(hours=1)
OPEN = "$post/ballot/1/poll"
LIGHTS = list(Light)
Row = dict[str, Any]


def room_of(number: int) -> str:
    """A group's room."""
    return ROOM if number % ROOMS == 0 else f"!raum{number % ROOMS}:example.org"


def person(number: int) -> str:
    """Who speaks for an organisation."""
    return f"@person{number % PEOPLE}:example.org"


def direct(who: str) -> str:
    """The direct chat with a person."""
    return f"!direct-{who[1:]}"


def found(session: Session) -> int:
    """Make the network, without a past; its ID."""
    since, network_id = START - 10 * YEAR, networks.found(session, "Große Region", ANNA, START - 10 * YEAR).id or 0
    made = {"network_id": network_id, "created_by": ANNA, "created_at": since}
    given = {"given_by": ANNA, "given_at": since, "network_id": network_id, "starts_at": since}
    joined = {"invited_by": ANNA, "since": since, "last_digest_at": START}
    numbers = range(PEOPLE)
    put(session, Room, ({"room_id": room_of(n), "network_id": network_id, "name": f"Feld {n}"} | joined
                        for n in range(ROOMS)))  # fmt: skip
    put(session, Room, ({"room_id": direct(who), "direct_with": who} | joined for who in (ANNA, *map(person, numbers))))
    put(session, RoomMember, ({"room_id": room_of(n), "person": who} for n in range(ROOMS) for who in (US, ANNA)))
    put(session, RoomMember, ({"room_id": ROOM, "person": person(n)} for n in numbers))
    chats = [(direct(who), each) for who in (ANNA, *map(person, numbers)) for each in (US, who)]
    put(session, RoomMember, ({"room_id": room, "person": each} for room, each in chats))
    put(session, Group, (made | {"name": f"Feld {n}", "folded": f"feld {n}", "token": f"t{n}", "room_id": room_of(n)}
                         for n in range(ROOMS)))  # fmt: skip
    put(session, Participation, ({"network_id": network_id, "group_id": n + 1, "person": person(n), "kind": "active",
                                  "since": since, "entered_by": ANNA} for n in range(ROOMS)))  # fmt: skip
    put(session, Organisation, (made | {"name": f"Ort {n}", "folded": f"ort {n}"} for n in numbers))
    put(session, Mandate, (given | {"organisation_id": n + 1, "person": person(n), "speaks": Speaks.HOLDER}
                           for n in numbers))  # fmt: skip
    put(session, Person, ({"network_id": network_id, "person": person(n), "added_by": ANNA, "added_at": since}
                          for n in numbers))  # fmt: skip
    keys = ["eAkte", *(f"Projekt-{n}" for n in range(1, PROJECTS))]
    put(session, Project, (made | {"room_id": room_of(n), "key": key, "folded": key.lower(), "changed_at": since,
                                   "light": "green", "owner": person(n)} for n, key in enumerate(keys)))  # fmt: skip
    put(session, CheckIn, (made | {"number": n + 1, "room_id": room_of(n), "title": "Wochenstand", "whom": "owners",
                                   "questions": "[]", "rule": "FREQ=WEEKLY", "first": "2026-01-05T09:00:00",
                                   "zone": "Europe/Berlin"} for n in range(ROOMS)))  # fmt: skip
    put(session, Task, (made | {"number": n + 1, "room_id": room_of(n), "title": "Satzung"} for n in range(ROOMS)))
    _open(session, network_id)
    _ask(session, made)
    return network_id


def _ask(session: Session, made: Row) -> None:
    """The check-in that is open, put to people alone."""
    put(session, CheckIn, iter([made | {"number": ROOMS + 1, "room_id": ROOM, "title": "Stand", "whom": "owners",
                                        "questions": "[]", "rule": "FREQ=WEEKLY", "first": "2026-01-05T09:00:00",
                                        "zone": "Europe/Berlin", "place": "direct"}]))  # fmt: skip
    put(session, CheckInRound, iter([{"check_in_id": ROOMS + 1, "number": 1, "due_at": START - HOUR,
                                      "opened_at": START - HOUR, "deadline": START + YEAR}]))  # fmt: skip
    people = [*map(person, range(ASKED)), ANNA]
    put(session, CheckInAsk, ({"round_id": 1, "person": who, "project_id": n + 1} for n, who in enumerate(people)))
    put(session, OutboxRow, (_SAID | {"key": f"checkin/1/{n + 1}", "transaction": f"ask {n}", "room_id": direct(who),
                                      "person": who, "event_id": f"$ask{n}"}
                             for n, who in enumerate(people)))  # fmt: skip


def _open(session: Session, network_id: int) -> None:
    """K1, and the post that asks for its votes."""
    number = networks.next_number(session, network_id, "K")
    consultations.add(session, Consultation(**_consultation(network_id, number), state=State.OPEN,
                                            closes_at=START + YEAR))  # fmt: skip
    consultations.add_ballot(session, Ballot(consultation_id=1, position=1, question="Einverstanden?"))
    put(session, Elector, ({"consultation_id": 1, "number": n + 1, "organisation_id": n + 1, "organisation": f"Ort {n}"}
                           for n in range(PEOPLE)))  # fmt: skip
    posts = (("ballot/1/poll", OPEN), ("consultation/1/announcement", "$post/announcement"))
    put(session, OutboxRow, (_SAID | {"key": key, "transaction": key, "room_id": ROOM, "event_id": event}
                             for key, event in posts))  # fmt: skip


_SAID: Row = {"action": "send", "state": "sent", "device_id": "D", "first_attempt_at": START - HOUR,
              "created_at": START - HOUR}  # fmt: skip


def _consultation(network_id: int, number: int) -> Row:
    return {"network_id": network_id, "number": number, "room_id": room_of(number - 1), "title": f"Leitsätze {number}",
            "opens_at": START - HOUR, "grace_seconds": 60, "electorate": "organisations", "created_by": ANNA,
            "created_at": START - HOUR}  # fmt: skip


# What the years leave: of each table so many rows in a thousand, and the n-th of `count`.

Made = Callable[[int, int], Row]


def _ago(n: int, count: int, within: timedelta = 10 * YEAR) -> Any:
    """Spread evenly, the last one an hour ago."""
    return START - HOUR - within * ((count - 1 - n) / count)


def _answer(n: int, count: int) -> Row:
    at, places = _ago(n, count), (room_of(n), direct(person(n)))
    key = (f"$old{n}:x/0", f"consultation/{n + 9}/notice/{person(n)}", f"digest/{room_of(n)}/{n}")[n % 3]
    words = f'{{"body": "{"So steht es heute. " * 20}"}}' if START - at < MONTH else ""
    return {"key": key, "transaction": f"{n:064x}", "room_id": places[n % 2], "person": person(n) if n % 2 else None,
            "action": "send", "event_type": "m.room.message", "content": words, "device_id": "D", "state": "sent",
            "event_id": f"$sent{n}:x", "first_attempt_at": at, "created_at": at}  # fmt: skip


def _handled(n: int, count: int) -> Row:
    if n % 2:
        return {"event_id": f"megolm {n:043x} {n}", "at": _ago(n, count, YEAR)}
    return {"event_id": f"$old{n}:x", "at": _ago(n, count, MONTH)}


def _vote(n: int, count: int) -> Row:
    at = _ago(n, count)
    return {"ballot_id": 2 + n // 25, "elector_id": PEOPLE + 1 + n // 3, "sender": person(n), "choice": "yes",
            "channel": "poll", "event_id": f"$cast{n}:x", "sent_at": at, "received_at": at, "rank": 1,
            "record_position": n % 25 + 1, "verdict": "counted"}  # fmt: skip


def _past(n: int, count: int) -> Row:
    over = {"state": State.PUBLISHED, "closes_at": _ago(n, count) - 7 * 24 * HOUR}
    return _consultation(1, n + 2) | over | {"published_at": over["closes_at"]}


def _words(letter: str, n: int, count: int) -> Row:
    at = _ago(n, count)
    return {"network_id": 1, "number": n + 1, "room_id": room_of(n), "text": "Eine Karte für alle Bäder", "at": at,
            "author": person(n), "event_id": f"${letter}{n}:x"}  # fmt: skip


_SHARES: tuple[tuple[type[SQLModel], int, Made], ...] = (
    (OutboxRow, 330, _answer),
    (HandledEvent, 200, _handled),
    (Occurrence, 40, lambda n, count: {"schedule": f"digest {room_of(n)}", "due_at": _ago(n, count, YEAR),
                                       "done_at": _ago(n, count, YEAR)}),
    (StatusUpdate, 80, lambda n, count: {"project_id": n % PROJECTS + 1, "author": person(n), "at": _ago(n, count),
                                         "light": LIGHTS[n % 3], "progress": n % 100, "text": "Vergabe verzögert",
                                         "event_id": f"$old{n}:x"}),
    (ProjectChange, 40, lambda n, count: {"project_id": n % PROJECTS + 1, "at": _ago(n, count), "by": person(n),
                                          "field": "phase", "before": "planned", "after": "running", "cause": "$x"}),
    (CheckInRound, 6, lambda n, count: {"check_in_id": n % ROOMS + 1, "number": n // ROOMS + 1,
                                        "due_at": _ago(n, count), "opened_at": _ago(n, count),
                                        "deadline": _ago(n, count), "closed_at": _ago(n, count)}),
    (CheckInAsk, 70, lambda n, count: {"round_id": n // 12 + 2, "person": person(n), "project_id": n % PROJECTS + 1,
                                       "answered_at": _ago(n, count)}),
    (CheckInAnswer, 60, lambda n, count: {"ask_id": ASKED + n + 2, "author": person(n), "at": _ago(n, count),
                                          "no_change": n % 4 == 0, "text": "läuft", "event_id": f"$told{n}:x"}),
    (Consultation, 1, _past),
    (Ballot, 2, lambda n, _count: {"consultation_id": n // 2 + 2, "position": n % 2 + 1, "question": "Ja?"}),
    (Step, 4, lambda n, count: {"consultation_id": n // 4 + 2, "step": "opened", "at": _ago(n, count)}),
    (Decision, 2, lambda n, count: {"network_id": 1, "number": n + 1, "ballot_id": n + 2, "outcome": "accepted",
                                    "at": _ago(n, count)}),
    (Elector, 15, lambda n, _count: {"consultation_id": n // 15 + 2, "number": n % 15 + 1,
                                     "organisation_id": n % 15 + 1, "organisation": f"Ort {n % 15}"}),
    (CastVote, 45, _vote),
    (RecordEntry, 50, lambda n, _count: {"consultation_id": n // 50 + 2, "position": n % 50 + 1,
                                         "body": '{"kind":"vote"}', "digest": f"{n:064x}"}),
    (RecordSecret, 45, lambda n, _count: {"consultation_id": n // 45 + 2, "position": n % 45 + 1, "person": person(n),
                                          "salt": f"{n:032x}", "fields": '{"sender":"x"}'}),
    (Feedback, 8, lambda n, count: _words("feedback", n, count) | {
        "project_id": n % PROJECTS + 1, "kind": FeedbackKind.QUESTION, "answer": "answered",
        "answered_at": _ago(n, count)}),
    (Idea, 6, lambda n, count: _words("idea", n, count)),
    (Task, 6, lambda n, count: {"network_id": 1, "number": ROOMS + n + 1, "room_id": room_of(n), "title": "Satzung",
                                "state": "done", "owner": person(n), "project_id": n % PROJECTS + 1,
                                "created_at": _ago(n, count), "done_at": _ago(n, count)}),
    (Result, 3, lambda n, _count: {"network_id": 1, "number": n + 1, "room_id": room_of(n), "kind": "definition"}),
    (ResultVersion, 3, lambda n, count: {"result_id": n + 1, "version": 1, "text": "So soll es sein",
                                         "author": person(n), "at": _ago(n, count), "event_id": f"$r{n}:x"}),
    (Participation, 2, lambda n, count: {"network_id": 1, "group_id": n % ROOMS + 1, "person": person(n),
                                         "kind": "follower", "since": _ago(n, count), "until": _ago(n, count),
                                         "entered_by": ANNA}),
    (Mandate, 1, lambda n, count: {"network_id": 1, "organisation_id": n % PEOPLE + 1, "person": person(n + 1),
                                   "speaks": Speaks.DEPUTY, "starts_at": _ago(n, count), "ends_at": _ago(n, count),
                                   "given_by": ANNA, "given_at": _ago(n, count)}),
    (RoleGrant, 1, lambda n, count: {"network_id": 1, "person": person(n), "role": "moderator", "room_id": room_of(n),
                                     "granted_by": ANNA, "granted_at": _ago(n, count),
                                     "withdrawn_at": _ago(n, count)}),
)  # fmt: skip
HISTORY = frozenset(str(model.__tablename__) for model, _, _ in _SHARES)
"""The names of the tables that grow with time."""


def remember(session: Session, rows: int) -> int:
    """Add so many rows of history, rather a few more; how many."""
    total = sum(
        put(session, model, (made(n, count) for n in range(count)))
        for model, share, made in _SHARES
        for count in (-(-rows * share // 1000),)
    )
    for kind, model in (("I", Idea), ("K", Consultation), ("F", Feedback), ("A", Task)):
        table: sa.Table = model.__table__  # type: ignore[attr-defined] # SQLModel hides it
        last = session.connection().execute(sa.select(sa.func.max(table.c.number))).scalar()
        session.merge(Counter(network_id=1, kind=kind, last=last or 0))
    session.flush()
    return total
