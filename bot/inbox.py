"""One event, one savepoint; a few events, one commit; the token only with the last of them.

    messages     a command, the answer to a question, or nothing for us
    votes        native polls and reactions; taken back by redaction
    the room     invitations, members, names

Handlers of everything but commands are handed in (`Handlers`), so that this module knows no command by name.
"""

import logging
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.command import Call, Commands
from bot.context import Context, House, Scope
from bot.domain.roles import Role, suffices
from bot.effects import Effect, as_effects
from bot.errors import Problem, Question, StoreDown, UserError
from bot.events import Batch, Echo, Event, Happening, Invited, Left, Members, Membership, Message, Named
from bot.posting import Posting
from bot.procedures import arrivals
from bot.store import Session, outbox, progress, questions, rooms
from bot.store.database import Database
from bot.store.tables import OpenQuestion, OutboxRow, Room
from bot.texts import text

log = logging.getLogger(__name__)

TOGETHER = 100  # events in one commit: a crash repeats at most these, and people wait no longer for theirs
TOKEN_AT_LEAST_EVERY = timedelta(seconds=30)

OnEvent = Callable[[Event, Scope], tuple[Effect, ...]]


@dataclass(frozen=True, slots=True)
class Addressed:
    """What a message says to us: words without prefix, mention or reply fallback."""

    words: str
    question: OpenQuestion | None = None


