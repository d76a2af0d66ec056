"""Mail to organisations that vote without Matrix; what they answer by it or by phone is recorded for them."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.organisations import Speaks
from bot.events import Failed, Invited, Members
from bot.store import Session, mydata, organisations, votes
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Mandate
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot, plain

OPEN = (
    "!konsultation neu Grundsätze\nFrage: Stimmen Sie zu?\nSchluss: 12.12.2026 12:00\nText: Größe zählt.\nZweite Zeile."
)
OTHER = "!fremder:example.org"
DORA = "@dora:example.org"
MAILED = replace(HOUSE, mail=True, coordinators=(ANNA, DORA))


@pytest.fixture
async def bot(database: Database) -> Bot:
    """One town without Matrix, one with a mandate, one without an address."""
    bot = Bot(database, house=MAILED)
    await bot.enter()
    await bot.hear(ANNA, "!organisation neu Erlenbrück\nE-Mail: rathaus@erlenbrück.example")
    await bot.hear(ANNA, f"!organisation neu Lindenstadt\nE-Mail: rathaus@lindenstadt.example\nMandat: {BEN}")
    await bot.hear(ANNA, "!organisation neu Ahornfeld")
    return bot


def mails(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [json.loads(row.content) for row in rows if row.action == "mail"]


def keys(rows: Sequence[Row]) -> list[str]:
    return [row.key for row in rows if row.action == "mail"]


async def test_an_opening_tells_who_has_no_matrix_all_there_is_to_know(bot: Bot) -> None:
    rows = await bot.say(ANNA, OPEN)
    (mail,) = mails(rows)
    assert keys(rows) == ["consultation/1/mail/1/opened"]
    assert mail["to"] == "rathaus@erlenbrück.example"
    assert mail["subject"] == "Abstimmung bis 12. Dezember 2026: K1 · Grundsätze"
    assert mail["language"] == "de"
    (announced,) = [plain(row) for row in rows if row.key == "consultation/1/announcement"]
    assert "Stimmberechtigt: 3 Organisationen" in announced
    for said in (
        "Stimmen Sie zu?",
        "Größe zählt.\nZweite Zeile.",
        "Samstag, 12. Dezember 2026, 12:00 Uhr",
        ANNA,
        "Erlenbrück",
        "Verbund Anna",
        "trägt die Koordination Ihre Stimme ein",
        "antworten Sie bitte auf diese E-Mail",
    ):
        assert said in mail["plain"]
    assert "<blockquote>Größe zählt.<br>Zweite Zeile.</blockquote>" in mail["html"]


async def test_a_scheduled_one_is_mailed_when_it_opens(bot: Bot) -> None:
    assert mails(await bot.say(ANNA, f"{OPEN}\nOffen ab: 1.12.2026 9:00")) == []
    bot.now += timedelta(days=12)
    assert keys(await bot.tick()) == ["consultation/1/mail/1/opened"]


async def test_the_result_follows_with_its_numbers(bot: Bot) -> None:
    await bot.say(ANNA, OPEN)
    await bot.say(BEN, "!stimme K1 ja")
    bot.now += timedelta(days=30)
    rows = await bot.tick()
    (mail,) = mails(rows)
    assert keys(rows) == ["consultation/1/mail/1/result"]
    assert mail["subject"] == "Ergebnis K1: angenommen · Grundsätze"
    for said in (
        "1 Ja, 0 Nein, 0 Enthaltungen, 2 ohne Stimme",
        "Beteiligung 1 von 3",
        "Für Erlenbrück wurde keine Stimme gezählt",
        "Beschluss B1",
        "Stimmen Sie zu?",
    ):
        assert said in mail["plain"]


async def test_what_was_mailed_is_put_right_by_mail(bot: Bot) -> None:
    await bot.say(ANNA, OPEN)
    rows = await bot.say(ANNA, "!konsultation K1 verlängern 18.12.2026 12:00")
    assert "Freitag, 18. Dezember 2026, 12:00 Uhr" in mails(rows)[0]["plain"]
    rows = await bot.say(ANNA, "!konsultation K1 absagen")
    assert keys(rows) == ["consultation/1/mail/1/cancelled"]
    assert "abgesagt" in mails(rows)[0]["plain"]


async def test_what_was_never_opened_is_cancelled_without_mail(bot: Bot) -> None:
    await bot.say(ANNA, f"{OPEN}\nOffen ab: 1.12.2026 9:00")
    assert mails(await bot.say(ANNA, "!konsultation K1 absagen")) == []


async def test_a_recorded_vote_stands_in_the_result_and_in_its_mail(bot: Bot) -> None:
    await bot.say(ANNA, OPEN)
    await bot.hear(ANNA, "!stimme K1 für Erlenbrück nein (telefonisch, Fr. Huber), weil die Fristen fehlen")
    bot.now += timedelta(days=30)
    rows = await bot.tick()
    (mail,) = mails(rows)
    assert "Für Erlenbrück zählte: Nein (telefonisch, Fr. Huber), Begründung: weil die Fristen fehlen" in mail["plain"]
    (result,) = [plain(row) for row in rows if row.key == "consultation/1/result"]
    assert f"eingetragen von {ANNA}: telefonisch, Fr. Huber · weil die Fristen fehlen" in result


async def test_a_vote_recorded_from_a_direct_chat_counts(bot: Bot) -> None:
    """By a coordinator, too, who is not in the room of the vote."""
    await bot.say(ANNA, OPEN)
    await bot.hear(ANNA, f"!rolle {DORA} Koordination")
    direct = "!direct-dora:example.org"
    await bot.handle(
        Invited(room_id=direct, inviter=DORA, direct=True, received_at=bot.now),
        Members(room_id=direct, joined=frozenset({US, DORA})),
    )
    said = await bot.hear(DORA, "stimme K1 für Erlenbrück ja (per E-Mail, Hr. Roth)", room_id=direct)
    assert f"Eingetragen für Erlenbrück: Ja (per E-Mail, Hr. Roth), durch {DORA}" in said
    assert "1 von 3" in await bot.hear(ANNA, "!konsultation K1")


async def test_a_moderator_records_nothing(bot: Bot) -> None:
    await bot.say(ANNA, OPEN)
    await bot.hear(ANNA, f"!rolle {BEN} Moderation")
    refused = await bot.hear(BEN, "!stimme K1 für Erlenbrück ja (telefonisch, Fr. Huber)")
    assert "Rolle Koordination" in refused
    assert "0 von 3" in await bot.hear(ANNA, "!konsultation K1")


async def test_the_same_message_again_records_nothing_more(bot: Bot) -> None:
    await bot.say(ANNA, OPEN)
    message = bot.message(ANNA, "!stimme K1 für Erlenbrück ja (telefonisch, Fr. Huber)")
    assert len(await bot.handle(message)) == 1
    assert await bot.handle(message) == []
    cast = await bot.database.run(lambda session: votes.votes(session, 1))
    assert [(vote.choice, vote.informant, vote.reason) for vote in cast] == [("yes", "telefonisch, Fr. Huber", None)]


async def test_in_a_group_s_room_the_organisations_of_the_network_vote_unless_said_otherwise(bot: Bot) -> None:
    await bot.say(ANNA, "!gruppe neu Digitales\nRaum: hier")
    assert keys(await bot.say(ANNA, OPEN)) == ["consultation/1/mail/1/opened"]
    rows = await bot.say(ANNA, f"{OPEN}\nWahlberechtigt: Personen")
    assert mails(rows) == []
    assert mails(await bot.say(ANNA, "!konsultation K2 verlängern 18.12.2026 12:00")) == []
    assert mails(await bot.say(ANNA, "!konsultation K2 absagen")) == []


async def test_organisations_alone_can_decide(bot: Bot) -> None:
    """Nobody is in the room any more when it opens: who votes without Matrix is asked all the same."""
    await bot.say(ANNA, f"{OPEN}\nOffen ab: 1.12.2026 9:00")
    direct = "!direct-anna:example.org"
    await bot.handle(
        Invited(room_id=direct, inviter=ANNA, direct=True, received_at=bot.now),
        Members(room_id=direct, joined=frozenset({US, ANNA})),
        Members(room_id=ROOM, joined=frozenset({US})),
    )
    bot.now += timedelta(days=12)
    assert len(mails(await bot.tick())) == 1
    await bot.hear(ANNA, "stimme K1 für Erlenbrück ja (telefonisch, Fr. Huber)", room_id=direct)
    bot.now += timedelta(days=30)
    told = [mail for mail in mails(await bot.tick()) if "Ergebnis" in mail["subject"]]
    assert "Beteiligung 1 von 3" in told[0]["plain"]


async def test_who_votes_is_frozen_at_the_opening_and_who_is_told_is_not(bot: Bot) -> None:
    """An organisation that comes later has no vote; who gets a mandate since is told in Matrix, not by mail."""
    await bot.say(ANNA, OPEN)
    await bot.hear(ANNA, "!organisation neu Birkenau\nE-Mail: rathaus@birkenau.example")
    await bot.hear(ANNA, "!organisation Ahornfeld\nE-Mail: rathaus@ahornfeld.example")
    await bot.hear(ANNA, "!organisation Erlenbrück\nE-Mail: amt@erlenbrück.example")
    rows = await bot.say(ANNA, "!konsultation K1 verlängern 18.12.2026 12:00")
    assert [mail["to"] for mail in mails(rows)] == ["rathaus@ahornfeld.example", "amt@erlenbrück.example"]
    (edited,) = [plain(row) for row in rows if "announcement" in row.key]
    assert "3 Organisationen" in edited
    await bot.hear(ANNA, f"!organisation Erlenbrück\nMandat: {CEM}")
    rows = await bot.say(ANNA, "!konsultation K1 verlängern 21.12.2026 12:00")
    assert [mail["to"] for mail in mails(rows)] == ["rathaus@ahornfeld.example"]
    assert {row.person for row in rows if row.person} == {BEN, CEM}
    await bot.say(CEM, "!stimme K1 ja")
    assert "1 von 3" in await bot.hear(ANNA, "!konsultation K1")


async def test_my_data_shows_what_i_recorded(bot: Bot) -> None:
    await bot.say(ANNA, OPEN)
    await bot.hear(ANNA, "!stimme K1 für Erlenbrück ja (telefonisch, Fr. Huber)")
    held = await bot.database.run(lambda session: list(mydata.entries(session, ANNA)))
    (vote,) = [entry.values for entry in held if entry.table == "cast_vote"]
    assert (vote["channel"], vote["informant"]) == ("recorded", "telefonisch, Fr. Huber")


async def test_a_deputy_is_enough_while_the_mandate_holds(bot: Bot) -> None:
    await bot.hear(ANNA, f"!organisation Erlenbrück\nVertretung: {CEM}")
    assert mails(await bot.say(ANNA, OPEN)) == []
    await bot.hear(ANNA, "!organisation neu Birkenau\nE-Mail: rathaus@birkenau.example")
    assert [mail["to"] for mail in mails(await bot.say(ANNA, OPEN))] == ["rathaus@birkenau.example"]


async def test_who_speaks_from_next_year_hears_nothing_today(bot: Bot) -> None:
    def give(session: Session) -> None:
        later = bot.now + timedelta(days=40)
        organisations.give_mandate(
            session,
            Mandate(
                network_id=1,
                organisation_id=1,
                person=CEM,
                speaks=Speaks.HOLDER,
                starts_at=later,
                given_by=ANNA,
                given_at=bot.now,
            ),
        )

    await bot.database.run(give)
    assert [mail["to"] for mail in mails(await bot.say(ANNA, OPEN))] == ["rathaus@erlenbrück.example"]


async def test_other_networks_get_nothing_and_are_not_named(bot: Bot) -> None:
    await bot.handle(
        Invited(room_id=OTHER, inviter=DORA, direct=False, received_at=bot.now),
        Members(room_id=OTHER, joined=frozenset({US, DORA})),
    )
    await bot.say(DORA, "!organisation neu Fremdenheim\nE-Mail: rathaus@fremdenheim.example", room_id=OTHER)
    assert [mail["to"] for mail in mails(await bot.say(ANNA, OPEN))] == ["rathaus@erlenbrück.example"]
    (mail,) = mails(await bot.say(DORA, OPEN, room_id=OTHER))
    assert mail["to"] == "rathaus@fremdenheim.example"
    assert DORA in mail["plain"]
    assert not re.search("Anna|anna|Erlenbrück", mail["plain"] + mail["html"])
    (said,) = await _failed(bot, "consultation/2/mail/4/opened")
    assert said.person == DORA


async def test_without_a_mail_server_it_is_quiet(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, "!organisation neu Erlenbrück\nE-Mail: rathaus@erlenbrück.example")
    assert mails(await bot.say(ANNA, OPEN)) == []


async def test_coordinators_hear_of_a_dead_address_once_a_day(bot: Bot) -> None:
    await bot.say(ANNA, OPEN)
    await bot.say(ANNA, OPEN)
    (said,) = await _failed(bot, "consultation/1/mail/1/opened")
    assert said.person == ANNA
    for words in ("Erlenbrück", "rathaus@erlenbrück.example", "550 No such user", "K1"):
        assert words in plain(said)
    assert await _failed(bot, "consultation/1/mail/1/opened") == [], "told again after a crash"
    assert await _failed(bot, "consultation/2/mail/1/opened") == []
    bot.now += timedelta(days=1)
    assert len(await _failed(bot, "consultation/2/mail/1/result")) == 1


async def test_what_is_no_server_s_answer_is_left_to_the_operator(bot: Bot) -> None:
    await bot.say(ANNA, OPEN)
    (said,) = await _failed(bot, "consultation/1/mail/1/opened", "no address that mail can be sent to")
    assert "Protokoll des Betriebs" in plain(said)
    assert "no address" not in plain(said)


async def test_what_else_is_mailed_is_not_their_affair(bot: Bot) -> None:
    assert await _failed(bot, "digest/2026-W48/@emil:example.org") == []


async def _failed(bot: Bot, key: str, problem: str = "550 No such user") -> list[Row]:
    """What the outbox reports, and what came of it."""
    return await bot.came(
        Failed(key=key, action="mail", room_id=None, person=None, problem=problem, received_at=bot.now)
    )
