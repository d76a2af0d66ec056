"""Who takes part, and how the network is doing."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from bot.domain.roles import Role
from bot.procedures import overview_people
from bot.web.page import Absent, Answer, Tools
from bot.web.reader import Reader
from bot.web.view_parts import shown, there
from bot.web.views_pictures import drawn

MOST: Final = 200
"""So many of each are named."""


async def participation(_values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """The working groups and who drives them."""
    found = there(await tools.run(partial(overview_people.participation_of, reader)))
    picture = await drawn("beteiligung", reader, tools)
    return shown("participation", tools, found=found, picture=picture)


async def health(_values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """Who is missing, what is silent, what rests."""
    if reader.role is not Role.COORDINATOR:
        raise Absent
    gather = partial(overview_people.health, reader)
    found = there(await tools.recent(("health", reader.network_id), gather))  # of 5,000 projects it takes half a second
    return shown("health", tools, health=found, most=MOST)
