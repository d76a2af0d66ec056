"""Organisations and people as a whole, written at once: a statement for all rows that it concerns, never one a row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case
from sqlmodel import Session, SQLModel, and_, col, insert, select, update

from bot.domain.groups import Part
from bot.domain.roster import Body, Change, Member, Plan
from bot.store import people
from bot.store.tables import Mandate, Organisation, Participation, Person, RoleGrant

WRITTEN = (Organisation, Person, Mandate, RoleGrant, Participation)


def write(session: Session, network_id: int, plan: Plan, by: str, now: datetime) -> None:
    """Make it so. What ends stays on record: mandates, roles and participations get an end, never vanish."""
    _Writing(session, network_id, by, now).write(plan)


class _Writing:
    """One plan, statement by statement, each for all rows that it concerns."""

    def __init__(self, session: Session, network_id: int, by: str, now: datetime) -> None:
        self._session = session
        self._network_id = network_id
        self._by = by
        self._now = now

    def write(self, plan: Plan) -> None:
        self._session.flush()
        ids = self._bodies(plan.bodies)
        self._people(plan.members, ids)
        self._mandates(plan.members, ids)
        self._roles(plan.members)
        self._parts(plan.members)
        for row in list(self._session):
            if isinstance(row, WRITTEN):
                self._session.expire(row)  # what was read before is old now

    def _bodies(self, changes: Sequence[Change]) -> dict[str | None, int]:
        """Parents come last: they may be new themselves. The IDs of all organisations by their names as compared."""
        new, old = [], []
        for change in changes:
            assert isinstance(change.after, Body)  # noqa: S101 - a plan keeps the two apart
            body = change.after
            values = {
                "name": body.name,
                "level": body.level,
                "inhabitants": body.inhabitants,
                "federal_state": body.federal_state,
                "bench": body.bench,
                "weight": body.weight,
                "email": body.email,
            }
            if change.before is None:
                new.append(values | {"folded": change.key} | self._made("created"))
            else:
                old.append(values | {"its_folded": change.key})
        self._insert(Organisation, new)
        self._update(
            update(Organisation).where(
                col(Organisation.network_id) == self._network_id, col(Organisation.folded) == bindparam("its_folded")
            ),
            old,
        )
        rows = select(Organisation.folded, Organisation.id).where(Organisation.network_id == self._network_id)
        ids: dict[str | None, int] = {folded: row_id or 0 for folded, row_id in self._session.exec(rows)}
        parents = [
            {"its_id": ids[change.key], "parent_id": ids.get(change.after.parent)}
            for change in changes
            if isinstance(change.after, Body) and change.after.parent != getattr(change.before, "parent", None)
        ]
        self._update(update(Organisation).where(col(Organisation.id) == bindparam("its_id")), parents)
        return ids

    def _people(self, changes: Sequence[Change], ids: dict[str | None, int]) -> None:
        known = set(self._session.exec(select(Person.person).where(Person.network_id == self._network_id)))
        new, old = [], []
        for change in changes:
            after = _member(change)
            values = {"name": after.name, "email": after.email, "organisation_id": ids.get(after.organisation)}
            if change.key in known:
                old.append(values | {"its_person": change.key})
            else:
                new.append(values | {"person": change.key} | self._made("added"))
        self._insert(Person, new)
        self._update(
            update(Person).where(
                col(Person.network_id) == self._network_id, col(Person.person) == bindparam("its_person")
            ),
            old,
        )

    def _mandates(self, changes: Sequence[Change], ids: dict[str | None, int]) -> None:
        """As `bot.procedures.mandates.replace`: what held or was to come has ended, and stays on record."""
        given = [change for change in changes if self._speaks(change) != self._spoke(change)]
        ended = [{"its_person": change.key} for change in given]
        of_person = and_(
            col(Mandate.network_id) == self._network_id,
            col(Mandate.person) == bindparam("its_person"),
            people.unended(self._now),
        )
        at = case((col(Mandate.starts_at) > self._now, col(Mandate.starts_at)), else_=self._now)  # before it began
        self._update(update(Mandate).where(of_person).values(ends_at=at), ended)
        rows = [
            {
                "organisation_id": ids[_member(change).organisation],
                "person": change.key,
                "speaks": _member(change).speaks,
                "starts_at": self._now,
                "ends_at": None,
            }
            | self._made("given")
            for change in given
            if _member(change).speaks is not None
        ]
        self._insert(Mandate, rows)

    def _speaks(self, change: Change) -> tuple[str | None, str | None]:
        after = _member(change)
        return (after.speaks, after.organisation if after.speaks else None)

    def _spoke(self, change: Change) -> tuple[str | None, str | None]:
        before = change.before if isinstance(change.before, Member) else Member()
        return (before.speaks, before.organisation if before.speaks else None)

    def _roles(self, changes: Sequence[Change]) -> None:
        moved = [change for change in changes if _member(change).role != getattr(change.before, "role", None)]
        withdrawn = (
            update(RoleGrant)
            .where(people.held(self._network_id), col(RoleGrant.person) == bindparam("its_person"))
            .values(withdrawn_by=self._by, withdrawn_at=self._now)
        )
        self._update(withdrawn, [{"its_person": change.key} for change in moved if change.before is not None])
        self._insert(
            RoleGrant,
            [
                {"room_id": None, "person": change.key, "role": _member(change).role} | self._made("granted")
                for change in moved
                if _member(change).role is not None
            ],
        )

    def _parts(self, changes: Sequence[Change]) -> None:
        ids = {group.folded: group.id for group in people.groups(self._session, self._network_id)}
        ended, begun = [], []
        for change in changes:
            before = change.before if isinstance(change.before, Member) else Member()
            for kind, had, has in (
                (Part.ACTIVE, before.active, _member(change).active),
                (Part.FOLLOWER, before.follows, _member(change).follows),
            ):
                ended += [{"its_person": change.key, "its_group": ids[group], "its_kind": kind} for group in had - has]
                begun += [
                    {"group_id": ids[group], "person": change.key, "kind": kind, "since": self._now}
                    | {"network_id": self._network_id, "entered_by": self._by}
                    for group in sorted(has - had)
                ]
        statement = update(Participation).where(
            col(Participation.network_id) == self._network_id,
            col(Participation.person) == bindparam("its_person"),
            col(Participation.group_id) == bindparam("its_group"),
            col(Participation.kind) == bindparam("its_kind"),
            col(Participation.until).is_(None),
        )
        self._update(statement.values(until=self._now, ended_by=self._by), ended)
        self._insert(Participation, begun)

    def _made(self, how: str) -> dict[str, Any]:
        return {"network_id": self._network_id, f"{how}_by": self._by, f"{how}_at": self._now}

    def _insert(self, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self._session.connection().execute(insert(model), rows)

    def _update(self, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self._session.connection().execute(statement, rows)


def _member(change: Change) -> Member:
    assert isinstance(change.after, Member)  # noqa: S101 - a plan keeps the two apart
    return change.after
