"""One event, one savepoint; a few events, one commit; the token only with the last of them.

    messages     a command, the answer to a question, or nothing for us
    votes        native polls and reactions; taken back by redaction
    files        dropped where they are read
    the room     invitations, members, names, powers, upgrades
    the locked   what cannot be read, and what can be at last
    outcomes     what came of what the outbox did for others

Handlers of everything but commands are handed in (`Handlers`), so that this module knows no command by name.
"""

import contextlib
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from bot.addressing import Addressed, addressed, confirmed
from bot.command import Form
from bot.context import Context, House, Scope
from bot.effects import Asks, Effect, as_effects
from bot.errors import Question, UserError
from bot.events import (
    Batch,
    Compared,
    Dropped,
    Echo,
    Event,
    Failed,
    Fetched,
    Happening,
    Invited,
    Left,
    Members,
    Membership,
    Message,
    Moved,
    Named,
    Opened,
    Outcome,
    Powers,
    Reaction,
    Redacted,
    Related,
    Undecryptable,
    Unsealed,
    Upgraded,
    Vote,
    Withheld,
)
from bot.parsing import Commands
from bot.posting import Posting
from bot.procedures import answering, arrivals, bulk, closing, outcomes, roomlife, standing, survey_talk, unreadable
from bot.procedures.finding import require_role
from bot.reading import first_word
from bot.store import Session, outbox, progress, questions, rooms
from bot.store.database import Database, is_down
from bot.store.outbox import Row
from bot.store.rooms import Standing
from bot.texts import text
from bot.vitals import Vitals

log = logging.getLogger(__name__)

TOGETHER = 100  # events in one commit: a crash repeats at most these
TOKEN_AT_LEAST_EVERY = timedelta(seconds=30)

OnEvent = Callable[[Event, Scope], tuple[Effect, ...]]


class Heard(NamedTuple):
    """What was said to us: the message to answer, what it says, and where its sender stands."""

    message: Message
    said: Addressed
    here: Standing


