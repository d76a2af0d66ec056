"""Where everything begins."""

from collections.abc import Mapping
from functools import partial

from bot.procedures import overview_start
from bot.web.page import Answer, Tools
from bot.web.reader import Reader
from bot.web.view_parts import shown
from bot.web.views_pictures import drawn


async def start(_values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """What matters most to this reader, and two pictures."""
    found = await tools.run(partial(overview_start.start, reader))
    names = ("phasen", "fortschritt")
    pictures = {name: await drawn(name, reader, tools) for name in names}
    return shown("start", tools, found=found, pictures=pictures, most=overview_start.MOST)
