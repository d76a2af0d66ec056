"""Somebody wants to be forgotten: what goes, what stays under a pseudonym, what goes on as if nothing had happened."""

import base64
import json
import re
from datetime import timedelta
from typing import Any

from sqlmodel import col
from sqlmodel import select as select_rows

from bot.context import Scope
from bot.domain.groups import Part
from bot.domain.roles import Role
from bot.events import Members, Reaction
from bot.procedures import mydata as procedure
from bot.store import (
    Session,
    consultations,
    decisions,
    erasure,
    holdings,
    mydata,
    networks,
    organisations,
    records,
    rooms,
    votes,
)
from bot.store.database import Database
from bot.store.tables import (
    Absence,
    Account,
    CastVote,
    Elector,
    Mandate,
    OutboxRow,
    Participation,
    PendingImport,
    Person,
    Project,
    RoleGrant,
    Room,
    RoomMember,
)
from bot.store.tables.columns import Erasure
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, START, US, Bot, plain
from tests.mydata import DIRECT, FREE, LATER, declared, erased, lived, outbox_row, places, told

DORA = "@dora:example.org"


async def test_nothing_is_left_but_what_was_said_to_stay(database: Database) -> None:
    bot = await lived(database)
    assert "gelöscht" in await erased(bot)
    left = database.run_now(lambda session: places(session, BEN))
    assert left <= declared(Erasure.STAYS) | set(FREE) | {("room", "invited_by")}
    assert database.run_now(lambda s: s.get(Room, "!old:example.org")) is None

    def look(session: Session) -> None:
        direct = session.get_one(Room, DIRECT)
        assert (direct.direct_with, direct.invited_by) == (BEN, BEN)  # half of it would tell whose pseudonym it is
        assert holdings.mandates(session, BEN, bot.now) == []
        assert session.exec(select_rows(Absence)).all() == []
        people = session.exec(select_rows(Person)).all()
        assert [(row.person, row.added_by.startswith("gelöscht-")) for row in people] == [(CEM, True)]
        (part,) = session.exec(select_rows(Participation).where(Participation.kind == Part.ACTIVE)).all()
        assert part.email is None
        assert part.until == part.since + (bot.now - part.since)
        assert part.person == part.ended_by == part.entered_by
        projects = {row.key: row.owner for row in session.exec(select_rows(Project))}
        assert projects == {"eAkte": None, "Karte": CEM}
        grants = session.exec(select_rows(RoleGrant).where(col(RoleGrant.person).startswith("gelöscht"))).all()
        assert len(grants) == 3
        assert all(grant.withdrawn_at == bot.now for grant in grants)
        assert len({grant.person for grant in grants}) == 1
        (ended,) = session.exec(select_rows(Mandate).where(col(Mandate.ends_at).is_not(None))).all()
        assert ended.ends_at == bot.now
        (kept,) = session.exec(select_rows(PendingImport)).all()
        assert kept.person == ANNA
        assert "Cem Muster" in kept.rows

    database.run_now(look)


async def test_what_was_said_to_the_person_goes_and_what_waits_is_not_sent(database: Database) -> None:
    bot = await lived(database)
    await erased(bot)

    def look(session: Session) -> None:
        rows = {row.key: row for row in session.exec(select_rows(OutboxRow))}
        assert not {"direct/sent", "direct/waiting"} & set(rows)
        assert [row for row in rows.values() if row.person == BEN] == []
        withdrawn = [row for row in rows.values() if row.state == erasure.WITHDRAWN]
        assert [(row.content, row.person, row.room_id) for row in withdrawn] == [("", None, None)] * 2
        assert rows["in-room/sent"].content == ""
        waiting = json.loads(rows["in-room/waiting"].content)
        assert waiting["m.mentions"] == {"user_ids": [CEM]}
        assert re.fullmatch(r"gelöscht-\w{12} ist neu", waiting["body"])
        assert rows["mail/sent"].content == ""
        assert "Wochenbericht" in rows["mail/waiting"].content

    database.run_now(look)


async def test_a_published_result_is_the_same_before_and_after(database: Database) -> None:
    bot = await lived(database)

    def counted(session: Session) -> Any:
        ballot = consultations.ballot(session, 1)
        cast = [(v.id, v.elector, v.choice, v.reason, v.sent_at) for v in votes.votes(session, ballot.id or 0)]
        return cast, decisions.decision(session, ballot.id or 0), records.entries(session, 1)

    before = database.run_now(counted)
    shown = await bot.hear(ANNA, "!konsultation K1 zeigen")
    await erased(bot)
    assert database.run_now(counted) == before
    assert await bot.hear(ANNA, "!konsultation K1 zeigen") == shown
    senders = database.run_now(lambda s: set(s.exec(select_rows(CastVote.sender))))
    electors = database.run_now(lambda s: set(s.exec(select_rows(Elector.person))))
    (pseudonym,) = senders - {CEM}
    assert pseudonym in electors
    assert BEN not in electors


