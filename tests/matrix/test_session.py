"""Signing in: one device for ever, and mistakes that name their mend."""

import asyncio
import json
import resource
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from bot.config import Matrix
from bot.demo.homeserver import Homeserver
from bot.errors import OperatorError, Unreachable
from bot.matrix.account.folder import Folder
from bot.matrix.client import Account

NewSettings = Callable[[], Awaitable[Matrix]]


async def signed_in(settings: Matrix) -> str:
    """Log in, close, and say under which device."""
    account = Account(settings)
    await account.login()
    await account.login()
    device = account.device_id
    await account.close()
    return device


async def devices(settings: Matrix) -> set[str]:
    session = saved(settings)
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    async with aiohttp.ClientSession(settings.homeserver, headers=headers) as client:
        answer = await client.get("/_matrix/client/v3/devices")
        return {device["device_id"] for device in (await answer.json())["devices"]}


async def revoke(settings: Matrix) -> None:
    headers = {"Authorization": f"Bearer {saved(settings)['access_token']}"}
    async with aiohttp.ClientSession(settings.homeserver, headers=headers) as client:
        await client.post("/_matrix/client/v3/logout", json={})


async def session_by_hand(settings: Matrix) -> tuple[str, str]:
    """Access token and device of a session that has no keys yet."""
    login = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": settings.user_id},
        "password": settings.password.get_secret_value() if settings.password else "",
    }
    async with aiohttp.ClientSession(settings.homeserver) as client:
        answer = await (await client.post("/_matrix/client/v3/login", json=login)).json()
    return answer["access_token"], answer["device_id"]


def saved(settings: Matrix) -> dict[str, str]:
    found: dict[str, str] = json.loads((settings.store / "session.json").read_text(encoding="utf-8"))
    return found


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


async def test_the_session_is_used_again(new_settings: NewSettings) -> None:
    settings = await new_settings()
    first = await signed_in(settings)
    token = saved(settings)["access_token"]
    assert await signed_in(settings) == first
    assert saved(settings)["access_token"] == token
    assert await devices(settings) == {first}
    assert mode(settings.store) == 0o700
    assert mode(settings.store / "session.json") == mode(settings.key_file) == 0o600


async def test_after_the_end_nothing_is_asked_any_more(new_settings: NewSettings) -> None:
    """A question that was under way when we stopped must not leave an open connection behind."""
    account = Account(await new_settings())
    await account.login()
    client = account._client
    await account.close()
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.whoami()
    assert client.client_session is None


async def test_killed_in_the_middle_of_the_login_it_comes_back_as_the_same_device(new_settings: NewSettings) -> None:
    settings = await new_settings()
    first = await signed_in(settings)
    session = saved(settings) | {"access_token": None}
    (settings.store / "session.json").write_text(json.dumps(session), encoding="utf-8")
    assert await signed_in(settings) == first
    assert await devices(settings) == {first}


async def test_an_access_token_instead_of_a_password(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    token, device = await session_by_hand(settings)
    by_token = settings.model_copy(
        update={"password": None, "access_token": SecretStr(token), "device_id": device, "store": tmp_path / "other"}
    )
    assert await signed_in(by_token) == device
    with pytest.raises(OperatorError, match=f"belongs to the device {device}"):
        await signed_in(by_token.model_copy(update={"device_id": "ANDERES", "store": tmp_path / "third"}))
    await revoke(by_token)
    with pytest.raises(OperatorError, match=r"set matrix\.access_token"):
        await signed_in(by_token)


async def test_mistakes_name_their_mend(new_settings: NewSettings) -> None:
    settings, other = await new_settings(), await new_settings()
    wrong = settings.model_copy(update={"password": SecretStr("falsch")})
    with pytest.raises(OperatorError, match=r"mend matrix\.password"):
        await signed_in(wrong)
    await signed_in(settings)
    with pytest.raises(OperatorError, match=r"a matrix\.store of its own"):
        await signed_in(other.model_copy(update={"store": settings.store}))
    key = settings.key_file.read_text(encoding="utf-8")
    settings.key_file.unlink()
    with pytest.raises(OperatorError, match="restore it from the backup"):
        await signed_in(settings)
    settings.key_file.write_text("ein anderer Schlüssel", encoding="utf-8")
    with pytest.raises(OperatorError, match="from the same backup"):
        await signed_in(settings)
    settings.key_file.write_text(key, encoding="utf-8")
    (settings.store / "session.json").write_text("{", encoding="utf-8")
    with pytest.raises(OperatorError, match=r"session\.json"):
        await signed_in(settings)


async def test_one_process_per_store(new_settings: NewSettings) -> None:
    settings = await new_settings()
    account = Account(settings)
    await account.login()
    with pytest.raises(OperatorError, match="in use by another running bot"):
        Folder(settings).open()
    await account.close()
    await signed_in(settings)


async def test_a_homeserver_that_is_down_is_no_mistake_of_the_operator(
    new_settings: NewSettings, homeserver: Homeserver
) -> None:
    settings = await new_settings()
    await signed_in(settings)
    closed = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = closed.sockets[0].getsockname()[1]
    closed.close()
    await closed.wait_closed()
    with pytest.raises(Unreachable):
        await signed_in(settings.model_copy(update={"homeserver": f"http://127.0.0.1:{port}"}))
    with pytest.raises(OperatorError, match=r"is matrix\.homeserver its client address"):
        await signed_in(settings.model_copy(update={"homeserver": f"{homeserver.url}/website"}))


async def test_killed_while_it_makes_the_key_to_its_store(new_settings: NewSettings) -> None:
    """A file without content is no key: everybody knows that one."""
    settings = await new_settings()
    settings.key_file.parent.mkdir(parents=True)
    settings.key_file.touch(mode=0o644)
    await signed_in(settings)
    assert len(settings.key_file.read_text(encoding="utf-8").strip()) > 40
    assert mode(settings.key_file) == 0o600
    settings.key_file.write_text("\n", encoding="utf-8")
    with pytest.raises(OperatorError, match=r"is missing or empty, .* restore it from the backup"):
        await signed_in(settings)


async def test_a_key_file_that_cannot_be_written(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    (tmp_path / "file").touch()
    for place, why in ((tmp_path / "file" / "key", "Not a directory"), (Path("/proc/self/key"), "cannot be written")):
        with pytest.raises(OperatorError, match=f"{place}.*{why}"):
            await signed_in(settings.model_copy(update={"pickle_key_file": place}))


async def test_a_disk_that_is_full_says_so_wherever_the_sign_in_ends(new_settings: NewSettings) -> None:
    """And not that the key is wrong; with room, the next start goes on."""
    limits, refused = resource.getrlimit(resource.RLIMIT_FSIZE), []
    for most in range(20_000, 420_000, 20_000):
        settings = await new_settings()
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
        try:
            await signed_in(settings)
        except OperatorError as problem:
            refused.append(str(problem))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        await signed_in(settings)
    assert len(refused) > 3
    assert [problem for problem in refused if "; make room" not in problem] == []
