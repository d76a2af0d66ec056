"""Files of organisations and people: checked as a whole, and taken over as a whole or not at all."""

import json
from datetime import timedelta

import pytest

from bot.domain.groups import Part
from bot.domain.roles import Role
from bot.events import Failed, Members, Reaction
from bot.files import sheets
from bot.language import roster as table
from bot.store import Session, networks, people
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import (
    Group,
    Mandate,
    Network,
    OpenQuestion,
    Participation,
    PendingImport,
    Person,
    ProjectShare,
    RoleGrant,
    Room,
)
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, START, US, plain
from tests.filing import COUNCIL, DIRECT, Office


@pytest.fixture
async def office(database: Database) -> Office:
    return await Office(database).open()


FILE = f"Organisation;Matrix-ID;Mandat\nLindenstadt;{BEN};Mandat\nLindenstadt;{CEM};Vertretung"


async def test_only_coordinators_are_heard_and_only_among_themselves(office: Office) -> None:
    assert await office.drop(FILE, ROOM) == []
    assert await office.drop(FILE, ROOM, BEN) == []
    assert await office.drop(FILE, COUNCIL, BEN) == []
    assert await office.drop(FILE, "!unknown:example.org") == []
    assert await office.drop(FILE, name="bild.png") == []
    assert len(await office.drop(FILE, COUNCIL)) == 2
    assert len(await office.drop(FILE, DIRECT)) == 2


async def test_a_file_is_taken_over_once_however_often_it_is_confirmed(office: Office) -> None:
    preview = (await office.drop(FILE, COUNCIL))[-1]
    event = office.bot.message(ANNA, "ja", room_id=COUNCIL, reply_to=preview.event_id)
    assert "übernommen" in plain((await office.bot.handle(event))[0])
    assert await office.bot.handle(event) == []
    assert "seit" in await office.bot.hear(ANNA, "import 1", room_id=DIRECT)
    assert [(row.person, row.speaks) for row in office.all(Mandate)] == [(BEN, "holder"), (CEM, "deputy")]
    assert [row.rows for row in office.all(PendingImport)] == ["[]"]


async def test_the_same_drop_delivered_again_is_read_once(office: Office) -> None:
    event = office.file(FILE)
    assert len(await office.bot.handle(event)) == 2
    assert await office.bot.handle(event) == []
    assert len(office.all(PendingImport)) == 1


async def test_nobody_else_confirms_and_nobody_confirms_for_another_network(office: Office) -> None:
    await office.drop(FILE)
    office.add(RoleGrant(network_id=1, person=BEN, role=Role.COORDINATOR, granted_by=ANNA, granted_at=START))
    assert "kenne ich nicht" in await office.bot.hear(BEN, "!import 1")
    assert office.all(Mandate) == []


async def test_a_founder_who_may_no_longer_coordinate_is_somebody_else_in_the_room(office: Office) -> None:
    zoe = "@zoe:example.org"
    office.add(RoleGrant(network_id=1, person=zoe, role=Role.COORDINATOR, granted_by=zoe, granted_at=START))
    await office.bot.handle(Members(room_id=COUNCIL, joined=frozenset({US, ANNA, zoe})))
    assert await office.drop(FILE, COUNCIL) == []


async def test_a_no_changes_nothing(office: Office) -> None:
    await office.drop(FILE)
    assert await office.bot.say(ANNA, "nein", room_id=DIRECT) == []
    assert office.all(Person) == []


async def test_fifty_wrong_rows_show_twenty_and_change_nothing(office: Office) -> None:
    rows = "".join(f"Ort {number};viele\n" for number in range(50))
    said = plain((await office.drop(f"Organisation;Einwohner\nGut;1\n{rows}"))[-1])
    assert "50 Zeilen falsch" in said
    assert said.count("* Zeile") == 20
    assert "30 weitere" in said
    assert (await office.bot.say(ANNA, "ja", room_id=DIRECT)) != []
    assert office.all(Person) == []


