"""The stage: homeserver, bot and people, all real, in one temporary folder. What is set up here is taken down here."""

import asyncio
import contextlib
import json
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.config import Settings
from bot.demo.audience import Audience
from bot.demo.cast import BOT_LOCALPART, BOT_NAME, COORDINATOR, EVERYBODY, Character, Place
from bot.demo.homeserver import Homeserver, free_port
from bot.demo.machine import Machine
from bot.demo.person import Person
from bot.demo.postgres import postgres
from bot.demo.surroundings import drawing_in, drawing_ready, log_in
from bot.errors import OperatorError

START_SECONDS = 60
STOP_SECONDS = 15
TICK = 0.5  # seconds between two looks at what is due
GRACE = 1.0  # seconds that a vote may be under way: here everything is near
LOG_LINES = 20


class DemoSettings(Settings):
    """Settings that no environment changes: the case is the same on every machine."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is written here, and nothing else."""
        return (init_settings,)


class Stage:
    """What stands once everything is up."""

    def __init__(self, folder: Path, homeserver: Homeserver, audience: Audience) -> None:
        self.log = folder / "bot.log"
        self.homeserver = homeserver
        self.us = f"@{BOT_LOCALPART}:{homeserver.server_name}"
        self.people: dict[Character, Person] = {}
        self.rooms: dict[Place, str] = {}
        self.passwords = {character: secrets.token_urlsafe(9) for character in EVERYBODY}
        self.bot: asyncio.Task[None] | None = None
        self.later = contextlib.AsyncExitStack()
        """What is put up while the play goes on; taken down after the bot."""
        self._folder = folder
        self._audience = audience
        self.bot_password = secrets.token_urlsafe(24)
        self._web_port = free_port()
        self._database = f"sqlite:///{folder / 'zwischenstand.db'}"

    def user_id(self, character: Character) -> str:
        """A character's Matrix ID."""
        return f"@{character.localpart}:{self.homeserver.server_name}"

    def broken(self) -> str | None:
        """Why the play cannot go on, if so."""
        if self.bot is not None and self.bot.done():
            failure = None if self.bot.cancelled() else self.bot.exception()
            return f"Der Bot läuft nicht mehr: {failure or 'er wurde beendet'}"
        if self.homeserver.pid is None:
            return "Der Heimserver läuft nicht mehr."
        return None

    async def breaking(self) -> str:
        """Return why it cannot go on, once it cannot."""
        while (reason := self.broken()) is None:  # noqa: ASYNC110  a process tells nobody that it ends
            await asyncio.sleep(0.5)
        return reason

    def end_of_log(self) -> str:
        """The last lines of the bot's log."""
        return "\n".join(self._said().splitlines()[-LOG_LINES:])

    def _said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    async def register(self) -> None:
        """Make the accounts, and tell the audience who is who."""
        people = [
            self.homeserver.register(character.localpart, password, display_name=character.display_name)
            for character, password in self.passwords.items()
        ]
        us = self.homeserver.register(BOT_LOCALPART, self.bot_password, display_name=BOT_NAME)
        await asyncio.gather(us, *people)
        names = {self.user_id(character): character.short_name for character in EVERYBODY}
        self._audience.knows(names | {self.us: BOT_NAME}, self.us)

    @contextlib.asynccontextmanager
    async def bot_running(self) -> AsyncIterator[None]:
        """The bot, as `zwischenstand run` runs it, until the block ends. Raises OperatorError if it does not start."""
        try:
            await self._started(self._folder, "ready: ")
            yield
        finally:
            await self._stop()

    async def move_to_postgresql(self) -> tuple[Machine, str]:
        """Stop the bot, and move its records with `zwischenstand move-database`. Raises OperatorError.

        The first machine of two, which is to lead; and what the command said.
        """
        await self._stop()
        server = await self.later.enter_async_context(postgres(self._folder / "postgresql", free_port()))
        before, self._database = self._database, server.url
        configuration = _as_toml(self._configuration(self._folder))
        first = await self.later.enter_async_context(Machine(self._folder, configuration))
        return first, await first.command("move-database", before, server.address, PGPASSWORD=server.password)

    async def stand_by(self) -> None:
        """Have our own bot stand by, in a folder that has nothing of the first one's but the key.

        Raises OperatorError.
        """
        folder = self._folder / "second"
        folder.mkdir()
        shutil.copy(self._folder / "crypto.key", folder)
        await self._started(folder, "standby: ")

    def has_taken_over(self) -> bool:
        """Whether our own bot leads, which stood by before."""
        return "taking over: " in self._said()

    async def _started(self, folder: Path, words: str) -> None:
        """Start the bot, and return when it has logged this. Raises OperatorError if it does not."""
        from bot import app  # noqa: PLC0415  see `staged`

        before = len(self._said())
        settings = DemoSettings(**self._configuration(folder))
        self.bot = asyncio.create_task(app.run(settings, tick=TICK), name="the bot")
        deadline = time.monotonic() + START_SECONDS
        while words not in self._said()[before:]:
            if self.broken() or time.monotonic() > deadline:
                reason = self.broken() or f"Der Bot war nach {START_SECONDS} Sekunden nicht bereit."
                raise OperatorError(f"{reason}\n{self.end_of_log()}")
            await asyncio.sleep(0.02)

    async def _stop(self) -> None:
        if self.bot is not None:
            self.bot.cancel()
            await asyncio.wait({self.bot}, timeout=STOP_SECONDS)
            self.bot = None

    @contextlib.asynccontextmanager
    async def people_present(self) -> AsyncIterator[Awaitable[object]]:
        """Everybody at a client of their own, until the block ends; to be awaited until all have logged in."""
        for character, password in self.passwords.items():
            self.people[character] = Person(
                self.homeserver.url,
                self.user_id(character),
                password,
                auto_join=True,
                hears=self._audience.heard,
            )
        arriving = asyncio.gather(*(person.login() for person in self.people.values()))
        try:
            yield arriving
        finally:
            arriving.cancel()
            await asyncio.gather(arriving, return_exceptions=True)
            await asyncio.gather(*(person.close() for person in self.people.values()), return_exceptions=True)

    def _configuration(self, folder: Path) -> dict[str, Any]:
        """For a bot that keeps in a folder what is its machine's own."""
        return {
            "coordinators": [self.user_id(COORDINATOR)],
            "matrix": {
                "homeserver": self.homeserver.url,
                "user_id": self.us,
                "password": self.bot_password,
                "store": str(folder / "crypto"),
            },
            "database": {"url": self._database},
            "voting": {"grace_seconds": GRACE},
            "rooms": {"encrypted": False},  # our people have no keys
            "web": {"port": self._web_port},
        }


