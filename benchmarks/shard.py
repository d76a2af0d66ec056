"""One eighth of Germany's municipalities as one bot account has it: 1,375 of them, with 7,500 people.

37 networks (eight times that is about one for each Landkreis), each with a plenary room that all of its people are in,
36 groups, and a direct chat with everybody. In each network a consultation of ten ballots is open since yesterday, in
which each person has a vote; 30 % have voted. `benchmarks.municipalities` fills a database with it, and
`benchmarks.shard_homeserver` knows the same rooms.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.consultation import State
from bot.store import Session
from bot.store.tables import (
    Account,
    Ballot,
    CastVote,
    Consultation,
    Counter,
    DigestPlan,
    Elector,
    Feedback,
    Group,
    Idea,
    Mandate,
    Network,
    Organisation,
    OutboxRow,
    Participation,
    Person,
    Project,
    RecordEntry,
    RecordSecret,
    RoleGrant,
    Room,
    RoomMember,
    StatusUpdate,
    Task,
)
from tests.bulk import put

SERVER = "bench.example"
US, OPERATOR = f"@bot:{SERVER}", f"@anna:{SERVER}"
SHARDS = 8
BALLOTS = 10
GROUPS = 36  # of a network, besides the plenary room
IN_A_GROUP = 14
PROJECTS = 3  # of a group
REPORTS = 10  # of a project, one a week
WEEK = timedelta(weeks=1)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shard:
    """How large it is; database IDs follow from the numbers, as it fills an empty database."""

    networks: int = 37
    municipalities: int = 1_375
    people: int = 7_500

    def network_of(self, person: int) -> int:
        """The number of somebody's network, from 0."""
        return person % self.networks

    def direct(self, person: int) -> str:
        """The direct chat with somebody."""
        return f"!direct{person}:{SERVER}"

    def rooms(self) -> Iterator[tuple[str, int, list[int]]]:
        """All rooms but the direct chats: ID, network, and who is in it; of each network the plenary room first."""
        for network in range(self.networks):
            people = range(network, self.people, self.networks)
            yield plenary(network), network, list(people)
            for group in range(GROUPS):
                yield group_room(network, group), network, [people[(group * 5 + n) % len(people)]
                                                            for n in range(min(IN_A_GROUP, len(people)))]  # fmt: skip


def plenary(network: int) -> str:
    """The room of all people of a network."""
    return f"!plenum{network}:{SERVER}"


def group_room(network: int, group: int) -> str:
    """The room of a group."""
    return f"!gruppe{network}-{group}:{SERVER}"


def person_id(number: int) -> str:
    """Somebody's Matrix ID."""
    return f"@person{number}:{SERVER}"


def poll(network: int, ballot: int) -> str:
    """The event of a ballot's poll, from 0."""
    return f"$poll{network}-{ballot}"