async def test_a_mandate_that_moves_stays_on_record(office: Office) -> None:
    await office.read_in(FILE)
    office.bot.now += timedelta(days=1)
    await office.read_in(f"Organisation;Matrix-ID;Mandat\nAhornfeld;{CEM};Mandat\nLindenstadt;{BEN};Mandat")
    rows = [(row.person, row.speaks, row.organisation_id, row.ends_at) for row in office.all(Mandate)]
    assert rows == [
        (BEN, "holder", 1, None),
        (CEM, "deputy", 1, office.bot.now),
        (CEM, "holder", 2, None),
    ]


async def test_a_mandate_to_come_ends_with_a_move_and_stays_without_one(office: Office) -> None:
    await office.read_in("Organisation\nLindenstadt\nAhornfeld")
    later = START + timedelta(days=9)
    values = {"network_id": 1, "speaks": "deputy", "starts_at": later, "given_by": ANNA, "given_at": START}
    office.add(Mandate(organisation_id=1, person=BEN, **values), Mandate(organisation_id=1, person=CEM, **values))
    await office.read_in(f"Organisation;Matrix-ID;Mandat\nAhornfeld;{BEN};Mandat\nLindenstadt;{CEM};")
    rows = {(row.person, row.organisation_id): row.ends_at for row in office.all(Mandate)}
    assert rows == {(BEN, 1): later, (BEN, 2): None, (CEM, 1): None}


async def test_roles_are_given_and_withdrawn_and_recorded(office: Office) -> None:
    await office.read_in(f"Matrix-ID;Rolle\n{BEN};Koordination\n{CEM};Gast")
    await office.read_in(f"Matrix-ID;Rolle\n{BEN};Koordination\n{CEM};Mitglied")
    rows = [(row.person, row.role, row.granted_by, row.withdrawn_by) for row in office.all(RoleGrant)]
    assert rows == [
        (ANNA, "coordinator", ANNA, None),
        (BEN, "coordinator", ANNA, None),
        (CEM, "guest", ANNA, ANNA),
    ]


async def test_an_empty_cell_makes_no_guest_a_member(office: Office) -> None:
    kim = "@kim:fern.example"
    await office.bot.say(ANNA, "!projekt neu eAkte")
    await office.bot.say(ANNA, f"!projekt eAkte teilen {kim}")

    def standing() -> tuple[list[bool], list[bool]]:
        grants = [row.withdrawn_at is None for row in office.all(RoleGrant) if row.role == Role.GUEST]
        return grants, [row.withdrawn_at is None for row in office.all(ProjectShare)]

    await office.read_in(f"Matrix-ID;Name;Rolle\n{kim};Kim;\n{BEN};;Koordination")
    assert standing() == ([True], [True])
    await office.read_in(f"Matrix-ID;Rolle\n{kim};Mitglied")
    assert standing() == ([False], [False]), "nothing stays shared that a later appointment would bring back"


async def test_a_new_coordinator_is_invited_to_the_space(office: Office) -> None:
    office.database.run_now(lambda session: setattr(session.get_one(Network, 1), "space_id", "!space:example.org"))
    await office.drop(f"Matrix-ID;Rolle\n{ANNA};Koordination\n{BEN};Koordination")
    rows = await office.bot.say(ANNA, "ja", room_id=DIRECT)
    there = [(row.action, row.person) for row in rows if row.room_id == "!space:example.org"]
    assert there == [("invite", BEN), ("empower", BEN)]


async def test_the_bot_itself_is_nobody_in_the_file(office: Office) -> None:
    said = plain((await office.drop(f"Matrix-ID;Rolle\n{US};Koordination"))[-1])
    assert "bin ich selbst" in said


def confirmation(office: Office, row: Row) -> Reaction:
    office.count += 1
    return Reaction(
        room_id=DIRECT,
        event_id=f"$yes{office.count}",
        sender=ANNA,
        sent_at=office.bot.now,
        received_at=office.bot.now,
        target=row.event_id or "",
        key="✅",
    )


async def test_a_preview_may_be_confirmed_for_a_day_whatever_else_is_asked(office: Office) -> None:
    preview = (await office.drop(FILE))[-1]
    await office.bot.say(ANNA, "!projekt neu eAkte")
    assert "Meinten Sie" in await office.bot.hear(ANNA, "status eAkt", room_id=DIRECT)
    office.bot.now += timedelta(hours=23)
    (said,) = await office.bot.handle(confirmation(office, preview))
    assert "übernommen" in plain(said)
    (said,) = await office.bot.handle(confirmation(office, preview))
    assert "Zu tun ist nichts mehr" in plain(said)


