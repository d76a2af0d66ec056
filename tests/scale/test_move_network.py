"""`zwischenstand move-network`: asked for, refused, given up, and how far it is. The bots' own part is elsewhere."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store import Session, accounts, networks
from bot.store.database import Database
from bot.store.relocation import handover, relocations
from bot.store.relocation.relocations import Relocation, State
from bot.store.tables import Network, Room, RoomMember
from tests.backing_up import US, Installation
from tests.fakes import ANNA, START
from tests.scale.accounts import NORD, WEST, changed, rows, shared, working
from tests.scale.leases import leading

ROWS = "SELECT network, name, source, target, state FROM public.relocation"
A, B, C = "!a:example.org", "!b:example.org", "!c:example.org"
LONG = 60.0  # seconds


def founded(session: Session) -> None:
    """Network 16 with three rooms, in one of which the bot may not invite; and another one, called nearly alike."""
    networks.found(session, "Verbund Süd", ANNA, START)
    networks.found(session, "Verbund Sued-West", ANNA, START)
    for room_id, name, lacks in ((A, "Auftakt", ""), (B, None, "invite"), (C, "Chronik", "speak")):
        session.add(Room(room_id=room_id, network_id=16, name=name, lacks=lacks, invited_by=ANNA, since=START))


@pytest.fixture
def office(postgres_database: str, tmp_path: Path) -> Installation:
    """The account that the network leaves."""
    shared(postgres_database, US, NORD)
    working(postgres_database, US, founded)
    return Installation(tmp_path / "office", url=postgres_database)


def of(url: str, account: str = US) -> list[Relocation]:
    return working(url, account, lambda session: relocations.leaving(session, account))


def set_state(url: str, state: str) -> None:
    changed(url, "UPDATE public.relocation SET state = %s", state)


def test_it_is_asked_for_once_and_the_command_says_how_far_it_is(office: Installation, postgres_database: str) -> None:
    with leading(postgres_database, US, LONG), leading(postgres_database, NORD, LONG):
        first = office.run("move-network", "verbund sued", NORD).splitlines()
        assert first[0] == f"“Verbund Süd” goes from {US} to {NORD}."
        assert first[1].startswith("asked: ")
        again = office.run("move-network", "Verbund Süd", NORD).splitlines()
        assert again == first[1:]
        assert again[1:] == [
            f"  Auftakt: {NORD} is not there",
            f"  Chronik: {NORD} is not there",
            f"  {B}: {NORD} is not there, and may not be invited by the bot: do it",
            "Run the command again to see how far it is.",
        ]
    assert rows(postgres_database, ROWS) == [(16, "Verbund Süd", US, NORD, "asked")]
    (found,) = of(postgres_database)
    assert (found.network_id, found.state, found.asked_at > START) == (16, State.ASKED, True)
    assert of(postgres_database, NORD) == []
    assert working(postgres_database, NORD, lambda session: relocations.coming(session, NORD)) == [found]


def test_what_is_left_to_be_done_is_said_at_each_step(office: Installation, postgres_database: str) -> None:
    there = Installation(office.folder.parent / "there", url=postgres_database, user_id=NORD)
    office.run("move-network", "16", NORD)

    def enter(session: Session) -> None:
        session.add_all(RoomMember(room_id=room_id, person=NORD) for room_id in (A, B, C))

    working(postgres_database, US, enter)
    set_state(postgres_database, "inviting")
    asleep = [f"the bot of {US} does not run: start it", f"the bot of {NORD} does not run: start it"]
    again = "Run the command again to see how far it is."
    said = [f"inviting: {NORD} is being let into the rooms", "rooms: 2 of 3 are ready"]
    assert office.run("move-network", "16", NORD).splitlines() == [
        *said, "  Chronik: the bot may not speak there: let it", *asleep, again,
    ]  # fmt: skip
    changed(postgres_database, "UPDATE room SET lacks = '?' WHERE room_id = %s", A)
    assert f"  Auftakt: {US} does not know yet who is there" in office.run("move-network", "16", NORD)
    changed(postgres_database, "UPDATE room SET lacks = '', reads_after = CASE WHEN room_id = %s THEN '$m' END", A)
    set_state(postgres_database, "marked")
    not_back = [f"  {room}: the last message has not come back yet" for room in ("Chronik", B)]
    assert office.run("move-network", "16", NORD).splitlines()[1:4] == ["rooms: 1 of 3 are ready", *not_back]
    changed(postgres_database, "UPDATE room SET reads_after = '$m'")

    def go(session: Session) -> None:
        (found,) = relocations.leaving(session, US)
        handover.hand_over(session, found)
        relocations.advance(session, found, State.HANDED)

    working(postgres_database, US, go)
    lines = there.run("move-network", "Verbund Süd", NORD).splitlines()
    assert sorted(lines[1:4]) == sorted(f"  {room}: {NORD} has not read it yet" for room in ("Auftakt", B, "Chronik"))
    assert lines[4:] == [asleep[1], again]
    set_state(postgres_database, "taken")
    assert office.run("move-network", "Verbund Süd", NORD).splitlines()[1:] == [asleep[0]]
    changed(postgres_database, "DELETE FROM public.relocation")
    assert office.run("move-network", "Verbund Süd", NORD) == f"“Verbund Süd” is with {NORD}. Nothing is left to do.\n"


def test_it_can_be_given_up_until_the_rooms_are_told(office: Installation, postgres_database: str) -> None:
    assert "is on its way to nobody" in office.refusal("move-network", "Verbund Süd", "--stop")
    office.run("move-network", "Verbund Süd", NORD)
    stays = f"“Verbund Süd” stays with {US}. {NORD} leaves the rooms it was let into.\n"
    assert office.run("move-network", "Verbund Süd", "--stop") == stays
    assert rows(postgres_database, ROWS)[0][-1] == "stopped"
    assert "is on its way to nobody" in office.refusal("move-network", "Verbund Süd", "--stop")
    assert "goes from" in office.run("move-network", "Verbund Süd", NORD), "asked for anew"
    for state in ("marked", "handed", "taken"):
        set_state(postgres_database, state)
        assert "is past the point" in office.refusal("move-network", "Verbund Süd", "--stop")
    assert rows(postgres_database, ROWS)[0][-1] == "taken"


def test_what_cannot_be_is_refused_with_what_to_do(office: Installation, postgres_database: str) -> None:
    no_such = office.refusal("move-network", "Verbund Nord", NORD)
    assert "has no network “Verbund Nord”" in no_such
    assert "It has: “Verbund Süd” (16), “Verbund Sued-West” (32). The command is run with the configuration" in no_such
    assert f"{WEST} is not registered" in office.refusal("move-network", "16", WEST)
    assert "add-account" in office.refusal("move-network", "16", WEST)
    assert "is @zwischenstand:example.org's already" in office.refusal("move-network", "16", US)
    assert "say the account" in office.refusal("move-network", "16")
    assert "or --stop" in office.refusal("move-network", "16", NORD, "--stop")
    office.run("move-network", "16", NORD)
    accounts.add(postgres_database, WEST)
    assert f"is on its way to {NORD} already" in office.refusal("move-network", "16", WEST)
    assert len(rows(postgres_database, ROWS)) == 1
    on_sqlite = Installation(office.folder.parent / "file")
    for words in (("16", NORD), ("16", "--stop")):
        said = on_sqlite.refusal("move-network", *words)
        assert "database.url: several accounts share a database with PostgreSQL alone" in said
        assert "move-database" in said


def test_of_two_that_are_called_alike_the_number_is_asked_for(office: Installation, postgres_database: str) -> None:
    changed(postgres_database, "UPDATE network SET name = 'VERBUND SÜD' WHERE id = 32")
    assert "several networks are called “verbund süd”: say the number" in office.refusal(
        "move-network", "verbund süd", NORD
    )
    assert "goes from" in office.run("move-network", "32", NORD)


def test_what_comes_between_is_said_while_the_bots_wait_for_it(office: Installation, postgres_database: str) -> None:
    office.run("move-network", "16", NORD)
    changed(postgres_database, HINDRANCES["K7 runs"])
    assert "waits: K7 runs: the network goes when its result is published" in office.run("move-network", "16", NORD)


HINDRANCES = {
    "K7 runs": "INSERT INTO consultation (network_id, number, room_id, title, state, opens_at, closes_at,"
    " grace_seconds, visibility, electorate, electorate_of, reminders, created_by, created_at, turnout_shown,"
    " record_length, record_head) VALUES (16, 7, '!a:example.org', 'x', 'open', now(), now(), 0, '', '', '', '', 'x',"
    " now(), 0, 0, '')",
    "!a:example.org is being replaced": "UPDATE room SET successor = '!new:x' WHERE room_id = '!a:example.org'",
    "has a network “Verbund Süd” already": "INSERT INTO zwischenstand_1.network (id, name, founder, created_at,"
    " sign_up_days) VALUES (17, 'verbund süd', 'x', now(), 14)",
    "has records of !a:example.org already": "INSERT INTO zwischenstand_1.room (room_id, joined, invited_by, since,"
    " lacks) VALUES ('!a:example.org', true, 'x', now(), '')",
    "rows of the same number in network: they were brought in by": "INSERT INTO zwischenstand_1.network (id, name,"
    " founder, created_at, sign_up_days) VALUES (16, 'anders', 'x', now(), 14)",
    "rows of the same number in organisation, outbox": """
        INSERT INTO organisation (id, network_id, name, folded, weight, created_by, created_at)
            VALUES (5, 16, 'x', 'x', 1, 'x', now());
        INSERT INTO zwischenstand_1.network (id, name, founder, created_at, sign_up_days)
            VALUES (17, 'anders', 'x', now(), 14);
        INSERT INTO zwischenstand_1.organisation (id, network_id, name, folded, weight, created_by, created_at)
            VALUES (5, 17, 'x', 'x', 1, 'x', now());
        INSERT INTO outbox (id, key, transaction, room_id, action, event_type, content, device_id, first_attempt_at,
            created_at, state) VALUES (16, 'k', 't', '!a:example.org', 'send', '', '', '', now(), now(), 'sent');
        INSERT INTO zwischenstand_1.outbox (id, key, transaction, action, event_type, content, device_id,
            first_attempt_at, created_at, state) VALUES (16, 'k2', 't2', 'send', '', '', '', now(), now(), 'sent')""",
    "of another release: start its bot once": "UPDATE zwischenstand_1.alembic_version SET version_num = '0007'",
}


@pytest.mark.parametrize("what", HINDRANCES)
def test_what_stands_in_the_way_is_named(what: str, office: Installation, postgres_database: str) -> None:
    changed(postgres_database, HINDRANCES[what])
    refusal = office.refusal("move-network", "16", NORD)
    assert what in refusal
    assert refusal.startswith(f"“Verbund Süd” cannot go to {NORD} now: ")
    assert rows(postgres_database, "SELECT to_regclass('public.relocation')") == [(None,)]
    assert not working(postgres_database, US, lambda session: relocations.leaving(session, US))


def test_a_step_is_taken_once(office: Installation, postgres_database: str) -> None:
    """Whoever comes late changes nothing, whatever else it has done meanwhile."""
    office.run("move-network", "16", NORD)
    (found,) = of(postgres_database)

    def step(session: Session) -> None:
        session.add(Network(name="undone", founder=ANNA, created_at=START))
        session.flush()
        relocations.advance(session, found, State.INVITING)

    working(postgres_database, US, lambda session: relocations.advance(session, found, State.INVITING))
    for late in (step, lambda session: relocations.end(session, found)):
        with pytest.raises(RuntimeError, match="network 16 is not asked any more"):
            working(postgres_database, US, late)
    assert rows(postgres_database, "SELECT count(*) FROM network WHERE name = 'undone'") == [(0,)]
    (later,) = of(postgres_database)
    working(postgres_database, US, lambda session: relocations.end(session, later))
    assert of(postgres_database) == []


def test_it_is_not_given_up_while_a_step_is_taken(office: Installation, postgres_database: str) -> None:
    """The command waits for the transaction of the bot, and then comes too late."""
    office.run("move-network", "16", NORD)
    set_state(postgres_database, "inviting")
    with ThreadPoolExecutor(1) as beside:

        def take(session: Session) -> Future[str]:
            (found,) = relocations.leaving(session, US)
            stopped = beside.submit(office.refusal, "move-network", "16", "--stop")
            with pytest.raises(TimeoutError):
                stopped.result(1)
            relocations.advance(session, found, State.MARKED)
            return stopped

        assert "is past the point" in working(postgres_database, US, take).result(30)
    assert rows(postgres_database, ROWS)[0][-1] == "marked"


def test_where_nobody_shares_a_database_nothing_is_asked(database: Database) -> None:
    asked = list[str]()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    def look(session: Session) -> tuple[list[str], list[Relocation], list[Relocation]]:
        sa.event.listen(session.connection(), "before_cursor_execute", note)
        return (
            relocations.accounts(session),
            relocations.leaving(session, US), relocations.coming(session, US),
        )  # fmt: skip

    assert database.run_now(look) == ([], [], [])
    assert asked == [] or database.url.startswith("postgresql")
