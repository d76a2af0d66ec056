"""Whatever strangers send to our device, or lock into a room: nothing raises, and what stands beside it is handled."""

import asyncio
import copy
import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]
import peewee  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.errors import Unreachable
from bot.events import Members, Message, Undecryptable, Unsealed, Withheld
from bot.matrix.batches import Moment, Reader
from bot.matrix.safe import SafeClient
from bot.waiting import Session

US, MALLORY, ROOM = "@bot:x.example", "@mallory:y.example", "!runde:x.example"
LONG = "x" * 65_536
OLM, MEGOLM = "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)
) | st.sampled_from([LONG, "\ud800", "\x00", "", US, MALLORY, ROOM, "m.room_key", -1, 2**70])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
Json = dict[str, Any]


class Wire:
    """An answer of the homeserver as nio gets it."""

    def __init__(self, body: Json) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self._body = json.dumps(body)

    async def json(self) -> Json:
        return dict(json.loads(self._body))


class Kept:
    """Everything that was kept so far waits for a key that came."""

    def __init__(self) -> None:
        self.events: list[Undecryptable] = []

    async def begin(self, now: datetime) -> set[Session]:
        return {(each.room_id, each.session_id) for each in self.events}

    async def of(self, sessions: Collection[Session]) -> Sequence[Undecryptable]:
        return list(self.events)

    async def to_ask(self, now: datetime) -> Sequence[tuple[Undecryptable, int]]:
        return [(each, 1) for each in self.events]


class Stranger:
    """Has a session with the bot, and writes into it whatever comes up."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.bot = self._client(US, "BOT", folder / "bot")
        self.own = self._client(MALLORY, "MALLORY", folder / "mallory")
        self.bot.rooms[ROOM] = nio.MatrixRoom(ROOM, US, encrypted=True)
        self.bot.rooms[ROOM].add_member(MALLORY, None, None)
        self.bot.olm.device_store.add(self._device(self.own))
        self.own.olm.device_store.add(self._device(self.bot))
        self.bot.olm.account.generate_one_time_keys(1)
        (one_time_key,) = self.bot.olm.account.one_time_keys["curve25519"].values()
        self.session = self.own.olm.create_session(one_time_key, self.curve)
        self.kept = Kept()
        self.reader = Reader(self.bot, US, self.kept)
        self.count = 0

    @property
    def curve(self) -> str:
        return str(self.bot.olm.account.identity_keys["curve25519"])

    @property
    def own_key(self) -> str:
        return str(self.own.olm.account.identity_keys["curve25519"])

    def close(self) -> None:
        for client in (self.bot, self.own):
            self.loop.run_until_complete(client.close())
            client.store.database.close()
        self.loop.close()

    def locked(self, payload: object, kind: int | None = None, body: str | None = None) -> Json:
        """A message to the bot's device, with this inside; or of another type, or with another body."""
        if kind is None:
            kind, ciphertext = self.session.encrypt(json.dumps(payload)).to_parts()
            body = nio.crypto.olm_machine.encode_base64(ciphertext)
        content = {
            "algorithm": OLM,
            "sender_key": self.own_key,
            "ciphertext": {self.curve: {"type": kind, "body": body}},
        }
        return {"type": "m.room.encrypted", "sender": MALLORY, "content": content}

    def payload(self, kind: str, content: object) -> Json:
        return {
            "sender": MALLORY,
            "sender_device": "MALLORY",
            "keys": {"ed25519": self.own.olm.account.identity_keys["ed25519"]},
            "recipient": US,
            "recipient_keys": {"ed25519": self.bot.olm.account.identity_keys["ed25519"]},
            "type": kind,
            "content": content,
        }

    def hand_over(self, to_device: list[Any], timeline: list[Any]) -> Any:
        """One answer of /sync through all that it goes through; what the reader makes of it."""
        body = {
            "next_batch": f"s{self.count}",
            "to_device": {"events": to_device},
            "rooms": {"join": {ROOM: {"timeline": {"events": timeline, "limited": False, "prev_batch": "s"}}}},
        }
        return self.loop.run_until_complete(self._through(body))

    async def _through(self, body: Json) -> Any:
        response = await self.bot.create_matrix_response(nio.SyncResponse, Wire(body))
        assert isinstance(response, nio.SyncResponse)
        await self.bot.receive_response(response)
        now = datetime.now(UTC)
        batch = await self.reader.batch(response, Moment(since="s", full=False, received_at=now, offline_since=None))
        unread = [each for each in batch.happenings if isinstance(each, Undecryptable)]
        for each in unread:
            self.bot.olm.ask(each, 1)
        self.kept.events = (self.kept.events + unread)[-10:]
        self.bot.olm.outgoing_to_device_messages.clear()
        return batch

    def _client(self, user: str, device: str, folder: Path) -> Any:
        folder.mkdir(parents=True)
        client = SafeClient("http://127.0.0.1:9", user, device, folder, "key")
        client.restore_login(user, device, "token")
        return client

    def _device(self, client: Any) -> Any:
        return nio.crypto.OlmDevice(client.user_id, client.device_id, dict(client.olm.account.identity_keys))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    made = Stranger(tmp_path_factory.mktemp("stranger"))
    yield made
    made.close()


