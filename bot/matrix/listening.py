"""Following what happens: our own sync loop. The next answer is asked for when this one has been handled."""

import asyncio
import json
import logging
import random
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.errors import NotSent, OperatorError, Unreachable
from bot.events import Batch, Undecryptable
from bot.matrix.answers import NETWORK_ERRORS, TOKEN_GONE, account_gone, refusal, unreachable
from bot.matrix.asking import authorised, server_of
from bot.matrix.batches import Moment, Reader
from bot.matrix.catching_up import caught_up
from bot.matrix.crypto.storage import DATABASE_ERRORS, STORE_DOWN
from bot.matrix.safe import SafeClient
from bot.others import NothingUnread, Unread
from bot.vitals import Vitals
from bot.waiting import NothingWaits, Waiting

LONG_POLL, SHORT_POLL = 30_000, 2_000
"""Milliseconds the homeserver may wait for news; the second while a room may come to us from another account."""

FULL_SYNC_TIMEOUT = 600
"""Seconds for an answer with the state of all rooms."""

GLANCE_TIMEOUT = 20
NOTHING: dict[str, Any] = {"types": []}
FILTER: dict[str, Any] = {
    "presence": NOTHING,
    "account_data": NOTHING,
    "room": {"timeline": {"limit": 100}, "ephemeral": NOTHING, "account_data": NOTHING},
}
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
KEYS_EVERY = timedelta(seconds=30)
"""How often it is looked whether a key is to be asked for again."""

TOLERANCE = timedelta(seconds=1)
"""What reached the homeserver this long ago is in its next answer, even if one of its workers lags behind."""


log = logging.getLogger(__name__)

Handle = Callable[[Batch], Awaitable[bool | None]]


