"""How people say how far a task is: „erledigt“, „in Arbeit“, „entfällt, weil …“, “not done”. Pure."""

import re
from typing import Final

from bot.domain.task import State
from bot.language.names import fold

NOT: Final = frozenset({"nicht", "noch", "kein", "keine", "nein", "not", "no", "yet"})
STATES: Final = {
    State.OPEN: ("wieder offen", "doch offen", "noch nicht erledigt", "nicht erledigt", "not done", "offen", "open"),
    State.STARTED: (
        "in arbeit",
        "in bearbeitung",
        "in progress",
        "begonnen",
        "angefangen",
        "laeuft",
        "started",
        "begun",
    ),
    State.DROPPED: (
        "entfaellt",
        "entfallen",
        "hinfaellig",
        "gestrichen",
        "dropped",
        "obsolete",
        "no longer needed",
        "not needed",
        "nicht mehr noetig",
    ),
    State.DONE: ("erledigt", "fertig", "abgeschlossen", "gemacht", "done", "finished", "completed"),
}
_BY_LENGTH = sorted(((said, state) for state, all_ in STATES.items() for said in all_), key=lambda each: -len(each[0]))


def read_state(words: str) -> tuple[State | None, str]:
    """What an answer says of a task, and what stands behind it: „erledigt, in Version 3“. None: it does not say.

    „Erledigt ist das noch nicht“ does not. Why something is dropped may well hold a „nicht“.
    """
    tokens = words.split()
    while len(tokens) > 1 and fold(tokens[0]).strip(" .,:;!–-") in ("ist", "is", ""):
        tokens = tokens[1:]
    for said, state in _BY_LENGTH:
        length = len(said.split())
        if fold(" ".join(tokens[:length])).strip(" .,:;!–-") != said:
            continue
        remark = " ".join(tokens[length:]).strip(" ,:;–-")
        if state is not State.DROPPED and NOT & set(re.findall(r"\w+", fold(remark))):
            return None, ""
        return state, remark
    return None, ""
