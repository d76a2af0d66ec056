"""A file comes in: fetched, checked as a whole, shown, applied on confirmation, or not at all.

What it may be, and from whom, say its kinds (`file_kinds`).
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot.context import Context, Scope
from bot.effects import Answer, Effect, Fetch, Reply, Say
from bot.errors import Question, UserError
from bot.events import Dropped, Event, Failed, Fetched
from bot.language.names import fold
from bot.procedures import roster, survey_filled
from bot.procedures.dropping import Kind, Named, Planned, Rows, Said, Sent
from bot.procedures.file_kinds import KINDS
from bot.procedures.file_tables import PEOPLE, PROJECTS
from bot.store import people
from bot.store.tables import Network, PendingImport
from bot.texts import Text, text

KEY = "import/"
LARGEST = 5_000_000  # bytes
KEPT = timedelta(days=1)  # a file that nobody has confirmed by then is forgotten
NOTHING_YET = "[]"
K = TypeVar("K", bound=Kind[Any])


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
    """A dropped file was read: keep it, and show what it would do."""
    pending, cause = _pending(event.key, scope)
    if pending is None:
        return ()
    key = f"{event.key}/preview"
    try:
        kind = kind_of(event.rows, [each for each in KINDS if _networks(each, pending, scope)])
        lines = kind.read(event.rows)
        network = _network(kind, pending, lines, scope)
        pending.network_id, pending.rows = network.id or 0, json.dumps(event.rows, ensure_ascii=False)
        wanted = kind.planned(lines, network, pending.person, scope)
    except UserError as refusal:  # here nobody waits for an answer but the person
        said = text(refusal.text, **refusal.values)
        return (Say(room_id=event.room_id, key=key, text=said, reply_to=cause),)
    people.supersede(scope.session, pending)
    resume = None if wanted.wrong or wanted.changes_nothing else _resume(kind, pending, wanted)
    return (
        Say(
            room_id=event.room_id,
            key=key,
            text=kind.said(_shown(wanted), pending.name, network, wanted),
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
    kind = kind_of(rows, [each for each in KINDS if each.confirmed_with == command])
    wanted = kind.planned(kind.read(rows), ctx.network, ctx.person, ctx)
    if wanted.wrong:
        refusal = kind.said(Said.WRONG, pending.name, ctx.network, wanted)
        raise UserError(refusal.name, **refusal.values)
    if not wanted.changes_nothing and kind.fingerprint(wanted) != seen:
        shown = kind.said(Said.AGAIN if seen else Said.PREVIEW, pending.name, ctx.network, wanted)
        resume, until = _resume(kind, pending, wanted), ctx.now + KEPT
        raise Question(shown.name, resume=resume, subject=_subject(pending), until=until, **shown.values)
    effects = kind.apply(wanted, ctx.network, ctx.person, pending.name, ctx)
    pending.applied_at, pending.rows = ctx.now, NOTHING_YET
    return (Reply(kind.said(Said.APPLIED, pending.name, ctx.network, wanted)), *effects)


def kind_of(rows: Rows, among: Iterable[K]) -> K:
    """The kind of a table, by its header. Raises UserError for a table of something else."""
    kinds = list(among)
    found = next((kind for kind in kinds if kind.recognises(rows)), None)
    if found is None and PROJECTS not in kinds:  # from somebody who coordinates nothing, whom a survey asks
        raise UserError("surveys.no_form")
    if found is None:
        raise UserError("bulk.not_ours", people=PEOPLE.header, projects=PROJECTS.header)
    return found


def _pending(key: str, scope: Scope) -> tuple[PendingImport | None, str]:
    """The file that a key names, and the event in which it was dropped."""
    _, number, cause = key.split("/", 2)
    return people.import_by_id(scope.session, int(number)), cause


def _networks(kind: Kind[Any], pending: PendingImport, scope: Scope) -> list[Network]:
    sent = Sent(pending.person, pending.room_id, pending.name)
    return list(kind.expects(sent, scope) or ())


def _network(kind: Kind[Any], pending: PendingImport, lines: Named, scope: Scope) -> Network:
    """The network a file is for: in a direct chat with somebody who has several, the one it names."""
    found = _networks(kind, pending, scope)
    named = {fold(name) for name, _ in lines if name}
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


def _resume(kind: Kind[Any], pending: PendingImport, wanted: Planned) -> str:
    return f"{kind.confirmed_with} {pending.id} {kind.fingerprint(wanted)}"


def _shown(wanted: Planned) -> Said:
    if wanted.wrong:
        return Said.WRONG
    return Said.NOTHING if wanted.changes_nothing else Said.PREVIEW


def _said(event: Event, what: str, said: Text) -> Say:
    return Say(room_id=event.room_id, key=f"{KEY}{what}/{event.event_id}", text=said, reply_to=event.event_id)
