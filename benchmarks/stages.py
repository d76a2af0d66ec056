"""`zwischenstand run` that says on stderr when it gets where: imports, login, first sync."""

import sys
from datetime import datetime

import bot.app
from bot.__main__ import main
from bot.events import Batch
from bot.matrix.client import Account
from bot.matrix.listening import Handle
from bot.waiting import Waiting


def told(stage: str) -> None:
    print(f"stage {stage}", file=sys.stderr, flush=True)


class Telling(Account):
    """An account that says when it is logged in, and when the first answer of /sync is handled."""

    async def login(self) -> None:
        await super().login()
        told("login")

    async def listen(
        self, handle: Handle, token: str | None, alive_at: datetime | None, waiting: Waiting | None = None
    ) -> None:
        first = True

        async def telling(batch: Batch) -> None:
            nonlocal first
            await handle(batch)
            if first:
                told("first sync")
            first = False

        await super().listen(telling, token, alive_at, waiting)


if __name__ == "__main__":
    told("imports")
    setattr(bot.app, "Account", Telling)  # noqa: B010 - measured where it is used
    main()
