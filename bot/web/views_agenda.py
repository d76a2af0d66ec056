"""Meetings and tasks."""

from collections.abc import Mapping
from functools import partial

from bot.procedures import overview_agenda
from bot.procedures.overview_agenda import STATES, TaskFilters
from bot.web.page import Answer, Tools
from bot.web.reader import Reader
from bot.web.view_parts import chosen, number, page, shown, there

NAMED = dict(zip(("offen", "ueberfaellig", "erledigt"), STATES, strict=True))
"""What stands in an address, and which tasks that are."""


async def meetings(values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """All of them, the latest first."""
    found = there(await tools.run(partial(overview_agenda.sittings, page(values), reader)))
    return shown("meetings", tools, meetings=found)


async def meeting(values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """One, with what came of it."""
    wanted = there(number(values, "number"))
    sitting, summary = there(await tools.run(partial(overview_agenda.meeting, wanted, reader)))
    return shown("meeting", tools, sitting=sitting, summary=summary)


async def tasks(values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """What is to be done, or was."""
    filters = TaskFilters(
        state=NAMED.get(values.get("stand", ""), STATES[0]),
        mine=values.get("meine") == "ja",
        group=chosen(values, "gruppe"),
        organisation=chosen(values, "organisation"),
    )
    found = there(await tools.run(partial(overview_agenda.todo, filters, page(values), reader)))
    word = next(word for word, state in NAMED.items() if state == filters.state)
    given = {
        "stand": word if filters.state != STATES[0] else None,
        "meine": "ja" if filters.mine else None,
        "gruppe": filters.group,
        "organisation": filters.organisation,
    }
    query = {name: value for name, value in given.items() if value is not None}
    return shown("tasks", tools, tasks=found, filters=filters, query=query, states=NAMED)