def fill(session: Session, shard: Shard, now: datetime) -> None:
    """All of it into an empty database; `now` is UTC."""
    since = now - 52 * WEEK
    made: Row = {"created_by": OPERATOR, "created_at": since}
    numbers, networks, rooms = range(shard.people), range(shard.networks), list(shard.rooms())
    put(session, Account, iter([{"user_id": US, "token": "0", "alive_at": now}]))
    put(session, Network, ({"name": f"Landkreis {n}", "founder": OPERATOR, "created_at": since} for n in networks))
    put(session, RoleGrant, ({"network_id": n + 1, "person": person_id(n), "role": "coordinator",
                              "granted_by": OPERATOR, "granted_at": since} for n in networks))  # fmt: skip
    here: Row = {"invited_by": OPERATOR, "since": since, "last_digest_at": now - WEEK}
    put(session, Room, (here | {"room_id": room, "network_id": network + 1, "name": f"Handlungsfeld {number}"}
                        for number, (room, network, _) in enumerate(rooms)))  # fmt: skip
    put(session, Room, (here | {"room_id": shard.direct(n), "direct_with": person_id(n)} for n in numbers))
    inside = [(room, person) for room, _, people in rooms for person in people]
    inside += [(shard.direct(n), n) for n in numbers]
    put(session, RoomMember, ({"room_id": room, "person": person_id(n)} for room, n in inside))
    ours = [room for room, _, _ in rooms] + [shard.direct(n) for n in numbers]
    put(session, RoomMember, ({"room_id": room, "person": US} for room in ours))
    places = range(shard.municipalities)
    put(session, Organisation, (made | {"network_id": n % shard.networks + 1, "name": f"Gemeinde {n}",
                                        "folded": f"gemeinde {n}", "level": "municipality"}
                               for n in places))  # fmt: skip
    put(session, Mandate, ({"network_id": n % shard.networks + 1, "organisation_id": n + 1, "person": person_id(n),
                            "speaks": "holder", "starts_at": since, "given_by": OPERATOR, "given_at": since}
                           for n in places))  # fmt: skip
    put(session, Person, ({"network_id": shard.network_of(n) + 1, "person": person_id(n), "added_by": OPERATOR,
                           "organisation_id": n % shard.municipalities + 1, "added_at": since}
                          for n in numbers))  # fmt: skip
    _groups(session, [each for each in rooms if "gruppe" in each[0]], made, now)
    put(session, DigestPlan, (made | {"network_id": network + 1, "room_id": room, "rule": "FREQ=WEEKLY;BYDAY=MO",
                                      "first": "2026-01-05T08:00:00", "zone": "Europe/Berlin"}
                              for room, network, _ in rooms))  # fmt: skip
    _consultations(session, shard, now)


def _groups(session: Session, rooms: list[tuple[str, int, list[int]]], made: Row, now: datetime) -> None:
    """Groups with projects that are reported on each week, and what else a digest tells of."""
    last, numbered = now - timedelta(days=2), list(enumerate(rooms))
    put(session, Group, (made | {"network_id": network + 1, "name": f"Feld {n}", "folded": f"feld {n}",
                                 "token": f"t{n}", "room_id": room}
                         for n, (room, network, _) in numbered))  # fmt: skip
    put(session, Participation, ({"network_id": network + 1, "group_id": n + 1, "person": person_id(each),
                                  "kind": "active", "since": made["created_at"], "entered_by": OPERATOR}
                                 for n, (_, network, people) in numbered for each in people[:3]))  # fmt: skip
    projects = [(room, network, people[0], n * PROJECTS + place)
                for n, (room, network, people) in numbered for place in range(PROJECTS)]  # fmt: skip
    put(session, Project, (made | {"network_id": network + 1, "room_id": room, "key": f"Projekt-{n}", "light": "green",
                                   "folded": f"projekt-{n}", "title": f"Vorhaben {n}", "phase": "running",
                                   "owner": person_id(owner), "changed_at": last}
                           for room, network, owner, n in projects))  # fmt: skip
    put(session, StatusUpdate, ({"project_id": n + 1, "author": person_id(owner), "at": last - back * WEEK,
                                 "light": ("green", "yellow")[(n + back) % 2], "progress": 90 - back * 9,
                                 "text": "Vergabe verzögert sich um zwei Wochen.", "event_id": f"$report{n}-{back}"}
                                for _, _, owner, n in projects for back in range(REPORTS)))  # fmt: skip
    said = [{"network_id": network + 1, "number": n + 1, "room_id": room, "author": person_id(people[1]), "at": last,
             "text": "Eine Karte für alle Bäder", "event_id": f"$said{n}"}
            for n, (room, network, people) in numbered]  # fmt: skip
    put(session, Idea, iter(said))
    put(session, Feedback, (each | {"kind": "question", "project_id": n * PROJECTS + 1, "event_id": f"$asked{n}"}
                            for n, each in enumerate(said)))  # fmt: skip
    put(session, Task, ({"network_id": network + 1, "number": n + 1, "room_id": room, "title": "Satzung entwerfen",
                         "owner": person_id(people[2]), "due_at": now + timedelta(days=3), "created_at": last}
                        for n, (room, network, people) in numbered))  # fmt: skip
    counters = [(network, kind) for network in sorted({network for _, network, _ in rooms}) for kind in "IFA"]
    put(session, Counter, ({"network_id": network + 1, "kind": kind, "last": len(rooms)}
                           for network, kind in counters))  # fmt: skip


