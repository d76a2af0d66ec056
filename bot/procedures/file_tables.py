"""The tables that coordinators drop and the operator reads in: organisations and people, and projects.

On the command line one file may speak of several networks, and of such as nobody has yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

from bot.context import Scope
from bot.domain import project_table
from bot.domain import roster as people_table
from bot.effects import Effect
from bot.language import project_rows
from bot.language import roster as people_rows
from bot.procedures import project_files, project_import, roster
from bot.procedures.dropping import Kind, Named, P, Rows, Said, Sent, of_coordinators
from bot.store.tables import Network
from bot.texts import Text, text


class Sum(NamedTuple):
    """How many of something a table would make, change, and leave. `what` is a word of `bulk.word`."""

    what: str
    new: int
    changed: int
    same: int


class Table(Kind[P], Protocol[P]):
    """A kind of file that the operator reads in, too. `header` are its columns, `name` what files of it are called."""

    name: ClassVar[str]
    header: ClassVar[tuple[str, ...]]

    def exported(self, network: Network, scope: Scope) -> list[tuple[str, ...]]:
        """The network's rows, without the header."""

    def planned_new(self, lines: Named, scope: Scope) -> P:
        """What the rows would be in a network that `founded` makes for them."""

    def founded(self, name: str, lines: Named, scope: Scope) -> Network:
        """A network that a table names and nobody has."""

    def homeless(self, line: Any) -> Any:
        """The row, wrong because it names no network and there are several."""

    def sums(self, plan: P) -> list[Sum]:
        """What the plan comes to."""

    def changes(self, plan: P) -> list[Text]:
        """What it changes, one text each; new things are only counted."""

    def hints(self, plan: P) -> list[Text]:
        """What somebody should look at before."""

    def reason(self, wrong: Any) -> Text:
        """Why a row is wrong."""


def _sum(what: str, changes: Sequence[Any], same: int) -> Sum:
    new = sum(change.before is None for change in changes)
    return Sum(what, new, len(changes) - new, same)


@dataclass(frozen=True)
class People:
    """Organisations and people."""

    confirmed_with: ClassVar[str] = "import"
    beside: ClassVar[bool] = False
    name: ClassVar[str] = "personen"
    header: ClassVar[tuple[str, ...]] = people_rows.HEADER

    def expects(self, sent: Sent, scope: Scope) -> Sequence[Network] | None:
        """Read from coordinators alone."""
        return of_coordinators(sent, scope)

    def recognises(self, rows: Rows) -> bool:
        """Has a column for organisations or for people."""
        return roster.recognised(rows)

    def read(self, rows: Rows) -> Named:
        """As `roster.read`."""
        return roster.read(rows)

    def planned(self, lines: Named, network: Network, by: str, scope: Scope) -> people_table.Plan:
        """As `roster.planned`."""
        return roster.planned(roster.within(network, lines), network, scope)

    def basis(self, network: Network, scope: Scope) -> None:
        """Planned where it is taken over."""

    def fingerprint(self, plan: people_table.Plan) -> str:
        """As `roster.fingerprint`."""
        return roster.fingerprint(plan)

    def apply(self, plan: people_table.Plan, network: Network, by: str, name: str, scope: Scope) -> tuple[Effect, ...]:
        """As `roster.apply`."""
        return roster.apply(plan, network, by, scope)

    def said(self, what: Said, name: str, network: Network, plan: people_table.Plan) -> Text:
        """In the words of `bulk`."""
        match what:
            case Said.WRONG:
                return text("bulk.wrong", name=name, plan=plan)
            case Said.NOTHING:
                return text("bulk.nothing", name=name, network=network)
            case Said.APPLIED:
                return text("bulk.applied", name=name, network=network, plan=plan)
            case _:
                return text("bulk.preview", name=name, network=network, plan=plan, again=what is Said.AGAIN)

    def exported(self, network: Network, scope: Scope) -> list[tuple[str, ...]]:
        """As `roster.exported`."""
        return roster.exported(network, scope)

    def planned_new(self, lines: Named, scope: Scope) -> people_table.Plan:
        """As `roster.planned_new`."""
        return roster.planned_new([line for _, line in lines], scope)

    def founded(self, name: str, lines: Named, scope: Scope) -> Network:
        """As `roster.founded`."""
        return roster.founded(name, [line for _, line in lines], scope)

    def homeless(self, line: people_table.Line) -> people_table.Line:
        """A row of nobody."""
        wrong = people_table.Wrong(line.row, people_table.Reason.NO_NETWORK, "network")
        return people_table.Line(row=line.row, wrong=(wrong,))

    def sums(self, plan: people_table.Plan) -> list[Sum]:
        """Organisations, and people."""
        people = _sum("people", plan.members, plan.same_members)
        return [_sum("organisations", plan.bodies, plan.same_bodies), people]

    def changes(self, plan: people_table.Plan) -> list[Text]:
        """Organisations, then people."""
        return [text("bulk.change", entry=each) for each in (*plan.bodies, *plan.members) if each.before]

    def hints(self, plan: people_table.Plan) -> list[Text]:
        """Names that resemble each other."""
        return [text("bulk.alike", pair=pair) for pair in plan.alike]

    def reason(self, wrong: people_table.Wrong) -> Text:
        """In the words of `bulk`."""
        return text("bulk.reason", wrong=wrong)


