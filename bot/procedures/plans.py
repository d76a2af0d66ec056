"""A plan of measures (Maßnahmenplan): a group's measures and the days on which councils decide on them, on a time line,
with what each municipality contributes. Sources: Stadt.Land.Digital, Lippe 2022.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot import texts
from bot.context import Context, Scope
from bot.domain.task import State
from bot.domain.timeline import Measure, drawing, timeline
from bot.effects import Document
from bot.files.plan import Plan, Share, Wording
from bot.procedures.responsible import OpenTask, places, waiting
from bot.store import networks, projects, tasks
from bot.store.tables import Task
from bot.store.tasks import Wanted

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def gather(network_id: int, room_id: str | None, name: str | None, zone: ZoneInfo, scope: Scope) -> Plan[OpenTask]:
    """The plan of one room, or of a whole network; `name` is the group's. Days are those of `zone`.

    The number of questions to the database is the same for few measures and for many.
    """
    found = tasks.listed(scope.session, network_id, Wanted(room_id=room_id))
    entries = {one.task.number: one for one in waiting(found, scope)}
    measures = [_measure(one, zone) for one in entries.values()]
    return Plan(
        network=networks.by_id(scope.session, network_id).name,
        name=name,
        at=scope.now,
        entries=entries,
        timeline=timeline(measures),
        drawing=drawing([each for each in measures if not _is_dropped(entries[each.key].task)], _day(scope.now, zone)),
        shares=_shares(list(entries.values())),
        projects=projects.by_ids(scope.session, {task.project_id for task in found if task.project_id}),
        groups=places(found, network_id, scope) if room_id is None else {},
        zone=zone,
    )


def documents(plan: Plan[OpenTask], ctx: Context) -> tuple[Document, ...]:
    """The plan as files, to the room where it was asked for."""
    wording = Wording(texts.of(ctx.house.templates), ctx.language, plan.zone)
    stem = "massnahmenplan" if ctx.language == "de" else "plan"
    workbook = f"{stem}.xlsx"
    files = (
        (f"{stem}.html", "text/html", wording.document(plan, workbook)),
        (workbook, XLSX, wording.workbook(plan)),
    )
    return tuple(
        Document(
            room_id=ctx.room.room_id,
            key=f"plan/{ctx.message.event_id}/{name}",
            name=name,
            mimetype=mimetype,
            content=content,
        )
        for name, mimetype, content in files
    )


def _measure(one: OpenTask, zone: ZoneInfo) -> Measure:
    task = one.task
    return Measure(
        key=task.number,
        since=_day(task.created_at, zone),
        due=_day(task.due_at, zone) if task.due_at else None,
        council=_day(task.council_at, zone) if task.council_at else None,
        settled=State(task.state).is_settled,
        overdue=one.overdue,
    )


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _is_dropped(task: Task) -> bool:
    return task.state == State.DROPPED


def _shares(entries: Sequence[OpenTask]) -> list[Share]:
    """Who contributes what: municipalities by name, then persons."""
    found: dict[tuple[bool, str], list[tuple[int, str | None, int | None]]] = defaultdict(list)
    for one in entries:
        for part in () if _is_dropped(one.task) else one.parts:
            name = part.organisation.name if part.organisation is not None else part.person or ""
            if part.organisation is not None or part.contributes:
                found[part.organisation is None, name].append((one.task.number, part.contribution, part.funds))
    return [
        Share(name, is_person, len(given), _sum([funds for _, _, funds in given]), given)
        for (is_person, name), given in sorted(found.items())
    ]


def _sum(funds: Sequence[int | None]) -> int | None:
    named = [each for each in funds if each is not None]
    return sum(named) if named else None
