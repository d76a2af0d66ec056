"""Whose devices get room keys, by what a homeserver shows of them: a real key store, and answers made by hand."""

import logging
import secrets

import pytest

from bot.matrix.account.identity import MASTER, SELF_SIGNING, Identity
from tests.matrix.keyring import BEN, Bot, making_ben, making_bot
from tests.matrix.owners import Json, Owner
from tests.matrix.tables import open_keys

__all__ = ["making_ben", "making_bot", "open_keys"]


async def test_only_what_the_owner_has_signed(bot: Bot, ben: Owner) -> None:
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": True, "NEU": False}
    ben.sign("NEU")
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": True, "NEU": True}


async def test_who_has_never_had_an_identity_gets_keys_everywhere(bot: Bot, ben: Owner) -> None:
    await bot.shown(ben.shown(identity=False))
    assert bot.admits() == {"ALT": True, "NEU": True}
    await bot.shown(ben.shown())  # and now they have one
    assert bot.admits() == {"ALT": True, "NEU": False}


async def test_an_identity_that_vanishes_stays_in_force(bot: Bot, ben: Owner, caplog: pytest.LogCaptureFixture) -> None:
    """Said once; also after a restart."""
    await bot.shown(ben.shown())
    ben.device("FREMD", signed=False)
    for _ in range(2):
        await bot.shown(ben.shown(identity=False))
    assert bot.admits() == {"ALT": True, "NEU": False, "FREMD": False}
    assert caplog.text.count("shows no valid identity of @ben:x.example any more") == 1
    bot.restart()
    assert bot.admits() == {"ALT": True, "NEU": False, "FREMD": False}
    await bot.shown(ben.shown(identity=False))
    assert bot.admits() == {"ALT": True, "NEU": False, "FREMD": False}


async def test_an_identity_made_anew(bot: Bot, ben: Owner, caplog: pytest.LogCaptureFixture) -> None:
    """People lose their keys. What the old ones have signed is worth nothing, and the operator can see it."""
    await bot.shown(ben.shown())
    before, after = ben.public, ben.reset()
    ben.sign("NEU")
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": False, "NEU": True}
    (said,) = [each for each in caplog.records if "another identity than before" in each.getMessage()]
    assert said.levelno == logging.WARNING
    for named in (BEN, after.public(MASTER), *before[MASTER]["keys"].values()):
        assert named in said.getMessage()
    ben.sign("ALT")
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": True, "NEU": True}


async def test_a_new_self_signing_key_of_the_same_person(
    bot: Bot, ben: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    await bot.shown(ben.shown())
    assert ben.identity is not None
    ben.identity = Identity(BEN, ben.identity.master, secrets.token_bytes(32), ben.identity.user_signing)
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": False, "NEU": False}
    ben.sign("ALT")
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": True, "NEU": False}
    assert "another identity" not in caplog.text


async def test_other_keys_under_the_same_name(bot: Bot, ben: Owner) -> None:
    """Logged out and in again under the same device ID: the signature was for the keys of before."""
    await bot.shown(ben.shown())
    ben.devices.pop("ALT")
    await bot.shown(ben.shown())
    ben.device("ALT", signed=False)
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": False, "NEU": False}
    ben.sign("ALT")
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": True, "NEU": False}


async def test_another_identity_key_of_a_signed_device(bot: Bot, ben: Owner) -> None:
    """What goes to the device is locked for that key, so it must be signed, too."""
    await bot.shown(ben.shown())
    ben.other_identity_key("ALT")
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": False, "NEU": False}
    ben.sign("ALT")
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": True, "NEU": False}


async def test_a_false_device_under_a_name_that_the_owner_signs(bot: Bot, ben: Owner) -> None:
    """The homeserver shows one of its own first, then the real one: that signature is for other keys."""
    await bot.shown(ben.shown())
    ben.device("NEU", signed=True)
    for _ in range(2):
        await bot.shown(ben.shown())
        assert bot.admits() == {"ALT": True, "NEU": False}


async def test_each_signature_is_checked_once(bot: Bot, ben: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    real = bot.client.olm.verify_json

    def verify(content: Json, key: str, user: str, name: str) -> bool:
        checked.append(name)
        return bool(real(content, key, user, name))

    monkeypatch.setattr(type(bot.client.olm), "verify_json", staticmethod(verify))
    await bot.shown(ben.shown())
    assert ben.identity is not None
    master, self_signing = (ben.identity.public(role) for role in (MASTER, SELF_SIGNING))
    assert sorted(checked) == sorted(["ALT", "NEU", self_signing, master])
    await bot.shown(ben.shown())
    bot.restart()
    await bot.shown(ben.shown())
    assert len(checked) == 4
    ben.sign("NEU")
    await bot.shown(ben.shown())
    assert checked[4:] == [self_signing]


async def test_a_sign_that_not_every_database_keeps(bot: Bot, ben: Owner) -> None:
    """Anybody may call a device so: it costs that device, and nobody else's keys."""
    ben.device("NUL\0", signed=True)
    ben.devices["NEU"]["unsigned"] = {"device_display_name": "Han\0dy"}
    await bot.shown(ben.shown())
    assert bot.admits() == {"ALT": True, "NEU": False}
    bot.restart()
    assert bot.admits() == {"ALT": True, "NEU": False}
    assert bot.client.olm.device_store[BEN]["NEU"].display_name == "Handy"
