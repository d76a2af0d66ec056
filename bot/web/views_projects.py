"""The portfolio, and one project."""

import asyncio
from collections.abc import Mapping
from functools import partial

from bot.language.projects import FIELDS
from bot.procedures import overview_portfolio, overview_project
from bot.procedures.overview_portfolio import CHOICES, SORTS, Filters
from bot.web.page import Answer, Tools
from bot.web.reader import Reader
from bot.web.view_parts import chosen, number, page, shown, there
from bot.web.views_pictures import drawn_of

SORTED_BY = dict(
    zip(
        (
            "schluessel", "titel", "feld", "organisation", "verantwortlich", "status", "finanzierung", "ampel",
            "fortschritt", "meldung",
        ),
        SORTS,
        strict=True,
    )
)  # fmt: skip
"""What stands in an address, and what it means."""
NAMED = {
    "text": "text",
    "feld": "field",
    "ziel": "aim",
    "status": "phase",
    "finanzierung": "funding",
    "ampel": "light",
    "organisation": "organisation",
    "verantwortlich": "owner",
}


async def portfolio(values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """The list. Searching and sorting is done beside the database and beside the event loop."""
    filters = read(values)
    found = await tools.run(partial(overview_portfolio.find, filters, reader))
    arranged = await asyncio.to_thread(overview_portfolio.arrange, found, filters, page(values))
    leaf = await tools.run(partial(overview_portfolio.rows_of, arranged, reader))
    return shown(
        "projects",
        tools,
        leaf=leaf,
        choices=found.choices,
        filters=filters,
        query=written(filters),
        sorts=SORTED_BY,
        labels=labels(reader.language),
    )


def labels(language: str) -> dict[str, str]:
    """What a project's fields are called, by name; in their order."""
    return {field.name: field.de if language == "de" else field.en for field in FIELDS}


def read(values: Mapping[str, str]) -> Filters:
    """What is asked for in an address. What means nothing is no filter."""
    given = {name: chosen(values, word) for word, name in NAMED.items()}
    known = {name: value for name, value in given.items() if value is not None and _is_known(name, value)}
    sort = values.get("sortierung", "")
    return Filters(
        **known,
        influential=values.get("einflussreich") == "ja",
        sort=SORTED_BY.get(sort.removeprefix("-"), "key"),
        descending=sort.startswith("-"),
    )


def _is_known(name: str, value: str) -> bool:
    return name not in CHOICES or value in CHOICES[name]


def written(filters: Filters) -> dict[str, str]:
    """The same as it stands in an address."""
    given = {word: getattr(filters, name) for word, name in NAMED.items()}
    query = {word: value for word, value in given.items() if value is not None}
    if filters.influential:
        query["einflussreich"] = "ja"
    if filters.sort != "key" or filters.descending:
        word = next(word for word, name in SORTED_BY.items() if name == filters.sort)
        query["sortierung"] = f"-{word}" if filters.descending else word
    return query


async def project(values: Mapping[str, str], reader: Reader, tools: Tools) -> Answer:
    """One project; `vor` is where a page of its history begins, `feedback` the number that feedback is shown below."""
    key = values["key"]
    work = partial(
        overview_project.whole,
        key,
        reader,
        before=overview_project.place_of(values.get("vor", "")),
        below=number(values, "feedback"),
        language=reader.language,
    )
    whole = there(await tools.run(lambda scope: work(scope=scope)))
    older = overview_project.as_words(whole.history.older) if whole.history.older else None
    picture = await tools.run(partial(drawn_of, key, reader))
    return shown("project", tools, whole=whole, older=older, picture=picture, labels=labels(reader.language))
