"""Hatches bots that look for a network's move every half second, and for what a board is to show at once."""

from datetime import timedelta

from bot.procedures import boards
from schedules import relocations
from tests.crash.nest import hatch

if __name__ == "__main__":
    relocations.EVERY = timedelta(seconds=0.5)
    boards.QUIET = timedelta(seconds=1)
    hatch()
