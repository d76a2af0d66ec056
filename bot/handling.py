"""One event in its savepoint: what comes of it, also when it fails.

    messages     a command, the answer to a question, or nothing for us
    votes        native polls and reactions; taken back by redaction
    files        dropped where they are read
    the room     invitations, members, names, powers, upgrades
    the locked   what cannot be read, and what can be at last
    outcomes     what came of what the outbox did for others

Whoever handles votes, reactions and redactions is handed in, so that this module knows no command by name.
"""

import contextlib
import logging
import secrets
from collections.abc import Callable

from bot.addressing import Addressed
from bot.command import Form
from bot.context import Context, Scope
from bot.effects import Asks, Effect, as_effects
from bot.errors import Question, UserError
from bot.events import (
    CaughtUp,
    Compared,
    Dropped,
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
    Weighed,
    Withheld,
)
from bot.heard import Ears, Heard
from bot.parsing import Commands
from bot.posting import Posting
from bot.procedures import (
    answering,
    arrivals,
    bulk,
    closing,
    outcomes,
    roomlife,
    standing,
    survey_talk,
    unreadable,
)
from bot.procedures.finding import require_role
from bot.reading import first_word
from bot.store import progress, questions
from bot.store.database import is_down
from bot.store.outbox import Row
from bot.texts import text

log = logging.getLogger(__name__)

OnEvent = Callable[[Event, Scope], tuple[Effect, ...]]


class Handling:
    """Handles what happens, one at a time, within the transaction of a scope."""

    def __init__(self, commands: Commands, posting: Posting, ears: Ears, on_event: OnEvent) -> None:
        """`on_event` handles votes, reactions and redactions."""
        self._commands = commands
        self._posting = posting
        self._ears = ears
        self._on_event = on_event
        self.obeyed: list[tuple[str, str]] = []
        """Commands since it was last emptied, and what became of each."""

    def handle(self, happening: Happening, scope: Scope) -> list[Row]:
        """One event in its savepoint: a failure undoes this event alone and is answered, the others stay."""
        if isinstance(happening, Unsealed):
            unreadable.opened(happening, scope)
            return self.handle(happening.event, scope) if happening.event is not None else []
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
            log.exception("no answer to %(kind)s %(event_id)s", named(happening))
            return []

    def _answer_failure(self, happening: Happening, scope: Scope, failure: Exception) -> list[Row]:
        if isinstance(failure, UserError):
            answer = text(failure.text, **failure.values)
        else:
            reference = secrets.token_hex(2)
            values = {"reference": reference, **named(happening)}
            log.error("reference %(reference)s: %(kind)s %(event_id)s failed", values, exc_info=failure)
            answer = text("inbox.unexpected", reference=reference)
        heard = self._ears.heard(happening, scope)  # again: what was read before went with the savepoint
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
            case Opened() | Moved() | Fetched() | Related() | Compared() | Weighed() | Failed():
                return self.came(happening, scope)
            case Undecryptable():
                unreadable.keep(happening, scope)
                return []
            case Withheld():
                unreadable.withheld(happening, scope)
                return []
            case Unsealed() | CaughtUp():
                raise AssertionError("it is seen to before")
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

    def came(self, outcome: Outcome, scope: Scope) -> list[Row]:
        """What came of something we did; heard once, however often the outbox has to say it."""
        cause = f"{type(outcome).__name__} {outcome.key}"
        if not progress.claim_event(scope.session, cause, scope.now):
            return []
        return self._posting.store(scope, outcomes.came(outcome, scope), cause)

    def _message(self, message: Message, scope: Scope) -> list[Row]:
        heard = self._ears.heard(message, scope)
        if heard is None or not _claimed(message, scope):
            return []
        return self._obey(heard, scope)

    def _reaction(self, reaction: Reaction, scope: Scope) -> list[Row]:
        """A ✅ under a question of ours runs what it asks about; any other reaction may be a vote."""
        heard = self._ears.heard(reaction, scope)
        if heard is None:
            return self._posting.store(scope, self._on_event(reaction, scope), reaction.event_id, reaction)
        return self._obey(heard, scope)

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

        call = self._commands.read(said.words, ctx.language, scope.house.prefix, admit)
        rows = self._posting.store(ctx, as_effects(call.form.run(call.args, ctx)), message.event_id, message)
        self._note(said, "ok")
        return rows

    def _note(self, said: Addressed, outcome: str) -> None:
        """Count a command by our own name for it; what people typed is none."""
        command = self._commands.named(first_word(said.words)[0])
        self.obeyed.append((command.name.en if command else "unknown", outcome))


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


def _id(happening: Happening) -> str:
    return happening.event_id if isinstance(happening, Event) else ""


def named(happening: Happening) -> dict[str, str | None]:
    """For the log: what it was and where, never what it says."""
    room_id = getattr(happening, "room_id", None)
    return {"kind": type(happening).__name__, "event_id": _id(happening), "room_id": room_id}