def _consultations(session: Session, shard: Shard, now: datetime) -> None:
    """Opened yesterday, with what 30 % have said until now."""
    opened, networks = now - timedelta(days=1), range(shard.networks)
    voters = [n for n in range(shard.people) if n % 10 < 3]
    said = {n: [each for each in voters if shard.network_of(each) == n] for n in networks}
    put(session, Consultation, ({"network_id": n + 1, "number": 1, "room_id": plenary(n), "title": "Leitsätze",
                                 "state": State.OPEN, "opens_at": opened, "closes_at": opened + timedelta(days=2),
                                 "grace_seconds": 60, "electorate": "persons", "created_by": OPERATOR,
                                 "created_at": opened, "turnout_shown": len(said[n]), "record_head": "0" * 64,
                                 "record_length": len(said[n]) * BALLOTS} for n in networks))  # fmt: skip
    put(session, Ballot, ({"consultation_id": n + 1, "position": place + 1, "question": f"Stimmen Sie {place + 1} zu?"}
                          for n in networks for place in range(BALLOTS)))  # fmt: skip
    put(session, Elector, ({"consultation_id": shard.network_of(n) + 1, "number": n // shard.networks + 1,
                            "person": person_id(n)} for n in range(shard.people)))  # fmt: skip
    votes = [(n, place) for n in voters for place in range(BALLOTS)]
    at = opened + timedelta(hours=1)
    put(session, CastVote, ({"ballot_id": shard.network_of(n) * BALLOTS + place + 1, "elector_id": n + 1,
                             "sender": person_id(n), "rank": 1, "choice": "yes", "channel": "poll", "sent_at": at,
                             "event_id": f"$cast{n}-{place}", "received_at": at} for n, place in votes))  # fmt: skip
    entries = [(n, position, who) for n in networks
               for position, who in enumerate((each for each in said[n] for _ in range(BALLOTS)), 1)]  # fmt: skip
    put(session, RecordEntry, ({"consultation_id": n + 1, "position": position, "digest": f"{position:064x}",
                                "body": f'{{"kind":"vote","position":{position},"body":{{"choice":"yes"}}}}'}
                               for n, position, _ in entries))  # fmt: skip
    put(session, RecordSecret, ({"consultation_id": n + 1, "position": position, "person": person_id(who),
                                 "salt": f"{position:032x}", "fields": '{"sender":"…"}'}
                                for n, position, who in entries))  # fmt: skip
    posts = [(f"consultation/{n + 1}/announcement", plenary(n), f"$announced{n}") for n in networks]
    posts += [(f"ballot/{n * BALLOTS + place + 1}/poll", plenary(n), poll(n, place))
              for n in networks for place in range(BALLOTS)]  # fmt: skip
    posts += [(f"consultation/{shard.network_of(n) + 1}/notice/{person_id(n)}", shard.direct(n), f"$notice{n}")
              for n in range(shard.people)]  # fmt: skip
    put(session, OutboxRow, ({"key": key, "transaction": key, "room_id": room, "action": "send", "state": "sent",
                              "event_type": "m.room.message", "content": '{"body": "…"}', "device_id": "BENCH",
                              "first_attempt_at": opened, "created_at": opened, "event_id": event}
                             for key, room, event in posts))  # fmt: skip


def digest_now(session: Session, now: datetime) -> int:
    """Let the digest of every room be due; how many those are."""
    table: sa.Table = DigestPlan.__table__  # type: ignore[attr-defined] # SQLModel hides it
    return session.connection().execute(sa.update(table).values(next_at=now)).rowcount
