"""What may not be known is in no message, chart, file or log before its time, or ever."""

import base64
import json
import logging
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from bot.domain.answers import Kind, Sheet
from bot.domain.consultation import State, Visibility
from bot.events import Members, Upgraded
from bot.procedures import closing
from bot.store import Session, records, votes
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import CastVote, Elector
from tests.ballotbox import APPROVAL, COLOURS, Box, direct, opened
from tests.fakes import ANNA, BEN, ROOM, START, US, plain

EMIL = "@emil:example.org"
POLL_END = "org.matrix.msc3381.poll.end"


def ended(rows: list[Row]) -> list[str]:
    """The keys of the polls that end."""
    return [row.key for row in rows if row.event_type == POLL_END]


# covered


@pytest.mark.parametrize(("visibility", "number"), [(Visibility.COVERED, 0), (Visibility.OPEN, 1)])
async def test_calling_off_shows_no_covered_votes(visibility: Visibility, number: int, database: Database) -> None:
    """Clients show the answers of a poll that has ended."""
    box = await opened(database, APPROVAL, visibility=visibility)
    await box.click(BEN, "yes")
    rows = await box.bot.say(ANNA, "!konsultation K1 absagen")
    assert len(ended(rows)) == number
    assert ("sichtbar, wie abgestimmt wurde" in plain(rows[0])) is (visibility is Visibility.COVERED)


@pytest.mark.parametrize(("visibility", "number"), [(Visibility.COVERED, 0), (Visibility.OPEN, 1)])
async def test_a_new_text_shows_no_covered_votes(visibility: Visibility, number: int, database: Database) -> None:
    """The former poll ends with the others, at the close."""
    box = await opened(database, APPROVAL, visibility=visibility)
    await box.click(BEN, "yes")
    await box.bot.say(ANNA, "!konsultation K1 fassung\nText: Anders.\nStimmen: verfallen")
    rows = await box.bot.tick()
    again = await box.bot.say(ANNA, "!konsultation K1 fassung\nText: Noch anders.\nStimmen: verfallen")
    assert len(ended([*rows, *again])) == number
    closed = ended(await box.bot.say(ANNA, "!konsultation K1 schließen"))
    assert "ballot/1/poll/edition 3/end" in closed
    assert ("ballot/1/poll/end" in closed) is (visibility is Visibility.COVERED)


async def test_a_covered_poll_stays_undisclosed_in_the_room_that_comes_after(database: Database) -> None:
    box = await opened(database, APPROVAL, visibility=Visibility.COVERED)
    new = "!neu:example.org"
    tombstone = Upgraded(
        room_id=ROOM, event_id="$tombstone", sender=ANNA, sent_at=START, received_at=START, successor=new
    )
    rows = await box.bot.handle(tombstone, Members(room_id=new, joined=frozenset({US, ANNA, BEN})))
    polls = [row.content for row in rows if row.event_type.endswith("poll.start")]
    assert len(polls) == 1
    assert "undisclosed" in polls[0]


TOLD = ("!konsultation K1", "!konsultation", "!status", "!bericht", "!verbund zeigen", "!organisation liste")


@pytest.mark.parametrize("state", [State.OPEN, State.CLOSED, State.CANCELLED])
async def test_nothing_tells_covered_votes_before_the_result(state: State, database: Database) -> None:
    box = await opened(database, Sheet(Kind.CHOICE, COLOURS), visibility=Visibility.COVERED)
    await box.directly(BEN, "stimme K1 2")
    assert box.counts() == {"Lindenstadt": "2"}

    def told(rows: list[Row]) -> str:
        return "".join(row.content.split("formatted_body")[0] for row in rows)

    await box.change(state=state)
    said = {command: told(await box.bot.say(ANNA, command)) for command in TOLD}
    assert "Lindenstadt" in said["!konsultation K1"]
    without = said["!konsultation K1"].partition("Wer abgestimmt hat")[2].partition("Schluss")[0]
    assert "Grün" not in without
    assert all("Grün" not in each for command, each in said.items() if command != "!konsultation K1")


# confidential


async def test_the_digest_names_nobody_who_has_not_voted_confidentially(database: Database) -> None:
    box = await opened(database, APPROVAL, visibility=Visibility.CONFIDENTIAL)
    assert "Es fehlen noch 2." in (said := await box.bot.hear(ANNA, "!bericht vorschau"))
    assert "Erlenbrück" not in said
    await box.change(visibility=Visibility.OPEN)
    assert "Erlenbrück" in await box.bot.hear(ANNA, "!bericht vorschau")


