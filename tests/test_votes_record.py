"""Every vote event enters the record; nothing in it is personal, and of a confidential vote nothing of the choice."""

import json

from sqlmodel import col, select

from bot.domain import record
from bot.domain.answers import Kind, Sheet
from bot.domain.consultation import Visibility
from bot.store import Session
from bot.store.database import Database
from bot.store.tables import RecordEntry, RecordSecret
from tests.ballotbox import COLOURS, Box, direct, opened
from tests.fakes import ANNA, BEN, CEM

CHOICE = Sheet(Kind.CHOICE, COLOURS)
PERSONAL = ("@", "Huber", "zu teuer", "$", "Rathaus", "geheimes Wort")


async def _voted(box: Box) -> None:
    await box.directly(CEM, "stimme K1 2 weil zu teuer", event_id="$cem")
    await box.directly(ANNA, "stimme K1 für Erlenbrück 3 (telefonisch, Fr. Huber) weil zu teuer")
    await box.directly(BEN, "stimme K1 enthaltung")
    await box.redact(CEM, "$cem", room_id=direct(CEM))


def _entries(box: Box) -> tuple[list[RecordEntry], dict[int, RecordSecret]]:
    def work(session: Session) -> tuple[list[RecordEntry], dict[int, RecordSecret]]:
        entries = session.exec(select(RecordEntry).order_by(col(RecordEntry.position))).all()
        hidden = {row.position: row for row in session.exec(select(RecordSecret))}
        session.expunge_all()
        return list(entries), hidden

    return box.bot.database.run_now(work)


async def test_every_event_enters_with_nothing_personal(database: Database) -> None:
    box = await opened(database, CHOICE)
    await _voted(box)
    await box.click(BEN, "geheimes Wort von @fritz")
    entries, secrets = _entries(box)
    bodies = [json.loads(entry.body)["body"] for entry in entries]
    assert [(body["elector"], body["choice"]) for body in bodies] == [
        ("1", "2"), ("2", "3"), ("1", "abstain"), ("1", ""), ("1", "?"),
    ]  # fmt: skip
    assert [body["withdraws"] for body in bodies] == [None, None, None, 1, None]
    assert [body["rank"] for body in bodies] == [2, 1, 3, 2, 3]
    for entry in entries:
        assert not [word for word in PERSONAL if word in entry.body]
    assert json.loads(secrets[2].fields)["informant"] == "telefonisch, Fr. Huber"
    assert json.loads(secrets[1].fields)["reason"] == "weil zu teuer"
    assert json.loads(secrets[5].fields)["said"] == "geheimes Wort von @fritz"
    assert [row.record_position for row in box.rows()] == [1, 2, 3, 4, 5]


async def test_the_record_of_a_confidential_one_tells_no_choice_and_no_voter(database: Database) -> None:
    box = await opened(database, CHOICE, visibility=Visibility.CONFIDENTIAL)
    await _voted(box)
    entries, secrets = _entries(box)
    assert len(entries) == 4
    for entry in entries:
        body = json.loads(entry.body)["body"]
        assert "choice" not in body
        assert "elector" not in body
        assert not [word for word in PERSONAL if word in entry.body]
    committed = json.loads(entries[0].body)["commitments"]
    assert committed["choice"] == record.commitment(secrets[1].salt, "choice", "2")
