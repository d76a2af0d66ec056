"""Who may do what: all examples of all commands, tried in every role, in the own and another group, and from outside.

The table `permissions.txt` beside this file is what was reviewed; `--update-dialogues` writes it anew, so that a change
of anybody's rights shows as a change of that file. Besides, whatever was refused has changed nothing. The signs:

    ✓ done or shown     – refused for the role     · „kenne ich nicht“     ! refused for another reason
    ○ on record as a vote, and does not count: who has said it has no vote there

The columns: Koordination, Moderation of the own group, mandate Holder, Vertretung, Eigner of the projects, Aktive,
Follower, member (L), Gast; the same on another group's things; and the coordinator of another network (X).
"""

import asyncio
import contextlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from bot.context import Scope
from bot.errors import Question, UserError
from bot.events import Happening
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import Bot, plain
from tests.whole.attempts import NEVER, attempts, words_for
from tests.whole.population import ABROAD, GROUP, OTHER, OWN, PLACE, ROLES, STRANGER, Things, build

TABLE = Path(__file__).parent / "permissions.txt"
OURS = {"handled_event", "outbox", "open_question", "account", "occurrence", "alembic_version"}  # the machine's own
INITIALS = (
    "KMHVEAFLG"  # Koordination, Moderation, Holder of a mandate, Vertretung, Eigner, aktiv, folgt, Mitglied, Gast
)
Content = dict[str, list[tuple[Any, ...]]]
REFUSED = {
    "inbox.not_allowed",
    "finding.not_owner",
    "task.not_owner",
    "publishing.may_not_answer",
    "retro.not_yours",
    "synergies.not_yours",
    "workshop.other_table",
}
NO_VOTE = "○"
UNKNOWN = re.compile(r"finding\.(no_|unknown|which_)|groups?\.(unknown|no_)|inbox\.unknown|portfolio\.unknown")


class Watched(Bot):
    """A bot that tells which refusal it answered last."""

    refusal: str | None = None
    asked = False  # a question back

    def watch(self) -> None:
        """Remember refusals from now on."""
        answer = self.inbox._answer_failure

        def remembered(happening: Happening, scope: Scope, failure: Exception) -> list[Row]:
            if isinstance(failure, Question):
                self.asked = True  # it may be done
                return answer(happening, scope, failure)
            self.refusal = failure.text if isinstance(failure, UserError) else repr(failure)
            return answer(happening, scope, failure)

        self.inbox._answer_failure = remembered  # type: ignore[method-assign]  # watched from outside


def stored(file: Path) -> Content:
    """Everything in a database, but for what the machine keeps for itself."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return {
            table.name: connection.execute(f'SELECT * FROM "{table.name}"').fetchall()  # noqa: S608
            for table in SQLModel.metadata.sorted_tables
            if table.name not in OURS
        }


async def tried(file: Path, person: str, room: str, words: str) -> str:
    """What came of it, as the sign for the table."""
    database = Database(f"sqlite:///{file}")
    try:
        bot = Watched(database, house=PLACE)
        bot.watch()
        rows = await bot.say(person, f"!{words}", room_id=room)
    finally:
        database.close()
    counts = bot.asked or "✅" in map(plain, rows) or "(telefonisch" in words
    if bot.refusal is None and words.startswith("stimme ") and not counts:
        return NO_VOTE
    return _sign(bot.refusal)


def _sign(refusal: str | None) -> str:
    if refusal is None:
        return "✓"
    if refusal in REFUSED:
        return "–"
    return "·" if UNKNOWN.match(refusal) else "!"


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """The world, built once."""
    file = tmp_path_factory.mktemp("world") / "world.db"
    shutil.copy(migrated, file)
    database = Database(f"sqlite:///{file}")
    asyncio.run(build(database))
    database.close()
    return file


@pytest.mark.timeout(1200)
async def test_everybody_may_do_what_was_reviewed_and_nothing_else(
    populated: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    lines, holes = [_heading()], []
    before = stored(populated)
    for example in dict.fromkeys(attempts()):
        cells = []
        for person, room, things in _cells():
            file = tmp_path / "cell.db"
            shutil.copy(populated, file)
            words = words_for(example, things)
            sign = await tried(file, person, room, words)
            changed = (after := stored(file)) != before
            cells.append(sign)
            if changed and sign not in ("✓", NO_VOTE):
                holes.append(f"{person} was refused „{words}“ in {room} ({sign}), and yet something changed")
            if person == STRANGER and _of_network(after) != _of_network(before):
                holes.append(f"{person} changed another network with „{words}“")
        if not {"✓"} & set(cells) and example not in NEVER:
            holes.append(f"„{example}“ can be done by nobody here: the row shows nothing")
        lines.append(f"{_short(example):44}" + "  ".join(cells))
    found = "\n".join(lines) + "\n"
    if pytestconfig.getoption("--update-dialogues"):
        TABLE.write_text(found, encoding="utf-8")
    assert holes == []
    assert found == TABLE.read_text(encoding="utf-8")


def _cells() -> Iterator[tuple[str, str, Things]]:
    """Everybody on the things of their own group, on those of another one, and somebody of another network."""
    for things in (OWN, OTHER):
        for person in ROLES.values():
            yield person, GROUP, things
    yield STRANGER, ABROAD, OWN


def _heading() -> str:
    initials = "  ".join(INITIALS)
    return f"{'':44}{initials}  {initials}  X"


def _short(example: str) -> str:
    first, *fields = example.splitlines()
    return (first + (" + Feld" if fields else ""))[:42]


def _of_network(content: Content) -> Content:
    """The rows that belong to network A."""
    tables = SQLModel.metadata.tables
    return {
        name: [row for row in rows if row[list(tables[name].c.keys()).index("network_id")] == 1]
        for name, rows in content.items()
        if "network_id" in tables[name].c
    }
