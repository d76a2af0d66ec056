"""Hands mail to a mail server.

At least once: a crash or a lost connection between the server's „250“ and our note of it sends the letter again, under
the same Message-ID. What concerns one letter alone (an unknown recipient) never holds up the others; what concerns the
server (it is down, it does not take our password) makes all of them wait, so that it is asked once and not by each.

A server that scans a letter before it says „250“ may take minutes. Who gives up earlier sends the same letter again and
again (RFC 5321, 4.5.3.2.6), so we wait as long as is asked for there, much longer until the next time, and few times.
"""

import asyncio
import ipaddress
import ssl
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from html import escape
from time import monotonic
from urllib.parse import quote, unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from bot.config import Mail
from bot.errors import Rejected, TryAgain
from bot.post import UNCONFIRMED, UNREACHED, Letter

TIMEOUT = 30.0  # seconds for each step
WHOLE_TIMEOUT = 60.0  # seconds until the server knows for whom the letter is
DATA_TIMEOUT = 600.0  # seconds until it says that it has taken the letter
UNSURE_PAUSE = 2400.0  # seconds, when it did not say so
UNSURE_AT_MOST = 3  # times that a letter may have arrived without our knowing
SERVER_PAUSE = 60.0  # seconds until a server that is down, or does not let us in, is asked again
LETTER_PAUSE = 300.0  # seconds for a single letter; greylisting (RFC 6647) takes it after a few minutes
NAME = "Zwischenstand"
LONGEST_REASON = 300


class _Policy(EmailPolicy):
    """Lines end as mail servers want it, and addresses to click on stay whole: folded, they would be encoded words."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header as it is sent (RFC 5322, 2.1.1 allows lines of 998 characters)."""
        if name == "List-Unsubscribe":
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


CRLF = _Policy(linesep="\r\n")


class SmtpMailer:
    """One mail server; see `bot.post.Mailer`. Its password is used for the login and shown nowhere."""

    def __init__(self, settings: Mail) -> None:
        """Connects to nothing yet."""
        url = urlsplit(settings.smtp)
        self._host = url.hostname or ""
        self._tls = url.scheme == "smtps"
        self._port = url.port or (465 if self._tls else 25)
        self._user = unquote(url.username) if url.username else None
        self._password = unquote(url.password or "")
        self._sender = settings.sender
        self._contact = settings.contact
        self._context = _context(self._host)
        self._asked_again_at = 0.0
        self._trouble = ""
        self._unsure: dict[str, int] = {}  # by message ID: how often no answer came to the letter itself

    async def deliver(self, letter: Letter) -> None:
        """Hand over one letter. Raises TryAgain or Rejected with the server's words."""
        message = compose(letter, self._sender, self._contact)
        if (wait := self._asked_again_at - monotonic()) > 0:
            raise TryAgain(self._trouble, wait)
        async with self._connected() as (server, limit):
            try:
                await server.rcpt(_addr_spec(letter.to))
                limit.reschedule(asyncio.get_running_loop().time() + 2 * DATA_TIMEOUT)
                await self._handed_over(server, message.as_bytes(policy=CRLF), letter.message_id)
            except SMTPResponseException as refusal:
                said = f"{refusal.code} {_line(refusal.message)}"
                if 500 <= refusal.code < 600:
                    raise Rejected(said) from refusal
                raise TryAgain(said, LETTER_PAUSE) from refusal

    async def _handed_over(self, server: SMTP, message: bytes, message_id: str) -> None:
        """Send the letter itself. No answer is this letter's trouble: what the server does with it takes too long."""
        try:
            await server.data(message, timeout=DATA_TIMEOUT)
        except SMTPResponseException:
            raise
        except (SMTPException, OSError) as problem:
            times = self._unsure[message_id] = self._unsure.get(message_id, 0) + 1
            said = f"{UNCONFIRMED} ({_line(str(problem)) or type(problem).__name__}), it may have arrived"
            if times < UNSURE_AT_MOST:
                raise TryAgain(said, UNSURE_PAUSE) from problem
            del self._unsure[message_id]
            raise Rejected(said) from problem
        self._unsure.pop(message_id, None)

    async def reach(self) -> str:
        """Connect and log in, and send nothing; how it went, in a few words. Raises TryAgain."""
        async with self._connected() as (server, _):
            secured = "encrypted" if _encrypted(server) else "not encrypted"
        login = f"signed in as {self._user}" if self._user else "no login"
        return f"{self._host}:{self._port}, {secured}, {login}, from {self._sender}"

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[SMTP, asyncio.Timeout]]:
        """A connection that is logged in and knows the sender, and its time limit, to be moved on.

        Whatever goes wrong in it is the server's trouble.
        """
        server = SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._tls,
            timeout=TIMEOUT,
            tls_context=self._context,
            local_hostname=self._sender.rpartition("@")[2],  # asking the system would ask the DNS
        )
        try:
            async with asyncio.timeout(WHOLE_TIMEOUT) as limit:
                await server.connect()  # with STARTTLS where it is offered
                await self._log_in(server)
                await server.mail(self._sender)
                yield server, limit
                with suppress(SMTPException, OSError):
                    await server.execute_command(b"QUIT")  # the letter is handed over already
        except SMTPResponseException as refusal:
            raise self._waiting(f"{refusal.code} {_line(refusal.message)}") from refusal
        except (SMTPException, OSError) as problem:  # TimeoutError and ssl.SSLError are OSErrors
            raise self._waiting(_line(str(problem)) or type(problem).__name__) from problem
        finally:
            await _hung_up(server)

    async def _log_in(self, server: SMTP) -> None:
        if self._user is None:
            return
        if not _encrypted(server) and not _is_here(self._host):
            raise SMTPException("it offers no STARTTLS, and the password is not sent unencrypted")
        await server.login(self._user, self._password)

    def _waiting(self, trouble: str) -> TryAgain:
        self._trouble = f"{UNREACHED}{self._host}:{self._port}: {trouble}"
        self._asked_again_at = monotonic() + SERVER_PAUSE
        return TryAgain(self._trouble, SERVER_PAUSE)


