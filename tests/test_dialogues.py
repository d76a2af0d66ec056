"""Every transcript in tests/dialogues is played and must come out as it stands there.

`pytest --update-dialogues` writes what really happens into the files instead; read the change before you commit it.
"""

import asyncio
import difflib
from pathlib import Path

import pytest

from bot.store.database import Database
from tests.dialogue import play
from tests.naming import unsettled

FILES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_dialogue(file: Path, database: Database, request: pytest.FixtureRequest) -> None:
    expected = file.read_text(encoding="utf-8")
    happened = asyncio.run(play(database, expected))
    if request.config.getoption("--update-dialogues"):
        file.write_text(happened, encoding="utf-8")
        return
    if happened != expected:
        difference = difflib.unified_diff(
            expected.splitlines(), happened.splitlines(), "as written", "as it happened", lineterm="", n=6
        )
        pytest.fail(f"{file.name}\n" + "\n".join(difference), pytrace=False)
    assert database.run_now(unsettled) == [], "bot.store.relocation.named says whose what stands under a key is"


def test_there_are_dialogues() -> None:
    assert len(FILES) >= 10
