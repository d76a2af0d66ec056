"""Synergies are searched for, and owners told.

A network is searched a quarter of an hour after something in its projects was changed, only for what was changed since
the last time; owners are told at 9:00 local time of the next working day, a few proposals a day in one message.

Lateness: a search that was missed is made up for at once, for all changes together; nobody notices when. Proposals
that were missed are sent as soon as the bot is there: by then they say what is true. What was answered, dismissed or
archived in between is left out. A search that fails is tried again after an hour.
"""

from collections.abc import Iterator

from bot.context import Scope
from bot.effects import Effect
from bot.job import Due, Job
from bot.procedures import synergies as procedure
from bot.procedures import synergy_search
from bot.store import synergies


def due(scope: Scope) -> Iterator[Due]:
    """The networks to search, and those whose owners are to be told."""
    for network_id, at in synergy_search.due(scope):
        yield Due(f"synergies.search {network_id}", at, network_id)
    for network_id, at in synergies.proposals_due(scope.session, scope.now):
        yield Due(f"synergies.propose {network_id}", at, network_id)


def run(occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
    """Begin one search, or tell the owners of one network."""
    network_id = int(occurrence.subject)
    if occurrence.schedule.startswith("synergies.search"):
        return synergy_search.begin(network_id, occurrence.at, scope)
    return procedure.propose(network_id, occurrence.at.isoformat(), scope)


def went_back(scope: Scope) -> None:
    """What is changed from now on is to be searched, whatever the clock showed at the last search."""
    synergies.went_back(scope.session, scope.now, synergy_search.UNDER_WAY)


JOB = Job("synergies", due, run, went_back=went_back)
