"""Talk goes past nio, and nothing else does: what we are told is the same as if nio had read all of it."""

import copy
from typing import Any

import nio  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix import talk
from bot.matrix.crypto.fallback import Synced
from bot.matrix.raw import Raw, raw

ROOM, ANNA = "!runde:x.example", "@anna:x.example"
Json = dict[str, Any]
MEGOLM = {
    "algorithm": "m.megolm.v1.aes-sha2",
    "ciphertext": "A",
    "sender_key": "B",
    "device_id": "C",
    "session_id": "D",
}
WRITTEN: list[Json] = [
    {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "Guten Morgen, schöne Grüße"}},
    {"type": "m.room.message", "content": {"msgtype": 7}},
    {"type": "m.reaction", "content": {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1", "key": "✅"}}},
    {"type": "m.room.redaction", "redacts": "$1", "content": {}},
    {"type": "org.matrix.msc3381.poll.response", "content": {}},
    {"type": "m.call.unheard_of", "content": {}},
    {"type": 5, "content": {}},
    {"type": "m.room.encrypted", "content": MEGOLM},
    {"type": "m.room.encrypted", "content": {}},
    {"type": "m.room.member", "state_key": ANNA, "content": {"membership": "join"}},
    {"type": "m.room.name", "state_key": "", "content": {"name": "Runde"}},
    {"type": "m.room.name", "content": {"name": "kein Zustand"}},
    {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}},
]


def answer(events: list[Any]) -> Json:
    join = {ROOM: {"timeline": {"events": events, "limited": False, "prev_batch": "1"}}}
    return {
        "next_batch": "2",
        "rooms": {"join": join},
        "device_one_time_keys_count": {},
        "to_device": {"events": []},
        "device_lists": {"changed": [], "left": []},
    }


@given(st.lists(st.sampled_from(WRITTEN), max_size=12))
def test_what_comes_is_the_same(written: list[Json]) -> None:
    common = {"sender": ANNA, "origin_server_ts": 1}
    events = [each | common | {"event_id": f"${number}"} for number, each in enumerate(written)]
    by_nio = nio.SyncResponse.from_dict(answer(copy.deepcopy(events))).rooms.join[ROOM].timeline
    ours = Synced.from_dict(answer(copy.deepcopy(events))).rooms.join[ROOM].timeline
    assert [raw(event).source for event in ours.events] == [raw(event).source for event in by_nio.events]
    for event in ours.events:
        acted_on = "state_key" in raw(event).source or raw(event).source["type"] == "m.room.encrypted"
        assert isinstance(event, Raw) is not acted_on
    assert (ours.limited, ours.prev_batch) == (by_nio.limited, by_nio.prev_batch)


@pytest.mark.parametrize(
    "odd", [None, [], {"rooms": 1}, {"rooms": {"join": {ROOM: []}}}, {"rooms": {"join": {ROOM: {"timeline": 1}}}}]
)
def test_of_an_odd_answer_nothing_is_taken(odd: object) -> None:
    before = copy.deepcopy(odd)
    assert talk.taken_out(odd) == {}
    assert odd == before


def test_what_is_no_event_is_left_to_nio() -> None:
    assert talk.taken_out(answer([1, None])) == {}
