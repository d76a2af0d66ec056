"""One account has one bot: of two, the newer stays, and the other ends and says why."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.config import Matrix
from bot.demo.homeserver import Homeserver
from bot.errors import OperatorError, Unsigned
from bot.matrix.account import generation
from bot.matrix.safe import SafeClient
from tests.matrix.conftest import NewBot, Recorder
from tests.matrix.edge import Edge, edge_of
from tests.matrix.identities import signed_in
from tests.matrix.stores import (
    copied,
    devices,
    lose_session,
    our_session,
    record,
)


@pytest.fixture
async def edge(homeserver: Homeserver) -> AsyncIterator[Edge]:
    async with edge_of(homeserver.url) as edge:
        yield edge


def second_machine(settings: Matrix, folder: Path) -> Matrix:
    """The same account on another machine: the same seeds, a folder of its own."""
    other = settings.model_copy(update={"store": folder / "crypto"})
    folder.mkdir()
    shutil.copy(settings.signing_file, other.signing_file)
    return other


async def test_two_machines_do_not_log_each_other_out_for_ever(new_bot: NewBot, tmp_path: Path, edge: Edge) -> None:
    here = await new_bot()
    there = second_machine(here.settings, tmp_path / "there")
    newer = await signed_in(there)
    assert here.task is not None
    with pytest.raises(OperatorError, match="M_UNKNOWN_TOKEN"):
        await asyncio.wait_for(here.task, 20)
    await here.account.close()

    before = edge.before(here.settings)
    for _ in range(3):
        with pytest.raises(
            OperatorError, match=f"another bot runs with the account .*: device {newer}, since 20"
        ) as no:
            await signed_in(before)
        assert f"If the other is gone for good: take {here.settings.store / 'session.json'} away" in str(no.value)
    assert [path for path in edge.seen if path in ("login", "logout")] == ["login", "logout"], "asked once, no more"
    assert await devices(there) == {newer}
    assert await signed_in(there) == newer

    lose_session(here.settings)  # the other one is gone: a person has decided
    last = await signed_in(here.settings)
    assert await devices(here.settings) == {last}
    with pytest.raises(OperatorError, match=f"device {last}, since"):
        await signed_in(there)
    here.task = None


async def test_whoever_could_not_be_logged_out_ends_by_itself(
    new_bot: NewBot, tmp_path: Path, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "EVERY", 0.2)
    here = await new_bot()
    there = second_machine(here.settings, tmp_path / "there")
    edge.instead["delete_devices"] = lambda _body: web.json_response({"errcode": "M_UNKNOWN"}, status=500)
    ours, entered, read = here.account.device_id, asyncio.Event(), generation.read

    async def read_once_entered(client: SafeClient) -> generation.Record | None:
        """Nobody steps on while the other signs in: the record has no lock, and either of the two could be the last."""
        if client.device_id == ours:
            await entered.wait()
        return await read(client)

    monkeypatch.setattr(generation, "read", read_once_entered)
    newer = await signed_in(edge.before(there))
    entered.set()
    assert here.task is not None
    with pytest.raises(OperatorError, match=f"device {newer}, since"):
        await asyncio.wait_for(here.task, 20)
    await here.account.close()
    here.task = None
    with pytest.raises(OperatorError, match=f"device {newer}, since"):
        await signed_in(here.settings)


async def test_the_same_store_on_two_machines_is_one_too_many(
    new_bot: NewBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that is as old as the store, started elsewhere: the first one notices within the hour."""
    monkeypatch.setattr(generation, "EVERY", 3.0)
    here = await new_bot()
    elsewhere = Recorder(second_machine(here.settings, tmp_path / "there"))
    shutil.copy(here.settings.key_file, elsewhere.settings.key_file)
    copied(here.settings, elsewhere.settings.store)
    assert await signed_in(elsewhere.settings) == here.account.device_id
    assert here.task is not None
    with pytest.raises(OperatorError, match="is older than what device"):
        await asyncio.wait_for(here.task, 20)
    await here.account.close()
    here.task = None


async def test_a_machine_without_the_seeds_publishes_nothing(new_bot: NewBot, tmp_path: Path, edge: Edge) -> None:
    """A device that nobody can sign would cost the bot everybody who has verified it: their clients warn, or stop."""
    here = await new_bot()
    before = await our_session(here.settings).known()
    there = edge.before(second_machine(here.settings, tmp_path / "there"))
    there.signing_file.unlink()
    for _ in range(2):
        with pytest.raises(Unsigned, match=r"is missing: put the file back"):
            await signed_in(there)
    after = await our_session(here.settings).known()
    assert set(after.devices) == set(before.devices) == {here.account.device_id}
    assert after.trusts(here.account.device_id)
    assert len(await devices(here.settings)) == 2, "one that has no keys, however often it was tried"
    assert (await record(here.settings))["device_id"] == here.account.device_id
    shutil.copy(here.settings.signing_file, there.signing_file)
    newer = await signed_in(there)
    assert (await our_session(there).known()).trusts(newer)
    assert here.task is not None
    with pytest.raises(OperatorError, match="M_UNKNOWN_TOKEN"):
        await asyncio.wait_for(here.task, 20)
    await here.account.close()
    here.task = None


async def test_a_homeserver_that_has_forgotten_the_identity_gets_no_other(new_bot: NewBot, edge: Edge) -> None:
    """Without the seeds nobody knows whether it is gone, or the homeserver errs; a person can decide."""
    bot = await new_bot()
    await bot.stop()
    settings, kept = edge.before(bot.settings), bot.settings.signing_file.read_bytes()
    settings.signing_file.unlink()
    before = await our_session(bot.settings).known()
    edge.change["keys/query"] = lambda answer: answer | {"master_keys": {}, "self_signing_keys": {}}
    with pytest.raises(Unsigned, match=r"publishes no signing keys .*, though a bot ran .* is missing: put"):
        await signed_in(settings)
    assert not settings.signing_file.exists()
    assert (await our_session(bot.settings).known()).master_key == before.master_key
    edge.change.clear()
    settings.signing_file.write_bytes(kept)
    await bot.start()
