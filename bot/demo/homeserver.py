"""A real homeserver in a folder of its own: Synapse, on the loopback interface, for the demo and the tests."""

import asyncio
import contextlib
import hashlib
import hmac
import importlib.util
import json
import os
import random
import secrets
import socket
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.demo.child import Child
from bot.errors import OperatorError

START_SECONDS = 60
LOG_LINES = 15

UNLIMITED = {"per_second": 10_000, "burst_count": 100_000}
RATE_LIMITS: dict[str, Any] = {
    "rc_message": UNLIMITED,
    "rc_registration": UNLIMITED,
    "rc_registration_token_validity": UNLIMITED,
    "rc_login": {"address": UNLIMITED, "account": UNLIMITED, "failed_attempts": UNLIMITED},
    "rc_admin_redaction": UNLIMITED,
    "rc_joins": {"local": UNLIMITED, "remote": UNLIMITED},
    "rc_joins_per_room": UNLIMITED,
    "rc_invites": {"per_room": UNLIMITED, "per_user": UNLIMITED, "per_issuer": UNLIMITED},
    "rc_key_requests": UNLIMITED,
    "rc_media_create": UNLIMITED,
    "rc_room_creation": UNLIMITED,
    "rc_user_directory": UNLIMITED,
}


class Homeserver:
    """Synapse in `folder`; what is there already (accounts, rooms) is kept.

    `port` 0 picks a free one, and keeps it across restarts. `extra` replaces top-level keys of Synapse's configuration,
    `{"rc_message": {"per_second": 0.2, "burst_count": 10}}` say, to meet real rate limits.
    """

    def __init__(
        self, folder: Path, *, port: int = 0, server_name: str = "netz.example", extra: Mapping[str, Any] | None = None
    ) -> None:
        self.folder = folder.resolve()
        self.port = port or free_port()
        self.server_name = server_name
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.folder / "homeserver.log"
        self._extra = dict(extra or {})
        self._process: Child | None = None

    @property
    def pid(self) -> int | None:
        """The process ID while it runs."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start, and return when requests are answered. A running server is left alone.

        Raises OperatorError with the last lines of the log when that takes more than 60 s or Synapse gives up.
        """
        if self.pid is not None:
            return
        if importlib.util.find_spec("synapse") is None:
            raise OperatorError(
                "the embedded homeserver needs the package matrix-synapse, which is not installed; "
                "in a checkout of the project `uv sync` installs it"
            )
        self._launch()
        try:
            await self._answering()
        except BaseException:  # a cancelled start, too, must not leave a process behind
            self.kill()
            raise

    async def stop(self) -> None:
        """Shut down in order (SIGTERM); after 10 s, kill. No process is left."""
        if self._process is not None:
            await self._process.stop()
            self._process = None

    def kill(self) -> None:
        """kill -9: what a power cut looks like from outside."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    async def register(self, name: str, password: str, *, display_name: str | None = None, admin: bool = False) -> str:
        """Make an account and return its Matrix ID. Raises OperatorError if the server refuses (name taken, say).

        Uses Synapse's registration by shared secret: no dialogue, and the account starts without a device.
        """
        address = f"{self.url}/_synapse/admin/v1/register"
        async with aiohttp.ClientSession() as session:
            async with session.get(address) as answer:
                nonce = (await answer.json())["nonce"]
            parts = (nonce, name, password, "admin" if admin else "notadmin")
            mac = hmac.new(self._secret().encode(), b"\x00".join(part.encode() for part in parts), hashlib.sha1)
            account = {
                "nonce": nonce,
                "username": name,
                "password": password,
                "admin": admin,
                "mac": mac.hexdigest(),
                "displayname": display_name or name,
                "inhibit_login": True,
            }
            async with session.post(address, json=account) as answer:
                body = await answer.json()
        if "user_id" not in body:
            raise OperatorError(f"the account {name} could not be made: {body.get('error', body)}")
        return str(body["user_id"])

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _launch(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        config = self.folder / "homeserver.yaml"
        config.write_text(json.dumps(self._config() | self._extra, indent=2))  # JSON is YAML
        (self.folder / "log.yaml").write_text(json.dumps(_log_config()))
        synapse = (sys.executable, "-P", "-m", "synapse.app.homeserver", "-c", str(config))
        self._process = Child(*synapse, folder=self.folder, log=self.log)

    async def _answering(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while time.monotonic() < deadline:
                if self.pid is None:
                    raise OperatorError(self._complaint("gave up"))
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{self.url}/_matrix/client/versions") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)
        raise OperatorError(self._complaint(f"did not answer within {START_SECONDS} s"))

    def _complaint(self, what: str) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
        return "\n".join([f"the embedded homeserver {what}; the end of {self.log}:", *lines])

    def _secret(self) -> str:
        return _kept(self.folder / "secret", lambda: secrets.token_urlsafe(32))

    def _config(self) -> dict[str, Any]:
        signing_key = self.folder / "signing.key"
        _kept(signing_key, lambda: f"ed25519 a_demo {b64encode(os.urandom(32)).decode().rstrip('=')}\n")
        loopback = {"type": "http", "port": self.port, "bind_addresses": ["127.0.0.1"]}
        return {
            "server_name": self.server_name,
            "public_baseurl": self.url,
            "listeners": [{**loopback, "resources": [{"names": ["client", "media", "openid"]}]}],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "homeserver.db")}},
            "media_store_path": str(self.folder / "media"),
            "log_config": str(self.folder / "log.yaml"),
            "signing_key_path": str(signing_key),
            "registration_shared_secret": self._secret(),
            "macaroon_secret_key": self._secret(),
            "form_secret": self._secret(),
            "enable_registration": True,
            "enable_registration_without_verification": True,
            "bcrypt_rounds": 4,
            "suppress_key_server_warning": True,
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "report_stats": False,
            "presence": {"enabled": False},
            "url_preview_enabled": False,
            # By default a first sync is answered from a cache for two minutes: stale after a quick restart of the bot.
            "caches": {"sync_response_cache_duration": "0s"},
            **RATE_LIMITS,
        }


def _log_config() -> dict[str, Any]:
    return {
        "version": 1,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {"log": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["log"]},
        "disable_existing_loggers": False,
    }


def _kept(file: Path, make: Callable[[], str]) -> str:
    """The content of `file`, which is made at first use and readable by its owner only."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(make())
    return file.read_text()


def free_port() -> int:
    """A free loopback port below those the system gives to outgoing connections (from 32768 on Linux).

    Otherwise a client that retries while the server is down may be given this very port, and talk to itself.
    """
    for port in random.sample(range(20_000, 32_000), 50):
        with socket.socket() as candidate, contextlib.suppress(OSError):
            candidate.bind(("127.0.0.1", port))
            return port
    raise OperatorError("no free port between 20000 and 32000 for the embedded homeserver; name one yourself")
