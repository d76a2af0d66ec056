"""What an operator or an accident does to the folder with the keys, and what the homeserver has on record of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import aiohttp

from bot.config import Matrix
from bot.matrix.account.folder import Folder
from tests.matrix.identities import Session

RECORD = "zwischenstand.device"


def saved(settings: Matrix) -> dict[str, Any]:
    """What session.json holds."""
    return content_of(settings.store)


def content_of(folder: Path) -> dict[str, Any]:
    """What session.json in this folder holds."""
    found: dict[str, Any] = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    return found


def our_session(settings: Matrix) -> Session:
    """The bot's own session, used from outside."""
    session = saved(settings)
    return Session(settings, session["access_token"], session["device_id"])


async def devices(settings: Matrix) -> set[str]:
    """Those that are logged in, as our own session sees them."""
    _, answer = await our_session(settings).ask("GET", "devices")
    return {device["device_id"] for device in answer["devices"]}


async def record(settings: Matrix) -> dict[str, Any]:
    """What is on record with the homeserver."""
    _, answer = await our_session(settings).ask("GET", f"user/{settings.user_id}/account_data/{RECORD}")
    return answer


def generation_of(settings: Matrix) -> int:
    """How far the keys in the store have come."""
    return Folder(settings).generation(saved(settings)["device_id"])


async def revoke(settings: Matrix) -> None:
    """Our session is ended from outside, and the device goes with it."""
    headers = {"Authorization": f"Bearer {saved(settings)['access_token']}"}
    async with aiohttp.ClientSession(settings.homeserver, headers=headers) as client:
        await client.post("/_matrix/client/v3/logout", json={})


def lose_folder(settings: Matrix) -> None:
    shutil.rmtree(settings.store)


def lose_database(settings: Matrix) -> None:
    for database in settings.store.glob("*.db*"):
        database.unlink()


def lose_session(settings: Matrix) -> None:
    (settings.store / "session.json").unlink()


def copied(settings: Matrix, to: Path) -> Path:
    """A copy of the folder, as a backup of the whole machine makes it."""
    shutil.copytree(settings.store, to)
    return to


def put_back(copy: Path, settings: Matrix) -> None:
    shutil.rmtree(settings.store)
    shutil.copytree(copy, settings.store)
