"""Consultations, their results, their minutes."""

from collections.abc import Mapping
from functools import partial

from bot.procedures import overview_consultations
from bot.web.page import Absent, Answer, File, Tools
from bot.web.reader import Reader
from bot.web.view_parts import number, page, shown, there


async def listed(values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """All of them, the newest first."""
    leaf = there(await tools.run(partial(overview_consultations.listed, page(values), reader)))
    return shown("consultations", tools, leaf=leaf)


async def consultation(values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """One in full, as far as it may be told now."""
    wanted = _number(values)
    whole = there(await tools.run(partial(overview_consultations.whole, wanted, reader)))
    return shown("consultation", tools, whole=whole, kinds=overview_consultations.MINUTES)


async def minutes(values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """Its minutes as a file. With 80,000 votes writing them takes seconds, in which the bot can do nothing else."""
    wanted, kind, language = _number(values), values["kind"], reader.language
    if kind not in overview_consultations.MINUTES:
        raise Absent
    edition = there(await tools.run(partial(overview_consultations.edition, wanted, reader)))
    write = partial(overview_consultations.documents, wanted, reader, language)
    written = there(await tools.recent(("minutes", edition, language), write))
    found = written[overview_consultations.MINUTES.index(kind)]
    return File(found.content, found.mimetype, found.name)


def _number(values: Mapping[str, str]) -> int:
    found = number(values, "number")
    if found is None:
        raise Absent
    return found
