"""`zwischenstand move-database`: from SQLite to PostgreSQL, table by table, each compared on both sides.

The old file is opened so that nothing can be written to it, and its lock is held meanwhile. What keeps the bot from
being started on it afterwards by mistake lies beside it (`bot.store.moved`).

Killed at any point, it goes on when it is started again: how many rows of a table have arrived says where, and whatever
was copied is compared in the end, so that a row that has changed in between is found, and its table copied anew.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from bot.config import without_password
from bot.errors import OperatorError
from bot.store import dump
from bot.store.arriving import Begun, Target
from bot.store.database import held
from bot.store.leaving import Source
from bot.store.moved import mark, marker_of

TOLD = 500
NAMED = 8
"""Tables, and kinds of flaws, that are named where there are many."""


def move(source: str, target: str, now: datetime, console: Console, *, without_nul: bool = False) -> None:
    """Copy everything in `source` (sqlite:///…) to `target` (postgresql://…). `now` is UTC.

    With `without_nul` NUL characters in texts are left out. Raises OperatorError with what is in the way; the file is
    as it was then, and what has arrived is still there.
    """
    file = _file(source)
    if not target.startswith("postgresql"):
        raise OperatorError(f"{without_password(target)}: to what? TO is to be postgresql://…")
    with ExitStack() as stack:
        stack.enter_context(held(source, even_moved=True))
        came_from = stack.enter_context(closing(Source(file, without_nul=without_nul)))
        goes_to = stack.enter_context(closing(Target(target, came_from.owner())))
        _Move(came_from, goes_to, now, console).run()


def _file(source: str) -> Path:
    if not source.startswith("sqlite"):
        raise OperatorError(f"{without_password(source)}: from where? FROM is to be sqlite:///…")
    file = Path(source.partition(":///")[2])
    if not file.is_file():
        raise OperatorError(f"{file}: there is no such database")
    return file


@dataclass
class _Table:
    """One table on its way; `sha256` is of its rows as `bot.store.dump` writes them down."""

    table: Any
    rows: int
    sha256: str = ""


class _Move:
    """One run of the command."""

    def __init__(self, source: Source, target: Target, now: datetime, console: Console) -> None:
        self._source = source
        self._target = target
        self._now = now
        self._console = console
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

    def run(self) -> None:
        """Move what is not there yet; say so where everything is. Raises OperatorError."""
        begun = self._target.begun()
        self._require_ours(begun)
        tables = [_Table(table, self._source.count(table)) for table in dump.tables()]
        with self._progress:
            self._require_no_flaws(len(tables))
            if begun is None:
                self._target.begin(str(self._source.file.resolve()), self._source.account(), self._now)
            finished = begun is not None and begun.finished_at is not None
            if finished:
                self._mark()  # killed right after the end, it may lack that, and the bot may have begun to work there
            rows = self._progress.add_task("rows", total=2 * sum(each.rows for each in tables))
            for each in tables:
                self._arrive(each, rows, finished=finished)
        if not finished:
            self._target.finish([(each.table, self._source.last_id(each.table)) for each in tables], self._now)
        self._mark()
        self._advise(tables)

    def _require_ours(self, begun: Begun | None) -> None:
        """Nothing is in the way: there is nothing, or what an earlier run of the same move has left."""
        shown = self._target.shown
        if begun is None:
            if found := self._target.occupied_by():
                what = ", ".join(f"{name} ({count})" for name, count in list(found.items())[:NAMED])
                more = f" and {len(found) - NAMED} more tables" if len(found) > NAMED else ""
                raise OperatorError(
                    f"{shown}: is not empty, there are rows in {what}{more}. Name an empty database (CREATE DATABASE "
                    "…); nothing was changed"
                )
            return
        told = (begun.source, begun.account)
        if told != (str(self._source.file.resolve()), self._source.account()):
            raise OperatorError(
                f"{shown}: here a move of another database has begun ({begun.source}, of {begun.account or 'nobody'}, "
                f"{begun.begun_at:%Y-%m-%d %H:%M} UTC). Name an empty database (CREATE DATABASE …); nothing was changed"
            )
        if begun.finished_at is None:
            self._say(f"a move that was begun {begun.begun_at:%Y-%m-%d %H:%M} UTC goes on")

    def _require_no_flaws(self, tables: int) -> None:
        looking = self._progress.add_task("looking for what PostgreSQL refuses", total=tables)
        flaws = self._source.flaws(lambda _name: self._progress.advance(looking))
        self._progress.remove_task(looking)
        if not flaws:
            return
        lines = [
            f"{self._source.file}: PostgreSQL would refuse some of it; nothing was copied",
            *map(str, flaws[:NAMED]),
        ]
        if len(flaws) > NAMED:
            lines.append(f"… and {len(flaws) - NAMED} columns more")
        if all(flaw.is_nul for flaw in flaws):
            lines.append("with --without-nul they are left out, as the bot does with all that it reads")
        raise OperatorError("\n".join(lines))

    def _arrive(self, each: _Table, rows: Any, *, finished: bool) -> None:
        """Copy what is missing of a table, and compare it. What differs is copied anew, once."""
        again = False
        while True:
            there = 0 if finished else self._target.count(each.table)
            if 0 < there != each.rows and not self._begins_the_same(each.table, there):
                self._target.empty(each.table)  # somebody has worked on with the old database in between
                there = 0
            each.sha256 = self._copied(each, there, rows, copies=not finished)
            if self._counted(each, rows) == (each.rows, each.sha256):
                break
            if finished:
                raise OperatorError(
                    f"{self._target.shown}: the move has come to its end, and the bot has worked with the database "
                    f"since: {each.table.name} is not the same any more. Nothing was changed now"
                )
            if again:
                raise OperatorError(
                    f"{each.table.name}: does not arrive as it left: {self._difference(each.table)}. This is a mistake "
                    "of ours: please tell us. The old database is as it was; go on with that"
                )
            again = True
            self._target.empty(each.table)
        self._say(f"{each.table.name}: {each.rows} rows, the same on both sides (SHA-256 {each.sha256[:16]}…)")

    def _begins_the_same(self, table: Any, there: int) -> bool:
        with closing(self._source.rows(table)) as left, closing(self._target.rows(table)) as arrived:
            pairs = zip(islice(left, there), arrived, strict=False)
            return all(one == other for one, other in pairs) and self._source.count(table) >= there

    def _copied(self, each: _Table, there: int, rows: Any, *, copies: bool) -> str:
        """Copy all but the first `there` rows, one portion after the other; the checksum over all of them."""
        found = hashlib.sha256()

        def leaving() -> Iterator[tuple[list[Any], int]]:
            for number, row in enumerate(self._told(self._source.rows(each.table), rows)):
                line = dump.line(row).encode()
                found.update(line)
                if copies and number >= there:
                    yield row, len(line)

        told = leaving()
        while self._target.take(each.table, told):
            pass
        return found.hexdigest()

    def _counted(self, each: _Table, rows: Any) -> tuple[int, str]:
        """How many rows have arrived, and the checksum over them as they are read there."""
        found, count = hashlib.sha256(), 0
        for row in self._told(self._target.rows(each.table), rows):
            found.update(dump.line(row).encode())
            count += 1
        return count, found.hexdigest()

    def _told(self, each: Iterator[list[Any]], task: Any) -> Iterator[list[Any]]:
        """The same rows; the progress bar is told of some hundred at once, as telling it takes as long as a row."""
        count = 0
        for count, row in enumerate(each, 1):
            if count % TOLD == 0:
                self._progress.advance(task, TOLD)
            yield row
        self._progress.advance(task, count % TOLD)

    def _difference(self, table: Any) -> str:
        """The first row that is not the same, by its key."""
        columns = list(table.columns)
        keys = [place for place, column in enumerate(columns) if column.primary_key]
        with closing(self._source.rows(table)) as left, closing(self._target.rows(table)) as arrived:
            for one, other in zip(left, arrived, strict=False):
                if one != other:
                    wrong = [each.name for each, a, b in zip(columns, one, other, strict=True) if a != b]
                    return f"{'/'.join(str(one[place]) for place in keys)}: {', '.join(wrong)}"
        return "their number"

    def _mark(self) -> None:
        """Keep the bot from being started on the old file by mistake, without a change in it."""
        try:
            mark(self._source.file, self._target.shown, self._now)
        except OSError as error:
            marker = marker_of(self._source.file)
            self._say(
                f"{marker}: cannot be written: {error.strerror}. See to it that nobody starts the bot on the old one"
            )

    def _advise(self, tables: list[_Table]) -> None:
        count = sum(each.rows for each in tables)
        file = self._source.file
        self._say(f"moved: {count} rows in {len(tables)} tables, every checksum is the same on both sides.")
        self._say(f'Now set database.url to the new database ({self._target.shown}), then run "zwischenstand check".')
        self._say(f"{file} is as it was. The bot no longer starts on it, as {marker_of(file).name} lies beside it.")

    def _say(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)
