"""The crypto store lost, or the session ended from outside: a new device takes over, and nobody has to do a thing."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]
import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.config import Matrix
from bot.demo.homeserver import Homeserver
from bot.errors import OperatorError
from bot.matrix.gaps import backwards
from bot.post import Post
from tests.matrix.anna import Anna
from tests.matrix.conftest import NewBot, Recorder, encrypted_room
from tests.matrix.edge import Edge, edge_of
from tests.matrix.identities import Session, signed_in
from tests.matrix.stores import (
    devices,
    lose_database,
    lose_folder,
    lose_session,
    our_session,
    record,
    revoke,
    saved,
)

NewSettings = Callable[[], Awaitable[Matrix]]
Loss = Callable[[Matrix], None]


@pytest.fixture
async def edge(homeserver: Homeserver) -> AsyncIterator[Edge]:
    async with edge_of(homeserver.url) as edge:
        yield edge


@pytest.mark.parametrize("lose", [lose_folder, lose_database, lose_session])
async def test_a_lost_store_needs_nobody(lose: Loss, new_settings: NewSettings) -> None:
    settings = await new_settings()
    first = await signed_in(settings)
    before = await our_session(settings).known()
    lose(settings)
    second = await signed_in(settings)
    assert second != first
    assert await devices(settings) == {second}
    known = await our_session(settings).known()
    assert known.trusts(second)
    assert known.master_key == before.master_key
    assert set(known.devices) == {second}
    assert (await record(settings))["device_id"] == second
    assert await signed_in(settings) == second
    assert await devices(settings) == {second}


async def test_a_session_that_was_ended_is_not_taken_up_again(new_settings: NewSettings) -> None:
    settings = await new_settings()
    first = await signed_in(settings)
    before = await our_session(settings).known()
    await revoke(settings)
    second = await signed_in(settings)
    assert second != first
    known = await our_session(settings).known()
    assert known.trusts(second)
    assert known.master_key == before.master_key
    assert await devices(settings) == set(known.devices) == {second}


async def test_an_old_device_that_stays_is_logged_out_by_the_next_start(
    new_settings: NewSettings, edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    settings = await new_settings()
    first = await signed_in(settings)
    lose_folder(settings)
    edge.instead["delete_devices"] = lambda _body: web.json_response({"errcode": "M_UNKNOWN"}, status=500)
    second = await signed_in(edge.before(settings))
    assert await devices(settings) == {first, second}
    assert (await record(settings))["leftover"] == [first]
    assert f"could not be logged out ({first}): 500 M_UNKNOWN; again at the next start" in caplog.text
    no_password = settings.model_copy(update={"password": None, "access_token": SecretStr("x"), "device_id": second})
    assert await signed_in(no_password) == second
    assert f"({first}): matrix.password is missing, wrong, or not enough for it" in caplog.text
    assert await signed_in(settings) == second
    assert await devices(settings) == {second}
    assert (await record(settings))["leftover"] == []


async def test_with_an_access_token_a_person_is_told_what_to_do(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    await signed_in(settings)
    session = await Session.of(settings)
    token = {"access_token": SecretStr(session.token), "device_id": session.device_id}
    by_token = settings.model_copy(update={"password": None, "store": tmp_path / "other" / "crypto", **token})
    by_token.signing_file.parent.mkdir()
    shutil.copy(settings.signing_file, by_token.signing_file)
    assert await signed_in(by_token) == session.device_id
    lose_session(by_token)
    assert await signed_in(by_token) == session.device_id  # its keys are there, and no older than the record

    another = await Session.of(settings)
    token = {"access_token": SecretStr(another.token), "device_id": another.device_id}
    assert await signed_in(by_token.model_copy(update=token)) == another.device_id
    assert session.device_id in (await record(by_token))["leftover"]  # to log it out takes a password
    assert (by_token.store / f"{settings.user_id}_{session.device_id}.db.old").exists()

    lose_folder(by_token)
    with pytest.raises(
        OperatorError, match=r"set matrix\.access_token and matrix\.device_id.* or give matrix\.password"
    ):
        await signed_in(by_token)
    both = by_token.model_copy(update={"password": settings.password})
    new = await signed_in(both)
    assert new != session.device_id
    assert await signed_in(both) == new
    assert await devices(both) == {new}


async def test_a_session_that_expires_is_renewed_as_the_same_device(tmp_path: Path) -> None:
    """A homeserver may let sessions end after a while without deleting the device: nothing is lost with it."""
    extra = {"session_lifetime": "3s", "refreshable_access_token_lifetime": "2s"}
    server = Homeserver(tmp_path / "server", extra=extra)
    await server.start()
    try:
        user_id = await server.register("zwischenstand", "geheim")
        settings = Matrix(
            homeserver=server.url, user_id=user_id, password=SecretStr("geheim"), store=tmp_path / "crypto"
        )
        first = await signed_in(settings)
        token = saved(settings)["access_token"]
        while (await our_session(settings).ask("GET", "account/whoami"))[0] != 401:
            pass
        assert await signed_in(settings) == first
        assert saved(settings)["access_token"] != token
        assert await devices(settings) == {first}
        lose_database(settings)
        while (await our_session(settings).ask("GET", "account/whoami"))[0] != 401:
            pass
        assert await signed_in(settings) != first  # an expired session without its keys is lost like any other
    finally:
        await server.stop()


class Talk:
    """A bot and Anna in an encrypted room, where each has said something."""

    def __init__(self, bot: Recorder, anna: Anna, room: str) -> None:
        self.bot, self.anna, self.room = bot, anna, room
        self.sent: dict[str, str] = {}

    @classmethod
    async def begin(cls, bot: Recorder, anna: Anna) -> "Talk":
        talk = cls(bot, anna, await encrypted_room(anna, bot))
        await anna.say(talk.room, "vorher")
        await bot.until_said(talk.room, "vorher")
        await talk.post("Antwort")
        await anna.until(lambda: talk.read("Antwort"))
        return talk

    async def post(self, body: str) -> None:
        """The bot says something."""
        self.sent[body] = await self.bot.account.send(self.posting(body))

    def posting(self, body: str) -> Post:
        content = {"msgtype": "m.text", "body": body}
        return Post(self.room, "m.room.message", content, f"t-{body}", datetime.now(UTC))

    def read(self, body: str) -> bool:
        """Whether Anna could read what the bot said."""
        event = next((e for e in self.anna.events if e.event_id == self.sent[body]), None)
        return bool(event is not None and event.decrypted and event.body == body)

    async def history(self) -> set[str]:
        """What of the room's history the bot can read."""
        events = await backwards(self.bot.account._client, self.room, None)
        return {event.source["content"].get("body", "") for event in events if event.decrypted}