class Inbox:
    """Handles what the homeserver tells us."""

    def __init__(
        self,
        database: Database,
        commands: Commands,
        posting: Posting,
        house: House,
        on_event: OnEvent,
        offer: Callable[[Sequence[OutboxRow]], None],
    ) -> None:
        """`on_event` handles votes, reactions and redactions; `offer` gets the rows to send once they are committed."""
        self._database = database
        self._commands = commands
        self._posting = posting
        self._house = house
        self._on_event = on_event
        self._offer = offer
        self._groups: set[str] = set()  # rooms known to be no direct chats: most talk there is not for us
        self._echoes: list[Echo] = []
        self._token_saved_at: datetime | None = None

    async def handle(self, batch: Batch) -> None:
        """Handle one batch. Returns once everything in it is committed, or nothing in it needs to be.

        Raises StoreDown; the same batch may be handled again then.
        """
        matters = [happening for happening in batch.happenings if self._matters(happening)]
        self._echoes += [echo for echo in batch.happenings if isinstance(echo, Echo)]
        chunks = [matters[start : start + TOGETHER] for start in range(0, len(matters), TOGETHER)]
        if not chunks and not self._token_is_old(batch.received_at):
            return  # nothing lost if these come again
        for number, chunk in enumerate(chunks or [[]], 1):
            token = batch.token if number == max(len(chunks), 1) else None
            echoes = list(self._echoes)
            rows = await self._database.run(lambda session, c=chunk, t=token: self._commit(session, c, t, batch))  # type: ignore[misc] # mypy infers no default arguments
            del self._echoes[: len(echoes)]
            if token:
                self._token_saved_at = batch.received_at
            self._offer(rows)

    def _matters(self, happening: Happening) -> bool:
        """False for what we would read and forget: the cheap test that most talk in a room ends at."""
        if isinstance(happening, Echo):
            return False
        if not isinstance(happening, Message):
            return True
        return (
            happening.room_id not in self._groups
            or happening.body.startswith(self._house.prefix)
            or happening.mentions_us
            or happening.reply_to is not None
        )

    def _token_is_old(self, now: datetime) -> bool:
        return self._token_saved_at is None or now - self._token_saved_at >= TOKEN_AT_LEAST_EVERY

    def _commit(self, session: Session, chunk: Sequence[Happening], token: str | None, batch: Batch) -> list[OutboxRow]:
        outbox.echoed(session, [(echo.transaction, echo.event_id) for echo in self._echoes])
        scope = Scope(session, batch.received_at, self._house)
        rows: list[OutboxRow] = []
        for happening in chunk:
            rows += self._guarded(happening, scope)
        if token is not None:
            progress.save_token(session, self._house.us, token, batch.received_at)
        return rows

    def _guarded(self, happening: Happening, scope: Scope) -> list[OutboxRow]:
        """One event in its savepoint: a failure undoes this event alone and is answered, the others stay."""
        try:
            with scope.session.begin_nested():
                return self._one(happening, scope)
        except Exception as failure:
            if _is_the_database(failure):
                raise
            return self._answer_failure(happening, scope, failure)

    def _answer_failure(self, happening: Happening, scope: Scope, failure: Exception) -> list[OutboxRow]:
        if isinstance(happening, Event):
            progress.claim_event(scope.session, happening.event_id, scope.now)
        message = happening if isinstance(happening, Message) else None
        if isinstance(failure, Question) and message:
            return self._posting.ask(scope, text(failure.text, **failure.values), failure.resume, message)
        if isinstance(failure, UserError):
            answer = text(failure.text, **failure.values)
        else:
            reference = secrets.token_hex(2)
            kind = type(happening).__name__
            log.exception("reference %s: %s %s failed", reference, kind, getattr(happening, "event_id", ""))
            answer = text("inbox.unexpected", reference=reference)
        return self._posting.store(scope, as_effects(answer), message.event_id, message) if message else []

    def _one(self, happening: Happening, scope: Scope) -> list[OutboxRow]:
        match happening:
            case Message():
                return self._message(happening, scope)
            case Invited():
                cause = f"invited {happening.room_id} {happening.received_at.isoformat()}"
                return self._posting.store(scope, arrivals.invited(happening, scope), cause)
            case Members() | Membership() | Named() | Left():
                arrivals.room_changed(happening, scope)
                return []
            case Event():
                if not progress.claim_event(scope.session, happening.event_id, scope.now):
                    return []
                return self._posting.store(scope, self._on_event(happening, scope), happening.event_id, happening)

    def _message(self, message: Message, scope: Scope) -> list[OutboxRow]:
        room = rooms.find(scope.session, message.room_id)
        if room is None:
            return []
        if room.direct_with is None:
            self._groups.add(room.room_id)
        addressed = self._addressed(message, room, scope)
        if addressed is None or not progress.claim_event(scope.session, message.event_id, scope.now):
            return []
        if addressed.question is not None:
            questions.answered(scope.session, addressed.question)
        ctx = arrivals.context(message, room, scope)
        call = self._commands.read(addressed.words, ctx.language, self._house.prefix)
        effects = as_effects(self._run(call, ctx))
        return self._posting.store(scope, effects, message.event_id, message)

    def _run(self, call: Call, ctx: Context) -> tuple[Effect, ...]:
        if not suffices(ctx.role, call.form.needs):
            holders = rooms.coordinators(ctx.session, ctx.network_id) if call.form.needs is Role.COORDINATOR else ()
            raise UserError("inbox.not_allowed", role=call.form.needs, holders=holders)
        return as_effects(call.form.run(call.args, ctx))

    def _addressed(self, message: Message, room: Room, scope: Scope) -> Addressed | None:
        """Whether and how the message speaks to us. A prefix wins over an open question, a reply over plain talk."""
        body = message.body.strip()
        prefix = self._house.prefix
        if body.startswith(prefix) and (after := body[len(prefix) :]) and not after[0].isspace() and after[0] != prefix:
            return Addressed(after)
        question = self._question(message, room, scope)
        without_mention = self._without_mention(body) if message.mentions_us else None
        if question is not None:
            before, _, behind = question.resume.rpartition("{answer}")
            return Addressed(before + (without_mention or body) + behind, question)
        if without_mention:
            return Addressed(without_mention.removeprefix(prefix))
        if room.direct_with is not None and body:
            return Addressed(body)
        return None

    def _question(self, message: Message, room: Room, scope: Scope) -> OpenQuestion | None:
        session, now = scope.session, scope.now
        if message.reply_to is not None:
            key = outbox.key_of(session, message.reply_to)
            return questions.asked_by(session, key, message.sender, now) if key else None
        first = message.body.split(maxsplit=1)[0] if message.body.strip() else ""
        if room.direct_with is None or self._commands.named(first) is not None:
            return None
        return questions.latest(session, room.room_id, message.sender, now, direct=True)

    def _without_mention(self, body: str) -> str | None:
        """What follows our name at the start of a message; None if we are only talked about."""
        local = self._house.us[1:].partition(":")[0]
        names = "|".join(re.escape(name) for name in (self._house.us, f"@{local}", local))
        found = re.match(rf"\s*(?:{names})\s*[:,]?\s+(.+)", body, flags=re.IGNORECASE | re.DOTALL)
        return found[1].strip() if found else None


def _is_the_database(failure: Exception) -> bool:
    """Whether a failure is the database's own (locked, full): then the whole commit is tried again later."""
    return isinstance(failure, StoreDown) or (
        not isinstance(failure, Problem) and type(failure).__name__ in ("OperationalError", "PendingRollbackError")
    )
