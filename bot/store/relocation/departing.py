"""A network is to go to another account, as whoever runs the bot asks for it: begun, given up, and how far it is.

All of it beside the running bots, which do the work (`bot.procedures.relocating`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.config import without_password
from bot.errors import OperatorError
from bot.events import Power
from bot.store.engines import engine_for
from bot.store.outbox import last_problem
from bot.store.people import all_networks
from bot.store.relocation.carrying import Carrier, table_of
from bot.store.relocation.handover import hindrances
from bot.store.relocation.named import OWN
from bot.store.relocation.obstacles import schema_of
from bot.store.relocation.relocations import Relocation, State, listed, make
from bot.store.rooms import UNSEEN, groups_of_network, is_member
from bot.store.tables import Network, Room

INSERT = "INSERT INTO public.relocation VALUES (%s, %s, %s, %s, %s, %s)"
DELETE = "DELETE FROM public.relocation WHERE network = %s AND state = %s"
STOP = "UPDATE public.relocation SET state = %s WHERE network = %s AND state = ANY(%s)"
LEADS = "SELECT holder FROM public.lease WHERE account = %s AND until > clock_timestamp()"
MAY_STOP = (State.ASKED, State.INVITING)
ROOMS = table_of("room")

Fold = Callable[[str], str]
"""What makes two spellings of one name equal."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A room that is not as far as it must be, and why, in words."""

    room: str
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a network is. `asleep` are the accounts whose bot would have to do something, and does not run."""

    relocation: Relocation
    rooms: int
    lacking: Sequence[Lacking]
    hindrances: Sequence[str]
    asleep: Sequence[str]


def ask(url: str, account: str, network: str, target: str, now: datetime, fold: Fold) -> Relocation:
    """Let a network of `account` go to `target`. `url` is PostgreSQL's, `now` UTC.

    Raises OperatorError, with nothing changed, where that cannot be.
    """
    with _opened(url, account) as session:
        connection = session.connection()
        make(connection)
        found = _network(session, network, account, url, fold)
        _require_other(connection, account, target, url)
        wanted = Relocation(found.id or 0, found.name, account, target, State.ASKED, now)
        under_way = next((each for each in listed(connection) if each.network_id == found.id), None)
        if under_way is not None and under_way.state != State.STOPPED:
            raise OperatorError(
                f"“{found.name}” is on its way to {under_way.target} already: say that account to see how far it is, "
                "or --stop. Nothing was changed"
            )
        if reasons := hindrances(session, wanted):
            raise OperatorError(f"“{found.name}” cannot go to {target} now: {'; '.join(reasons)}. Nothing was changed")
        connection.exec_driver_sql(DELETE, (wanted.network_id, State.STOPPED.value))
        connection.exec_driver_sql(INSERT, (wanted.network_id, wanted.name, account, target, State.ASKED.value, now))
        return wanted


def stop(url: str, account: str, network: str, fold: Fold) -> Relocation:
    """Give it up, while nothing has changed hands. Raises OperatorError where there is nothing to stop, or too late."""
    with _opened(url, account) as session:
        connection = session.connection()
        found = _under_way(connection, account, network, fold)
        if found is None or found.state == State.STOPPED:
            raise OperatorError(f"“{network}” of {account} is on its way to nobody. Nothing was changed")
        values = (State.STOPPED.value, found.network_id, [each.value for each in MAY_STOP])
        if connection.exec_driver_sql(STOP, values).rowcount == 0:
            raise OperatorError(
                f"“{found.name}” is past the point at which it can be stopped: {found.target} is told in its rooms. "
                "Wait until it has arrived, then move it back"
            )
        return found


def status(url: str, account: str, network: str, fold: Fold) -> Standing | None:
    """How far a network is that goes from this account, or comes to it; None: it goes nowhere."""
    with _opened(url, account) as session:
        found = _under_way(session.connection(), account, network, fold)
    if found is None:
        return None
    with _opened(url, found.source) as session:
        connection = session.connection()
        asleep = [each for each in _next(found) if not _leads(connection, each)]
        if found.state in (State.HANDED, State.TAKEN, State.STOPPED):
            behind = _unread(connection, found) if found.state == State.HANDED else []
            return Standing(found, len(behind), behind, (), asleep)
        rooms = groups_of_network(session, found.network_id)
        lacking = [Lacking(room.name or room.room_id, why) for room in rooms if (why := _lacks(session, room, found))]
        space = session.get_one(Network, found.network_id).space_id
        if space is not None and (why := _absent(session, space, found)):
            lacking.append(Lacking(f"space {space}", why))
        reasons = hindrances(session, found) if found.state != State.MARKED else ()
        return Standing(found, len(rooms) + (space is not None), lacking, reasons, asleep)


def _next(relocation: Relocation) -> Sequence[str]:
    """Whose bots have something to do now."""
    source, target = (relocation.source,), (relocation.target,)
    alone = {State.TAKEN: source, State.HANDED: target, State.STOPPED: target}
    return alone.get(State(relocation.state), source + target)


def has_arrived(url: str, account: str, network: str, target: str, fold: Fold) -> bool:
    """Whether a network that this account does not have (any more) is with `target`. Raises OperatorError."""
    with _opened(url, account) as session:
        schema = schema_of(session.connection(), target)
        if schema is None or any(_is_meant(each.id, each.name, network, fold) for each in all_networks(session)):
            return False
        there = Carrier(session.connection(), schema).there(table_of("network"))
        found = session.connection().execute(sa.select(there.c.id, there.c.name))
        return any(_is_meant(network_id, name, network, fold) for network_id, name in found)


def _is_meant(network_id: int | None, name: str, said: str, fold: Fold) -> bool:
    return str(network_id) == said or fold(name) == fold(said)


def _lacks(session: Session, room: Room, relocation: Relocation) -> str:
    """What a room misses before it can change hands; nothing if it does not."""
    lacks = room.lacks.split(",")
    if room.lacks == UNSEEN:
        return f"{relocation.source} does not know yet who is there"
    if relocation.state == State.MARKED and room.reads_after is None:
        return "the last message has not come back yet"
    if absent := _absent(session, room.room_id, relocation):
        return absent + (", and may not be invited by the bot: do it" if Power.INVITE in lacks else "")
    return "the bot may not speak there: let it" if Power.SPEAK in lacks else ""


def _absent(session: Session, room_id: str, relocation: Relocation) -> str:
    """That the new account is not there, and what the homeserver says of its invitation."""
    if is_member(session, room_id, relocation.target):
        return ""
    asked = f"{OWN}{relocation.network_id}/{relocation.asked_at.isoformat()}/invite {room_id}"
    problem = last_problem(session, asked)
    return f"{relocation.target} is not there" + (f" ({problem})" if problem else "")


def _unread(connection: Connection, relocation: Relocation) -> list[Lacking]:
    schema = schema_of(connection, relocation.target)
    if schema is None:
        return []
    there = Carrier(connection, schema).there(ROOMS)
    wanted = (there.c.network_id == relocation.network_id, there.c.reads_after.is_not(None), there.c.joined)
    found = connection.execute(sa.select(there.c.room_id, there.c.name).where(*wanted).order_by(there.c.room_id))
    why = f"{relocation.target} has not read it yet"
    return [Lacking(name or room_id, why) for room_id, name in found]


def _under_way(connection: Connection, account: str, network: str, fold: Fold) -> Relocation | None:
    """By its name, or its ID where several are called alike."""
    ours = [each for each in listed(connection) if account in (each.source, each.target)]
    return next((each for each in ours if _is_meant(each.network_id, each.name, network, fold)), None)


def _network(session: Session, name: str, account: str, url: str, fold: Fold) -> Network:
    ours = all_networks(session)
    found = [each for each in ours if fold(each.name) == fold(name)] or [each for each in ours if str(each.id) == name]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"“{each.name}” ({each.id})" for each in ours) or "none"
    if found:
        raise OperatorError(f"several networks are called “{name}”: say the number of one of them: {known}")
    raise OperatorError(
        f"database.url: {account} has no network “{name}” in {without_password(url)}. It has: {known}. The command is "
        "run with the configuration of the account that the network leaves"
    )


def _require_other(connection: Connection, account: str, target: str, url: str) -> None:
    if target == account:
        raise OperatorError(f"matrix.user_id: the network is {account}'s already: name the account it goes to")
    if schema_of(connection, target) is None:
        raise OperatorError(
            f"database.url: {target} is not registered in {without_password(url)}; `zwischenstand accounts` lists who "
            "is. Run `zwischenstand add-account` with its configuration first. Nothing was changed"
        )


def _leads(connection: Connection, account: str) -> bool:
    return connection.exec_driver_sql(LEADS, (account,)).first() is not None


@contextmanager
def _opened(url: str, account: str) -> Iterator[Session]:
    """One transaction among the account's tables."""
    engine = engine_for(url, account=account)
    try:
        with Session(engine) as session, session.begin():
            yield session
    except DBAPIError as error:
        raise OperatorError(
            f"database.url: {without_password(url)}: {str(error.orig).strip()}. Nothing was changed"
        ) from error
    finally:
        engine.dispose()
