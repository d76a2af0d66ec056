"""Where a process may die: before and after every commit, every request that changes something, every file replaced.

Installed in the bot's own process before it starts (`tests.faults.hatchery`). A point's name says what is done there,
and whether it is about to be or was done: „commit Inbox._stored before“, „PUT send/m.room.message after“. After a
request means: the homeserver has answered, and the answer is not read yet.
"""

import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import peewee  # type: ignore[import-untyped]  # nio brings it; it ships no types
from sqlalchemy import Engine, event
from sqlmodel import Session

from bot.matrix.safe import SafeClient
from bot.store import migrations
from bot.store.database import Database

_API = re.compile(r"^.*/_matrix/(?:client/[^/]+/|(?=media/))")  # what a client asks is named without its version
_NAMES = re.compile(r"/(?=[!@$#]|%21|%40|%24|%23)[^/]+")  # rooms, people, events, aliases
_KEY_ID = re.compile(r"(m\.secret_storage\.key)\.\w+")
_SENT = re.compile(r"(send/[^/]+|redact|sendToDevice/[^/]+)/.*")
_STATE = re.compile(r"(state/[^/]+)/.*")


@dataclass
class Points:
    """Counts the points that are reached, and dies at one of them.

    `die_at` are names of points and how many times each is to be reached: the first of them ends it, and its name
    is what `died` gets as one more line. `log` gets the name of each point that is reached, on a line.
    """

    die_at: Mapping[str, int] = field(default_factory=dict)
    log: Path | None = None
    died: Path | None = None
    reached: Counter[str] = field(default_factory=Counter)
    _work: threading.local = field(default_factory=threading.local)

    def reach(self, name: str) -> None:
        """A point is reached."""
        self.reached[name] += 1
        if self.log:
            with self.log.open("a") as log:
                log.write(name + "\n")
        if self.die_at.get(name) == self.reached[name]:
            if self.died:
                with self.died.open("a") as died:
                    died.write(name + "\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Watch everything in this process."""
        self._watch_database()
        self._watch_migration()
        self._watch_requests()
        self._watch_key_store()
        self._watch_files()

    def _watch_database(self) -> None:
        real = Database.run_now

        def run_now(database: Database, work: Callable[[Session], Any]) -> Any:
            self._work.name = _name_of(work)
            return real(database, work)

        setattr(Database, "run_now", run_now)  # noqa: B010 - mypy would compare the types of a method
        event.listen(Session, "before_commit", lambda session: self._commit(session, "before"))
        event.listen(Session, "after_commit", lambda session: self._commit(session, "after"))

    def _commit(self, session: Any, when: str) -> None:
        if not session.in_nested_transaction():
            self.reach(f"commit {getattr(self._work, 'name', '?')} {when}")

    def _watch_migration(self) -> None:
        real = migrations.upgrade

        def upgrade(engine: Engine, url: str) -> None:
            event.listen(engine, "commit", lambda _: self.reach("commit migration before"), once=True)
            real(engine, url)
            self.reach("commit migration after")

        migrations.upgrade = upgrade

    def _watch_requests(self) -> None:
        real = SafeClient.send

        async def send(client: SafeClient, method: str, path: str, *arguments: Any, **named: Any) -> Any:
            if method == "GET":
                return await real(client, method, path, *arguments, **named)
            what = f"{method} {kind_of(path)}"
            self.reach(f"{what} before")
            answer = await real(client, method, path, *arguments, **named)
            self.reach(f"{what} after")
            return answer

        setattr(SafeClient, "send", send)  # noqa: B010 - as above

    def _watch_key_store(self) -> None:
        real = peewee.SqliteDatabase.commit

        def commit(database: Any) -> Any:
            self.reach("commit keys before")
            done = real(database)
            self.reach("commit keys after")
            return done

        peewee.SqliteDatabase.commit = commit

    def _watch_files(self) -> None:
        """Small files, each put in the place of the one before (`bot.durable`)."""
        real = Path.replace

        def replace(new: Path, file: Any) -> Path:
            self.reach(f"file {Path(file).name} before")
            done = real(new, file)
            self.reach(f"file {Path(file).name} after")
            return done

        Path.replace = replace  # type: ignore[assignment,method-assign]


def kind_of(path: str) -> str:
    """What a request is about, without any name in it."""
    what = _API.sub("", unquote(path).partition("?")[0])
    what = _KEY_ID.sub(r"\1", _NAMES.sub("", what))
    return _STATE.sub(r"\1", _SENT.sub(r"\1", what)).rstrip("/")


def _name_of(work: Callable[[Session], Any]) -> str:
    return str(getattr(work, "__qualname__", work)).partition(".<locals>")[0]