async def test_a_vote_that_runs_counts_on_and_cannot_be_changed(database: Database) -> None:
    bot = await lived(database)
    await erased(bot)
    assert "zählt aber nicht" in await bot.hear(BEN, "!stimme K2 nein")
    bot.now = START + timedelta(hours=60)
    assert all("gelöscht" not in (row.person or "") for row in await bot.tick())  # nobody reminds a pseudonym
    bot.now = START + timedelta(hours=81)
    await bot.tick()
    bot.now += timedelta(minutes=2)
    rows = await bot.tick()
    (result,) = [plain(row) for row in rows if "Beschluss B2" in plain(row)]
    assert "1 Ja, 0 Nein" in result
    assert re.search(r"gelöscht-\w{12} +Ja", result)


async def test_afterwards_the_person_starts_from_nothing(database: Database) -> None:
    bot = await lived(database)
    await erased(bot)
    assert "Koordination" in await bot.hear(BEN, f"!rolle {CEM} Gast")
    assert "kein Mandat" in await bot.hear(BEN, "!vertretung")
    assert "Ihre Stimme" not in await bot.hear(BEN, "!projekt eAkte ändern\nZiel: meins")
    (file,) = [row for row in await bot.say(BEN, "!meinedaten") if row.action == "file"]
    content = json.loads(base64.b64decode(json.loads(file.content)["content"]))
    assert [list(network["data"]) for network in content["networks"]] == [["room_member"]]


async def test_a_guest_does_not_become_a_member_by_being_forgotten(database: Database) -> None:
    """Whoever is in a room without being a guest is a member and may read everything."""
    bot = await lived(database)
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN, CEM, DORA})))
    assert "Gast" in await bot.hear(ANNA, f"!rolle {DORA} Gast")
    before = database.run_now(lambda s: networks.grants(s, 1, DORA))
    asked = await bot.say(DORA, "!meinedaten löschen")
    assert "1 Rolle als Gast" in plain(asked[-1])
    done, *_ = await bot.say(DORA, "ja", room_id=asked[-1].room_id)
    assert "gelöscht" in plain(done)
    assert database.run_now(lambda s: networks.grants(s, 1, DORA)) == before
    assert before[0].role == Role.GUEST
    bot.now += timedelta(minutes=1)
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN})))
    await bot.say(DORA, "meinedaten löschen", room_id=asked[-1].room_id)
    await bot.say(DORA, "ja", room_id=asked[-1].room_id)
    assert database.run_now(lambda s: networks.grants(s, 1, DORA)) == []


async def test_only_the_person_may_agree_and_only_once(database: Database) -> None:
    bot = await lived(database)
    _, asked = await bot.say(BEN, "!meinedaten löschen")
    tick: Any = {"room_id": DIRECT, "target": asked.event_id, "key": "✅", "sent_at": bot.now, "received_at": bot.now}
    assert await bot.handle(Reaction(event_id="$1", sender=CEM, **tick)) == []
    assert await bot.say(CEM, "ja", reply_to=asked.event_id) == []
    done, *_ = await bot.handle(Reaction(event_id="$2", sender=BEN, **tick))
    assert "gelöscht" in plain(done)
    assert await bot.handle(Reaction(event_id="$3", sender=BEN, **tick)) == []
    assert "kenne ich nicht" in await bot.hear(BEN, "ja", room_id=DIRECT)


async def test_a_yes_after_half_an_hour_is_none(database: Database) -> None:
    bot = await lived(database)
    _, asked = await bot.say(BEN, "!meinedaten löschen")
    bot.now += timedelta(minutes=31)
    tick: Any = {"room_id": DIRECT, "target": asked.event_id, "key": "✅", "sent_at": bot.now, "received_at": bot.now}
    (late,) = await bot.handle(Reaction(event_id="$1", sender=BEN, **tick))
    assert "sind gelöscht" not in plain(late)
    assert "sind gelöscht" not in await bot.hear(BEN, "ja", room_id=DIRECT)
    assert database.run_now(lambda s: holdings.mandates(s, BEN, bot.now)) != []


async def test_who_agreed_to_less_is_asked_again(database: Database) -> None:
    bot = await lived(database)
    asked = await told(bot, BEN, "meinedaten löschen", room_id=DIRECT)
    await bot.say(BEN, "!idee Noch eine")
    again = await bot.hear(BEN, "ja", room_id=DIRECT, reply_to=asked.event_id)
    assert "Soll ich Ihre Daten löschen?" in again
    done, *_ = await bot.say(BEN, "ja", room_id=DIRECT)
    assert "gelöscht" in plain(done)


