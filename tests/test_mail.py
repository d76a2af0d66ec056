"""Mail: what a real server gets, what happens when it refuses, and that nothing leaks."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.mail as module
from bot.config import Mail
from bot.errors import Rejected, TryAgain
from bot.events import Failed
from bot.mail import SmtpMailer, compose
from bot.post import UNCONFIRMED, Letter
from bot.sending import confirming
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import DEVICE
from tests.mailserver import MailServer, self_signed, serving
from tests.workbench import Bench

SENDER = "zwischenstand@example.org"
TOWN = "rathaus@lindenstadt.example"
PASSWORD = "geheim/ß?#1"
ENCODED = "geheim%2F%C3%9F%3F%231"
LETTER = Letter(
    to=TOWN,
    subject="Abstimmung bis 12. Dezember 2026: K3 · Grundsätze für Größe & Öffentlichkeit, und noch einiges mehr",
    plain="Guten Tag,\n\nüber die Größe wird abgestimmt.\n.\nGrüße",
    html="<p>Guten Tag,</p><p>über die <b>Größe</b> wird abgestimmt.</p>",
    message_id="4f2c0a",
    language="de",
)


def letter(**changes: str) -> Letter:
    return Letter(**{name: changes.get(name, getattr(LETTER, name)) for name in LETTER.__dataclass_fields__})


def mailer(server: MailServer, login: str = "", scheme: str = "smtp") -> SmtpMailer:
    return SmtpMailer(Mail(smtp=f"{scheme}://{login}127.0.0.1:{server.port}", sender=SENDER))


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serving(MailServer()) as running:
        yield running


def parts(message: EmailMessage) -> dict[str, str]:
    return {part.get_content_type(): part.get_content().replace("\r\n", "\n") for part in message.iter_parts()}


async def test_a_letter_arrives_as_it_was_written(server: MailServer) -> None:
    await mailer(server).deliver(LETTER)
    (message,) = server.letters
    assert server.recipients == [TOWN]
    assert message["From"] == f"Zwischenstand <{SENDER}>"
    assert message["To"] == TOWN
    assert message["Subject"] == LETTER.subject
    assert message["Message-ID"] == "<4f2c0a@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "de"
    assert abs(message["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=5)
    assert message.get_content_type() == "multipart/alternative"
    assert list(parts(message)) == ["text/plain", "text/html"], "the last one is the one that readers prefer"
    assert parts(message)["text/plain"].rstrip("\n") == LETTER.plain
    assert LETTER.html in parts(message)["text/html"]
    assert '<html lang="de">' in parts(message)["text/html"]
    assert not [line for line in message.as_bytes(policy=SMTP).split(b"\r\n") if len(line) > 998]


async def test_a_long_letter_arrives_whole(server: MailServer) -> None:
    long = "ü" * 30_000
    await mailer(server).deliver(letter(plain=long, html=f"<p>{long}</p>"))
    assert parts(server.letters[0])["text/plain"].strip() == long


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
async def test_a_final_refusal_concerns_its_letter_alone(server: MailServer, step: str) -> None:
    server.refusals[step] = ["550 5.1.1 Unbekannt verzogen"]
    post = mailer(server)
    with pytest.raises(Rejected, match=r"550 5\.1\.1 Unbekannt verzogen"):
        await post.deliver(LETTER)
    await post.deliver(LETTER)
    assert len(server.letters) == 1


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
async def test_greylisting_concerns_its_letter_alone(server: MailServer, step: str) -> None:
    server.refusals[step] = ["451 4.7.1 Greylisted, please come back"]
    post = mailer(server)
    with pytest.raises(TryAgain, match="Greylisted") as caught:
        await post.deliver(LETTER)
    assert caught.value.after == module.LETTER_PAUSE
    await post.deliver(LETTER)
    assert len(server.letters) == 1


async def test_a_server_that_refuses_us_is_asked_once_for_all_letters(server: MailServer) -> None:
    """Its „550“ is about our sender: no letter is lost for it."""
    server.refusals["MAIL"] = ["550 5.7.1 Not your domain"] * 9
    post = mailer(server)
    for _ in range(3):
        with pytest.raises(TryAgain, match="Not your domain") as caught:
            await post.deliver(LETTER)
        assert caught.value.after is not None
        assert 0 < caught.value.after <= module.SERVER_PAUSE
    assert server.connections == 1


async def test_a_server_that_is_down_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SERVER_PAUSE", 0.0)
    down = MailServer()
    async with serving(down):
        pass
    post = mailer(down)
    with pytest.raises(TryAgain, match=str(down.port)):
        await post.deliver(LETTER)
    async with serving(down):
        await post.deliver(LETTER)
    assert len(down.letters) == 1


async def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE_TIMEOUT", 0.05)
    guests: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: guests.append(writer), "127.0.0.1", 0)
    async with silent:
        post = mailer(MailServer(port=silent.sockets[0].getsockname()[1]))
        with pytest.raises(TryAgain):
            await post.deliver(LETTER)
        for guest in guests:
            guest.close()
            await guest.wait_closed()


async def test_starttls_is_used_where_it_is_offered(tmp_path: Path) -> None:
    async with serving(MailServer(), self_signed(tmp_path)) as server:
        await mailer(server).deliver(LETTER)
        assert "encrypted" in await mailer(server).reach()
    assert server.encrypted == [True]


async def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    async with serving(MailServer(), self_signed(tmp_path), tls_first=True) as server:
        await mailer(server, scheme="smtps").deliver(LETTER)
    assert len(server.letters) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_far_servers_must_prove_who_they_are(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_is_here", lambda host: False)
    async with serving(MailServer(), self_signed(tmp_path), tls_first=scheme == "smtps") as server:
        with pytest.raises(TryAgain, match=r"(?i)certificate"):
            await mailer(server, scheme=scheme).deliver(LETTER)
    assert server.letters == []


async def test_login(tmp_path: Path) -> None:
    async with serving(MailServer(password=PASSWORD), self_signed(tmp_path)) as server:
        await mailer(server, login=f"bot%40example.org:{ENCODED}@").deliver(LETTER)
        assert server.logins == [("bot@example.org", PASSWORD)]
        assert len(server.letters) == 1


async def test_a_wrong_password_loses_no_letter_and_is_shown_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(MailServer(password="another"), self_signed(tmp_path)) as server:
        post = mailer(server, login=f"bot:{ENCODED}@")
        with pytest.raises(TryAgain, match="535") as caught:
            await post.deliver(LETTER)
    assert server.logins[0] == ("bot", PASSWORD)
    shown = f"{caplog.text} {caught.value} {caught.value.__cause__!r} {post!r}"
    assert PASSWORD not in shown
    assert ENCODED not in shown


async def test_a_password_never_leaves_the_machine_unencrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_is_here", lambda host: False)
    async with serving(MailServer(password=PASSWORD)) as server:
        with pytest.raises(TryAgain, match="STARTTLS"):
            await mailer(server, login=f"bot:{ENCODED}@").deliver(LETTER)
    assert server.logins == []


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Hallo\nBcc: alle@example.org"},
        {"subject": "Hallo\rBcc: alle@example.org"},
        {"subject": "Hallo\u2028Bcc: alle@example.org"},
        {"to": f"{TOWN}\r\nBcc: alle@example.org"},
        {"to": f"{TOWN}\nRCPT TO:<alle@example.org>"},
        {"language": "de\nBcc: alle@example.org"},
        {"to": f"{TOWN}, alle@example.org"},
        {"to": f"Rathaus <{TOWN}>"},
        {"to": f"{TOWN}> SIZE=1"},
        {"to": "rathaus"},
        {"to": "@example.org"},
        {"to": "a@"},
        {"to": ""},
        {"to": "bürgermeister@example.org"},
        {"to": "rathaus@weißenfels.example"},
        {"to": f"rathaus@{'x' * 70}.example"},
    ],
)
async def test_impossible_letters_are_refused_before_any_server_is_asked(
    server: MailServer, changes: dict[str, str]
) -> None:
    with pytest.raises(Rejected):
        await mailer(server).deliver(letter(**changes))
    assert server.connections == 0


async def test_a_domain_with_umlauts(server: MailServer) -> None:
    await mailer(server).deliver(letter(to="rathaus@münchen.example"))
    assert server.recipients == ["rathaus@xn--mnchen-3ya.example"]


ANYTHING = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.one_of(ANYTHING, st.emails(), st.builds("{}@{}".format, ANYTHING, ANYTHING)))
def test_whatever_stands_for_an_address_is_one_address_or_refused(to: str) -> None:
    try:
        message = _read(compose(letter(to=to), SENDER))
    except Rejected:
        return
    assert len(message["To"].addresses) == 1
    assert {name.lower() for name in message} == EXPECTED


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])), ANYTHING)
def test_whatever_stands_in_a_letter_stays_there(subject: str, said: str) -> None:
    message = _read(compose(letter(subject=subject, plain=said, html=said), SENDER))
    assert "".join(message["Subject"].split()) == "".join(subject.split())
    assert {name.lower() for name in message} == EXPECTED
    assert list(parts(message)) == ["text/plain", "text/html"]


EXPECTED = {
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "auto-submitted",
    "content-language",
    "mime-version",
    "content-type",
}


def _read(message: EmailMessage) -> EmailMessage:
    return message_from_bytes(message.as_bytes(policy=SMTP), policy=default)


KEY = "consultation/1/mail/2/opened"


async def through_the_outbox(database: Database, post: SmtpMailer | None, created_at: datetime | None = None) -> Bench:
    """The letter as a row, sent; the workbench to look at."""
    now = datetime.now(UTC)
    content = {name: getattr(LETTER, name) for name in ("to", "subject", "plain", "html", "language")}
    row = Row(
        key=KEY,
        transaction="abc",
        action="mail",
        content=json.dumps(content),
        device_id=DEVICE,
        first_attempt_at=now,
        created_at=created_at or now,
    )
    bench = Bench(database, post)
    await bench.do(row)
    return bench


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "EVERY", 0.005)


async def test_a_letter_whose_answer_got_lost_goes_again_under_the_same_id(
    database: Database, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNSURE_PAUSE", 0.01)
    server.hang_up_after_data = 1
    bench = await through_the_outbox(database, mailer(server))
    assert [message["Message-ID"] for message in server.letters] == ["<abc@example.org>"] * 2
    assert (await bench.stored(KEY)).state == "sent"
    assert bench.reported == []


async def test_a_server_may_take_its_time_with_a_letter(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than for anything before it; else it gets the same letter again and again."""
    assert module.DATA_TIMEOUT >= 600, "RFC 5321, 4.5.3.2.6"
    monkeypatch.setattr(module, "TIMEOUT", 1.0)
    monkeypatch.setattr(module, "WHOLE_TIMEOUT", 1.0)
    server.scans = 1.3
    await mailer(server).deliver(LETTER)
    assert len(server.letters) == 1


