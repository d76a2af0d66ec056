"""What the homeserver tells us: a few events, one commit; the token only with the last of them.

What comes of one event, in a savepoint of its own, is `bot.handling`'s.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from bot.context import House, Scope
from bot.events import Batch, CaughtUp, Echo, Event, Happening, Outcome
from bot.handling import Handling, OnEvent
from bot.heard import Ears
from bot.others import Others
from bot.parsing import Commands
from bot.posting import Posting
from bot.procedures import belonging, unchanged
from bot.store import Session, outbox, progress
from bot.store.database import Database
from bot.store.outbox import Row
from bot.vitals import Vitals

TOGETHER = 100  # events in one commit: a crash repeats at most these
TOKEN_AT_LEAST_EVERY = timedelta(seconds=30)


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
        others: Others | None = None,
    ) -> None:
        """`on_event` handles votes, reactions and redactions; `offer` gets the rows to send once they are committed.

        `others` are the accounts that share the database with us.
        """
        self._database = database
        self._house = house
        self._ears = Ears(commands)
        self._handling = Handling(commands, posting, self._ears, on_event)
        self._offer = offer
        self._vitals = vitals or Vitals()
        self._others = others or Others()
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
            return self._handling.came(outcome, Scope(session, outcome.received_at, self._house))

        self._offer(await self._database.run(work))

    async def _stored(self, chunk: Sequence[Happening], token: str | None, batch: Batch, first: int) -> list[Row]:
        echoes = list(self._echoes)
        rows = await self._database.run(lambda session: self._commit(session, chunk, token, batch, first))
        del self._echoes[: len(echoes)]
        self._vitals.events += len(chunk)
        self._vitals.commands.update(self._handling.obeyed)
        if token:
            self._token_saved_at = batch.received_at
        return rows

    def matters(self, happening: Happening) -> bool:
        """Whether it has to be handled at all; see `Ears.matters`. Our own posts are, while one may be a mark."""
        if isinstance(happening, Echo):
            return self._others.marking
        return self._ears.matters(happening, self._house.prefix)

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
        self._handling.obeyed = []
        rows: list[Row] = []
        known = unchanged.among(chunk, self._house.us, session)
        for number, happening in enumerate(chunk, first):
            if number - first in known:
                continue
            if isinstance(happening, Echo):
                self._came_back(happening, session)
                continue
            if isinstance(happening, CaughtUp):
                belonging.caught_up(happening, session)
                continue
            now = batch.received_at + timedelta(microseconds=number)
            scope = Scope(session, now, self._house)
            if belonging.is_ours(happening, self._others, scope, unread=batch.unread):
                rows += self._handling.handle(_placed(happening, batch, now), scope)
        if token is not None:
            progress.save_token(session, self._house.us, token, batch.received_at)
        return rows

    def _came_back(self, echo: Echo, session: Session) -> None:
        outbox.echoed(session, [(echo.transaction, echo.event_id)])
        if self._others.marking:
            belonging.came_back(echo, session)


def _placed(happening: Happening, batch: Batch, now: datetime) -> Happening:
    """An event that came with this answer, at its own moment. What was kept from an earlier one has its own already."""
    if isinstance(happening, Event) and happening.received_at == batch.received_at:
        return replace(happening, received_at=now)
    return happening