class Inbox:
    """Handles what the homeserver tells us."""

    def __init__(
        self,
        database: Database,
        commands: Commands,
        posting: Posting,
        house: House,
        on_event: OnEvent,
        offer: Callable[[Sequence[Row]], None],
        vitals: Vitals | None = None,
    ) -> None:
        """`on_event` handles votes, reactions and redactions; `offer` gets the rows to send once they are committed."""
        self._database = database
        self._commands = commands
        self._posting = posting
        self._house = house
        self._on_event = on_event
        self._offer = offer
        self._vitals = vitals or Vitals()
        self._obeyed: list[tuple[str, str]] = []  # commands of the chunk at hand, and what became of them
        self._groups: set[str] = set()  # rooms known to be no direct chats: most talk there is not for us
        self._echoes: list[Echo] = []
        self._token_saved_at: datetime | None = None

    async def handle(self, batch: Batch, *, in_turn: bool = False) -> None:
        """Handle one batch. Returns once everything in it is committed, or nothing in it needs to be.

        With `in_turn` our own posts are read between what others said: after a restore the row of a post is made in
        this very batch, and then somebody answers it. Raises StoreDown; the same batch may be handled again then.
        """
        if not in_turn:
            self._echoes += [echo for echo in batch.happenings if isinstance(echo, Echo)]
        chunks = self._chunks(batch, in_turn=in_turn)
        following, number = next(chunks, None), batch.first
        if following is None and (batch.token is None or not self._token_is_old(batch.received_at)):
            return  # nothing lost if these come again
        committed: list[Row] = []
        try:
            while True:
                chunk, following = following or [], next(chunks, None)
                committed += await self._stored(chunk, None if following else batch.token, batch, number)
                number += len(chunk)
                if not following:
                    break
        finally:
            self._offer(committed)  # not earlier: sending would halve the pace at which a long gap becomes safe

    def _chunks(self, batch: Batch, *, in_turn: bool) -> Iterator[list[Happening]]:
        """What matters, a few at a time: it is asked late, since the first words of a room tell what the room is."""
        matter = (each for each in batch.happenings if self.matters(each) or (in_turn and isinstance(each, Echo)))
        while chunk := list(islice(matter, TOGETHER)):
            yield chunk

    async def came(self, outcome: Outcome) -> None:
        """Handle what came of something the outbox did. Returns once it is committed.

        Raises StoreDown, or whatever our own mistake is: the outbox tries again.
        """

        def work(session: Session) -> list[Row]:
            return self._came(outcome, Scope(session, outcome.received_at, self._house))

        self._offer(await self._database.run(work))

    async def _stored(self, chunk: Sequence[Happening], token: str | None, batch: Batch, first: int) -> list[Row]:
        echoes = list(self._echoes)
        rows = await self._database.run(lambda session: self._commit(session, chunk, token, batch, first))
        del self._echoes[: len(echoes)]
        self._vitals.events += len(chunk)
        self._vitals.commands.update(self._obeyed)
        if token:
            self._token_saved_at = batch.received_at
        return rows

    def matters(self, happening: Happening) -> bool:
        """False for what we would read and forget: the cheap test that most talk in a room ends at."""
        if isinstance(happening, Echo):
            return False
        if not isinstance(happening, Message):
            return True
        return (
            happening.room_id not in self._groups
            or happening.body.lstrip().startswith(self._house.prefix)
            or happening.mentions_us
            or happening.reply_to is not None
            or happening.thread is not None
        )

    def _token_is_old(self, now: datetime) -> bool:
        return self._token_saved_at is None or now - self._token_saved_at >= TOKEN_AT_LEAST_EVERY

    def _commit(
        self, session: Session, chunk: Sequence[Happening], token: str | None, batch: Batch, first: int
    ) -> list[Row]:
        """Commit a chunk whose first event is number `first` of its batch.

        The events of one answer lie a microsecond apart, so that „since then“ can tell them apart, and whichever of
        them could be read only later still has its place among them.
        """
        outbox.echoed(session, [(echo.transaction, echo.event_id) for echo in self._echoes])
        self._obeyed = []
        rows: list[Row] = []
        for number, happening in enumerate(chunk, first):
            if isinstance(happening, Echo):
                outbox.echoed(session, [(happening.transaction, happening.event_id)])
                continue
            now = batch.received_at + timedelta(microseconds=number)
            rows += self._guarded(_placed(happening, batch, now), Scope(session, now, self._house))
        if token is not None:
            progress.save_token(session, self._house.us, token, batch.received_at)
        return rows

    def _guarded(self, happening: Happening, scope: Scope) -> list[Row]:
        """One event in its savepoint: a failure undoes this event alone and is answered, the others stay."""
        if isinstance(happening, Unsealed):
            unreadable.opened(happening, scope)
            return self._guarded(happening.event, scope) if happening.event is not None else []
        try:
            with scope.session.begin_nested():
                return self._one(happening, scope)
        except Exception as failure:
            if is_down(failure):
                raise
            return self._excused(happening, scope, failure)

    def _excused(self, happening: Happening, scope: Scope, failure: Exception) -> list[Row]:
        """Answer a failure. If even that fails, the event is dropped with a word in the log: the others must go on."""
        try:
            with scope.session.begin_nested():
                return self._answer_failure(happening, scope, failure)
        except Exception as second:
            if is_down(second):
                raise
            log.exception("no answer to %(kind)s %(event_id)s", _named(happening))
            return []

    def _answer_failure(self, happening: Happening, scope: Scope, failure: Exception) -> list[Row]:
        if isinstance(failure, UserError):
            answer = text(failure.text, **failure.values)
        else:
            reference = secrets.token_hex(2)
            values = {"reference": reference, **_named(happening)}
            log.error("reference %(reference)s: %(kind)s %(event_id)s failed", values, exc_info=failure)
            answer = text("inbox.unexpected", reference=reference)
        heard = self._heard(happening, scope)  # again: what was read before went with the savepoint
        if heard is None and isinstance(happening, Vote | Reaction | Redacted):
            closing.not_taken(happening, scope)  # not claimed: the comparison at the close is to find it
            return []
        if isinstance(happening, Event) and not isinstance(happening, Undecryptable):  # that counts once it is readable
            progress.claim(scope.session, happening, scope.now)
        if heard is None:
            return []
        message, said, here = heard
        self._note(said, "refused" if isinstance(failure, UserError) else "failed")
        _settle(said, scope)
        standing.remember(message, here.room, said.question, scope)
        ctx = _where(heard, scope)
        if isinstance(failure, Question):
            network_id = ctx.home.id if ctx and ctx.home and failure.asks != Asks.NETWORK else None
            return self._posting.ask(ctx or scope, answer, failure, message, network_id)
        return self._posting.store(ctx or scope, as_effects(answer), _id(happening), message)

    def _one(self, happening: Happening, scope: Scope) -> list[Row]:
        match happening:
            case Message():
                return self._message(happening, scope)
            case Invited():
                cause = f"invited {happening.room_id} {scope.now.isoformat()}"
                return self._posting.store(scope, arrivals.invited(happening, scope), cause)
            case Members() | Membership() | Named() | Left() | Upgraded() | Powers():
                cause = f"{type(happening).__name__} {happening.room_id} {scope.now.isoformat()}"
                return self._posting.store(scope, roomlife.changed(happening, scope), cause)
            case Opened() | Moved() | Fetched() | Related() | Compared() | Failed():
                return self._came(happening, scope)
            case Undecryptable():
                unreadable.keep(happening, scope)
                return []
            case Withheld():
                unreadable.withheld(happening, scope)
                return []
            case Unsealed():
                raise AssertionError("it is opened before")
            case Event():
                if not _claimed(happening, scope):
                    return []
                if isinstance(happening, Redacted):
                    unreadable.taken_back(happening, scope)
                if isinstance(happening, Reaction):
                    return self._reaction(happening, scope)
                if isinstance(happening, Dropped):
                    return self._posting.store(scope, bulk.dropped(happening, scope), happening.event_id, happening)
                return self._posting.store(scope, self._on_event(happening, scope), happening.event_id, happening)

    def _came(self, outcome: Outcome, scope: Scope) -> list[Row]:
        """What came of something we did; heard once, however often the outbox has to say it."""
        cause = f"{type(outcome).__name__} {outcome.key}"
        if not progress.claim_event(scope.session, cause, scope.now):
            return []
        return self._posting.store(scope, outcomes.came(outcome, scope), cause)

    def _message(self, message: Message, scope: Scope) -> list[Row]:
        heard = self._heard(message, scope)
        if heard is None or not _claimed(message, scope):
            return []
        return self._obey(heard, scope)

    def _reaction(self, reaction: Reaction, scope: Scope) -> list[Row]:
        """A ✅ under a question of ours runs what it asks about; any other reaction may be a vote."""
        heard = self._heard(reaction, scope)
        if heard is None:
            return self._posting.store(scope, self._on_event(reaction, scope), reaction.event_id, reaction)
        return self._obey(heard, scope)

    def _heard(self, happening: Happening, scope: Scope) -> Heard | None:
        """What was said to us, in writing or by a ✅; None for all else."""
        if isinstance(happening, Message):
            return self._read(happening, scope)
        if not isinstance(happening, Reaction) or (said := confirmed(happening, scope)) is None:
            return None
        here = rooms.standing(scope.session, happening.room_id, happening.sender)
        return Heard(_as_if_written(happening, said), said, here) if here else None

    def _read(self, message: Message, scope: Scope) -> Heard | None:
        here = rooms.standing(scope.session, message.room_id, message.sender)
        if here is None:
            return None
        if here.room.direct_with is None:
            self._groups.add(message.room_id)
        known, nearly = lambda word: self._commands.named(word) is not None, self._commands.resembles_one
        said = addressed(message, here.room, scope, known, nearly)
        return Heard(message, said, here) if said else None

    def _obey(self, heard: Heard, scope: Scope) -> list[Row]:
        """Run the command; the rows that come of it."""
        message, said, here = heard
        _settle(said, scope)
        if said.refusal is not None:
            raise said.refusal
        if not said.words:
            return []
        ctx = standing.context(message, said.words, here, scope, said.question)
        if answering.is_answer(said.words):
            return self._posting.store(ctx, answering.answer(said.words, ctx), message.event_id, message)
        if survey_talk.is_answer(said.words):
            return self._posting.store(ctx, survey_talk.answer(said.words, ctx), message.event_id, message)

        def admit(form: Form) -> None:
            nonlocal ctx
            if not form.anywhere:
                ctx = standing.at_home(ctx)
            require_role(form.needs, ctx, leads=form.leads)
            if not form.whenever:
                unreadable.require_in_time(message, scope)

        call = self._commands.read(said.words, ctx.language, self._house.prefix, admit)
        rows = self._posting.store(ctx, as_effects(call.form.run(call.args, ctx)), message.event_id, message)
        self._note(said, "ok")
        return rows

    def _note(self, said: Addressed, outcome: str) -> None:
        """Count a command by our own name for it; what people typed is none."""
        command = self._commands.named(first_word(said.words)[0])
        self._obeyed.append((command.name.en if command else "unknown", outcome))


