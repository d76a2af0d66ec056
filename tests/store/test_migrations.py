"""A database of an earlier release opens in this one, with everything that was in it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from sqlmodel import create_engine

from bot.context import Scope
from bot.domain.counting import Verdict
from bot.domain.roles import Role
from bot.domain.verifying import Mark, verify_file
from bot.procedures import counts, minutes, publishing
from bot.store import Session, consultations, decisions, networks, votes
from bot.store.database import Database
from bot.store.migrations import configuration
from bot.texts import Text
from tests.fakes import HOUSE, TEXTS

START = datetime(2026, 11, 22, 8, tzinfo=UTC)


def at_revision(url: str, revision: str, *statements: str) -> None:
    """Make a database as it was at that revision."""
    engine = create_engine(url)
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_who_coordinated_in_the_first_release_still_does(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    at_revision(
        f"sqlite:///{file}",
        "0001",
        "INSERT INTO network (id, name, founder, created_at) VALUES (1, 'Verbund', '@anna:x', '2026-11-22 08:00:00')",
        "INSERT INTO appointment (network_id, person, role, appointed_by, appointed_at) "
        "VALUES (1, '@anna:x', 'coordinator', '@anna:x', '2026-11-22 08:00:00')",
    )
    database = Database(f"sqlite:///{file}")
    database.migrate()
    assert database.run_now(lambda s: networks.coordinators(s, 1, ("@anna:x",))) == ["@anna:x"]
    (kept,) = database.run_now(lambda s: networks.grants(s, 1, "@anna:x"))
    assert (kept.role, kept.granted_by, kept.granted_at) == (Role.COORDINATOR, "@anna:x", START)
    database.close()


AT, CLOSES, LATE = "2026-11-22 08:00:00", "2026-11-24 08:00:00", "2026-11-24 08:00:01"
CLOSE = datetime(2026, 11, 24, 8, tzinfo=UTC)


def insert(table: str, **values: str | int | None) -> str:
    """The statement that puts a row there, on SQLite and PostgreSQL."""
    literals = (
        "NULL" if each is None else str(each) if isinstance(each, int) else f"'{each}'" for each in values.values()
    )
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(literals)})"  # noqa: S608 - all of it is ours


def consulted(number: int, state: str) -> list[str]:
    """A consultation of 0.2.0: Ben for it; Cem against it, taken back; Lindenstadt for it, by phone; Dora too late."""
    made = [
        insert(
            "consultation", id=number, network_id=1, number=number, room_id="!r:x", title="Satzung", state=state,
            opens_at=AT, closes_at=CLOSES, grace_seconds=60, reminders="", created_by="@anna:x", created_at=AT,
        ),
        insert(
            "ballot", id=number, consultation_id=number, position=1, question="Stimmen Sie zu?", kind="approval",
            text="Paragraf 1",
        ),
    ]  # fmt: skip
    for place, who in enumerate(("@ben:x", "@cem:x", None, "@dora:x"), 1):
        name = None if who else "Lindenstadt"
        own = number * 10 + place
        made.append(insert("elector", id=own, consultation_id=number, person=who, organisation=name, weight=1))
    told = "telefonisch, Fr. Huber\nEs eilt."
    for place, (elector, sender, choice, reason, channel, at, redacted) in enumerate(
        (
            (1, "@ben:x", "no", None, "poll", AT, False),
            (1, "@ben:x", "yes", "gut so", "typed", AT, False),
            (2, "@cem:x", "no", None, "poll", AT, True),
            (3, "@anna:x", "yes", told, "recorded", AT, False),
            (4, "@dora:x", "no", None, "typed", LATE, False),
        ),
        1,
    ):
        made.append(
            insert(
                "cast_vote", id=number * 10 + place, ballot_id=number, elector_id=number * 10 + elector, sender=sender,
                choice=choice, reason=reason, channel=channel, event_id=f"${place}", sent_at=at, received_at=at,
                in_room=channel != "recorded", redacted=redacted,
            )
        )  # fmt: skip
    return made


def second_release() -> list[str]:
    """What a database of 0.2.0 held: two consultations, one of them published, the other one running."""
    return [
        insert("network", id=1, name="Verbund", founder="@anna:x", created_at=AT),
        insert(
            "organisation", id=7, network_id=1, name="Lindenstadt", folded="lindenstadt", weight=1,
            created_by="@anna:x", created_at=AT,
        ),
        *consulted(1, "published"),
        insert("decision", network_id=1, number=1, ballot_id=1, outcome="accepted", at=AT),
        insert("counter", network_id=1, kind="B", last=1),
        *consulted(2, "open"),
    ]  # fmt: skip


def test_what_was_voted_in_the_second_release_still_stands(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    at_revision(f"sqlite:///{file}", "0003", *second_release())
    still_stands(f"sqlite:///{file}")


def still_stands(url: str) -> None:
    """The same numbers as before, and the running one is published with minutes that hold."""
    database = Database(url)
    database.migrate()
    try:
        database.run_now(_same_numbers)
        database.run_now(_published_now)
    finally:
        database.close()


def _same_numbers(session: Session) -> None:
    scope = Scope(session, CLOSE, HOUSE)
    for number in (1, 2):
        consultation = consultations.by_id(session, number)
        counted = counts.count_of(consultation, consultations.ballot(session, number), scope)
        assert [(line.answer, line.votes) for line in counted.count.lines] == [("yes", 2), ("no", 0)]
        assert [counted.found[each.id] for each in counted.cast] == [
            Verdict.REPLACED,
            Verdict.COUNTED,
            Verdict.WITHDRAWN,
            Verdict.COUNTED,
            Verdict.LATE,
            Verdict.TAKING_BACK,
        ]
        assert [(each.informant, each.reason) for each in counted.cast if each.channel == "recorded"] == [
            ("telefonisch, Fr. Huber", "Es eilt.")
        ]
        electors = votes.electors(session, number)
        assert {(each.number, each.person, each.organisation_id) for each in electors} == {
            (1, "@ben:x", None),
            (2, "@cem:x", None),
            (3, None, 7),
            (4, "@dora:x", None),
        }
    decision = decisions.decision(session, 1)
    assert decision is not None
    assert decision.outcome == "accepted"
    page, _, record = minutes.documents(consultations.by_id(session, 1), scope, "de")
    assert "sie hat keine" in page.content.decode()
    assert verify_file(record.content).good


def _published_now(session: Session) -> None:
    scope = Scope(session, CLOSE + timedelta(minutes=2), HOUSE)
    consultation = consultations.by_id(session, 2)
    said, *_ = publishing.publish(consultation, scope)
    shown = getattr(said, "text", None)
    assert isinstance(shown, Text)
    assert "angenommen · 2 Ja, 0 Nein" in TEXTS.render(shown, "de", HOUSE.zone).plain
    _, _, record = minutes.documents(consultation, scope, "de")
    found = verify_file(record.content)
    assert found.good
    assert "ballot 1: not counted again, the record begins after the opening" in {
        each.says for each in found.findings if each.mark is Mark.OPEN
    }