@dataclass(frozen=True)
class Projects:
    """Projects."""

    confirmed_with: ClassVar[str] = "import"
    beside: ClassVar[bool] = True
    name: ClassVar[str] = "projekte"
    header: ClassVar[tuple[str, ...]] = project_rows.HEADER

    def expects(self, sent: Sent, scope: Scope) -> Sequence[Network] | None:
        """Read from coordinators alone."""
        return of_coordinators(sent, scope)

    def recognises(self, rows: Rows) -> bool:
        """Has a column of keys."""
        return project_files.recognised(rows)

    def read(self, rows: Rows) -> Named:
        """As `project_files.read`."""
        return project_files.read(rows)

    def planned(self, lines: Named, network: Network, by: str, scope: Scope) -> project_table.Plan:
        """As `project_files.planned`."""
        return project_files.planned(project_files.within(network, lines), network, scope)

    def basis(self, network: Network, scope: Scope) -> str:
        """As `project_files.basis`."""
        return project_files.basis(network, scope)

    def fingerprint(self, plan: project_table.Plan) -> str:
        """As `project_files.fingerprint`."""
        return project_files.fingerprint(plan)

    def apply(self, plan: project_table.Plan, network: Network, by: str, name: str, scope: Scope) -> tuple[Effect, ...]:
        """As `project_import.apply`."""
        return project_import.apply(plan, network, by, name, scope)

    def said(self, what: Said, name: str, network: Network, plan: project_table.Plan) -> Text:
        """In the words of `project_files`."""
        match what:
            case Said.WRONG:
                return text("project_files.wrong", name=name, plan=plan)
            case Said.NOTHING:
                return text("project_files.nothing", name=name, network=network)
            case Said.APPLIED:
                return text("project_files.applied", name=name, network=network, plan=plan)
            case _:
                return text("project_files.preview", name=name, network=network, plan=plan, again=what is Said.AGAIN)

    def exported(self, network: Network, scope: Scope) -> list[tuple[str, ...]]:
        """As `project_files.exported`."""
        return project_files.exported(network, scope)

    def planned_new(self, lines: Named, scope: Scope) -> project_table.Plan:
        """As `project_files.planned_new`."""
        return project_files.planned_new([line for _, line in lines])

    def founded(self, name: str, lines: Named, scope: Scope) -> Network:
        """As `project_import.founded`."""
        return project_import.founded(name, scope)

    def homeless(self, line: project_table.Line) -> project_table.Line:
        """A row of nobody."""
        wrong = project_table.Wrong(line.row, project_table.Reason.NO_NETWORK, "network")
        return project_table.Line(row=line.row, wrong=(wrong,))

    def sums(self, plan: project_table.Plan) -> list[Sum]:
        """The projects, and what is made for them."""
        made = [("groups", plan.groups), ("goals", plan.goals), ("principles", plan.principles)]
        return [
            _sum("projects", plan.changes, plan.same),
            *(Sum(what, len(names), 0, 0) for what, names in made if names),
        ]

    def changes(self, plan: project_table.Plan) -> list[Text]:
        """One after the other."""
        return [text("project_files.change", entry=each) for each in plan.changes if each.before]

    def hints(self, plan: project_table.Plan) -> list[Text]:
        """Names that resemble each other, owners whom nobody knows, keys in another spelling."""
        found = [text("project_files.alike", pair=pair) for pair in plan.alike]
        if plan.strangers:
            found.append(text("project_files.strangers", people=plan.strangers))
        if plan.respelled:
            found.append(text("project_files.respelled", pairs=plan.respelled))
        return found

    def reason(self, wrong: project_table.Wrong) -> Text:
        """In the words of `project_files`."""
        return text("project_files.reason", wrong=wrong)


PEOPLE, PROJECTS = People(), Projects()
TABLES: tuple[Table[Any], ...] = (PROJECTS, PEOPLE)
"""Projects first: they have a column of their own, and one for organisations like the other."""