def _where(heard: Heard, scope: Scope) -> Context | None:
    """Where a command that failed was said, whose clocks its answer goes by; None if it is that which is in doubt."""
    with contextlib.suppress(UserError):
        return standing.context(heard.message, heard.said.words, heard.here, scope, heard.said.question)
    return None


def _claimed(event: Event, scope: Scope) -> bool:
    """Claim an event for handling; what we could not read or take before is no longer open. False for a replay."""
    if progress.claim(scope.session, event, scope.now) is not progress.Claim.FRESH:
        return False
    if isinstance(event, Message | Vote | Reaction | Redacted):
        closing.readable(event.event_id, scope)
    return True


def _settle(said: Addressed, scope: Scope) -> None:
    if said.settled is not None:
        questions.answered(scope.session, said.settled)


def _as_if_written(reaction: Reaction, said: Addressed) -> Message:
    """The message that a ✅ stands for."""
    return Message(
        room_id=reaction.room_id,
        event_id=reaction.event_id,  # whoever takes it back takes back what came of it
        answered_at=reaction.target,  # a reaction cannot be replied to: the answer hangs on our question
        sender=reaction.sender,
        sent_at=reaction.sent_at,
        received_at=reaction.received_at,
        offline_since=reaction.offline_since,
        body=said.words,
    )


def _placed(happening: Happening, batch: Batch, now: datetime) -> Happening:
    """An event that came with this answer, at its own moment. What was kept from an earlier one has its own already."""
    if isinstance(happening, Event) and happening.received_at == batch.received_at:
        return replace(happening, received_at=now)
    return happening


def _id(happening: Happening) -> str:
    return happening.event_id if isinstance(happening, Event) else ""


def _named(happening: Happening) -> dict[str, str | None]:
    """For the log: what it was and where, never what it says."""
    room_id = getattr(happening, "room_id", None)
    return {"kind": type(happening).__name__, "event_id": _id(happening), "room_id": room_id}
