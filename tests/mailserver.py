"""A real mail server for tests, in the test's own loop: takes letters, refuses what it is told to refuse."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class MailServer:
    """What came in, and what to answer. `refusals` are used up one by one, by the step they are for."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    refusals: dict[str, list[str]] = field(default_factory=dict)
    hang_up_after_data: int = 0  # times that the answer to a letter gets lost
    scans: float = 0.0  # seconds between the letter and the answer to it
    password: str | None = None

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Somebody wants to send."""
        if refusal := self._refusal("MAIL"):
            return refusal
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """To whom."""
        if refusal := self._refusal("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The letter itself."""
        if refusal := self._refusal("DATA"):
            return refusal
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, policy=default))
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        await asyncio.sleep(self.scans)
        if self.hang_up_after_data:
            self.hang_up_after_data -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 Taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Check a login."""
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == self.password, handled=False)

    def _refusal(self, step: str) -> str | None:
        waiting = self.refusals.get(step, [])
        return waiting.pop(0) if waiting else None


@asynccontextmanager
async def serving(
    server: MailServer, certificate: ssl.SSLContext | None = None, *, tls_first: bool = False
) -> AsyncIterator[MailServer]:
    """Serve on `server.port`, or on a free one that is then written there. A certificate means STARTTLS or TLS."""

    def connected() -> SMTP:
        server.connections += 1
        return SMTP(
            server,
            hostname="mail.example.org",
            tls_context=None if tls_first else certificate,
            authenticator=server.authenticate if server.password is not None else None,
            auth_require_tls=False,
        )

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        connected, "127.0.0.1", server.port, ssl=certificate if tls_first else None, reuse_address=True
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate that only its maker vouches for, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
