"""From JSON to our words: dropped files, upgrades and power levels, and what only looks like them."""

from typing import Any

import pytest

from bot.events import Dropped, Event, Power, Powers, Upgraded
from bot.matrix.decode import decode
from bot.matrix.powers import Standing
from tests.matrix.test_decode import ANNA, NOW, ROOM, US, Json, event, read

NO_STANDING = Standing()
MXC = {"msgtype": "m.file", "url": "mxc://netz.example/abc"}


@pytest.mark.parametrize(
    ("content", "name", "size"),
    [
        (MXC | {"body": "leute.csv", "info": {"size": 812, "mimetype": "text/csv"}}, "leute.csv", 812),
        (MXC | {"body": "Bitte einlesen!", "filename": "leute.xlsx", "info": {"size": 1}}, "leute.xlsx", 1),
        (MXC | {"body": " le\nute\u202evsc. ", "filename": "\u200b"}, "le utevsc.", 0),
        (MXC | {"body": "leute.csv", "filename": 3, "info": []}, "leute.csv", 0),
        (MXC | {"body": "leute.csv", "info": {"size": -1}}, "leute.csv", 0),
        (MXC | {"body": "leute.csv", "info": {"size": True}}, "leute.csv", 0),
        (MXC | {"body": "leute.csv", "info": {"size": 10**40}}, "leute.csv", 0),
        (MXC | {"body": "x" * 9_000 + ".csv"}, "x" * 196 + ".csv", 0),
        ({"msgtype": "m.file", "body": "leute.csv", "file": {"url": "mxc://a/b"}}, "leute.csv", 0),
    ],
)
@pytest.mark.parametrize("decrypted", [False, True])
def test_a_dropped_file(content: Json, name: str, size: int, decrypted: bool) -> None:
    found = read(event("m.room.message", content), decrypted=decrypted)
    assert isinstance(found, Dropped)
    assert (found.name, found.size, found.source) == (name, size, content)


@pytest.mark.parametrize(
    "content",
    [
        MXC,
        MXC | {"body": 3},
        MXC | {"body": "\u200b"},
        MXC | {"msgtype": "m.image", "body": "bild.png"},
        MXC | {"msgtype": "m.notice", "body": "leute.csv"},
        MXC | {"msgtype": ["m.file"], "body": "leute.csv"},
        MXC | {"body": "leute.csv", "m.relates_to": {"rel_type": "m.replace", "event_id": "$a"}},
        {"msgtype": "m.file", "body": "leute.csv"},
        {"msgtype": "m.file", "body": "leute.csv", "url": 3, "file": "mxc://a/b"},
    ],
)
def test_no_file(content: Json) -> None:
    assert read(event("m.room.message", content)) is None


def tombstone(successor: object, **more: Any) -> Json:
    return event("m.room.tombstone", {"body": "Umzug", "replacement_room": successor}, **({"state_key": ""} | more))


@pytest.mark.parametrize("successor", ["!neu:netz.example", "!ohneServer"])
def test_an_upgrade(successor: str) -> None:
    found = read(tombstone(successor))
    assert isinstance(found, Upgraded)
    assert (found.successor, found.sender) == (successor, ANNA)


@pytest.mark.parametrize(
    "source",
    [
        tombstone("!neu:netz.example", state_key="x"),
        tombstone("!neu:netz.example", state_key=None),
        tombstone("#neu:netz.example"),
        tombstone(ROOM),
        tombstone(""),
        tombstone(None),
        tombstone(["!neu:netz.example"]),
        tombstone("!neu:netz\u202e.example"),
        tombstone("!" + "x" * 300),
        tombstone("!neu:netz.example", sender=US),
    ],
    ids=repr,
)
def test_no_upgrade(source: Json) -> None:
    assert read(source) is None


def powers(content: object, standing: Standing = NO_STANDING, **more: Any) -> Event | None:
    source = event("m.room.power_levels", content, **({"state_key": ""} | more))
    return decode(source, ROOM, us=US, received_at=NOW, offline_since=None, decrypted=False, standing=standing)


NOTHING: set[Power] = set()
SOME_STATE = {Power.PIN, Power.NAME}


@pytest.mark.parametrize(
    ("content", "lacking"),
    [
        ({}, SOME_STATE),
        ({"users": {US: 50}}, NOTHING),
        ({"users": {US: 49}, "users_default": 100}, SOME_STATE),
        ({"users_default": 50}, NOTHING),
        ({"users": {US: 50}, "events_default": 51}, {Power.SPEAK, Power.REACT}),
        ({"users": {US: 50}, "events_default": 51, "events": {"m.reaction": 0}}, {Power.SPEAK}),
        ({"users": {US: 50}, "events": {"m.room.message": 100}}, {Power.SPEAK}),
        ({"users": {US: 50}, "events": {"m.room.encrypted": 100}}, NOTHING),
        ({"users": {US: 50}, "invite": 60, "state_default": 60}, {Power.INVITE, *SOME_STATE}),
        ({"state_default": 60, "events": {"m.room.name": 0, "m.room.pinned_events": 0}}, NOTHING),
        ({"users": {US: " 50 "}, "state_default": "50", "invite": "+51"}, {Power.INVITE}),
        ({"users": {US: "viel"}, "users_default": []}, SOME_STATE),
        ({"users": [US], "events": "x", "state_default": True, "invite": 1.5}, SOME_STATE),
        ({"users": {US: 10**40}, "invite": 10**41}, {Power.INVITE}),
        ({"users": {US: -1}}, set(Power)),
        ({"users": {US: "٥٠"}}, SOME_STATE),
        ({"users": {US: "9" * 10_000}}, SOME_STATE),
    ],
)
def test_what_we_may_not_do(content: Json, lacking: set[Power]) -> None:
    for sender in (ANNA, US):  # whoever set them, they hold
        found = powers(content, sender=sender)
        assert isinstance(found, Powers)
        assert found.lacks == lacking


def test_powers_in_an_encrypted_room_and_of_its_creator() -> None:
    sealed = powers({"users": {US: 50}, "events": {"m.room.encrypted": 51}}, Standing(encrypted=True))
    assert isinstance(sealed, Powers)
    assert sealed.lacks == {Power.SPEAK}
    inside = powers({"users": {US: 50}, "events": {"m.room.message": 51}}, Standing(encrypted=True))
    assert isinstance(inside, Powers)
    assert not inside.lacks
    creator = powers({"users": {}, "events_default": 99}, Standing(sovereign=True))
    assert isinstance(creator, Powers)
    assert not creator.lacks


def test_power_levels_under_another_key_mean_nothing() -> None:
    assert powers({"users": {}}, state_key="x") is None
    assert powers({"users": {}}, state_key=US) is None
    assert powers("x") is None
