"""Where a process may die: before and after every commit, and every request that changes something.

Installed in the bot's own process before it starts (`tests.faults.hatchery`). A point's name says what is done there,
and whether it is about to be or was done: „commit Inbox._stored before“, „PUT send/m.room.message after“. After a
request means: the homeserver has answered, and the answer is not read yet.
"""

import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import peewee  # type: ignore[import-untyped]  # nio brings it; it ships no types
from sqlalchemy import event
from sqlmodel import Session

from bot.matrix.safe import SafeClient
from bot.store.database import Database

_NAMES = re.compile(r"/(?=[!@$#]|%21|%40|%24|%23)[^/]+")  # rooms, people, events, aliases
_SENT = re.compile(r"(send/[^/]+|redact|sendToDevice/[^/]+)/.*")
_STATE = re.compile(r"(state/[^/]+)/.*")


@dataclass
class Points:
    """Counts the points that are reached, and dies at one of them.

    `die_at` is the name of the point and how many times it is to be reached; `log` gets the name of each on a line.
    """

    die_at: tuple[str, int] | None = None
    log: Path | None = None
    reached: Counter[str] = field(default_factory=Counter)
    _work: threading.local = field(default_factory=threading.local)

    def reach(self, name: str) -> None:
        """A point is reached."""
        self.reached[name] += 1
        if self.log:
            with self.log.open("a") as log:
                log.write(name + "\n")
        if self.die_at == (name, self.reached[name]):
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Watch everything in this process."""
        self._watch_database()
        self._watch_requests()
        self._watch_key_store()

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


def kind_of(path: str) -> str:
    """What a request is about, without any name in it."""
    what = unquote(path).partition("?")[0].partition("/client/")[2].partition("/")[2]
    what = _NAMES.sub("", what)
    return _STATE.sub(r"\1", _SENT.sub(r"\1", what)).rstrip("/")


def _name_of(work: Callable[[Session], Any]) -> str:
    return str(getattr(work, "__qualname__", work)).partition(".<locals>")[0]