def _as_toml(values: Mapping[str, Any]) -> str:
    """Settings as a file: TOML writes these values as JSON does, and has dotted keys."""
    lines = []
    for name, value in values.items():
        inner = {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
        lines += [f"{key} = {json.dumps(each)}\n" for key, each in inner.items()]
    return "".join(lines)


@contextlib.asynccontextmanager
async def staged(audience: Audience, port: int) -> AsyncIterator[Stage]:
    """Everything up; taken down in the reverse order, whatever happened. Raises OperatorError."""
    _check(port)
    with tempfile.TemporaryDirectory(prefix="zwischenstand-demo-") as name:
        folder = Path(name)
        with drawing_in(folder), log_in(folder / "bot.log"):
            # Its libraries take as long to be read as the homeserver takes to start, which is another process.
            reading = asyncio.create_task(asyncio.to_thread(import_module, "bot.app"), name="reading the bot")
            async with Homeserver(folder / "homeserver", port=port) as homeserver:
                built = Stage(folder, homeserver, audience)
                await built.register()
                await reading
                async with built.later, built.people_present() as arriving, built.bot_running(), drawing_ready():
                    await arriving
                    yield built


def _check(port: int) -> None:
    """Synapse says so too when its port is taken, but late and at length. Raises OperatorError."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            pass
    except (OSError, OverflowError) as error:
        raise OperatorError(f"port {port} cannot be used: {error}; name another one, or 0 for a free one") from error
