"""The bot as maubot's own documentation has it: a plugin with one command that replies. No storage of its own.

Runs in maubot's own environment (`benchmarks.contenders`), where nothing of ours is installed.
"""

import sys
from typing import Any

from maubot import MessageEvent, Plugin
from maubot.handlers import command
from mautrix.client import InternalEventType


class StatusBot(Plugin):
    """Answers `!status`. Says "ready" once, when the first answer of /sync is there."""

    ready = False

    async def start(self) -> None:
        self.client.add_event_handler(InternalEventType.SYNC_SUCCESSFUL, self._synced)

    async def _synced(self, _data: dict[str, Any]) -> None:
        if not self.ready:
            self.ready = True
            print("ready", file=sys.stderr, flush=True)

    @command.new("status")
    @command.argument("project", pass_raw=True)
    async def status(self, evt: MessageEvent, project: str) -> None:
        await evt.reply(f"{project}: **gelb**")