def compose(letter: Letter, sender: str, contact: str | None = None) -> EmailMessage:
    """The letter as a mail: plain text and HTML. Raises Rejected where an address or the subject is impossible.

    `contact` is who reads what is answered, unless it is the `sender`.
    """
    written = letter.subject + letter.to + letter.language + letter.list_name
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in written):
        raise Rejected("a line break or another control character in the subject or the address")
    message = EmailMessage(policy=CRLF)
    message["From"] = Address(NAME, addr_spec=sender)
    message["To"] = Address(addr_spec=_addr_spec(letter.to))
    message["Subject"] = letter.subject
    message["Date"] = datetime.now(UTC)
    message["Message-ID"] = f"<{letter.message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers, please
    if contact:
        message["Reply-To"] = Address(addr_spec=contact)
    if letter.list_label:
        host = sender.rpartition("@")[2]
        message["List-Id"] = f"{_quoted(letter.list_name)} <{letter.list_label}.{host}>"  # RFC 2919
        to = quote(contact or sender, safe="@")
        message["List-Unsubscribe"] = f"<mailto:{to}?subject=Abbestellen%20{letter.list_label}>"  # RFC 2369
    message.set_content(letter.plain, cte="quoted-printable")
    page = (
        f'<!DOCTYPE html><html lang="{escape(letter.language)}"><head><meta charset="utf-8">'
        f"<title>{escape(letter.subject)}</title></head><body>{letter.html}</body></html>"
    )
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language  # set earlier, it would be the first part's
    return message


def _quoted(name: str) -> str:
    """A list's name without what ends a name there."""
    return " ".join("".join(" " if sign in '<>"\\' else sign for sign in name).split())


def _addr_spec(address: str) -> str:
    """The address as servers know it: a domain with umlauts in its ASCII form (xn--…). Raises Rejected."""
    name, at, domain = address.rpartition("@")
    if not at or not name.isascii():
        raise Rejected("no address that mail can be sent to: before the @ only letters from a to z, digits and signs")
    if set(domain) & set("ßẞς"):  # IDNA 2003 would make another domain of it
        raise Rejected("please write the domain in its form with xn--")
    try:
        return Address(addr_spec=f"{name}@{domain.encode('idna').decode('ascii')}").addr_spec
    except (ValueError, IndexError, MessageError) as problem:  # what the address parser raises
        raise Rejected("no address that mail can be sent to") from problem


def _context(host: str) -> ssl.SSLContext:
    """Certificates are checked, but for this machine's own: a relay here has one that names nobody."""
    context = ssl.create_default_context()
    if _is_here(host):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _encrypted(server: SMTP) -> bool:
    return server.get_transport_info("sslcontext") is not None


async def _hung_up(server: SMTP) -> None:
    """Not as polite as TLS would have it: a loop that ends now (`check`) leaves nothing open."""
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
    server.close()
    await asyncio.sleep(0)


def _line(words: str) -> str:
    """A server's words on one line, and not too many of them."""
    return " ".join(words.split())[:LONGEST_REASON]
