"""Import and export on the command line: the same tables as in a room, of all networks at once.

The operator holds every network, so one file may speak of several; one that nobody has yet is founded.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid
from rich.text import Text as Styled

from bot.config import Settings
from bot.context import House, Scope
from bot.errors import InUse, OperatorError, Rejected, UserError
from bot.files import sheets
from bot.language.names import fold
from bot.posting import Posting
from bot.procedures import roster
from bot.procedures.dropping import Named, Planned
from bot.procedures.file_tables import PEOPLE, PROJECTS, TABLES, Table
from bot.procedures.weighing import kind_of
from bot.store import Session, people
from bot.store.database import Database
from bot.store.leased import taken_now
from bot.texts import Text, Texts, text

__all__ = ["PEOPLE", "PROJECTS", "Transfer"]
MOST_CHANGES = 50  # shown; the sums say the rest
CHANGED = "The database has changed meanwhile; nothing is taken over. Please try again."
YES = frozenset({"j", "ja", "y", "yes"})


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a file."""

    name: str
    table: Table[Any]
    lines: Named


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the file would do to one network."""

    name: str
    is_new: bool
    lines: Named
    plan: Planned


class Transfer:
    """One import or export, with its settings and the terminal."""

    def __init__(self, settings: Settings, console: Console | None = None) -> None:
        self._settings = settings
        self._console = console or Console(stderr=False)
        self._texts = Texts(settings.templates)
        self._house = House(
            us=settings.matrix.user_id,
            prefix=settings.prefix,
            language=settings.language,
            zone=settings.zone,
            grace_seconds=settings.voting.grace_seconds,
            coordinators=settings.coordinators,
            servers=settings.servers,
            encrypted=settings.rooms.encrypted,
            mail=settings.mail is not None,
            templates=settings.templates,
        )

    def read_in(self, file: Path, ask: Callable[[str], str] | None) -> int:
        """Import a file; the exit code. `ask` puts a question on the terminal; without it, all is taken over at once.

        Raises OperatorError.
        """
        content = _content(file)
        with _opened(self._settings) as database:
            database.migrate()
            try:
                found = self._read(file, content)
                proposals = database.run_now(lambda session: self._planned(found, self._scope(session)))
            except UserError as refusal:
                return self._refused(text(refusal.text, **refusal.values))
            except Rejected as refusal:
                return self._refused(text("bulk.unreadable", name=file.name, problem=str(refusal)))
            return self._take_over(found, proposals, database, ask)

    def _refused(self, said: Text) -> int:
        self._console.print(Styled(self._plain(said), style="red"))
        return 1

    def _take_over(
        self, found: Found, proposals: Sequence[Proposal], database: Database, ask: Callable[[str], str] | None
    ) -> int:
        self._show(found.table, proposals)
        if any(proposal.plan.wrong for proposal in proposals):
            self._console.print(self._word("correct"), style="red")
            return 1
        if all(proposal.plan.changes_nothing and not proposal.is_new for proposal in proposals):
            self._console.print(self._word("nothing"))
            return 0
        if ask is not None and ask(f"{self._word('apply')} [j/N] ").strip().casefold() not in YES:
            self._console.print(self._word("dropped"))
            return 0
        with self._progress() as progress:
            rows = sum(len(proposal.lines) for proposal in proposals)
            task = progress.add_task(self._word("applying"), total=rows)
            advance = partial(progress.advance, task)
            database.run_now(lambda session: self._apply(session, found, proposals, advance))
        self._console.print(self._word("done"), style="green")
        return 0

    def _read(self, file: Path, content: bytes) -> Found:
        """The rows of the file, of the kind that its header tells. Raises UserError and Rejected."""
        with self._progress() as progress:
            reading = progress.add_task(self._word("reading"), total=None)
            rows = sheets.read_now(file.name, content)
            progress.update(reading, total=len(rows), completed=len(rows))
            checking = progress.add_task(self._word("checking"), total=None)
            table = kind_of(rows, TABLES)
            lines = table.read(rows)
            progress.update(checking, total=len(lines), completed=len(lines))
            return Found(file.name, table, lines)

    def _planned(self, found: Found, scope: Scope) -> list[Proposal]:
        proposals = []
        for name, own in self._by_network(found, scope).items():
            network = roster.of_name(name, scope)
            table, us = found.table, self._house.us
            plan = table.planned(own, network, us, scope) if network else table.planned_new(own, scope)
            proposals.append(Proposal(network.name if network else name, network is None, own, plan))
        return proposals

    def _by_network(self, found: Found, scope: Scope) -> Mapping[str, Named]:
        """The rows by the network they name; those that name none belong to the only one there is.

        That is the one in the file, or else the one in the database.
        """
        by_network = roster.by_network(found.lines)
        unnamed = by_network.pop("", [])
        if not unnamed:
            return by_network
        known = [network.name for network in people.all_networks(scope.session)]
        names = list(by_network) or known or [_first_name(self._settings.coordinators[0])]
        if len(names) > 1:
            unnamed = [("", found.table.homeless(line)) for _, line in unnamed]
        both = [*by_network.get(names[0], ()), *unnamed]
        by_network[names[0]] = sorted(both, key=lambda pair: pair[1].row) if len(names) == 1 else both
        return by_network

    def _apply(
        self, session: Session, found: Found, proposals: Sequence[Proposal], done: Callable[[int], None]
    ) -> None:
        """All networks in one transaction, each checked again: a running bot may have changed something meanwhile."""
        scope, table, us = self._scope(session), found.table, self._house.us
        posting = Posting(self._texts, "import")  # what is to be said waits for the bot, which looks before it repeats
        for proposal in proposals:
            try:
                known = roster.of_name(proposal.name, scope)
            except UserError:
                raise OperatorError(CHANGED) from None
            network = known or table.founded(proposal.name, proposal.lines, scope)
            plan = table.planned(proposal.lines, network, us, scope)
            if plan.wrong or table.fingerprint(plan) != table.fingerprint(proposal.plan):
                raise OperatorError(CHANGED)
            effects = table.apply(plan, network, us, found.name, scope)
            posting.store(scope, effects, f"import/{network.id}/{scope.now.isoformat()}")
            done(len(proposal.lines))

    def _show(self, table: Table[Any], proposals: Sequence[Proposal]) -> None:
        sums = Grid(*(self._word(word) for word in ("network", "what", "new", "changed", "unchanged")))
        for proposal in proposals:
            name = f"{proposal.name} ({self._word('new_network')})" if proposal.is_new else proposal.name
            for what, *counts in table.sums(proposal.plan):
                sums.add_row(Styled(name), self._word(what), *map(str, counts))
                name = ""
        self._console.print(sums)
        wrong = sorted((each for proposal in proposals for each in proposal.plan.wrong), key=lambda each: each.row)
        if wrong:
            return self._show_wrong(table, wrong)
        for hint in (hint for proposal in proposals for hint in table.hints(proposal.plan)):
            self._console.print(Styled(self._plain(hint), style="yellow"))
        return self._show_changes([change for proposal in proposals for change in table.changes(proposal.plan)])

    def _show_wrong(self, table: Table[Any], wrong: Sequence[Any]) -> None:
        shown = Grid(self._word("row"), self._word("reason"), style="red")
        for each in wrong:
            shown.add_row(str(each.row), Styled(self._plain(table.reason(each))), style="red")
        self._console.print(shown)

    def _show_changes(self, changes: Sequence[Text]) -> None:
        for change in changes[:MOST_CHANGES]:
            self._console.print(Styled(f"  {self._plain(change)}"))
        if len(changes) > MOST_CHANGES:
            self._console.print(f"  … +{len(changes) - MOST_CHANGES}")

    def write_out(self, file: Path, network: str | None, table: Table[Any] = PROJECTS, *, force: bool) -> int:
        """Export one network's table, or that of all; the exit code. Raises OperatorError."""
        if file.suffix.lower() not in (".csv", ".xlsx"):
            raise OperatorError(f"{file}: what kind of file is that to be? Name it .csv or .xlsx.")
        if file.exists() and not force:
            raise OperatorError(f"{file}: is there already. Choose another name, or say --force.")
        url, us = self._settings.database.url, self._house.us
        with contextlib.closing(Database(url, read_only=True, account=us)) as database:
            try:
                rows = database.run_now(lambda session: self._rows(table, network, self._scope(session)))
            except UserError as refusal:
                return self._refused(text(refusal.text, **refusal.values))
        packed = file.suffix.lower() == ".xlsx"
        content = sheets.to_workbook({table.name: rows}, filters=True) if packed else sheets.to_csv(rows)
        _write(file, content)
        self._console.print(Styled(f"{file}: {len(rows) - 1}"))
        return 0

    def _rows(self, table: Table[Any], name: str | None, scope: Scope) -> list[tuple[str, ...]]:
        found = sorted(people.all_networks(scope.session), key=lambda network: (fold(network.name), network.id))
        chosen = [network for network in found if name is None or fold(network.name) == fold(name)]
        if not chosen and name is not None:
            known = ", ".join(network.name for network in found) or "none"
            raise OperatorError(f"There is no network “{name}”. There are: {known}.")
        roster.require_unlike(chosen, scope)
        return [table.header, *(row for network in chosen for row in table.exported(network, scope))]

    def _scope(self, session: Session) -> Scope:
        return Scope(session, datetime.now(UTC), self._house)

    def _progress(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self._console, transient=True)

    def _word(self, name: str) -> str:
        return self._plain(text("bulk.word", name=name))

    def _plain(self, said: Text) -> str:
        return self._texts.render(said, self._settings.language, self._settings.zone).plain


def _first_name(founder: str) -> str:
    """What a network is called whose founder has not said, as `bot.procedures.standing` does in a room."""
    return f"Verbund {founder[1:].partition(':')[0].replace('.', ' ').title()}"


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    """The database, for us alone."""
    url, us = settings.database.url, settings.matrix.user_id
    with contextlib.ExitStack() as stack:
        try:
            lease = stack.enter_context(taken_now(url, us))
            database = stack.enter_context(contextlib.closing(Database(url, lease=lease, account=us)))
        except InUse as problem:
            raise InUse(
                f"{problem} Or drop the file into your direct chat with the bot: it is read there, too."
            ) from None
        yield database


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise OperatorError(f"{file}: cannot be read: {error.strerror}") from error


def _write(file: Path, content: bytes) -> None:
    """All of it or nothing, and for nobody else to read: there are addresses in it."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OperatorError(f"{file}: cannot be written: {error.strerror}") from error
