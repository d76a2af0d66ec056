"""Killed anywhere while it signs in, the bot comes back by itself: nothing it finds then looks like an old store."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.config import Matrix
from bot.matrix.account import session
from bot.matrix.account.folder import Folder
from bot.matrix.client import Account
from bot.matrix.safe import SafeClient
from tests.matrix.identities import signed_in
from tests.matrix.stores import (
    devices,
    generation_of,
    lose_database,
    lose_session,
    our_session,
    record,
    revoke,
)

NewSettings = Callable[[], Awaitable[Matrix]]


class Killed(BaseException):
    """The process ends here."""


class Killer:
    """Counts what reaches the disk or the homeserver, and ends the process right after one of these steps."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.steps: list[str] = []

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        if asyncio.iscoroutinefunction(real):

            async def there(*arguments: Any, **options: Any) -> Any:
                answer = await real(*arguments, **options)
                self._done(f"{name} {arguments[2].partition('?')[0]}")
                return answer

            return there

        def here(*arguments: Any, **options: Any) -> Any:
            answer = real(*arguments, **options)
            self._done(name)
            return answer

        return here

    def _done(self, step: str) -> None:
        self.steps.append(step)
        if len(self.steps) > self.at:
            raise Killed

    async def play(self, settings: Matrix) -> bool:
        """Sign in and stop; whether it came to the end."""
        with pytest.MonkeyPatch.context() as patch:
            for owner, name in (
                (SafeClient, "send"),
                (Folder, "save"),
                (Folder, "raise_generation"),
                (Folder, "carry"),
                (session, "_restore"),
            ):
                patch.setattr(owner, name, self.wrap(name, getattr(owner, name)))
            account, client = Account(settings), None
            try:
                await account.login()
                client = account._client
                await account.close()
            except Killed:
                if client is not None:
                    await client.close()
                    session.forget(client)
                account._store.close()
                return False
            return True


async def nothing(_settings: Matrix) -> None:
    pass


async def without_database(settings: Matrix) -> None:
    lose_database(settings)


async def without_session(settings: Matrix) -> None:
    lose_session(settings)


@pytest.mark.parametrize("before", [None, nothing, revoke, without_database, without_session])
async def test_killed_anywhere_the_next_start_is_not_refused(
    before: Callable[[Matrix], Awaitable[None]] | None, new_settings: NewSettings
) -> None:
    """And in the end there is one device, on record with the generation of its keys."""
    at = 0
    while True:
        settings = await new_settings()
        if before is not None:
            await signed_in(settings)
            await before(settings)
        killer = Killer(at)
        ended = await killer.play(settings)
        device = await signed_in(settings)
        kept = await record(settings)
        assert (kept["device_id"], kept["generation"], kept["leftover"]) == (device, generation_of(settings), [])
        assert await devices(settings) == {device}, killer.steps
        assert (await our_session(settings).known()).trusts(device)
        if ended:
            break
        at += 1
    assert at >= 7, killer.steps
