"""The charts of the portfolio: each as SVG at an address of its own, and its numbers for the page that shows it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from bot.context import Scope
from bot.files.svg import svg
from bot.procedures import overview, overview_project, picture_counts, pictures
from bot.procedures.pictures import Drawn
from bot.store.pictures import Extent
from bot.web.page import Answer, File, Tools
from bot.web.reader import Reader
from bot.web.view_parts import there

SVG: Final = "image/svg+xml"
Draw = Callable[[Extent, pictures.Reader, Scope], Drawn | None]
OF_NETWORK: Final[Mapping[str, Draw]] = {
    "fortschritt": pictures.progress,
    "phasen": picture_counts.phases,
    "beteiligung": picture_counts.participation,
}
NOT_FOR_GUESTS: Final = frozenset({"beteiligung"})


async def of_network(values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """One of the network, as far as the reader sees it."""
    return _file(await drawn(values["name"], reader, tools), values, reader)


async def of_project(values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """A project's progress over time."""
    return _file(await tools.run(partial(drawn_of, values["key"], reader)), values, reader)


def _file(found: Drawn | None, values: Mapping[str, str], reader: Reader) -> Answer:
    picture = svg(there(found).chart, reader.language, dark=values.get("farben") == "dunkel")
    return File(picture.encode(), SVG)


async def drawn(name: str, reader: Reader, tools: Tools) -> Drawn | None:
    """A chart of the network with its numbers; None where there is nothing to show, or not for this reader.

    Gathering one from 50,000 updates takes half a second. What a reader may see is asked each time and part of the key.
    """
    if name not in OF_NETWORK or (name in NOT_FOR_GUESTS and overview.is_guest(reader)):
        return None
    extent = await tools.run(partial(_extent, reader))
    key = (name, extent, reader.language, reader.zone.key)
    return await tools.recent(key, partial(OF_NETWORK[name], extent, _labels(reader)))


def _extent(reader: Reader, scope: Scope) -> Extent:
    only = overview.shared(reader, scope)
    return Extent(reader.network_id, projects=None if only is None else tuple(project.id or 0 for project in only))


def drawn_of(key: str, reader: Reader, scope: Scope) -> Drawn | None:
    """The same of a project."""
    project = overview_project.project_of(key, reader, scope)
    return pictures.progress_of(project, _labels(reader), scope) if project is not None else None


def _labels(reader: Reader) -> pictures.Reader:
    return pictures.Reader(reader.language, reader.zone)
