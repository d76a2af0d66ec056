"""Exported minutes, read by somebody who knows their form from the documentation alone."""

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.demo.connection import Json


@dataclass(frozen=True)
class Record:
    """The entries of a record, and what they commit to, by position."""

    entries: list[Json]
    secrets: dict[int, Json]

    @classmethod
    def read(cls, file: Path) -> "Record":
        """The record of exported minutes (JSON)."""
        document = json.loads(file.read_text("utf-8"))
        entries = [each["entry"] for each in document["entries"]]
        return cls(entries, {int(position): each["fields"] for position, each in document["secrets"].items()})

    @property
    def kinds(self) -> Counter[str]:
        """How many entries there are of each kind."""
        return Counter(entry["kind"] for entry in self.entries)

    @property
    def closes_at(self) -> datetime:
        """The close, as it was set when it was closed."""
        [closed] = [entry["body"]["closes_at"] for entry in self.entries if entry["kind"] == "closed"]
        return datetime.fromisoformat(closed)

    @property
    def votes(self) -> Counter[tuple[str, int]]:
        """How often each event is on record, for each ballot."""
        return Counter(self._events().values())

    @property
    def verdicts(self) -> dict[tuple[str, int], str]:
        """What was decided on each vote, by event and ballot."""
        events, found = self._events(), {}
        for entry in self.entries:
            if entry["kind"] == "verdicts":
                for position, verdict in entry["body"]["verdicts"].items():
                    found[events[int(position)]] = verdict
        return found

    def _events(self) -> dict[int, tuple[str, int]]:
        return {
            entry["position"]: (self.secrets[entry["position"]]["event"], entry["body"]["ballot"])
            for entry in self.entries
            if entry["kind"] == "vote"
        }


async def verified(file: Path, head: str) -> str:
    """What `zwischenstand verify` says; its exit code must be 0. `head` stands in the result message."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "verify", str(file), "--head", head), stdout=asyncio.subprocess.PIPE
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said
