"""Identities and signatures that are none: they let nobody in, and are not kept."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.matrix.account.identity import MASTER, SELF_SIGNING, USER_SIGNING, Identity
from bot.matrix.crypto.identities import Public
from tests.matrix.keyring import BEN, CEM, US, Bot, making_ben, making_bot
from tests.matrix.owners import Json, Owner
from tests.matrix.tables import OpenKeys, in_folder

__all__ = ["making_ben", "making_bot"]


@pytest.fixture
def open_keys(tmp_path: Path) -> OpenKeys:
    """What is not kept is not kept in either store."""
    return in_folder(tmp_path)


def the_key(answer: Json, role: str) -> Json:
    found: Json = answer[f"{role}_keys"][BEN]
    return found


def instead(role: str, value: Any) -> Callable[[Json, Owner], None]:
    """This stands there instead of a person's key."""

    def change(answer: Json, _ben: Owner) -> None:
        answer[f"{role}_keys"][BEN] = value

    return change


def part(role: str, name: str, value: Any) -> Callable[[Json, Owner], None]:
    """One part of a person's key is another."""

    def change(answer: Json, _ben: Owner) -> None:
        the_key(answer, role)[name] = value

    return change


def gone(*names: str) -> Callable[[Json, Owner], None]:
    def change(answer: Json, _ben: Owner) -> None:
        for name in names:
            answer.pop(name)

    return change


def all_of(kind: str, value: Any) -> Callable[[Json, Owner], None]:
    def change(answer: Json, _ben: Owner) -> None:
        answer[f"{kind}_keys"] = value

    return change


def another_self_signing(answer: Json, ben: Owner) -> None:
    """Of somebody else, who signs the new device and names the person's master key."""
    thief = Identity.new(BEN)
    answer["self_signing_keys"][BEN] = thief.key_object(SELF_SIGNING)
    answer["device_keys"][BEN]["NEU"] = thief.signed(SELF_SIGNING, ben.devices["NEU"])


def own_signature(answer: Json, ben: Owner) -> None:
    """A self-signing key that is signed by itself, under the name of the master key."""
    thief, master = Identity.new(BEN), next(iter(the_key(answer, MASTER)["keys"].values()))
    key = {"user_id": BEN, "usage": [SELF_SIGNING], "keys": thief.key_object(SELF_SIGNING)["keys"]}
    signature = next(iter(thief.signed(SELF_SIGNING, key)["signatures"][BEN].values()))
    answer["self_signing_keys"][BEN] = key | {"signatures": {BEN: {f"ed25519:{master}": signature}}}
    answer["device_keys"][BEN]["NEU"] = thief.signed(SELF_SIGNING, ben.devices["NEU"])


def user_signing(answer: Json, ben: Owner) -> None:
    """The key for other people's identities, which the master key has signed as well."""
    assert ben.identity is not None
    answer["self_signing_keys"][BEN] = ben.identity.key_object(USER_SIGNING)
    by_it = ben.identity.signed(USER_SIGNING, ben.devices["NEU"])["signatures"][BEN]
    answer["device_keys"][BEN]["NEU"]["signatures"][BEN] |= by_it


def too_short(answer: Json, ben: Owner) -> None:
    """Signed by the master key all the same: with it in force no device could ever be signed."""
    assert ben.identity is not None
    short = {"user_id": BEN, "usage": [SELF_SIGNING], "keys": {"ed25519:QQ": "QQ"}}
    answer["self_signing_keys"][BEN] = ben.identity.signed(MASTER, short)


def of_somebody_else(answer: Json, ben: Owner) -> None:
    """Whole, and signed; but another's."""
    cem = Owner(CEM)
    for role, key in cem.public.items():
        answer[f"{role}_keys"][BEN] = key