NEW = "!konsultation neu Vorsitz\nFrage: Wollen wir?\nSchluss: 12.12.2026 12:00\nSichtbarkeit: {}"


@pytest.mark.parametrize(("visibility", "warned"), [("vertraulich", True), ("verdeckt", False), ("offen", False)])
async def test_making_a_small_one_warns(visibility: str, warned: bool, database: Database) -> None:
    box = await opened(database, APPROVAL)
    said = plain((await box.bot.say(ANNA, NEW.format(visibility)))[0])
    assert ("Weniger als fünf" in said) is warned
    assert "Stimmgewichte sind verschieden" not in said


async def test_making_one_with_different_weights_says_what_is_published(database: Database) -> None:
    box = await opened(database, APPROVAL, extra=5)
    await box.bot.say(ANNA, "!organisation Lindenstadt\nStimmgewicht: 100")
    said = plain((await box.bot.say(ANNA, NEW.format("vertraulich")))[0])
    assert "Die Stimmgewichte sind verschieden" in said
    assert "Weniger als fünf" not in said


async def published(database: Database, weight: int) -> tuple[Box, list[Row]]:
    """Lindenstadt (of this weight) votes yes, Erlenbrück and three others no: by numbers rejected, by weight not."""
    box = await opened(database, APPROVAL, visibility=Visibility.CONFIDENTIAL, extra=3)

    def work(session: Session) -> None:
        for elector in session.exec(select(Elector)).all():
            elector.weight = weight if elector.organisation == "Lindenstadt" else 1

    await database.run(work)
    await box.directly(BEN, "stimme K1 ja")
    await box.directly(EMIL, "stimme K1 nein")
    for number in range(3):
        await box.bot.say(ANNA, f"stimme K1 für Ort {number} nein (am Telefon)", room_id=direct(ANNA))
    assert len(box.counts()) == 5
    await box.bot.say(ANNA, "!konsultation K1 schließen")
    box.bot.now = START + closing.SOON
    return box, await box.bot.tick()


async def test_with_different_weights_only_the_decision_is_published(database: Database) -> None:
    box, rows = await published(database, 100)
    said = next(plain(row) for row in rows if row.key.endswith("/result"))
    assert "angenommen" in said
    assert "Beteiligung 5 von 5" in said
    assert "nach Stimmgewicht" in said
    assert "verraten" in said
    assert not any(part in said for part in ("100", "104", " Ja", " Nein", "4 "))
    assert [row.key for row in rows if row.action == "chart"] == []

    def work(session: Session) -> Any:
        return list(records.of_kind(session, 1, "result"))

    (body,) = await database.run(work)
    assert body["counts"] == {"entitled": 5, "turnout": 5}
    assert not body.keys() & {"reached", "base"}
    files = await box.bot.say(ANNA, "!konsultation K1 protokoll")
    html, csv = (decoded(row) for row in files if row.action == "file" and not row.content.count("json"))
    assert "keine Zahlen" in html or "Zahlen stehen nicht im Protokoll" in html
    assert "Beteiligung: 5 von 5" in html
    assert ";Ja;" not in csv
    assert ";Nein;" not in csv


async def test_with_equal_weights_sums_are_published(database: Database) -> None:
    _, rows = await published(database, 1)
    said = next(plain(row) for row in rows if row.key.endswith("/result"))
    assert "1 Ja, 4 Nein" in said
    assert len([row for row in rows if row.action == "chart"]) == 1


def decoded(row: Row) -> str:
    return base64.b64decode(json.loads(row.content)["content"]).decode()


# the log


async def test_how_somebody_voted_is_in_no_error(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """SQLAlchemy names what a statement was given, unless it is told not to."""
    box = await opened(database, APPROVAL, visibility=Visibility.CONFIDENTIAL)
    await box.directly(BEN, "stimme K1 ja weil das Geld fehlt")
    (row,) = box.rows()

    def work(session: Session) -> None:
        twin = CastVote(**row.model_dump(exclude={"id"}))
        votes.record(session, twin)

    with caplog.at_level(logging.DEBUG), pytest.raises(IntegrityError) as failure:
        await database.run(work)
    assert "cast_vote" in str(failure.value)
    assert "Geld" not in str(failure.value)
    assert BEN not in str(failure.value)
    assert "Geld" not in caplog.text
