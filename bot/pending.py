"""`zwischenstand outbox`: what was not sent, and why; single rows are tried again."""

from collections.abc import Iterator
from contextlib import closing
from zoneinfo import ZoneInfo

from bot.clean import one_line
from bot.config import Settings
from bot.errors import OperatorError
from bot.store import backlog
from bot.store.database import Database
from bot.store.leased import taken_now

SHOWN = 100


def listed(settings: Settings) -> Iterator[str]:
    """A line a row, oldest first; also while the bot runs. Raises OperatorError."""
    account = settings.matrix.user_id
    with closing(Database(settings.database.url, read_only=True, account=account)) as database:
        counts = database.run_now(backlog.counts)
        entries = database.run_now(lambda session: backlog.listed(session, SHOWN))
    yield ", ".join(f"{count} {state}" for state, count in counts.items())
    for entry in entries:
        yield _line(entry, settings.zone)
    if (more := sum(counts.values()) - len(entries)) > 0:
        yield f"… and {more} more"


def _line(entry: backlog.Entry, zone: ZoneInfo) -> str:
    at = entry.created_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    reason = f": {one_line(entry.problem)}" if entry.problem else ""
    return f"{entry.id:>6}  {at}  {entry.state:<7}  {entry.action} for {one_line(entry.where) or '-'}{reason}"


def retry(settings: Settings, row_id: int) -> str:
    """Let one row wait again; the bot takes it up at its next start. What to say. Raises OperatorError."""
    url, account = settings.database.url, settings.matrix.user_id
    with taken_now(url, account) as lease, closing(Database(url, lease=lease, account=account)) as database:
        database.migrate()
        if not database.run_now(lambda session: backlog.retry(session, row_id)):
            raise OperatorError(f"{row_id}: no parked or held row of that number that can be tried again")
    return f"{row_id} will be tried again when the bot starts"
