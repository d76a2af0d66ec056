"""The stage: homeserver, bot and people, all real, in one temporary folder. What is set up here is taken down here."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot import app, logs
from bot.config import Database, Log, Matrix, Rooms, Settings, Voting, Web
from bot.demo.audience import Audience
from bot.demo.cast import BOT_LOCALPART, BOT_NAME, COORDINATOR, EVERYBODY, Character, Place
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person
from bot.domain.chart import Bar, BarChart
from bot.errors import OperatorError
from bot.files.draw import draw
from bot.redaction import Redaction

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
        self._folder = folder
        self._audience = audience
        self._bot_password = secrets.token_urlsafe(24)

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
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])

    async def register(self) -> None:
        """Make the accounts, and tell the audience who is who."""
        people = [
            self.homeserver.register(character.localpart, password, display_name=character.display_name)
            for character, password in self.passwords.items()
        ]
        us = self.homeserver.register(BOT_LOCALPART, self._bot_password, display_name=BOT_NAME)
        await asyncio.gather(us, *people)
        names = {self.user_id(character): character.short_name for character in EVERYBODY}
        self._audience.knows(names | {self.us: BOT_NAME}, self.us)

    @contextlib.asynccontextmanager
    async def bot_running(self) -> AsyncIterator[None]:
        """The bot, as `zwischenstand run` runs it, until the block ends. Raises OperatorError if it does not start."""
        ready = asyncio.Event()
        self.bot = asyncio.create_task(app.run(self._settings(), ready.set, tick=TICK), name="the bot")
        waiting = asyncio.create_task(ready.wait(), name="until the bot is ready")
        try:
            await asyncio.wait({self.bot, waiting}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not ready.is_set():
                reason = self.broken() or f"Der Bot war nach {START_SECONDS} Sekunden nicht bereit."
                raise OperatorError(f"{reason}\n{self.end_of_log()}")
            yield
        finally:
            waiting.cancel()
            self.bot.cancel()
            await asyncio.wait({self.bot}, timeout=STOP_SECONDS)

    @contextlib.asynccontextmanager
    async def people_present(self) -> AsyncIterator[None]:
        """Everybody at a client of their own, until the block ends."""
        for character, password in self.passwords.items():
            self.people[character] = Person(
                self.homeserver.url,
                self.user_id(character),
                password,
                auto_join=True,
                hears=self._audience.heard,
            )
        try:
            await asyncio.gather(*(person.login() for person in self.people.values()))
            yield
        finally:
            await asyncio.gather(*(person.close() for person in self.people.values()), return_exceptions=True)

    def _settings(self) -> Settings:
        return DemoSettings(
            coordinators=(self.user_id(COORDINATOR),),
            matrix=Matrix(
                homeserver=self.homeserver.url,
                user_id=self.us,
                password=self._bot_password,  # type: ignore[arg-type]  # pydantic makes a SecretStr of it
                store=self._folder / "crypto",
            ),
            database=Database(url=f"sqlite:///{self._folder / 'zwischenstand.db'}"),
            voting=Voting(grace_seconds=GRACE),
            rooms=Rooms(encrypted=False),  # our people have no keys
            web=Web(port=_free_port()),
        )


@contextlib.asynccontextmanager
async def staged(audience: Audience, port: int) -> AsyncIterator[Stage]:
    """Everything up; taken down in the reverse order, whatever happened. Raises OperatorError."""
    _check(port)
    with tempfile.TemporaryDirectory(prefix="zwischenstand-demo-") as name:
        folder = Path(name)
        with _drawing_in(folder), _log_in(folder / "bot.log"):
            async with Homeserver(folder / "homeserver", port=port) as homeserver:
                built = Stage(folder, homeserver, audience)
                await built.register()
                async with built.bot_running(), built.people_present(), _drawing_ready():
                    yield built


def _check(port: int) -> None:
    """Synapse says so too when its port is taken, but late and at length. Raises OperatorError."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            pass
    except (OSError, OverflowError) as error:
        raise OperatorError(f"port {port} cannot be used: {error}; name another one, or 0 for a free one") from error


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def _log_in(file: Path) -> Iterator[None]:
    """The log goes to a file, as the screen belongs to the play."""
    root, loggers = logging.getLogger(), [logging.getLogger(name) for name in ("", *logs.OURS)]
    before = [logger.level for logger in loggers]
    with file.open("a", encoding="utf-8") as stream:
        handler = logs.to_stream(Log(), Redaction(), stream)
        try:
            yield
        finally:
            root.removeHandler(handler)
            for logger, level in zip(loggers, before, strict=True):
                logger.setLevel(level)


@contextlib.contextmanager
def _drawing_in(folder: Path) -> Iterator[None]:
    """The child that draws charts keeps its cache of fonts in `folder`, and not below HOME."""
    name = "MPLCONFIGDIR"
    before = os.environ.get(name)
    os.environ[name] = str(folder / "matplotlib")
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.asynccontextmanager
async def _drawing_ready() -> AsyncIterator[None]:
    """Have the cache of fonts made while people talk: it takes ten seconds on a slow machine, and is made once."""
    practice = asyncio.create_task(draw(BarChart("", (Bar("", 1),), "")), name="the first picture")
    try:
        yield
    finally:
        practice.cancel()
        await asyncio.gather(practice, return_exceptions=True)