async def test_a_letter_that_is_never_confirmed_is_given_up_and_holds_up_no_other(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = mailer(server)
    server.hang_up_after_data = 1
    with pytest.raises(TryAgain) as caught:
        await post.deliver(LETTER)
    assert caught.value.after == module.UNSURE_PAUSE >= 1800
    await post.deliver(letter(message_id="another"))  # at once: the server is well
    server.hang_up_after_data = 2
    with pytest.raises(TryAgain):
        await post.deliver(LETTER)
    with pytest.raises(Rejected, match=UNCONFIRMED):
        await post.deliver(LETTER)
    assert len(server.letters) == 4


async def test_greylisted_today_taken_a_little_later(
    database: Database, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LETTER_PAUSE", 0.01)
    server.refusals["RCPT"] = ["451 4.7.1 Greylisted"] * 10
    bench = await through_the_outbox(database, mailer(server))
    assert len(server.letters) == 1
    assert (await bench.stored(KEY)).state == "sent"


async def test_an_unknown_recipient_is_reported_once(database: Database, server: MailServer) -> None:
    server.refusals["RCPT"] = ["550 5.1.1 No such user"]
    bench = await through_the_outbox(database, mailer(server))
    (failed,) = bench.reported
    assert isinstance(failed, Failed)
    assert (failed.key, failed.action) == (KEY, "mail")
    assert "No such user" in failed.problem
    assert (await bench.stored(KEY)).state == "parked"


async def test_after_two_days_nobody_tries_any_more(
    database: Database, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.refusals["RCPT"] = ["452 4.2.2 Mailbox full"]
    bench = await through_the_outbox(database, mailer(server), datetime.now(UTC) - timedelta(days=2, minutes=1))
    assert [type(outcome) for outcome in bench.reported] == [Failed]
    assert (await bench.stored(KEY)).state == "parked"
    assert "Mailbox full" in caplog.text
    assert TOWN not in caplog.text


async def test_without_a_mail_server_a_letter_is_parked(database: Database) -> None:
    bench = await through_the_outbox(database, None)
    row = await bench.stored(KEY)
    assert row.state == "parked"
    assert "[mail]" in (row.problem or "")
    assert len(bench.reported) == 1