async def test_a_confirmation_that_comes_too_late_is_told_so(office: Office) -> None:
    preview = (await office.drop(FILE))[-1]
    office.bot.now += timedelta(hours=25)
    (said,) = await office.bot.handle(confirmation(office, preview))
    assert "abgelaufen. Bitte legen Sie die Datei noch einmal ab" in plain(said)
    for more in ({"reply_to": preview.event_id}, {}):
        assert "abgelaufen" in await office.bot.hear(ANNA, "ja", room_id=DIRECT, **more)
    assert await office.bot.say(ANNA, "nein", room_id=DIRECT, reply_to=preview.event_id) == []
    assert "kein Projekt" in await office.bot.hear(ANNA, "status", room_id=DIRECT, reply_to=preview.event_id)
    assert office.all(Person) == []
    office.bot.now += timedelta(days=2)
    await office.bot.tick()
    assert office.all(OpenQuestion) == [], "the night forgets what lapsed a day ago"


async def test_of_two_previews_a_bare_yes_picks_none(office: Office) -> None:
    one, two = [(await office.drop(content))[-1] for content in ("Organisation\nAhorn", "Organisation\nBirke")]
    for bare in ("ja", "nein"):
        asked = await office.bot.hear(ANNA, bare, room_id=DIRECT)
        assert "people1.csv" in asked
        assert "people2.csv" in asked
    assert "kenne ich nicht" in await office.bot.hear(ANNA, "statsu", room_id=DIRECT)
    assert "übernommen" in await office.bot.hear(ANNA, "ja", room_id=DIRECT, reply_to=one.event_id)
    assert "übernommen" in await office.bot.hear(ANNA, "ja", room_id=DIRECT), "one is left"
    assert "kenne ich nicht" in await office.bot.hear(ANNA, "ja", room_id=DIRECT)
    assert "schon" in plain((await office.drop("Organisation\nBirke"))[-1])
    (said,) = await office.bot.handle(confirmation(office, two))
    assert "Zu tun ist nichts mehr" in plain(said)


async def test_what_is_no_answer_leaves_the_preview_to_be_confirmed(office: Office) -> None:
    preview = (await office.drop(FILE))[-1]
    assert "ja" in await office.bot.hear(ANNA, "vielleicht", room_id=DIRECT, reply_to=preview.event_id)
    office.bot.now += timedelta(hours=2)
    assert await office.bot.say(ANNA, "nein", room_id=DIRECT) == []
    assert "kenne ich nicht" in await office.bot.hear(ANNA, "ja", room_id=DIRECT), "the no holds for both"
    assert office.all(Person) == []


async def test_who_becomes_active_is_invited_to_the_groups_room(office: Office) -> None:
    group = Group(network_id=1, name="Digitales", folded="digitales", token="t", created_by=ANNA, created_at=START)
    office.add(Room(room_id="!g:example.org", network_id=1, invited_by=US, since=START))
    office.add(group)
    office.database.run_now(lambda session: setattr(session.get_one(Group, group.id), "room_id", "!g:example.org"))
    await office.drop(f"Matrix-ID;Aktiv in;Folgt\n{BEN};Digitales;\n{CEM};;Digitales")
    rows = await office.bot.say(ANNA, "ja", room_id=DIRECT)
    assert [(row.room_id, row.person) for row in rows if row.action == "invite"] == [("!g:example.org", BEN)]
    assert [(row.person, row.kind) for row in office.all(Participation)] == [(BEN, Part.ACTIVE), (CEM, Part.FOLLOWER)]
    await office.read_in(f"Matrix-ID;Folgt\n{CEM};")
    ended = [(row.person, row.ended_by) for row in office.all(Participation) if row.until]
    assert ended == [(CEM, ANNA)]


async def test_a_file_changes_nothing_that_it_does_not_name(office: Office) -> None:
    await office.read_in(FILE)
    before = [office.all(model) for model in (Mandate, Person)]
    await office.read_in("Organisation;Einwohner\nLindenstadt;27000")
    assert [office.all(model) for model in (Mandate, Person)] == before


