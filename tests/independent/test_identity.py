"""The bot's identity in Element's hands: what that sets up the bot recovers, and what the bot stores Element reads."""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.config import Matrix
from bot.demo.homeserver import Homeserver
from bot.errors import OperatorError
from bot.matrix.account import recovery
from bot.matrix.account.seeds import Seeds
from tests.independent.conftest import PATIENCE, SCRIPTS
from tests.matrix.identities import Session, password_of, signed_in


@pytest.fixture
async def settings(homeserver: Homeserver, tmp_path: Path) -> Matrix:
    """A bot's account that nobody has signed in to yet."""
    user_id = await homeserver.register(f"zwischenstand-{secrets.token_hex(4)}", "geheim-1")
    password = SecretStr("geheim-1")
    return Matrix(homeserver=homeserver.url, user_id=user_id, password=password, store=tmp_path / "bot" / "crypto")


async def by_hand(javascript: Path, settings: Matrix, what: str, **more: Any) -> dict[str, Any]:
    """What a person does with the bot's account at matrix-js-sdk."""
    account = {"server": settings.homeserver, "user": settings.user_id, "password": password_of(settings)}
    process = await asyncio.create_subprocess_exec(
        *(str(SCRIPTS / "node"), str(javascript / "identity.mjs")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(PATIENCE):
        said, _ = await process.communicate(json.dumps({"do": what, **account, **more}).encode())
    answer: dict[str, Any] = json.loads(said.splitlines()[-1])
    assert "error" not in answer, answer["error"]
    return answer


@pytest.mark.parametrize("passphrase", [None, "vier Wörter und mehr"])
async def test_recovery_that_a_person_set_up_in_element(
    javascript: Path, settings: Matrix, passphrase: str | None
) -> None:
    """The way where the homeserver demands more than a password. A passphrase besides makes no difference."""
    made = await by_hand(javascript, settings, "set up", passphrase=passphrase)
    with pytest.raises(OperatorError, match="zwischenstand recover` with the recovery key"):
        await signed_in(settings)
    prints = await recovery.recover(settings, lambda: str(made["recovery_key"]))
    assert prints.master_key == made["master_key"]
    assert await signed_in(settings) == prints.device_id
    assert (await (await Session.of(settings)).known()).trusts(prints.device_id)


async def test_the_recovery_key_that_the_bot_made(javascript: Path, settings: Matrix) -> None:
    device = await signed_in(settings)
    with Seeds(settings).showing() as key:
        assert key is not None
    entered = await by_hand(javascript, settings, "enter", recovery_key=key)
    assert entered["ready"], entered
    assert entered["status"]["privateKeysInSecretStorage"]
    assert entered["signed"][device]
    known = await (await Session.of(settings)).known()
    assert known.trusts(entered["device"])  # it could sign with what it read
    await signed_in(settings)  # nothing of it disturbs the bot
