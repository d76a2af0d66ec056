"""`zwischenstand add-account`, `accounts` and `move-network`: several accounts, one database, a schema each."""

from collections.abc import Iterator
from datetime import datetime

from bot.config import Settings, without_password
from bot.errors import OperatorError
from bot.language.names import fold
from bot.store import accounts
from bot.store.apart import STEP
from bot.store.relocation import departing
from bot.store.relocation.departing import Standing
from bot.store.relocation.relocations import State

STATES = {
    State.ASKED: "the bot of {source} takes it up within seconds",
    State.INVITING: "{target} is being let into the rooms",
    State.MARKED: "a last message is said in each room; the records go when nothing waits there any more",
    State.HANDED: "the records are with {target}, which reads up on the rooms",
    State.TAKEN: "{target} has taken over; {source} leaves the rooms",
    State.STOPPED: "stopped; {target} leaves the rooms it was let into",
}


def add(settings: Settings) -> Iterator[str]:
    """Add the account of this configuration to its database; what to say. Raises OperatorError."""
    url, user_id = _postgresql(settings), settings.matrix.user_id
    added = accounts.add(url, user_id)
    account, number, schema = added.shard
    if not added.is_new:
        yield f"{account} is there already: number {number}, schema {schema}. Nothing was changed."
        return
    if number == 0:
        yield f"{account} is the first account of {without_password(url)}: number 0, schema {schema}."
    else:
        made = f"schema {schema} with {added.tables} tables, whose IDs count in steps of {STEP}"
        yield f"{account} added to {without_password(url)}: number {number}, {made}."
    yield 'Now run "zwischenstand check" with this configuration, then start its bot.'


def listed(settings: Settings) -> Iterator[str]:
    """A line an account. Raises OperatorError."""
    url = _postgresql(settings)
    found = accounts.standing(url)
    if not found:
        yield f"{without_password(url)}: no account has been registered yet; the first is when its bot starts"
    width = max((len(each.shard.account) for each in found), default=0)
    for each in found:
        account, number, schema = each.shard
        leads = f"{each.holder} leads" if each.holder else "nobody leads"
        rows = f"{each.networks} networks, {each.rooms} rooms" if each.networks is not None else "no tables yet"
        yield f"{number:>2}  {account:<{width}}  {schema:<16}  {rows}; {leads}"


def move_network(settings: Settings, network: str, target: str, now: datetime) -> Iterator[str]:
    """Let a network go to another account, or say how far it is; what to say. `now` is UTC. Raises OperatorError."""
    url, us = _postgresql(settings), settings.matrix.user_id
    standing = departing.status(url, us, network, fold)
    if standing is None and departing.has_arrived(url, us, network, target, fold):
        yield f"“{network}” is with {target}. Nothing is left to do."
        return
    under_way = standing is not None and standing.relocation.state != State.STOPPED
    if standing is None or not under_way or target not in (standing.relocation.target, us):
        asked = departing.ask(url, us, network, target, now, fold)
        yield f"“{asked.name}” goes from {asked.source} to {asked.target}."
        standing = departing.status(url, us, str(asked.network_id), fold)
    if standing is not None:
        yield from _told(standing)


def stop_network(settings: Settings, network: str) -> Iterator[str]:
    """Give up that a network goes to another account; what to say. Raises OperatorError where that is too late."""
    stopped = departing.stop(_postgresql(settings), settings.matrix.user_id, network, fold)
    yield f"“{stopped.name}” stays with {stopped.source}. {stopped.target} leaves the rooms it was let into."


def _told(standing: Standing) -> Iterator[str]:
    found = standing.relocation
    yield f"{found.state}: {STATES[State(found.state)].format(source=found.source, target=found.target)}"
    if found.state in (State.INVITING, State.MARKED):
        yield f"rooms: {standing.rooms - len(standing.lacking)} of {standing.rooms} are ready"
    for each in standing.lacking:
        yield f"  {each.room}: {each.why}"
    for reason in standing.hindrances:
        yield f"waits: {reason}"
    for account in standing.asleep:
        yield f"the bot of {account} does not run: start it"
    if found.state not in (State.TAKEN, State.STOPPED):
        yield "Run the command again to see how far it is."


def _postgresql(settings: Settings) -> str:
    url = settings.database.url
    if url.startswith("sqlite"):
        raise OperatorError(
            "database.url: several accounts share a database with PostgreSQL alone (`zwischenstand move-database`); "
            "with SQLite each has a file of its own"
        )
    return url