def other_network(office: Office, name: str = "Geheimbund") -> None:
    def work(session: Session) -> None:
        made = networks.found(session, name, "@zoe:other.example", START)
        session.add(Person(network_id=made.id or 0, person=BEN, name="x", added_by=ANNA, added_at=START))

    office.database.run_now(work)


async def test_another_network_is_refused_alike_whether_it_exists_or_not(office: Office) -> None:
    other_network(office)
    there = plain((await office.drop("Verbund;Organisation\nGeheimbund;A"))[-1])
    nowhere = plain((await office.drop("Verbund;Organisation\nFreibund;A"))[-1])
    assert there.replace("Geheimbund", "X").replace("people1", "p") == nowhere.replace("Freibund", "X").replace(
        "people2", "p"
    )


async def test_with_several_networks_the_file_says_which(office: Office) -> None:
    other_network(office)
    office.add(
        RoleGrant(network_id=2, person=ANNA, role=Role.COORDINATOR, granted_by="@zoe:x.example", granted_at=START)
    )
    assert "mehrere Verbünde" in plain((await office.drop("Organisation\nA"))[-1])
    await office.drop("Verbund;Organisation\nGEHEIMBUND;Ahornfeld")
    await office.bot.say(ANNA, "ja", room_id=DIRECT)
    stored = office.database.run_now(lambda session: people.stored(session, 2, (), START))
    assert list(stored.bodies) == ["ahornfeld"]


async def test_two_networks_of_one_name_are_never_mixed(office: Office) -> None:
    other_network(office, "verbund anna")
    office.add(
        RoleGrant(network_id=2, person=ANNA, role=Role.COORDINATOR, granted_by="@zoe:x.example", granted_at=START)
    )
    assert "verbund umbenennen" in plain((await office.drop("Verbund;Organisation\nVerbund Anna;A"))[-1])


async def test_too_large_and_not_to_be_had_is_said(office: Office) -> None:
    assert "5 MB" in plain((await office.drop(FILE, size=5_000_001))[0])
    office.bot.refuses["fetch"] = "gone"
    assert "abrufen" in plain((await office.drop(FILE))[-1])


async def test_what_came_of_an_unknown_file_is_left_alone(office: Office) -> None:
    failed = Failed(
        key="import/99/$x", action="fetch", room_id=DIRECT, person=None, problem="gone", received_at=office.bot.now
    )
    await office.bot.inbox.came(failed)
    assert office.all(PendingImport) == []


async def test_files_that_nobody_confirms_are_forgotten(office: Office) -> None:
    await office.drop(FILE)
    office.bot.now += timedelta(days=2)
    await office.drop(FILE)
    assert len(office.all(PendingImport)) == 1


async def test_without_a_network_a_coordinator_is_told_what_to_do_first(database: Database) -> None:
    office = Office(database)
    office.bot.house = HOUSE
    office.add(Room(room_id=DIRECT, direct_with=ANNA, invited_by=ANNA, since=START))
    said = plain((await office.drop(FILE))[0])
    assert "verbund neu" in said


async def test_an_export_goes_to_the_direct_chat_alone_and_reads_in_as_it_is(office: Office) -> None:
    await office.read_in(FILE)
    reply, document = await office.bot.say(ANNA, "!export personen")
    assert plain(reply).startswith("personen.csv")
    assert (document.action, document.room_id) == ("file", DIRECT)
    assert json.loads(document.content)["mimetype"] == "text/csv"
    refused = await office.bot.hear(BEN, "!export personen")
    assert "Koordination" in refused
    network = office.all(Network)[0]
    rows = office.database.run_now(lambda s: table.table(network.name, people.stored(s, 1, (ANNA,), START)))
    said = plain((await office.drop(sheets.to_csv([table.HEADER, *rows]).decode("utf-8-sig")))[-1])
    assert "schon so" in said


def test_a_founder_whom_the_settings_no_longer_name_is_no_coordinator(database: Database) -> None:
    def work(session: Session) -> tuple[frozenset[str], frozenset[str]]:
        made = networks.found(session, "V", ANNA, START).id or 0
        return people.stored(session, made, (ANNA,), START).coordinators, people.stored(
            session, made, (), START
        ).coordinators

    assert database.run_now(work) == ({ANNA}, frozenset())
