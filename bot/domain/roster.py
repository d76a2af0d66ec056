"""Organisations and people: what a table says of them, what is stored, and the difference.

What a table does not mention stays as it is; nothing and nobody is ever deleted. An empty cell in a column that is
there means „none“, a column that is missing leaves everything as it is. Roles are the exception: a cell left empty
makes nobody more than they were, so it takes the role of guest from nobody either.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """An organisation; its parent by its name as compared."""

    name: str
    level: str | None = None
    inhabitants: int | None = None
    federal_state: str | None = None
    bench: str | None = None
    parent: str | None = None
    weight: int = 1
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person; organisation and groups by their names as compared. `speaks` is a mandate in force now.

    `role` is one that holds in the whole network; None for a member without any.
    """

    organisation: str | None = None
    name: str | None = None
    email: str | None = None
    speaks: str | None = None
    role: str | None = None
    active: frozenset[str] = frozenset()
    follows: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a network has: organisations and groups by their names as compared, people by their Matrix IDs.

    `moderators` are those of any of its rooms.
    """

    bodies: Mapping[str, Body] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    coordinators: frozenset[str] = frozenset()
    moderators: frozenset[str] = frozenset()


class Reason(StrEnum):
    """Why a row is wrong."""

    FORMULA = "formula"
    EMPTY = "empty"
    BAD = "bad"
    TOO_LONG = "too_long"
    OURSELVES = "ourselves"
    OTHER_NETWORK = "other_network"
    NO_NETWORK = "no_network"
    PERSON_TWICE = "person_twice"
    OTHER_SPELLING = "other_spelling"
    CONTRADICTION = "contradiction"
    UNKNOWN_PARENT = "unknown_parent"
    CIRCLE = "circle"
    MANDATE_WITHOUT_ORGANISATION = "mandate_without_organisation"
    GUEST_WITH_MANDATE = "guest_with_mandate"
    GUEST_IN_GROUP = "guest_in_group"
    GUEST_AND_MODERATOR = "guest_and_moderator"
    PERSON_MISSING = "person_missing"
    ORGANISATION_MISSING = "organisation_missing"
    UNKNOWN_GROUP = "unknown_group"
    ACTIVE_AND_FOLLOWS = "active_and_follows"
    LAST_COORDINATOR = "last_coordinator"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that cannot be taken over. `other` is the row it quarrels with, `close` what may have been meant."""

    row: int
    reason: Reason
    field: str = ""
    value: str = ""
    other: int | None = None
    close: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a table, read. `body` and `member` hold what its columns say, by field name of `Body` and `Member`.

    `organisation` is the name as written, `folded` as compared; `parent` is as written, too. Of groups, `member` holds
    what stands between the commas, as written and as compared. A role that is None was left out, an ordinary member's
    is `Role.MEMBER`.
    """

    row: int
    organisation: str | None = None
    folded: str | None = None
    person: str | None = None
    parent: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    member: Mapping[str, Any] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()

    def is_wrong_in(self, name: str) -> bool:
        """Whether what stands in this column could not be read: then it is no wonder that it is missing elsewhere."""
        return any(wrong.field == name for wrong in self.wrong)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of one organisation or person; `before` is None for a new one.

    `names` are those of organisations and groups, as people write them.
    """

    key: str
    before: Body | Member | None
    after: Body | Member
    names: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def differences(self) -> tuple[tuple[str, Any, Any], ...]:
        """Field, before, after; as people write them."""
        if self.before is None:
            return ()
        pairs = ((f.name, getattr(self.before, f.name), getattr(self.after, f.name)) for f in fields(self.after))
        return tuple((name, self._shown(name, old), self._shown(name, new)) for name, old, new in pairs if old != new)

    def _shown(self, name: str, value: Any) -> Any:
        if name in ("active", "follows"):
            return tuple(self.names.get(f"group {each}", each) for each in sorted(value))
        return self.names.get(f"organisation {value}", value) if name in ("parent", "organisation") else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a table would do to a network. With anything wrong, nothing is done.

    `alike` are pairs of names that may mean one organisation: a new one, and another.
    """

    bodies: tuple[Change, ...] = ()
    members: tuple[Change, ...] = ()
    same_bodies: int = 0
    same_members: int = 0
    wrong: tuple[Wrong, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()

    @property
    def unchanged(self) -> int:
        """How many organisations and people of the table are so already."""
        return self.same_bodies + self.same_members

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is so already."""
        return not self.bodies and not self.members
