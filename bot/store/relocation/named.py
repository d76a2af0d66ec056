"""Which network something is about that has no column for it: told by the IDs in its name.

Keys of the outbox and names of schedules say what they are about („ballot/12/poll“, „meeting 7“, „digest !room:…“).
IDs are unique over all accounts of a database, so that such a name never means anything of another network.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

NETWORK, GROUP, ROOM = "network", "working_group", "room"
TOKEN = "token"  # noqa: S105 - what names a group before it has a room; beside the IDs of `working_group`
OWN = "relocation/"
"""So begin the keys of what is said on the way from account to account."""

NAMES: tuple[tuple[str, str], ...] = (
    (r"consultation[/.](?:[a-z]+ )?(\d+)", "consultation"),
    (r"ballot/(\d+)", "ballot"),
    (r"(?:meeting|review|workshop)[/ ](\d+)", "meeting"),
    (r"survey/over/(\d+)|survey\.[a-z]+ (\d+)", "survey"),
    (r"survey/(\d+)", "survey_ask"),
    (r"synergy/(?:offered/)?(\d+)", "synergy"),
    (r"synergies/(\d+)|synergies\.[a-z]+ (\d+)", NETWORK),
    (r"checkin\.put (\d+)", "check_in"),
    (r"checkin/told/[^/]+/(\d+)", "check_in_ask"),
    (r"checkin(?:/|\.[a-z]+ )(\d+)", "check_in_round"),
    (r"task/reminded/(\d+)|tasks\.remind (\d+)", NETWORK),
    (r"task/(\d+)", "task"),
    (r"group/([0-9a-z]+)", TOKEN),
    (r"dormant/(\d+)", GROUP),
    (r"participation/(\d+)", "participation"),
    (r"(?:space|network|relocation)/(\d+)", NETWORK),
    (r"digest/(\d+)/", NETWORK),
    (r"digest plan (\d+)", "digest_plan"),
    (r"list/not sent/(\d+)", NETWORK),
    (r"list/(\d+)", "subscriber"),
    (r"import/(\d+)/\d{4}-", NETWORK),
    (r"import/(\d+)/", "pending_import"),
)
"""How names begin that hold an ID, and of which table that is; the first that fits counts."""

NOBODYS: tuple[str, ...] = (
    r"\$",  # an answer: it stands where it was asked
    r"(?:chart|council|deputy|export|mydata|overview|plan|widget)/\$",  # likewise
    r"import/[a-z_ ]+/",  # likewise: no form, too early, …
    r"checkin/ticked/|survey/answers/",  # likewise
    r"incident/",  # of the bot itself
)
"""How names begin that hold no ID of a table."""

GLOBAL = frozenset({"groups", "health", "housekeeping", "relocations", "restore", "sending", "successors"})
"""Schedules about the account as a whole, by their first word; each account has its own."""

ROOMS = re.compile(r"![^\s/,]+")
_TABLES = tuple((re.compile(pattern), table) for pattern, table in NAMES)
_ELSEWHERE = re.compile("|".join(NOBODYS))


@dataclass(frozen=True, slots=True)
class Names:
    """What names a network: its rooms (replaced ones and its space among them), and its IDs by table."""

    rooms: frozenset[str]
    ids: Mapping[str, Collection[str]]

    def hold(self, name: str) -> bool:
        """Whether this key, or name of a schedule, is about the network."""
        if any(room in self.rooms for room in ROOMS.findall(name)):
            return True
        found = read(name)
        return found is not None and found[1] in self.ids.get(found[0], ())


def read(name: str) -> tuple[str, str] | None:
    """Table and ID that a name begins with; None if it holds none."""
    for pattern, table in _TABLES:
        if found := pattern.match(name):
            return table, next(each for each in found.groups() if each is not None)
    return None


def is_known(name: str) -> bool:
    """Whether it is settled what a name is about. A test asks it of all that is ever written."""
    known = name.partition(" ")[0] in GLOBAL or _ELSEWHERE.match(name) is not None
    return known or read(name) is not None or ROOMS.search(name) is not None
