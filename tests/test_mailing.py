"""The mailing list: who gets on and off it, what its letters look like, and what becomes of an address that fails."""

import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from bot.config import Mail
from bot.context import Scope
from bot.errors import Rejected
from bot.events import Failed
from bot.mail import CRLF, SmtpMailer, compose
from bot.post import UNCONFIRMED, UNREACHED, Letter
from bot.procedures import mailing
from bot.store import Session, subscribers
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import OutboxRow
from bot.texts import text
from tests.fakes import ANNA, BEN, HOUSE, Bot, plain
from tests.mailserver import MailServer, serving
from tests.workbench import Bench, FakeMailer

MAILING = dataclasses.replace(HOUSE, mail=True)
MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # 8:00 in Berlin
SENDER = "zwischenstand@example.org"
OFFICE = "digitalisierung.koordination@landkreis-lindenstadt.example.org"
PRESS = "presse@lindenstadt.example"
WEEKLY = Letter(
    to=PRESS,
    subject="Bericht des Verbunds Modellkommunen, Montag, 23. November 2026",
    plain="Guten Tag",
    html="<p>Guten Tag</p>",
    message_id="7a",
    language="de",
    list_label="verbund-1",
    list_name='Modellkommunen "Größe" <1>',
)


def mails(rows: list[Row]) -> list[dict[str, str]]:
    return [json.loads(row.content) for row in rows if row.action == "mail"]


def answer(rows: list[Row]) -> str:
    return next(plain(row) for row in rows if row.action == "send")


async def entered(database: Database, **more: Any) -> Bot:
    bot = Bot(database, **{"house": MAILING} | more)
    await bot.enter()
    return bot


async def refused(bot: Bot, key: str, problem: str = "550 5.1.1 Unbekannt verzogen") -> list[Row]:
    failed = Failed(key=key, action="mail", room_id=None, person=None, problem=problem, received_at=bot.now)
    return await bot.came(failed)


async def test_somebody_new_is_told_by_mail_that_they_are_on_the_list(database: Database) -> None:
    bot = await entered(database)
    rows = await bot.say(ANNA, f"!verteiler aufnehmen {PRESS.upper()}\nName: Pressestelle")
    assert f"{PRESS} (Pressestelle)" in answer(rows)
    (letter,) = mails(rows)
    assert letter["to"] == PRESS
    assert "Guten Tag, Pressestelle" in letter["plain"]
    assert "Antworten liest er nicht" in letter["plain"]
    assert re.fullmatch("verbund-[0-9a-f]{16}", letter["list_label"]), "not the network's number"
    again = await bot.say(ANNA, f"!verteiler aufnehmen {PRESS}\nSprache: Englisch")
    assert mails(again) == [], "nobody is welcomed twice"
    assert "auf Englisch" in answer(again)


async def test_several_addresses_at_once_and_off_again(database: Database) -> None:
    bot = await entered(database)
    rows = await bot.say(ANNA, f"!verteiler aufnehmen {PRESS}, rat@ulmenau.example; <{PRESS}>")
    assert [each["to"] for each in mails(rows)] == [PRESS, "rat@ulmenau.example"]
    gone = await bot.say(ANNA, f"!mailinglist remove {PRESS} nobody@ulmenau.example")
    assert f"entfernt: {PRESS}" in answer(gone)
    assert "Nicht im Verteiler: nobody@ulmenau.example" in answer(gone)
    assert PRESS not in answer(await bot.say(ANNA, "!verteiler"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("aufnehmen Ben Muster", "„Ben“ ist keine E-Mail-Adresse"),
        ("aufnehmen a@b", "„a@b“ ist keine E-Mail-Adresse"),
        (f"aufnehmen {PRESS} rat@ulmenau.example\nName: Rathaus", "Ein Name passt nur zu einer Adresse"),
        (f"aufnehmen {PRESS}\nSprache: Latein", "„Latein“ kenne ich nicht"),
        (f"aufnehmen {PRESS}\nName: {'x' * 121}", "121"),
        ("aufnehmen " + " ".join(f"a{number}@b.example" for number in range(201)), "höchstens 200"),
    ],
)
async def test_what_cannot_be_understood_changes_nothing(database: Database, words: str, said: str) -> None:
    bot = await entered(database)
    rows = await bot.say(ANNA, f"!verteiler {words}")
    assert said in answer(rows)
    assert mails(rows) == []
    assert await database.run(lambda session: subscribers.listed(session, 1)) == []


