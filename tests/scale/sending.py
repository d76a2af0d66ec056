"""A process that does nothing but send."""

import asyncio
import contextlib
import logging
from pathlib import Path

from bot import sender
from bot.__main__ import _until_signalled
from bot.config import Database, Matrix, Settings
from tests.scale.leases import BOT


def begin(url: str, homeserver: str, folder: str, within: float | None = None) -> None:
    """What the process does; it gives posts up after so many seconds."""
    logging.basicConfig(level=logging.WARNING)
    sender.WITHIN = within or sender.WITHIN
    matrix = Matrix(homeserver=homeserver, user_id=BOT, password="geheim", store=Path(folder) / "crypto")
    settings = Settings(coordinators=("@anna:example.org",), matrix=matrix, database=Database(url=url))
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_until_signalled(sender.run(settings)))