async def test_who_coordinates_learns_of_a_group_without_aktive(database: Database) -> None:
    bot = await lived(database)
    asked = await told(bot, BEN, "meinedaten löschen", room_id=DIRECT)
    assert "Ohne Aktive ist danach 1 Arbeitsgruppe." in plain(asked)
    rows = await bot.say(BEN, "ja", room_id=DIRECT, reply_to=asked.event_id)
    (notice,) = [row for row in rows if row.person]
    assert notice.person == ANNA  # who was coordinator, too, is so no longer
    assert "Karten hat keine Aktiven mehr" in plain(notice)
    assert BEN not in notice.content


async def test_the_room_learns_nothing(database: Database) -> None:
    """Nor by the number, which only the question gave."""
    bot = await lived(database)
    reply, asked = await bot.say(BEN, "!meinedaten löschen")
    assert plain(reply) == "Darauf antworte ich Ihnen im Direktchat."
    assert asked.person == BEN
    found = re.search(r"meinedaten löschen (\w{8})", plain(asked))
    assert found
    reply, again = await bot.say(BEN, f"!meinedaten löschen {found[1]}")
    assert plain(reply) == "Darauf antworte ich Ihnen im Direktchat."
    assert "Soll ich" in plain(again)


async def test_the_only_coordinator_stays_until_there_is_another(database: Database) -> None:
    bot = await lived(database)
    reply, refusal = await bot.say(ANNA, "!meinedaten löschen")
    assert "Verbund" not in plain(reply)
    assert refusal.person == ANNA
    assert "Verbund Süd" in plain(refusal)
    assert "Verbund Anna" not in plain(refusal)  # Ben coordinates that one, too
    alone = database.run_now(lambda s: procedure.coordinated_alone(BEN, Scope(s, bot.now, HOUSE)))
    assert alone == []


def test_erasure_on_sqlite(database: Database) -> None:
    erases(database)


def test_erasure_on_postgresql(postgres_store: Database) -> None:
    erases(postgres_store)


def erases(database: Database) -> None:
    def live(session: Session) -> None:
        found = networks.found(session, "Verbund", BEN, START)
        networks.grant(session, found.id or 0, CEM, Role.COORDINATOR, BEN, START)
        session.add(Absence(network_id=found.id or 0, person=BEN, starts_at=START, ends_at=LATER, said_at=START))
        rooms.save(session, Room(room_id=ROOM, network_id=found.id, invited_by=BEN, since=START))
        session.add(RoomMember(room_id=ROOM, person=BEN))
        session.add(outbox_row("note", room_id=ROOM, action="send", content=f'{{"body": "{BEN}"}}', state="sent"))
        session.add(Account(user_id=US, alive_at=START))

    database.run_now(live)
    shown = database.run_now(lambda s: [(e.table, e.network) for e in mydata.entries(s, BEN)])
    assert set(shown) == {
        (name, (1, "Verbund")) for name in ("network", "role_grant", "absence", "room", "room_member")
    }
    done = database.run_now(lambda s: procedure.erase(BEN, Scope(s, LATER, HOUSE)))
    assert (done.gone, done.under_pseudonym) == (1, 4)
    assert database.run_now(lambda s: places(s, BEN)) == {("room_member", "person")}
    assert database.run_now(lambda s: networks.coordinators(s, 1, ())) == [CEM]
    assert database.run_now(lambda s: organisations.count(s, 1)) == 0


async def test_a_file_that_waits_loses_the_lines_that_name_the_person(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.handle(Members(room_id=DIRECT, joined=frozenset({US, BEN})))

    def wait(session: Session) -> None:
        lines = [["Matrix-ID", "Name", "E-Mail"], [BEN, "Ben Muster", "ben@lindenstadt.example"], [CEM, "Cem", ""]]
        rows = json.dumps(lines, ensure_ascii=False)
        session.add(PendingImport(network_id=1, person=ANNA, room_id=ROOM, name="p.csv", rows=rows, at=bot.now))
        session.flush()
        procedure.erase(BEN, Scope(session, bot.now, HOUSE))

    database.run_now(wait)
    left = database.run_now(lambda s: [json.loads(row.rows) for row in s.exec(select_rows(PendingImport))])
    assert left == [[["Matrix-ID", "Name", "E-Mail"], [CEM, "Cem", ""]]]


async def test_a_file_that_nobody_confirmed_is_forgotten_overnight(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()

    def wait(session: Session) -> None:
        for hours in (0, 20):
            at = bot.now + timedelta(hours=hours)
            session.add(PendingImport(network_id=1, person=ANNA, room_id=ROOM, name="p.csv", rows="[]", at=at))

    database.run_now(wait)
    bot.now += timedelta(hours=44)  # the night's round came since, more than a day after the first one
    await bot.tick()
    assert len(database.run_now(lambda s: s.exec(select_rows(PendingImport)).all())) == 1
