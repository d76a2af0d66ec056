"""A file of people comes in: fetched, checked as a whole, shown, applied on confirmation, or not at all.

Read only from coordinators, and only in their direct chat or where nobody but coordinators is: all else that people
drop into rooms is none of our business, and stays unanswered.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from bot.context import Context, Scope
from bot.domain.roster import Plan
from bot.effects import Answer, Effect, Fetch, Reply, Say
from bot.errors import Question, UserError
from bot.events import Dropped, Event, Failed, Fetched
from bot.language.names import fold
from bot.procedures import roster, standing
from bot.store import networks, people, rooms
from bot.store.tables import Network, PendingImport
from bot.texts import Text, text

KEY = "import/"
LARGEST = 5_000_000  # bytes
KEPT = timedelta(days=1)  # a file that nobody has confirmed by then is forgotten
NOTHING_YET = "[]"


def dropped(event: Dropped, scope: Scope) -> tuple[Effect, ...]:
    """Somebody dropped a file: fetch it if it was meant for us."""
    if Path(event.name).suffix.lower() not in (".csv", ".xlsx"):
        return ()
    found = _networks_meant(event, scope)
    if found is None:
        return ()
    if not found:
        return (_said(event, "too_early", text("bulk.no_network", prefix=scope.house.prefix)),)
    if event.size > LARGEST:
        return (_said(event, "too_large", text("bulk.too_large", name=event.name)),)
    people.forget_imports(scope.session, scope.now - KEPT)
    pending = PendingImport(
        network_id=found[0].id or 0,  # with several, the table itself says which: see `fetched`
        person=event.sender,
        room_id=event.room_id,
        name=event.name,
        rows=NOTHING_YET,
        at=scope.now,
    )
    number = people.add_import(scope.session, pending)
    key = f"{KEY}{number}/{event.event_id}"
    return (Fetch(room_id=event.room_id, key=key, name=event.name, source=event.source),)


def _networks_meant(event: Dropped, scope: Scope) -> Sequence[Network] | None:
    """The networks that a file may be for; None where files are not read."""
    room = rooms.find(scope.session, event.room_id)
    if room is None:
        return None
    found = roster.coordinated(event.sender, scope)
    if room.direct_with is not None:
        return found or ([] if event.sender in scope.house.coordinators else None)
    here = [network for network in found if network.id == room.network_id]
    if not here:
        return None
    present = set(rooms.members(scope.session, room.room_id)) - {scope.house.us}
    if not present <= set(standing.coordinators(here[0].id or 0, scope)):
        return None
    return here if all(here[0] in roster.coordinated(person, scope) for person in present) else None


def fetched(event: Fetched, scope: Scope) -> tuple[Effect, ...]:
    """A dropped file was read: keep it, and show what it would do."""
    pending, cause = _pending(event.key, scope)
    if pending is None:
        return ()
    key = f"{event.key}/preview"
    try:
        lines = roster.read(event.rows)
        network = _network(pending, lines, scope)
        pending.network_id, pending.rows = network.id or 0, json.dumps(event.rows, ensure_ascii=False)
        wanted = roster.planned(roster.within(network, lines), network, scope)
    except UserError as refusal:  # here nobody waits for an answer but the person
        said = text(refusal.text, **refusal.values)
        return (Say(room_id=event.room_id, key=key, text=said, reply_to=cause),)
    resume = None if wanted.wrong or wanted.changes_nothing else _resume(pending, wanted)
    return (
        Say(
            room_id=event.room_id,
            key=key,
            text=_preview(pending, network, wanted),
            reply_to=cause,
            resume=resume,
            resume_by=pending.person,
            resume_until=scope.now + KEPT,
            subject=_subject(pending),
            network_id=network.id,
        ),
    )


def not_fetched(event: Failed, scope: Scope) -> tuple[Effect, ...]:
    """A dropped file could not be read: say why."""
    pending, cause = _pending(event.key, scope)
    if pending is None:
        return ()
    said = text("bulk.unreadable", name=pending.name, problem=event.problem)
    return (Say(room_id=pending.room_id, key=f"{event.key}/unreadable", text=said, reply_to=cause),)


def confirm(number: int, seen: str, ctx: Context) -> Answer:
    """Take a file over whose preview was shown; `seen` is the fingerprint of what was shown.

    Raises UserError for a file that is none of this person's, or has become wrong; Question, if it would do something
    else by now than what was shown.
    """
    pending = people.import_by_id(ctx.session, number)
    if pending is None or pending.person != ctx.person or pending.network_id != ctx.network_id:
        raise UserError("bulk.unknown", prefix=ctx.house.prefix)
    if pending.applied_at is not None:
        raise UserError("bulk.applied_already", name=pending.name, at=pending.applied_at)
    lines = roster.read(json.loads(pending.rows))
    wanted = roster.planned(roster.within(ctx.network, lines), ctx.network, ctx)
    if wanted.wrong:
        raise UserError("bulk.wrong", name=pending.name, plan=wanted)
    if not wanted.changes_nothing and roster.fingerprint(wanted) != seen:
        raise Question(
            "bulk.preview",
            resume=_resume(pending, wanted),
            subject=_subject(pending),
            until=ctx.now + KEPT,
            name=pending.name,
            network=ctx.network,
            plan=wanted,
            again=bool(seen),
        )
    effects = roster.apply(wanted, ctx.network, ctx.person, ctx)
    pending.applied_at, pending.rows = ctx.now, NOTHING_YET
    return (Reply(text("bulk.applied", name=pending.name, network=ctx.network, plan=wanted)), *effects)


def _pending(key: str, scope: Scope) -> tuple[PendingImport | None, str]:
    """The file that a key names, and the event in which it was dropped."""
    _, number, cause = key.split("/", 2)
    return people.import_by_id(scope.session, int(number)), cause


def _network(pending: PendingImport, lines: roster.Named, scope: Scope) -> Network:
    """The network a file is for: in a direct chat with somebody who coordinates several, the one it names."""
    room = rooms.find(scope.session, pending.room_id)
    if room is None or room.direct_with is None:
        return networks.by_id(scope.session, pending.network_id)
    found = roster.coordinated(pending.person, scope)
    named = {fold(name) for name in roster.by_network(lines) if name}
    candidates = [network for network in found if fold(network.name) in named] if len(found) > 1 else found
    roster.require_unlike(candidates, scope)
    if len(candidates) != 1:
        raise UserError("bulk.which_network", networks=found)
    return candidates[0]


def _subject(pending: PendingImport) -> str:
    return f"{KEY}{pending.id}"


def _about(subject: str, scope: Scope) -> PendingImport | None:
    number = subject.removeprefix(KEY)
    return people.import_by_id(scope.session, int(number)) if subject.startswith(KEY) else None


def awaited(subjects: Iterable[str], scope: Scope) -> set[str]:
    """Of these subjects of questions: the files that still wait for their confirmation."""
    found = {subject: _about(subject, scope) for subject in subjects}
    return {subject for subject, pending in found.items() if pending is not None and pending.applied_at is None}


def names(subjects: Iterable[str], scope: Scope) -> list[str]:
    """What the files of these subjects are called."""
    found = (_about(subject, scope) for subject in subjects)
    return [pending.name for pending in found if pending is not None]


def _resume(pending: PendingImport, wanted: Plan) -> str:
    return f"import {pending.id} {roster.fingerprint(wanted)}"


def _preview(pending: PendingImport, network: Network, wanted: Plan) -> Text:
    if wanted.wrong:
        return text("bulk.wrong", name=pending.name, plan=wanted)
    if wanted.changes_nothing:
        return text("bulk.nothing", name=pending.name, network=network)
    return text("bulk.preview", name=pending.name, network=network, plan=wanted, again=False)


def _said(event: Event, what: str, said: Text) -> Say:
    return Say(room_id=event.room_id, key=f"{KEY}{what}/{event.event_id}", text=said, reply_to=event.event_id)
