"""Cleaning of what comes from the homeserver: the same as of files, see `bot.clean`."""

from bot.clean import MAX_IDENTIFIER, clean, identifier, one_line

__all__ = ["MAX_IDENTIFIER", "clean", "identifier", "one_line"]
