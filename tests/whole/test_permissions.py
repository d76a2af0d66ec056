"""Who may do what: all examples of all commands, tried in every role, in the own and another group, and from outside.

The table `permissions.txt` beside this file is what was reviewed; `--update-dialogues` writes it anew, so that a change
of anybody's rights shows as a change of that file. Besides, whatever was refused has changed nothing. The signs:

    ✓ done or shown     – refused for the role     · „kenne ich nicht“     ! refused for another reason
    ○ on record as a vote, and does not count: who has said it has no vote there

The columns: Koordination, Moderation of the own group, mandate Holder, Vertretung, Eigner of the projects, Aktive,
Follower, member (L), Gast; the same on another group's things; and the coordinator of another network (X).
"""

import asyncio
import fcntl
import re
import shutil
import sqlite3
import tempfile
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
from tests.conftest import RAM
from tests.fakes import Bot, plain
from tests.whole.attempts import NEVER, attempts, words_for
from tests.whole.population import ABROAD, GROUP, OTHER, OWN, PLACE, ROLES, STRANGER, Things, build

pytestmark = pytest.mark.timeout(1200)  # building the world takes a while on a busy machine
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
EXAMPLES = list(dict.fromkeys(attempts()))
UNKNOWN = re.compile(r"finding\.(no_|unknown|which_)|groups?\.(unknown|no_)|inbox\.unknown|portfolio\.unknown")


class Watched(Bot):
    """A bot that tells which refusal it answered last."""

    refusal: str | None = None
    asked = False  # a question back

    def watch(self) -> None:
        """Remember refusals from now on."""
        handling = self.inbox._handling
        answer = handling._answer_failure

        def remembered(happening: Happening, scope: Scope, failure: Exception) -> list[Row]:
            if isinstance(failure, Question):
                self.asked = True  # it may be done
                return answer(happening, scope, failure)
            self.refusal = failure.text if isinstance(failure, UserError) else repr(failure)
            return answer(happening, scope, failure)

        handling._answer_failure = remembered  # type: ignore[method-assign]  # watched from outside


class Stage:
    """A database that is put back before each attempt, and a second view of it: of what is committed."""

    def __init__(self, world: Path, file: Path) -> None:
        shutil.copy(world, file)
        self._world, self._cell = sqlite3.connect(world), sqlite3.connect(file)
        self._tables = [table.name for table in SQLModel.metadata.sorted_tables if table.name not in OURS]
        self._database = Database(f"sqlite:///{file}")  # one for all attempts: it knows its statements by then
        self.before = self.stored()

    def stored(self) -> Content:
        """Everything in the database, but for what the machine keeps for itself."""
        return {
            name: self._cell.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
            for name in self._tables
        }

    async def tried(self, person: str, room: str, words: str) -> tuple[str, Content]:
        """What comes of it in the world as it was, as the sign for the table; and what is stored then."""
        self._world.backup(self._cell)
        bot = Watched(self._database, house=PLACE)
        bot.watch()
        rows = await bot.say(person, f"!{words}", room_id=room)
        counts = bot.asked or "✅" in map(plain, rows) or "(telefonisch" in words
        uncounted = bot.refusal is None and words.startswith("stimme ") and not counts
        return NO_VOTE if uncounted else _sign(bot.refusal), self.stored()

    def close(self) -> None:
        self._database.close()
        self._world.close()
        self._cell.close()


def _sign(refusal: str | None) -> str:
    if refusal is None:
        return "✓"
    if refusal in REFUSED:
        return "–"
    return "·" if UNKNOWN.match(refusal) else "!"


@pytest.fixture(scope="module")
def stage(migrated: Path) -> Iterator[Stage]:
    """The world, built once."""
    with tempfile.TemporaryDirectory(prefix="zwischenstand-", dir=RAM) as folder:
        world = Path(folder) / "world.db"
        shutil.copy(migrated, world)
        database = Database(f"sqlite:///{world}")
        asyncio.run(build(database))
        database.close()
        made = Stage(world, Path(folder) / "cell.db")
        yield made
        made.close()


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=lambda number: _short(EXAMPLES[number]))
async def test_everybody_may_do_what_was_reviewed_and_nothing_else(
    stage: Stage, number: int, pytestconfig: pytest.Config
) -> None:
    """One row of the table."""
    example, cells, holes = EXAMPLES[number], [], []
    for person, room, things in _cells():
        words = words_for(example, things)
        sign, after = await stage.tried(person, room, words)
        cells.append(sign)
        if after != stage.before and sign not in ("✓", NO_VOTE):
            holes.append(f"{person} was refused „{words}“ in {room} ({sign}), and yet something changed")
        if person == STRANGER and _of_network(after) != _of_network(stage.before):
            holes.append(f"{person} changed another network with „{words}“")
    if not {"✓"} & set(cells) and example not in NEVER:
        holes.append(f"„{example}“ can be done by nobody here: the row shows nothing")
    found = f"{_short(example):44}" + "  ".join(cells)
    if pytestconfig.getoption("--update-dialogues"):
        _review(number, found)
    assert holes == []
    assert found == TABLE.read_text(encoding="utf-8").splitlines()[number + 1]


def test_the_table_has_a_row_for_each_example_and_no_other() -> None:
    heading, *rows = TABLE.read_text(encoding="utf-8").splitlines()
    assert heading == _heading()
    assert [row[:44].rstrip() for row in rows] == [_short(example).rstrip() for example in EXAMPLES]


def _review(number: int, row: str) -> None:
    """Write this row anew, in a table as long as it is to be; other processes write theirs."""
    with TABLE.open("r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        rows = [*file.read().splitlines()[1:], *[""] * len(EXAMPLES)][: len(EXAMPLES)]
        rows[number] = row
        file.seek(0)
        file.write("\n".join([_heading(), *rows]) + "\n")
        file.truncate()


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
