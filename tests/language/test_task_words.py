"""How people say how far a task is."""

import pytest

from bot.domain.task import State
from bot.language.task_words import read_state


@pytest.mark.parametrize(
    ("words", "state", "remark"),
    [
        ("erledigt", State.DONE, ""),
        ("Erledigt!", State.DONE, ""),
        ("ist erledigt", State.DONE, ""),
        ("erledigt, in Version 3", State.DONE, "in Version 3"),
        ("done: see the minutes", State.DONE, "see the minutes"),
        ("in Arbeit", State.STARTED, ""),
        ("In Bearbeitung, Entwurf liegt vor", State.STARTED, "Entwurf liegt vor"),
        ("in progress", State.STARTED, ""),
        ("begonnen", State.STARTED, ""),
        ("entfällt", State.DROPPED, ""),
        ("entfaellt weil nicht gefördert", State.DROPPED, "weil nicht gefördert"),
        ("dropped, no funding", State.DROPPED, "no funding"),
        ("no longer needed", State.DROPPED, ""),
        ("offen", State.OPEN, ""),
        ("wieder offen", State.OPEN, ""),
        ("noch nicht erledigt", State.OPEN, ""),
        ("not done", State.OPEN, ""),
        ("erledigt ist das noch nicht", None, ""),
        ("das ist noch nicht erledigt", None, ""),
        ("fast", None, ""),
        ("", None, ""),
        ("kommt im Dezember", None, ""),
    ],
)
def test_states(words: str, state: State | None, remark: str) -> None:
    assert read_state(words) == (state, remark)