class Listener:
    """Listens through one client that is signed in."""

    def __init__(self, client: SafeClient, us: str, vitals: Vitals) -> None:
        self._client = client
        self._us = us
        self._vitals = vitals
        self._handled: str | None = None
        self._complete_to: datetime | None = None  # everything that reached the homeserver until then is handled
        self._ask_again_at: datetime | None = None
        self._unread: Unread = NothingUnread()

    async def listen(
        self,
        handle: Handle,
        token: str | None,
        alive_at: datetime | None,
        waiting: Waiting | None = None,
        unread: Unread | None = None,
    ) -> None:
        """Hand over what happens, batch by batch, for ever; the next batch is asked for when `handle` has returned.

        While that returns True, something of it waits for its turn, and the next batch comes at once, news or no news.
        `token` is that of the last batch handled, in this process or an earlier one; None at the very first start.
        `alive_at` is when the bot was last known to run, `waiting` what waits for its keys, `unread` what has come from
        another account. What `handle` raises comes through: nothing of that batch counts as handled. Raises
        OperatorError when the homeserver has closed the account or the session.
        """
        waiting, self._unread = waiting or NothingWaits(), unread or NothingUnread()
        reader, pause = Reader(self._client, self._us, waiting), FIRST_PAUSE
        self._handled, self._complete_to = token, None
        answered_at, full, away, behind = alive_at, True, True, None
        while True:
            asked_at = datetime.now(UTC)
            try:
                at_once = full or bool(behind) or reader.unsealing.pressing
                response = await self._sync(token, full=full, at_once=at_once)
                received_at = datetime.now(UTC)
                await self._keep_keys()
                offline_since = answered_at if away else None
                moment = Moment(since=token, full=full, received_at=received_at, offline_since=offline_since)
                batch = await reader.batch(response, moment)
            except Unreachable as error:
                self._vitals.sync_failed(asked_at)
                wait = max(error.after or 0, pause * random.uniform(0.75, 1.25))  # noqa: S311  jitter
                values = {"wait_seconds": wait, "problem": error}
                log.warning(
                    "The homeserver cannot be followed, next attempt in %(wait_seconds).0f s: %(problem)s", values
                )
                away, pause = True, min(pause * 2, LONGEST_PAUSE)
                await asyncio.sleep(wait)
                await self._client.reach.back()
                continue
            self._vitals.synced(received_at, None if full else _date_of(response))
            behind, token = await handle(batch), batch.token
            reader.unsealing.handled(batch.happenings, all_of_it=not behind)
            if not behind:
                self._handled = token
            await self._ask_for_keys(batch, waiting)
            if not full:  # that one may come from a cache, or take long: what came meanwhile was missed as well
                self._complete_to = self._complete_to if behind else asked_at
                answered_at, away = received_at, False
            full, pause = False, FIRST_PAUSE
            if not behind:
                await self._catch_up(reader, waiting, handle)

    async def _catch_up(self, reader: Reader, waiting: Waiting, handle: Handle) -> None:
        """Read the rooms that have come from another account; here, as nothing is missed between two answers.

        And not before all is handled, that is left alone, that reached the homeserver before we knew of the room: what
        was said before the mark would come as news after it.
        """
        for room in await self._unread.rooms():
            if self._complete_to is not None and room.seen_at + TOLERANCE < self._complete_to:
                batch = await caught_up(reader, self._client, room, datetime.now(UTC))
                if batch is not None:
                    await handle(batch)
                    await self._ask_for_keys(batch, waiting)

    async def nothing_waiting(self, until: datetime) -> bool:
        """Whether everything that reached our homeserver up to `until` has been handled; False if nobody can know.

        It has been if the last answer handled was *asked for* after `until`: an answer holds what the homeserver had
        when it began with it, which may be long before we have it. So constant talk keeps nobody waiting for long.
        Else a glance beside the running long poll, past nio's state: is there nothing of others at all?
        """
        if self._handled is None or await self._unread.awaited():
            return False
        if self._complete_to is not None and until + TOLERANCE < self._complete_to <= datetime.now(UTC):
            return True  # asked in what is the future by now, before our clock was put back, says nothing
        query = {"since": self._handled, "timeout": "0", "filter": json.dumps(self._fresh_filter())}
        path = nio.Api._build_path(["sync"], query)
        try:
            response = await self._client.send("GET", path, headers=authorised(self._client), timeout=GLANCE_TIMEOUT)
            async with response:
                if response.status != 200:
                    log.warning("Nobody can know whether something is waiting: status %d", response.status)
                    return False
                return _quiet(await response.json(), self._us)
        except (*NETWORK_ERRORS, ValueError):
            return False

    async def _sync(self, token: str | None, *, full: bool, at_once: bool) -> Any:
        client, poll = self._client, SHORT_POLL if self._unread.expected else LONG_POLL
        client.next_batch = ""  # ours is the only token that counts
        try:
            async with asyncio.timeout(FULL_SYNC_TIMEOUT):
                answer = await client.sync(
                    timeout=0 if at_once else poll,
                    sync_filter=FILTER if full else self._fresh_filter(),
                    since=token,
                    full_state=full or None,
                )
        except NETWORK_ERRORS as error:
            raise Unreachable(f"no answer: {type(error).__name__} {error}".strip()) from error
        except STORE_DOWN as error:
            raise Unreachable(f"the key store fails: {error}") from error
        refused = refusal(answer)
        if refused is None:
            return answer
        if gone := account_gone(refused, self._us):
            raise gone
        if refused.code in TOKEN_GONE:
            raise OperatorError(
                f"the homeserver has ended our session ({refused.code}); "
                "start again: with matrix.password set, the bot logs in as a new device, "
                "or says which other bot has taken its place"
            )
        raise unreachable(refused)

    def _fresh_filter(self) -> dict[str, Any]:
        """With a new room ID that does not exist: Synapse answers a question it knows out of its cache."""
        return FILTER | {"room": FILTER["room"] | {"not_rooms": [f"!{secrets.token_hex(8)}:{server_of(self._us)}"]}}

    async def _keep_keys(self) -> None:
        """What nio's own loop does after each sync. Failures are logged: the next round tries again."""
        client = self._client
        await _tried("uploading our keys", client.keys_upload, when=client.should_upload_keys)
        await _tried("asking for keys", client.keys_query, when=client.should_query_keys)
        await _tried(
            "claiming keys",
            lambda: client.keys_claim(client.get_users_for_key_claiming()),
            when=client.should_claim_keys,
        )
        await _tried("answering other devices", client.send_to_device_messages, when=client.outgoing_to_device_messages)

    async def _ask_for_keys(self, batch: Batch, waiting: Waiting) -> None:
        """Of what could not be read, at once, and again after a while."""
        client, now = self._client, datetime.now(UTC)
        fresh = any(isinstance(happening, Undecryptable) for happening in batch.happenings)
        if not client.olm or not (fresh or self._ask_again_at is None or now >= self._ask_again_at):
            return
        self._ask_again_at = now + KEYS_EVERY
        for kept, number in await waiting.to_ask(now):
            client.olm.ask(kept, number)
        await _tried("asking for a room key", client.send_to_device_messages, when=client.outgoing_to_device_messages)


async def _tried(what: str, request: Callable[[], Awaitable[Any]], *, when: object) -> None:
    if not when:
        return
    try:
        answer = await request()
    except (*NETWORK_ERRORS, *DATABASE_ERRORS, nio.ProtocolError, nio.EncryptionError, NotSent) as error:
        log.warning("Failed at %(step)s: %(problem)s", {"step": what, "problem": type(error).__name__})
        return
    for part in answer if isinstance(answer, list) else [answer]:
        if refused := refusal(part):
            log.warning("Failed at %(step)s: %(problem)s", {"step": what, "problem": refused})


def _date_of(answer: Any) -> datetime | None:
    """What time it was for the homeserver when it began to answer (HTTP `Date`, whole seconds; RFC 9110, 6.6.1)."""
    try:
        at = parsedate_to_datetime(answer.transport_response.headers["Date"])
    except (AttributeError, KeyError, ValueError):
        return None
    return at if at.tzinfo else None


def _quiet(answer: Any, us: str) -> bool:
    """Whether an answer of /sync holds nothing of others. Raises ValueError when it is no such answer."""
    try:
        rooms = answer.get("rooms", {})
        timelines = [room.get("timeline", {}) for room in rooms.get("join", {}).values()]
        talk = any(t.get("limited") or any(e.get("sender") != us for e in t.get("events", [])) for t in timelines)
        return not (talk or rooms.get("invite") or rooms.get("leave"))
    except AttributeError as error:
        raise ValueError("not an answer of /sync") from error