WRONG: dict[str, Callable[[Json, Owner], None]] = {
    "no master key": gone("master_keys"),
    "no self-signing key": gone("self_signing_keys"),
    "neither": gone("master_keys", "self_signing_keys"),
    "master keys are no object": all_of("master", [7]),
    "self-signing keys are no object": all_of("self_signing", "?"),
    "a number": instead(MASTER, 7),
    "a list": instead(SELF_SIGNING, []),
    "null": instead(MASTER, None),
    "no keys": part(MASTER, "keys", {}),
    "keys of no kind": part(SELF_SIGNING, "keys", None),
    "two keys": part(MASTER, "keys", {"ed25519:A": "A", "ed25519:B": "B"}),
    "a key under another name": part(SELF_SIGNING, "keys", {"ed25519:A": "B"}),
    "no base64": part(MASTER, "keys", {"ed25519:ä": "ä"}),
    "too short": part(MASTER, "keys", {"ed25519:QQ": "QQ"}),
    "too short and signed": too_short,
    "huge": part(MASTER, "keys", {f"ed25519:{'A' * 10**6}": "A" * 10**6}),
    "no usage": part(SELF_SIGNING, "usage", None),
    "another usage": part(SELF_SIGNING, "usage", [MASTER]),
    "another person's": part(MASTER, "user_id", CEM),
    "not signed": part(SELF_SIGNING, "signatures", {}),
    "a signature of no kind": part(SELF_SIGNING, "signatures", {BEN: 7}),
    "a surrogate": part(SELF_SIGNING, "more", "\ud800"),
    "another self-signing key": another_self_signing,
    "signed by itself": own_signature,
    "the user-signing key": user_signing,
    "of somebody else": of_somebody_else,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_broken_identity_lets_nobody_in(wrong: Callable[[Json, Owner], None], bot: Bot, ben: Owner) -> None:
    """After a whole one; and whoever else is in the answer is dealt with."""
    await bot.shown(ben.shown())
    cem = Owner(CEM)
    cem.device("CEM", signed=True)
    cem.device("CEMNEU", signed=False)
    answer = ben.shown()
    for kind, people in cem.shown().items():
        answer[kind] |= people
    before = bot.identities.of(BEN)
    wrong(answer, ben)
    await bot.shown(answer)
    assert bot.identities.of(BEN) == before
    assert bot.admits() == {"ALT": True, "NEU": False}
    if all(isinstance(answer.get(f"{role}_keys"), dict) for role in (MASTER, SELF_SIGNING)):
        assert bot.admits(CEM) == {"CEM": True, "CEMNEU": False}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_broken_identity_is_none_and_is_not_kept(
    wrong: Callable[[Json, Owner], None], bot: Bot, ben: Owner
) -> None:
    """At first sight, too: the whole one that comes later is the first."""
    answer = ben.shown()
    wrong(answer, ben)
    await bot.shown(answer)
    assert bot.identities.of(BEN) is None
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": True, "NEU": False}


def signatures(value: Any) -> Callable[[Json, Owner], None]:
    def change(device: Json, _ben: Owner) -> None:
        device["signatures"] = value

    return change


def by_key(value: Any) -> Callable[[Json, Owner], None]:
    def change(device: Json, ben: Owner) -> None:
        assert ben.identity is not None
        device["signatures"][BEN][f"ed25519:{ben.identity.public(SELF_SIGNING)}"] = value

    return change


def copied(device: Json, ben: Owner) -> None:
    """The signature of another device of theirs."""
    device["signatures"][BEN] |= {
        name: signature for name, signature in ben.devices["ALT"]["signatures"][BEN].items() if name != "ed25519:ALT"
    }


def by_master(device: Json, ben: Owner) -> None:
    assert ben.identity is not None
    device["signatures"][BEN] |= ben.identity.signed(MASTER, device)["signatures"][BEN]


def by_another_person(device: Json, _ben: Owner) -> None:
    device["signatures"] |= Identity.new(CEM).signed(SELF_SIGNING, device)["signatures"]


def by_thief(device: Json, ben: Owner) -> None:
    """Under the name of the right key."""
    thief = Identity.new(BEN).signed(SELF_SIGNING, device)["signatures"][BEN]
    by_key(next(iter(thief.values())))(device, ben)


def signed_other_keys(device: Json, ben: Owner) -> None:
    """The owner has signed this device ID with another identity key (curve25519) than it shows."""
    assert ben.identity is not None
    other = device | {"keys": device["keys"] | {"curve25519:NEU": "A" * 43}}
    device |= ben.identity.signed(SELF_SIGNING, other) | {"keys": device["keys"]}


FORGED: dict[str, Callable[[Json, Owner], None]] = {
    "no signatures": signatures({}),
    "signatures of no kind": signatures(7),
    "signatures null": signatures({BEN: None}),
    "a number": by_key(7),
    "null": by_key(None),
    "empty": by_key(""),
    "no base64": by_key("ä" * 86),
    "zeros": by_key("A" * 86),
    "of another device": copied,
    "by the master key": by_master,
    "by another person": by_another_person,
    "by a thief": by_thief,
    "for other keys": signed_other_keys,
}


@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_forged_signature_lets_nobody_in(
    forge: Callable[[Json, Owner], None], known: bool, bot: Bot, ben: Owner
) -> None:
    if known:
        await bot.shown(ben.shown())
    answer = ben.shown()
    forge(answer["device_keys"][BEN]["NEU"], ben)
    await bot.shown(answer)
    assert bot.admits().get("NEU", False) is False
    assert bot.admits()["ALT"] is True
    ben.sign("NEU")
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": True, "NEU": True}


async def test_another_device_under_a_signed_name(bot: Bot, ben: Owner) -> None:
    """Its fingerprint never changes; an answer in which it does is not believed."""
    await bot.shown(ben.shown())
    (before,) = (each for each in bot.client.olm.device_store.active_user_devices(BEN) if each.id == "ALT")
    fingerprint = before.ed25519
    ben.device("ALT", signed=False)
    await bot.shown(ben.shown())
    assert before.ed25519 == fingerprint
    assert bot.admits()["ALT"] is True


async def test_a_person_with_very_many_devices_lets_others_have_their_turn(bot: Bot) -> None:
    ben, turns = Owner(BEN), 0
    for number in range(400):
        ben.device(f"D{number}", signed=number % 2 == 0)

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await bot.shown(ben.shown())
    beside.cancel()
    assert turns > 20
    assert sum(bot.admits().values()) == 200


async def test_our_own_account_is_known_better(bot: Bot) -> None:
    """A homeserver that makes up an identity of ours has no device of ours."""
    us = Owner(US)
    us.device("ELEMENT", signed=True)
    ours = us.reset()
    other = Owner(US)
    other.device("FREMD", signed=True)
    bot.identities.is_ours(US, Public(ours.public(MASTER), ours.public(SELF_SIGNING)))
    await bot.shown(other.shown())
    assert bot.admits(US) == {"FREMD": False}
    us.sign("ELEMENT")
    await bot.shown(us.shown())
    assert bot.admits(US) == {"ELEMENT": True}