KEY_REQUEST = {
    "action": "request",
    "requesting_device_id": "MALLORY",
    "request_id": "r1",
    "body": {"algorithm": MEGOLM, "room_id": ROOM, "sender_key": "k", "session_id": "s"},
}
ROOM_KEY = {"algorithm": MEGOLM, "room_id": ROOM, "session_id": "s", "session_key": "AgAAAA"}
FORWARDED = ROOM_KEY | {
    "sender_key": "k",
    "sender_claimed_ed25519_key": "e",
    "forwarding_curve25519_key_chain": [],
}
WITHHELD = {
    "algorithm": MEGOLM,
    "code": "m.unverified",
    "room_id": ROOM,
    "sender_key": "k",
    "session_id": "s",
    "reason": "x",
}
START = {
    "transaction_id": "t",
    "from_device": "MALLORY",
    "method": "m.sas.v1",
    "key_agreement_protocols": ["curve25519-hkdf-sha256"],
    "hashes": ["sha256"],
    "message_authentication_codes": ["hkdf-hmac-sha256.v2"],
    "short_authentication_string": ["emoji"],
}
CONTENTS: dict[str, Json] = {
    "m.room_key": ROOM_KEY,
    "m.forwarded_room_key": FORWARDED,
    "m.room_key.withheld": WITHHELD,
    "org.matrix.room_key.withheld": WITHHELD | {"code": "m.no_olm"},
    "m.room_key_request": KEY_REQUEST,
    "m.room_key_request ": KEY_REQUEST | {"action": "request_cancellation"},
    "m.dummy": {},
    "m.secret.send": {"request_id": "r", "secret": "x"},
    "m.key.verification.start": START,
    "m.key.verification.cancel": {"transaction_id": "t", "code": "m.user", "reason": "x"},
}
STATE = {"type": "m.room.member", "state_key": MALLORY, "content": {"membership": "ban"}, "redacts": "$x"}
SAID = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "x"}, "room_id": ROOM}
SEALED = {"algorithm": MEGOLM, "ciphertext": "AwgA", "sender_key": "k", "session_id": "s", "device_id": "MALLORY"}


def places(value: object, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """All places in a JSON value."""
    if above:
        yield above
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*above, name))


@st.composite
def mangled(draw: st.DrawFn, value: Json) -> Json:
    """The value with up to three fields gone, or of another kind."""
    changed = copy.deepcopy(value)
    for _ in range(draw(st.integers(0, 3))):
        there = list(places(changed))
        if not there:
            break
        *above, last = draw(st.sampled_from(there))
        inner: Any = changed
        for name in above:
            inner = inner[name]
        if draw(st.booleans()):
            inner[last] = draw(VALUES)
        else:
            del inner[last]
    return changed


@st.composite
def plain(draw: st.DrawFn) -> Json:
    """A message to our device in the clear."""
    kind = draw(st.sampled_from(sorted(CONTENTS)))
    event = {"type": kind.strip(), "sender": MALLORY, "content": CONTENTS[kind]}
    return draw(mangled(event))


MESSAGES = st.sampled_from(sorted(CONTENTS)).flatmap(
    lambda kind: mangled(CONTENTS[kind]).map(lambda c: (kind.strip(), c))
)
KINDS_OF_OLM = st.sampled_from([0, 1, 7, -1, 2**70, "0", None, True])