async def test_without_a_mail_server_nobody_gets_on_the_list(database: Database) -> None:
    bot = await entered(database, house=HOUSE)
    assert "kein Mailserver" in answer(await bot.say(ANNA, f"!verteiler aufnehmen {PRESS}"))


async def test_only_coordinators_see_and_change_it(database: Database) -> None:
    bot = await entered(database)
    await bot.say(ANNA, f"!verteiler aufnehmen {PRESS}")
    for words in ("!verteiler", f"!verteiler entfernen {PRESS}", "!verteiler aufnehmen ben@b.example"):
        rows = await bot.say(BEN, words)
        assert PRESS not in answer(rows)
        assert mails(rows) == []


async def test_an_address_that_is_refused_gets_nothing_more_until_it_is_entered_again(database: Database) -> None:
    bot = await entered(database)
    (row,) = [each for each in await bot.say(ANNA, f"!verteiler aufnehmen {PRESS}") if each.action == "mail"]
    told = await refused(bot, row.key)
    assert [each.person for each in told] == [ANNA]
    assert "550 5.1.1 Unbekannt verzogen" in plain(told[0])
    assert await refused(bot, "list/1/another letter") == [], "the coordinators are told once"
    assert await letters(bot, "monday") == []
    assert "nicht zustellbar" in answer(await bot.say(ANNA, "!verteiler"))
    bot.now += timedelta(days=1)
    await bot.say(ANNA, f"!verteiler aufnehmen {PRESS}")
    assert await letters(bot, "tuesday") == [PRESS]
    assert len(await refused(bot, "list/1/tuesday")) == 1, "and told again when it fails again"


async def letters(bot: Bot, key: str) -> list[str]:
    """To whom a letter to the list goes."""
    said, subject = text("mailing.welcome_subject", network=None), text("mailing.welcome_subject", network=None)
    return await bot.database.run(
        lambda session: [each.to for each in mailing.to_list(1, key, subject, said, Scope(session, bot.now, bot.house))]
    )


async def test_a_letter_for_somebody_who_is_off_the_list_meanwhile_concerns_nobody(database: Database) -> None:
    bot = await entered(database)
    await bot.say(ANNA, f"!verteiler aufnehmen {PRESS}")
    await bot.say(ANNA, f"!verteiler entfernen {PRESS}")
    assert await refused(bot, "list/1/monday") == []


async def test_who_comes_next_does_not_inherit_the_troubles_of_who_went(database: Database) -> None:
    bot = await entered(database)
    (row,) = [each for each in await bot.say(ANNA, f"!verteiler aufnehmen {PRESS}") if each.action == "mail"]
    await bot.say(ANNA, f"!verteiler entfernen {PRESS}")
    await bot.say(ANNA, "!verteiler aufnehmen rat@ulmenau.example")
    assert await refused(bot, row.key) == []
    assert await letters(bot, "monday") == ["rat@ulmenau.example"]


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (f"{UNREACHED}smtp.example:25: connection refused", "zwei Tage lang nicht erreichbar"),
        (f"{UNCONFIRMED} (timeout), it may have arrived", "mehrmals nicht bestätigt"),
    ],
)
async def test_trouble_of_the_server_strikes_nobody_off_the_list(database: Database, problem: str, why: str) -> None:
    bot = await entered(database)
    await bot.say(ANNA, f"!verteiler aufnehmen {PRESS} rat@ulmenau.example")
    (said,) = [row for number in (1, 2) for row in await refused(bot, f"list/{number}/digest 7", problem)]
    assert said.person == ANNA, "told once for all of them"
    assert why in plain(said)
    assert await letters(bot, "monday") == [PRESS, "rat@ulmenau.example"]


async def test_a_letter_that_waits_for_the_mail_server_is_not_sent_to_who_went(database: Database) -> None:
    mailer = FakeMailer()
    bench = Bench(database, mailer)
    bot = await entered(database)
    rows = await bot.say(ANNA, f"!verteiler aufnehmen {PRESS} rat@ulmenau.example")
    waiting = [each for each in rows if each.action == "mail"]
    await database.run(lambda session: wait(session, waiting))
    await bot.say(ANNA, f"!verteiler entfernen {PRESS}")
    bench.box.offer(waiting)
    await bench.done()
    assert [letter.to for letter in mailer.letters] == ["rat@ulmenau.example"]
    assert (await bench.stored(waiting[0].key)).content == ""


