"""Import and export on the command line: the same table as in a room, of all networks at once.

The operator holds every network, so one file may speak of several; one that nobody has yet is founded.
"""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text as Styled

from bot.config import Settings
from bot.context import House, Scope
from bot.domain.roster import Change, Line, Plan, Reason, Wrong
from bot.errors import InUse, OperatorError, Rejected, UserError
from bot.files import sheets
from bot.language import roster as table
from bot.language.names import fold
from bot.posting import Posting
from bot.procedures import roster
from bot.store import Session, people
from bot.store.database import Database
from bot.texts import Text, Texts, text

MOST_CHANGES = 50  # shown; the sums say the rest
CHANGED = "The database has changed meanwhile; nothing is taken over. Please try again."
YES = frozenset({"j", "ja", "y", "yes"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the file would do to one network."""

    name: str
    is_new: bool
    lines: Sequence[Line]
    plan: Plan


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
        with contextlib.closing(_opened(self._settings.database.url)) as database:
            database.migrate()
            try:
                proposals = self._proposals(file, content, database)
            except UserError as refusal:
                return self._refused(text(refusal.text, **refusal.values))
            except Rejected as refusal:
                return self._refused(text("bulk.unreadable", name=file.name, problem=str(refusal)))
            return self._take_over(proposals, database, ask)

    def _refused(self, said: Text) -> int:
        self._console.print(Styled(self._plain(said), style="red"))
        return 1

    def _take_over(self, proposals: Sequence[Proposal], database: Database, ask: Callable[[str], str] | None) -> int:
        self._show(proposals)
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
            database.run_now(lambda session: self._apply(session, proposals, lambda done: progress.advance(task, done)))
        self._console.print(self._word("done"), style="green")
        return 0

    def _proposals(self, file: Path, content: bytes, database: Database) -> list[Proposal]:
        """Read and check the file; nothing is changed."""
        with self._progress() as progress:
            reading = progress.add_task(self._word("reading"), total=None)
            rows = sheets.read_now(file.name, content)
            found = roster.header(rows)
            progress.update(reading, total=len(rows), completed=len(rows))
            checking = progress.add_task(self._word("checking"), total=len(rows) - found.row)
            lines = []
            for named in table.lines(rows, found):
                lines.append(named)
                progress.advance(checking)
            if not lines:
                raise UserError("bulk.no_rows")
            return database.run_now(lambda session: self._planned(lines, self._scope(session)))

    def _planned(self, lines: roster.Named, scope: Scope) -> list[Proposal]:
        by_network = dict(roster.by_network(lines))
        unnamed = by_network.pop("", [])
        if unnamed:
            self._settle(unnamed, by_network, scope)
        proposals = []
        for name, own in by_network.items():
            network = roster.of_name(name, scope)
            plan = roster.planned(own, network, scope) if network else roster.planned_new(own, scope)
            proposals.append(Proposal(network.name if network else name, network is None, own, plan))
        return proposals

    def _settle(self, unnamed: Sequence[Line], by_network: dict[str, list[Line]], scope: Scope) -> None:
        """Rows that name no network belong to the only one there is: in the file, or else in the database."""
        known = [network.name for network in people.all_networks(scope.session)]
        names = list(by_network) or known or [_first_name(self._settings.coordinators[0])]
        if len(names) == 1:
            by_network[names[0]] = sorted((*by_network.get(names[0], ()), *unnamed), key=lambda line: line.row)
        else:
            wrong = tuple(Wrong(line.row, Reason.NO_NETWORK, "network") for line in unnamed)
            name = names[0]
            by_network[name] = [*by_network.get(name, ()), *(Line(row=w.row, wrong=(w,)) for w in wrong)]

    def _apply(self, session: Session, proposals: Sequence[Proposal], done: Callable[[int], None]) -> None:
        """All networks in one transaction, each checked again: a running bot may have changed something meanwhile."""
        scope = self._scope(session)
        posting = Posting(self._texts, "import")  # what is to be said waits for the bot, which looks before it repeats
        for proposal in proposals:
            try:
                found = roster.of_name(proposal.name, scope)
            except UserError:
                raise OperatorError(CHANGED) from None
            network = found or roster.founded(proposal.name, proposal.lines, scope)
            plan = roster.planned(proposal.lines, network, scope)
            if plan.wrong or roster.fingerprint(plan) != roster.fingerprint(proposal.plan):
                raise OperatorError(CHANGED)
            effects = roster.apply(plan, network, self._house.us, scope)
            posting.store(scope, effects, f"import/{network.id}/{scope.now.isoformat()}")
            done(len(proposal.lines))

    def _show(self, proposals: Sequence[Proposal]) -> None:
        sums = Table(*(self._word(word) for word in ("network", "what", "new", "changed", "unchanged")))
        for proposal in proposals:
            plan = proposal.plan
            name = f"{proposal.name} ({self._word('new_network')})" if proposal.is_new else proposal.name
            for word, changes, same in (
                ("organisations", plan.bodies, plan.same_bodies),
                ("people", plan.members, plan.same_members),
            ):
                new = sum(change.before is None for change in changes)
                sums.add_row(Styled(name), self._word(word), str(new), str(len(changes) - new), str(same))
                name = ""
        self._console.print(sums)
        wrong = sorted((each for proposal in proposals for each in proposal.plan.wrong), key=lambda each: each.row)
        if wrong:
            return self._show_wrong(wrong)
        for pair in (pair for proposal in proposals for pair in proposal.plan.alike):
            self._console.print(Styled(self._plain(text("bulk.alike", pair=pair)), style="yellow"))
        return self._show_changes([c for p in proposals for c in (*p.plan.bodies, *p.plan.members) if c.before])

    def _show_wrong(self, wrong: Sequence[Wrong]) -> None:
        shown = Table(self._word("row"), self._word("reason"), style="red")
        for each in wrong:
            shown.add_row(str(each.row), Styled(self._plain(text("bulk.reason", wrong=each))), style="red")
        self._console.print(shown)

    def _show_changes(self, changes: Sequence[Change]) -> None:
        for change in changes[:MOST_CHANGES]:
            self._console.print(Styled(f"  {self._plain(text('bulk.change', entry=change))}"))
        if len(changes) > MOST_CHANGES:
            self._console.print(f"  … +{len(changes) - MOST_CHANGES}")

    def write_out(self, file: Path, network: str | None, *, force: bool) -> int:
        """Export organisations and people of one network or of all; the exit code. Raises OperatorError."""
        if file.suffix.lower() not in (".csv", ".xlsx"):
            raise OperatorError(f"{file}: what kind of file is that to be? Name it .csv or .xlsx.")
        if file.exists() and not force:
            raise OperatorError(f"{file}: is there already. Choose another name, or say --force.")
        with contextlib.closing(Database(self._settings.database.url, read_only=True)) as database:
            try:
                rows = database.run_now(lambda session: self._rows(network, self._scope(session)))
            except UserError as refusal:
                return self._refused(text(refusal.text, **refusal.values))
        content = sheets.to_xlsx(rows, "personen") if file.suffix.lower() == ".xlsx" else sheets.to_csv(rows)
        _write(file, content)
        self._console.print(Styled(f"{file}: {len(rows) - 1}"))
        return 0

    def _rows(self, name: str | None, scope: Scope) -> list[tuple[str, ...]]:
        found = sorted(people.all_networks(scope.session), key=lambda network: (fold(network.name), network.id))
        chosen = [network for network in found if name is None or fold(network.name) == fold(name)]
        if not chosen and name is not None:
            known = ", ".join(network.name for network in found) or "none"
            raise OperatorError(f"There is no network “{name}”. There are: {known}.")
        roster.require_unlike(chosen, scope)
        return [table.HEADER, *(row for network in chosen for row in roster.exported(network, scope))]

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


def _opened(url: str) -> Database:
    try:
        return Database(url)
    except InUse as problem:
        raise InUse(f"{problem} Or drop the file into your direct chat with the bot: it is read there, too.") from None


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
