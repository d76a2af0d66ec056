"""What keeps the bot from being started by mistake on a SQLite file whose records have been moved to PostgreSQL.

It is a file beside the database, as a mark in the database would be a change in it.
"""

from datetime import datetime
from pathlib import Path

from bot.durable import sync_folder
from bot.errors import OperatorError


def marker_of(file: Path) -> Path:
    """Where the marker of a SQLite file lies."""
    return file.with_name(file.name + ".moved")


def mark(file: Path, to: str, now: datetime) -> None:
    """Say beside a SQLite file where its records are now; `to` is an address without a password. Raises OSError."""
    marker = marker_of(file)
    if not marker.exists():
        marker.write_text(f"was moved to {to} on {now:%Y-%m-%d, %H:%M} UTC\n", encoding="utf-8")
        sync_folder(marker.parent)


def require_not_moved(file: Path) -> None:
    """Raises OperatorError for one that was moved, also where it would only be read: what it says is of the past."""
    marker = marker_of(file)
    if marker.exists():
        told = marker.read_text(encoding="utf-8").strip()
        raise OperatorError(
            f"database.url: {file}: {told}. Name the new one in database.url. To go back to this one nevertheless, and "
            f"lose what has happened since, delete {marker}."
        )
