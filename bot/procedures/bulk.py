"""A file comes in: fetched, checked as a whole, shown, applied on confirmation, or not at all.

What it may be, and from whom, say its kinds (`file_kinds`).
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.context import Context, Scope
from bot.effects import Answer, Effect, Fetch, Reply, Say
from bot.errors import Question, UserError
from bot.events import Dropped, Event, Failed, Fetched
from bot.procedures import survey_filled, weighing
from bot.procedures.dropping import Kind, Planned, Said, Sent
from bot.procedures.file_kinds import KINDS
from bot.procedures.weighing import KEY, Found
from bot.store import networks, people
from bot.store.tables import PendingImport
from bot.texts import Text, text

LARGEST = 5_000_000  # bytes
KEPT = timedelta(days=1)  # a file that nobody has confirmed by then is forgotten
NOTHING_YET = "[]"


def dropped(event: Dropped, scope: Scope) -> tuple[Effect, ...]:
    """Somebody dropped a file: fetch it if it was meant for us."""
    if Path(event.name).suffix.lower() not in (".csv", ".xlsx"):
        return ()
    sent = Sent(event.sender, event.room_id, event.name)
    expected = [found for kind in KINDS if (found := kind.expects(sent, scope)) is not None]
    if not expected:
        is_form = survey_filled.is_misplaced(sent.person, sent.room_id, sent.name, scope)
        return (_said(event, "misplaced", text("surveyforms.misplaced")),) if is_form else ()
    found = next((networks for networks in expected if networks), None)
    if found is None:
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


def fetched(event: Fetched, scope: Scope) -> tuple[Effect, ...]:
    """A dropped file was read: keep it, and show what it would do; of a large one that is found out beside us."""
    pending, cause = _pending(event.key, scope)
    if pending is None:
        return ()
    pending.rows = json.dumps(event.rows, ensure_ascii=False)
    if weighing.is_large(event.rows):
        return (weighing.weigh(pending, event.room_id, cause),)
    try:
        return (_preview(weighing.found(pending, event.rows, scope), pending, event.room_id, cause, scope),)
    except UserError as refusal:  # here nobody waits for an answer but the person
        return (_refused(refusal, pending, event.room_id, cause),)


def weighed(key: str, room_id: str, found: Found | None, scope: Scope) -> tuple[Effect, ...]:
    """It is known what a large file would do: show it, or take it over. Without that it is found out here and now."""
    pending, cause, seen, attempt = weighing.asked(key, scope)
    if pending is None or pending.applied_at is not None:
        return ()
    is_confirmed = seen != weighing.NOT_SHOWN  # what is shown may be out of date a moment later anyway
    is_stale = is_confirmed and found is not None and not weighing.still_holds(found, scope)
    if is_stale and attempt < weighing.ATTEMPTS:
        return (weighing.weigh(pending, room_id, cause, seen, attempt + 1),)
    try:
        if found is None or is_stale:
            found = weighing.found(pending, json.loads(pending.rows), scope, confirmed=is_confirmed)
        if not is_confirmed:
            return (_preview(found, pending, room_id, cause, scope),)
        return _taken(found, pending, room_id, (cause, seen), scope)
    except UserError as refusal:
        return (_refused(refusal, pending, room_id, cause),)


def _taken(
    found: Found, pending: PendingImport, room_id: str, confirmed: tuple[str, str], scope: Scope
) -> tuple[Effect, ...]:
    """Take it over, as a whole, if it would still do what was shown; else show it once more."""
    (cause, seen), kind, wanted = confirmed, found.kind, found.plan
    network = networks.by_id(scope.session, found.network_id)
    is_other = not wanted.changes_nothing and found.fingerprint != seen
    if wanted.wrong or is_other:
        return (_preview(found, pending, room_id, cause, scope, again=True),)
    effects = kind.apply(wanted, network, pending.person, pending.name, scope)
    pending.applied_at, pending.rows = scope.now, NOTHING_YET
    said, key = kind.said(Said.APPLIED, pending.name, network, wanted), f"{_subject(pending)}/{cause}/applied"
    return (Say(room_id=room_id, key=key, text=said, reply_to=cause, network_id=network.id), *effects)


def _preview(
    found: Found, pending: PendingImport, room_id: str, cause: str, scope: Scope, *, again: bool = False
) -> Say:
    """What it would do, to be confirmed; of a file with anything wrong what that is."""
    kind, wanted, network = found.kind, found.plan, networks.by_id(scope.session, found.network_id)
    pending.network_id = found.network_id
    people.supersede(scope.session, pending)
    shown = Said.AGAIN if again and _shown(wanted) is Said.PREVIEW else _shown(wanted)
    return Say(
        room_id=room_id,
        key=f"{_subject(pending)}/{cause}/preview",
        text=kind.said(shown, pending.name, network, wanted),
        reply_to=cause,
        resume=None if wanted.wrong or wanted.changes_nothing else _resume(kind, pending, found.fingerprint),
        resume_by=pending.person,
        resume_until=scope.now + KEPT,
        subject=_subject(pending),
        network_id=network.id,
    )


def _refused(refusal: UserError, pending: PendingImport, room_id: str, cause: str) -> Say:
    pending.rows = NOTHING_YET
    said = text(refusal.text, **refusal.values)
    return Say(room_id=room_id, key=f"{_subject(pending)}/{cause}/preview", text=said, reply_to=cause)


def not_fetched(event: Failed, scope: Scope) -> tuple[Effect, ...]:
    """A dropped file could not be read: say why."""
    pending, cause = _pending(event.key, scope)
    if pending is None:
        return ()
    said = text("bulk.unreadable", name=pending.name, problem=event.problem)
    return (Say(room_id=pending.room_id, key=f"{event.key}/unreadable", text=said, reply_to=cause),)


def confirm(number: int, seen: str, command: str, ctx: Context) -> Answer:
    """Take a file over whose preview was shown; `seen` is the fingerprint of what was shown.

    `command` is what takes files of its kind over (`Kind.confirmed_with`): who may say that, may do no more with it
    than that. Raises UserError for a file that is none of this person's, or has become wrong; Question, if it would do
    something else by now than what was shown.
    """
    pending = people.import_by_id(ctx.session, number)
    if pending is None or pending.person != ctx.person or pending.network_id != ctx.network_id:
        raise UserError("bulk.unknown", prefix=ctx.house.prefix)
    if pending.applied_at is not None:
        raise UserError("bulk.applied_already", name=pending.name, at=pending.applied_at)
    rows = json.loads(pending.rows)
    if weighing.is_large(rows):
        said = Reply(text("bulk.taking", name=pending.name))
        return (said, weighing.weigh(pending, ctx.room.room_id, ctx.message.event_id, seen))
    kind = weighing.kind_of(rows, [each for each in KINDS if each.confirmed_with == command])
    wanted = kind.planned(kind.read(rows), ctx.network, ctx.person, ctx)
    if wanted.wrong:
        refusal = kind.said(Said.WRONG, pending.name, ctx.network, wanted)
        raise UserError(refusal.name, **refusal.values)
    if not wanted.changes_nothing and kind.fingerprint(wanted) != seen:
        shown = kind.said(Said.AGAIN if seen else Said.PREVIEW, pending.name, ctx.network, wanted)
        resume, until = _resume(kind, pending, kind.fingerprint(wanted)), ctx.now + KEPT
        raise Question(shown.name, resume=resume, subject=_subject(pending), until=until, **shown.values)
    effects = kind.apply(wanted, ctx.network, ctx.person, pending.name, ctx)
    pending.applied_at, pending.rows = ctx.now, NOTHING_YET
    return (Reply(kind.said(Said.APPLIED, pending.name, ctx.network, wanted)), *effects)


def _pending(key: str, scope: Scope) -> tuple[PendingImport | None, str]:
    """The file that a key names, and the event in which it was dropped."""
    _, number, cause = key.split("/", 2)
    return people.import_by_id(scope.session, int(number)), cause


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


def _resume(kind: Kind[Any], pending: PendingImport, fingerprint: str) -> str:
    return f"{kind.confirmed_with} {pending.id} {fingerprint}"


def _shown(wanted: Planned) -> Said:
    if wanted.wrong:
        return Said.WRONG
    return Said.NOTHING if wanted.changes_nothing else Said.PREVIEW


def _said(event: Event, what: str, said: Text) -> Say:
    return Say(room_id=event.room_id, key=f"{KEY}{what}/{event.event_id}", text=said, reply_to=event.event_id)
