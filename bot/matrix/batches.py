"""From an answer of /sync to a batch: gaps filled, in the order to handle it, nothing twice."""

import logging
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.events import Batch, Event, Happening, Invited, Left, Members, Named, Powers, Undecryptable, Upgraded
from bot.matrix.clean import identifier, one_line
from bot.matrix.crypto.unsealing import Unsealing
from bot.matrix.decode import decode
from bot.matrix.gaps import backwards
from bot.matrix.powers import CREATE, Standing, sovereigns
from bot.matrix.raw import Raw, raw
from bot.matrix.safe import SafeClient
from bot.waiting import NothingWaits, Waiting

MAX_BEFORE_JOIN = 2_000
"""Events of a new room that are searched for the invitation."""

LASTING = (Named, Powers, Upgraded)
"""Besides the members, what is handed over when we come to a room: each as it stands, in this order."""

LONGEST_REASON = 300

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When an answer arrived, and what it continues. `since` is None at the very first sync of the account.

    `full` says that the answer holds the full state of all rooms. `offline_since` is set on the first answer after we
    were away.
    """

    since: str | None
    full: bool
    received_at: datetime
    offline_since: datetime | None


class Reader:
    """Reads one answer after the other; remembers only which rooms we are in, and where we are their creator."""

    def __init__(self, client: SafeClient, us: str, waiting: Waiting | None = None) -> None:
        """`waiting` are the events whose keys may come yet."""
        self._client = client
        self._us = us
        self.unsealing = Unsealing(client, waiting or NothingWaits(), self._decode_kept)
        self._known: set[str] = set()
        self._sovereign: set[str] = set()

    async def batch(self, response: Any, moment: Moment) -> Batch:
        """Raises Unreachable when a gap cannot be filled now; the same answer may then be asked for again."""
        happenings = await self.unsealing.happenings(moment.received_at)
        for room_id, info in response.rooms.join.items():
            happenings += await self._joined(room_id, info, moment)
        for room_id, info in response.rooms.leave.items():
            happenings.append(self._left(room_id, info, moment))
        for room_id, info in response.rooms.invite.items():
            happenings += self._invited(room_id, info, moment)
        self._known |= set(response.rooms.join)
        self._known -= set(response.rooms.leave)
        self.unsealing.done()
        return Batch(tuple(happenings), response.next_batch, moment.received_at)

    async def _joined(self, room_id: str, info: Any, moment: Moment) -> list[Happening]:
        timeline = [raw(event) for event in info.timeline.events]
        state = [raw(event) for event in info.state]
        self._note_creation(room_id, state + timeline)
        if moment.since is None:
            # Nobody asked us anything before our time: what the room was like counts, what was said does not.
            return self._snapshot(room_id, state + timeline, moment)
        window, entered = await self._window(room_id, info, timeline, moment)
        shown = {event.event_id for event in window}
        earlier = [event for event in timeline if event.event_id not in shown]
        if moment.full or entered:
            opening = self._snapshot(room_id, state + earlier, moment, but=shown)
        else:
            opening = self._decoded(room_id, [event for event in state if event.event_id not in shown], moment)
        return opening + _marked(
            self._decoded(room_id, window, moment), self._join(window) if entered else None, window
        )

    async def _window(self, room_id: str, info: Any, timeline: list[Raw], moment: Moment) -> tuple[list[Raw], bool]:
        """The events to hand over, and whether we entered the room among them.

        Of a room that we have just entered, these are the events after our latest invitation, or else after our join.
        """
        new = room_id not in self._known and not moment.full
        window = timeline
        if info.timeline.limited and not new:
            gap = await backwards(self._client, room_id, info.timeline.prev_batch, to=moment.since)
            window = _once(gap + timeline)
        if not new and self._join(window) is None:
            return window, False
        if info.timeline.limited and self._entrance(window) is None:
            older = await backwards(
                self._client,
                room_id,
                info.timeline.prev_batch,
                enough=lambda page: self._entrance(list(reversed(page)) + timeline) is not None,
                limit=MAX_BEFORE_JOIN,
            )
            window = _once(older + timeline)
        entrance = self._entrance(window)
        if entrance is None:
            entrance = self._join(window)
        return window if entrance is None else window[entrance + 1 :], True

    def _join(self, events: Sequence[Raw]) -> int | None:
        """Where we last came in: from anything else than a join to a join."""
        return next(
            (
                n
                for n in reversed(range(len(events)))
                if self._ours(events[n]) == "join" and _before(events[n]) != "join"
            ),
            None,
        )

    def _entrance(self, events: Sequence[Raw]) -> int | None:
        """Where our latest invitation stands, or our join if none went before it; None when neither is to be seen."""
        join = self._join(events)
        if join is not None and _before(events[join]) != "invite":
            return join
        end = len(events) if join is None else join
        return next((n for n in reversed(range(end)) if self._ours(events[n]) == "invite"), None)

    def _ours(self, event: Raw) -> object:
        """The membership that this event gives us, if it is one."""
        source = event.source
        if event.decrypted or source.get("type") != "m.room.member" or source.get("state_key") != self._us:
            return None
        return _membership(source.get("content"))

    def read(self, room_id: str, events: Sequence[Raw], moment: Moment) -> list[Happening]:
        """Events of a room's history."""
        return self._decoded(room_id, events, moment)

    def snapshot(self, room_id: str, state: Sequence[Raw], moment: Moment) -> list[Happening]:
        """Who is in a room and what else stands there, by its whole state."""
        return self._snapshot(room_id, state, moment)

    def _snapshot(
        self, room_id: str, state: Sequence[Raw], moment: Moment, but: Set[object] = frozenset()
    ) -> list[Happening]:
        """Who is in the room, and what else stands there, unless that event comes later anyway."""
        people: dict[str | None, object] = {}
        lasting: dict[type[Event], Event] = {}
        for event in state:
            source = event.source
            if source.get("type") == "m.room.member" and not event.decrypted:
                people[identifier(source.get("state_key"))] = _membership(source.get("content"))
            elif event.event_id not in but and isinstance(found := self._decode(room_id, event, moment), LASTING):
                lasting[type(found)] = found
        people[self._us] = "join"  # our own join may stand among the events that come later
        joined = frozenset(person for person, membership in people.items() if person and membership == "join")
        return [Members(room_id=room_id, joined=joined), *(lasting[kind] for kind in LASTING if kind in lasting)]

    def _note_creation(self, room_id: str, events: Sequence[Raw]) -> None:
        """The event that made the room comes once, with the room's first or full state."""
        for event in events:
            source = event.source
            if source.get("type") == CREATE and source.get("state_key") == "" and not event.decrypted:
                made_by_us = self._us in sovereigns(room_id, source)
                (self._sovereign.add if made_by_us else self._sovereign.discard)(room_id)

    def _decoded(self, room_id: str, events: Sequence[Raw], moment: Moment) -> list[Happening]:
        standing = self._standing(room_id)
        found = (self._read(room_id, event, moment.received_at, moment.offline_since, standing) for event in events)
        return [event for event in found if event is not None]

    def _decode(self, room_id: str, event: Raw, moment: Moment) -> Event | None:
        standing = self._standing(room_id)
        return self._read(room_id, event, moment.received_at, moment.offline_since, standing)

    def _decode_kept(self, kept: Undecryptable, inside: Raw) -> Event | None:
        return self._read(kept.room_id, inside, kept.received_at, kept.offline_since, self._standing(kept.room_id))

    def _read(
        self, room_id: str, event: Raw, received_at: datetime, offline_since: datetime | None, standing: Standing
    ) -> Event | None:
        if event.replayed:
            return None
        return decode(
            event.source,
            room_id,
            us=self._us,
            received_at=received_at,
            offline_since=offline_since,
            decrypted=event.decrypted,
            sealed=event.sealed,
            standing=standing,
        )

    def _standing(self, room_id: str) -> Standing:
        room = self._client.rooms.get(room_id)
        return Standing(sovereign=room_id in self._sovereign, encrypted=bool(room is not None and room.encrypted))

    def _left(self, room_id: str, info: Any, moment: Moment) -> Left:
        """Our own last membership there tells how we left. What an empty answer leaves open stays open."""
        events = [raw(event) for event in (*info.state, *info.timeline.events)]
        last = next((event.source for event in reversed(events) if self._ours(event) in ("leave", "ban")), {})
        content = last.get("content") or {}
        reason = content.get("reason")
        return Left(
            room_id=room_id,
            received_at=moment.received_at,
            by=identifier(last.get("sender")),
            banned=content.get("membership") == "ban",
            reason=(one_line(reason)[:LONGEST_REASON] or None) if isinstance(reason, str) else None,
        )

    def _invited(self, room_id: str, info: Any, moment: Moment) -> list[Happening]:
        """Who invited us. Only the last such event counts.

        The inviter's server fills the list as it likes; Synapse appends the real invitation, the one it has checked.
        """
        ours = [
            event
            for event in info.invite_state
            if isinstance(event, nio.InviteMemberEvent) and event.state_key == self._us and event.membership == "invite"
        ]
        if ours and (inviter := identifier(ours[-1].sender)):
            direct = ours[-1].content.get("is_direct") is True
            return [Invited(room_id=room_id, inviter=inviter, direct=direct, received_at=moment.received_at)]
        log.warning("An invitation to %(room_id)s names no inviter and is left alone", {"room_id": room_id})
        return []


def _marked(found: Sequence[Happening], join: int | None, window: Sequence[Raw]) -> list[Happening]:
    """With a mark on what cannot be read because it was said before we came: nobody needs to be told."""
    before = {event.event_id for event in window[:join]} if join is not None else set()
    return [
        replace(each, before_us=True) if isinstance(each, Undecryptable) and each.event_id in before else each
        for each in found
    ]


def _membership(content: object) -> object:
    return content.get("membership") if isinstance(content, dict) else None


def _before(event: Raw) -> object:
    """The membership before this event; our own homeserver writes `unsigned`."""
    unsigned = event.source.get("unsigned")
    return _membership(unsigned.get("prev_content")) if isinstance(unsigned, dict) else None


def _once(events: Sequence[Raw]) -> list[Raw]:
    """Without repetitions, at the first place each."""
    return list({event.event_id: event for event in reversed(events)}.values())[::-1]