def wait(session: Session, rows: list[Row]) -> None:
    """The mail server was down until now."""
    for row in rows:
        stored = session.get_one(OutboxRow, row.id)
        stored.state, stored.content = "waiting", row.content


async def test_the_list_gets_the_network_s_digest_on_mondays(database: Database) -> None:
    bot = await entered(database)
    rows = await bot.say(ANNA, f"!verteiler aufnehmen {PRESS} rat@ulmenau.example")
    assert "Der Bericht geht jeden Montag um 8:00 Uhr hinaus" in answer(rows)
    await bot.say(ANNA, "!verteiler aufnehmen rat@ulmenau.example\nSprache: Englisch")
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!idee Eine Karte für alle Bäder")
    await bot.say(BEN, "!feedback Einwand: Das geht nur uns etwas an")
    bot.now = MONDAY
    press, council = mails(await bot.tick())
    assert (press["to"], council["to"]) == (PRESS, "rat@ulmenau.example")
    assert press["subject"] == "Bericht des Verbunds Verbund Anna, Montag, 23. November 2026"
    assert "Eine Karte für alle Bäder" in press["plain"]
    assert "nur uns" not in press["plain"], "what they settle among themselves does not leave by mail"
    assert "Antworten liest er nicht" in press["plain"]
    assert "matrix.to" not in press["html"].replace("matrix.to/#/@", ""), "links would lead nowhere"
    assert "Digest of the network" in council["subject"]
    assert mails(await bot.tick()) == []
    bot.now += timedelta(days=7)
    assert mails(await bot.tick()) == [], "nothing to say"


async def test_its_time_is_a_plan_like_the_others(database: Database) -> None:
    bot = await entered(database)
    await bot.say(ANNA, f"!verteiler aufnehmen {PRESS}")
    assert "per E-Mail" in answer(await bot.say(ANNA, "!bericht plan Verteiler jeden Freitag 15:00"))
    assert "jeden Freitag um 15:00 Uhr" in answer(await bot.say(ANNA, "!verteiler"))
    await bot.say(ANNA, "!verteiler aufnehmen rat@ulmenau.example")
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!idee Papierlos")
    bot.now = MONDAY - timedelta(days=3) + timedelta(hours=7)  # Friday, 15:00
    assert len(mails(await bot.tick())) == 2
    await bot.say(BEN, "!idee Barrierefrei")
    bot.now = MONDAY
    assert mails(await bot.tick()) == []


async def test_mail_programs_can_unsubscribe() -> None:
    async with serving(MailServer()) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        await SmtpMailer(Mail(smtp=url, sender=SENDER)).deliver(WEEKLY)
        await SmtpMailer(Mail(smtp=url, sender=SENDER, contact=OFFICE)).deliver(WEEKLY)
    bare, named = server.letters
    assert bare["List-Unsubscribe"] == f"<mailto:{SENDER}?subject=Abbestellen%20verbund-1>"
    assert bare["Reply-To"] is None
    assert named["List-Unsubscribe"] == f"<mailto:{OFFICE}?subject=Abbestellen%20verbund-1>"
    assert named["Reply-To"] == OFFICE
    assert named["List-Id"] == "Modellkommunen Größe 1 <verbund-1.example.org>"
    assert named["Message-ID"] == "<7a@example.org>"
    assert named["Subject"] == WEEKLY.subject


def test_the_address_to_unsubscribe_at_stays_whole_on_the_wire() -> None:
    """Folded as other headers are, a long one would be sent as encoded words, and no mail program reads it."""
    raw = _composed(OFFICE).as_bytes(policy=CRLF)
    assert f"\r\nList-Unsubscribe: <mailto:{OFFICE}?subject=Abbestellen%20verbund-1>\r\n".encode() in raw
    assert b"<mailto:a%25b%3Fc@example.org?" in _composed("a%b?c@example.org").as_bytes(policy=CRLF)


def _composed(contact: str) -> EmailMessage:
    return compose(WEEKLY, SENDER, contact)


def test_a_list_s_name_cannot_add_a_header() -> None:
    with pytest.raises(Rejected):
        compose(dataclasses.replace(WEEKLY, list_name="Verbund\r\nBcc: all@example.org"), SENDER)
