"""A process that does nothing but send."""

import asyncio
import logging
from pathlib import Path

from bot import sender
from bot.config import Database, Matrix, Settings
from tests.scale.leases import BOT


def begin(url: str, homeserver: str, folder: str) -> None:
    """What the process does."""
    logging.basicConfig(level=logging.WARNING)
    matrix = Matrix(homeserver=homeserver, user_id=BOT, password="geheim", store=Path(folder) / "crypto")
    settings = Settings(coordinators=("@anna:example.org",), matrix=matrix, database=Database(url=url))
    asyncio.run(sender.run(settings))