@pytest.mark.parametrize("lose", [lose_session, lose_folder, None])
async def test_people_notice_nothing_of_a_new_device(lose: Loss | None, new_bot: NewBot, anna: Anna) -> None:
    """One round of Anna's client, and each reads what the other says; what was said before stays readable."""
    talk = await Talk.begin(bot := await new_bot(), anna)
    first = bot.account.device_id
    await bot.stop()
    if lose is None:
        await revoke(bot.settings)
    else:
        lose(bot.settings)
    await bot.start()
    assert bot.account.device_id != first

    await talk.post("weiter")
    await anna.until(lambda: any(e.event_id == talk.sent["weiter"] for e in anna.events))
    assert talk.read("weiter")
    await anna.say(talk.room, "nachher")
    await bot.until_said(talk.room, "nachher")
    assert bot.bodies(talk.room).count("vorher") == 1
    readable = await talk.history()
    assert {"weiter", "nachher"} <= readable
    assert ({"vorher", "Antwort"} <= readable) == (lose is not lose_folder)


async def test_what_another_device_began_to_send_is_found(new_bot: NewBot, anna: Anna) -> None:
    talk = await Talk.begin(bot := await new_bot(), anna)
    await bot.stop()
    lose_folder(bot.settings)
    await bot.start()
    assert await bot.account.find(talk.posting("Antwort")) == talk.sent["Antwort"]
    assert await bot.account.find(talk.posting("nie gesagt")) is None


async def test_why_a_device_that_was_logged_out_is_not_taken_up_again(
    new_settings: NewSettings, homeserver: Homeserver, tmp_path: Path
) -> None:
    """Under its old ID, with its old keys, nio's clients never share a key with it again: they believe it deleted."""
    settings = await new_settings()
    device = await signed_in(settings)
    keys = (await our_session(settings).known()).devices[device]
    person = nio.AsyncClient(homeserver.url, "", "OTHER", str(tmp_path))
    person.user_id = settings.user_id
    person.restore_login(settings.user_id, "OTHER", (await Session.of(settings)).token)

    async def active() -> set[str]:
        person.olm.users_for_key_query.add(settings.user_id)
        await person.keys_query()
        return {found.id for found in person.device_store.active_user_devices(settings.user_id)}

    assert await active() == {device}
    await revoke(settings)
    assert await active() == set()
    again = await Session.of(settings, device)
    assert (await again.ask("POST", "keys/upload", {"device_keys": keys}))[0] == 200
    assert set((await again.known()).devices) == {device}
    assert await active() == set()
    await person.close()
    person.store.database.close()


async def test_a_room_stays_encrypted_though_the_homeserver_keeps_silent(
    new_bot: NewBot, anna: Anna, edge: Edge
) -> None:
    talk = await Talk.begin(bot := await new_bot(), anna)

    def silent(answer: dict[str, Any]) -> dict[str, Any]:
        for room in answer.get("rooms", {}).get("join", {}).values():
            for part in ("state", "timeline"):
                events = room.get(part, {}).get("events", [])
                room.get(part, {})["events"] = [e for e in events if e["type"] != "m.room.encryption"]
        return answer

    edge.change["/sync"] = silent
    bot.settings = edge.before(bot.settings)
    for lose in (None, lose_session):
        await bot.stop()
        if lose:
            lose(bot.settings)
        await bot.start()
        body = f"geheim {lose}"
        await talk.post(body)
        headers = {"Authorization": f"Bearer {anna.client.access_token}"}
        path = f"/_matrix/client/v3/rooms/{talk.room}/event/{talk.sent[body]}"
        raw = await anna.client.send("GET", path, headers=headers)
        assert (await raw.json())["type"] == "m.room.encrypted"
        await anna.until(lambda body=body: talk.read(body))  # type: ignore[misc]
    assert isinstance(bot.account._client.rooms[talk.room], nio.MatrixRoom)