@given(
    clear=st.lists(plain(), max_size=2),
    inside=st.lists(MESSAGES, max_size=2),
    odd=st.lists(st.tuples(KINDS_OF_OLM, SCALARS), max_size=2),
    envelope=st.none() | VALUES,
    events=st.lists(st.sampled_from([STATE, SAID]).flatmap(mangled), max_size=2),
    sealed=st.lists(mangled(SEALED), max_size=2),
)
@example(
    clear=[],
    inside=[("m.room_key", ROOM_KEY)],
    odd=[(0, "AAAA"), (1, ""), (7, "x")],
    envelope=3,
    events=[STATE],
    sealed=[SEALED],
)
@example(
    clear=[],
    inside=[("m.forwarded_room_key", FORWARDED | {"session_key": LONG})],
    odd=[],
    envelope=[],
    events=[],
    sealed=[{}],
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_nothing_raises_and_what_is_right_is_handled(
    stranger: Stranger,
    clear: list[Json],
    inside: list[tuple[str, Json]],
    odd: list[tuple[Any, Any]],
    envelope: object,
    events: list[Json],
    sealed: list[Json],
) -> None:
    stranger.count += 1
    own = stranger.own.olm
    own.create_outbound_group_session(ROOM)
    group = own.outbound_group_sessions[ROOM]
    key = {"algorithm": MEGOLM, "room_id": ROOM, "session_id": group.id, "session_key": group.session_key}
    right = stranger.locked(stranger.payload("m.room_key", key))
    own.outbound_group_sessions[ROOM].shared = True

    to_device: list[Any] = [*clear, *(stranger.locked(None, kind, body) for kind, body in odd)]
    to_device += [stranger.locked(stranger.payload(kind, content)) for kind, content in inside]
    if envelope is not None:
        to_device += [stranger.locked(envelope), envelope]

    def event(number: int, content: Json) -> Json:
        return {
            "type": "m.room.encrypted",
            "event_id": f"${stranger.count}-{number}",
            "sender": MALLORY,
            "origin_server_ts": number,
            "content": content,
        }

    contents = [*(own.group_encrypt(ROOM, inner) for inner in events), *sealed]
    contents.append(own.group_encrypt(ROOM, SAID | {"content": {"msgtype": "m.text", "body": f"Nr. {stranger.count}"}}))
    batch = stranger.hand_over([*to_device, right], [event(number, content) for number, content in enumerate(contents)])
    said = [each.body for each in batch.happenings if isinstance(each, Message)]
    assert said[-1:] == [f"Nr. {stranger.count}"]
    assert all(isinstance(each, Message | Undecryptable | Unsealed | Withheld | Members) for each in batch.happenings)
    room = stranger.bot.rooms[ROOM]
    assert MALLORY in room.users, "what is locked is never taken for state"


def test_a_failing_key_store_comes_through(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no stranger's doing, and must not be taken for one: the key would be lost."""
    own = stranger.own.olm
    stranger.count += 1
    own.create_outbound_group_session(ROOM)
    group = own.outbound_group_sessions[ROOM]
    key = {"algorithm": MEGOLM, "room_id": ROOM, "session_id": group.id, "session_key": group.session_key}
    message = stranger.locked(stranger.payload("m.room_key", key))

    def broken(*_arguments: Any) -> None:
        raise peewee.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(stranger.bot.store, "save_inbound_group_session", broken)
        with pytest.raises(peewee.OperationalError):
            stranger.hand_over([message], [])
    stranger.bot.olm.inbound_group_store = stranger.bot.store.load_inbound_group_sessions()  # what is on disk
    assert stranger.bot.olm.inbound_group_store.get(ROOM, stranger.own_key, group.id) is None
    stranger.hand_over([message], [])
    stranger.bot.olm.inbound_group_store = stranger.bot.store.load_inbound_group_sessions()
    assert stranger.bot.olm.inbound_group_store.get(ROOM, stranger.own_key, group.id) is not None


def test_a_key_store_that_fails_while_kept_events_are_opened(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.now(UTC)
    kept = Undecryptable(room_id=ROOM, event_id="$k", sender=MALLORY, sent_at=at, received_at=at, session_id="s")
    stranger.kept.events = [kept]
    reader = Reader(stranger.bot, US, stranger.kept)

    def broken(*_arguments: Any) -> bool:
        raise peewee.OperationalError("database is locked")

    monkeypatch.setattr(stranger.bot.olm, "has_key", broken)
    stranger.reader, real = reader, stranger.reader
    with pytest.raises(Unreachable, match="key store"):
        stranger.hand_over([], [])
    monkeypatch.undo()
    stranger.hand_over([], [])
    stranger.reader = real
