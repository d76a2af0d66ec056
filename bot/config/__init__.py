"""Settings: config.toml, then the environment over it. All mistakes are reported at once, at the start."""

from bot.config.hidden import without_password
from bot.config.reading import load
from bot.config.settings import (
    STATES,
    Database,
    Log,
    Mail,
    Matrix,
    Monitoring,
    Portfolio,
    Rooms,
    Settings,
    Voting,
)
from bot.config.web import Web

__all__ = [
    "STATES",
    "Database",
    "Log",
    "Mail",
    "Matrix",
    "Monitoring",
    "Portfolio",
    "Rooms",
    "Settings",
    "Voting",
    "Web",
    "load",
    "without_password",
]
