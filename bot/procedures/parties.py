"""Who has a part in a task, as people write it: found in the network, asked back, and stored."""

import re
from collections.abc import Sequence
from typing import Final

from bot.context import Context
from bot.domain.organisations import Level
from bot.errors import Question, UserError
from bot.language import parts
from bot.language.kept import SLOT, literal
from bot.language.names import fold, nearest
from bot.language.parts import Entry
from bot.procedures.finding import ME, person_named
from bot.store import organisations, tasks
from bot.store.tables import Organisation, Task, TaskParty

Party = str | Organisation
"""A person's Matrix ID, or an organisation."""

TITLES: Final = {
    "stadt": (Level.CITY,),
    "landeshauptstadt": (Level.CITY,),
    "gemeinde": (Level.MUNICIPALITY,),
    "markt": (Level.MUNICIPALITY,),
    "landkreis": (Level.COUNTY,),
    "kreis": (Level.COUNTY,),
    "city of": (Level.CITY,),
    "municipality of": (Level.MUNICIPALITY,),
    "county of": (Level.COUNTY,),
}
"""What may stand before a name: „Stadt Lindenstadt“ is Lindenstadt, if that is one; „Landkreis Lindenstadt“ is not."""


def in_charge(words: str, ctx: Context, spellings: frozenset[str]) -> list[Party]:
    """Who is to be in charge, each once, in their order; nobody where that is what the words say.

    `spellings` are the names of the field. Raises UserError, and Question where a name may have been a slip.
    """
    if parts.is_nobody(words):
        return []
    whole = _organisation(words, ctx)
    if whole is not None:
        return [whole]
    found: dict[str, Party] = {}
    for name in parts.read_names(words):
        for party in _several(name, ctx, spellings):
            found.setdefault(key_of(party), party)
    return list(found.values())


def _several(words: str, ctx: Context, spellings: frozenset[str]) -> list[Party]:
    """„Lindenstadt und Erlenbrück“ are two, unless one is called so."""
    each = re.split(r"\s+(?:und|and|&|\+)\s+", words)
    if len(each) == 1 or _organisation(words, ctx) is not None:
        return [named(words, ctx, spellings)]
    return [named(name, ctx, spellings) for name in each]


def taking_part(words: str, ctx: Context, spellings: frozenset[str]) -> list[tuple[Party, Entry]]:
    """Who takes part, with what. Raises UserError, and Question for a sum that is in doubt or a name with a slip."""
    if parts.is_nobody(words):
        return []
    try:
        entries = parts.read_parts(words)
    except UserError as problem:
        typed = str(problem.values.get("typed", ""))
        kept = _replaced(typed, SLOT, ctx, spellings) if problem.text.startswith("amounts.") else None
        if kept is None:
            raise
        raise Question(problem.text, resume=kept, **problem.values) from problem
    return [(named(entry.name, ctx, spellings), entry) for entry in entries]


def named(name: str, ctx: Context, spellings: frozenset[str]) -> Party:
    """The person or organisation of this name. Raises UserError; Question with the organisation that comes near."""
    if "@" in name or fold(name) in ME:
        return person_named(name, ctx)
    found = _organisation(name, ctx)
    if found is not None:
        return found
    names = [each.name for each in organisations.of_network(ctx.session, ctx.network_id)]
    close = next(iter(nearest(name, names)), None)
    kept = _replaced(name, literal(close), ctx, spellings) if close is not None else None
    if close is not None and kept is not None:
        raise Question("parties.which", resume=kept, name=name, close=close)
    raise UserError("parties.unknown", name=name, close=close)


def _organisation(name: str, ctx: Context) -> Organisation | None:
    wanted = fold(name.strip(" .\t"))
    found = organisations.by_folded(ctx.session, ctx.network_id, wanted)
    if found is not None:
        return found
    for title, levels in TITLES.items():
        if wanted.startswith(f"{title} "):
            found = organisations.by_folded(ctx.session, ctx.network_id, wanted.removeprefix(f"{title} "))
            if found is not None and found.level in levels:
                return found
    return None


def _replaced(typed: str, instead: str, ctx: Context, spellings: frozenset[str]) -> str | None:
    """The command with what was typed in one field replaced; None where it does not stand there as it was read."""
    lines = ctx.spoken.splitlines()
    at = next((n for n, line in enumerate(lines) if n and fold(line.partition(":")[0]) in spellings), None)
    if at is None or not typed:
        return None
    before, field = "\n".join(lines[:at]), "\n".join(lines[at:])
    start = field.find(typed, field.index(":"))
    if start < 0:
        return None
    return f"{literal(before)}\n{literal(field[:start])}{instead}{literal(field[start + len(typed) :])}"


def key_of(party: Party) -> str:
    """What tells one party from another."""
    return party if isinstance(party, str) else f"organisation {party.id}"


def put_in_charge(task: Task, wanted: Sequence[Party], ctx: Context) -> None:
    """From now on exactly these are in charge of a stored task: its owner is the first person among them.

    Who was in charge before and contributes something goes on taking part.
    """
    people = [party for party in wanted if isinstance(party, str)]
    task.owner = people[0] if people else None
    others = [party for party in wanted if party != task.owner]
    keys = {key_of(party) for party in others}
    rows = _rows(task, ctx)
    before = [row for row in rows.values() if row.responsible]
    for key, row in rows.items():
        row.responsible = key in keys
    for party in others:
        if key_of(party) not in rows:
            _add(task, party, ctx, responsible=True)
    idle = [row for row in before if not row.responsible and row.contribution is None and row.funds is None]
    tasks.drop_parties(ctx.session, idle)


def put_parts(task: Task, wanted: Sequence[tuple[Party, Entry]], ctx: Context) -> None:
    """These take part so from now on. Without any, nobody takes part any more.

    What others contribute stays; so do funds where only words are new, and words where only funds are.
    """
    rows = _rows(task, ctx)
    gone = [key_of(party) for party, entry in wanted if entry.leaves] if wanted else list(rows)
    kept = {key: row for key, row in rows.items() if key not in gone}
    for key in gone:
        if (row := rows.get(key)) is not None:
            row.contribution, row.funds = None, None
    for party, entry in wanted:
        if entry.leaves:
            continue
        row = kept.get(key_of(party)) or _add(task, party, ctx)
        row.contribution = entry.contribution or row.contribution
        row.funds = entry.funds if entry.funds is not None else row.funds
        kept[key_of(party)] = row
    dropped = [row for key, row in rows.items() if key in gone and key not in kept and not row.responsible]
    tasks.drop_parties(ctx.session, dropped)


def _rows(task: Task, ctx: Context) -> dict[str, TaskParty]:
    rows = [row for row, _ in tasks.parties(ctx.session, [task.id or 0])]
    return {row.person or f"organisation {row.organisation_id}": row for row in rows}


def _add(task: Task, party: Party, ctx: Context, *, responsible: bool = False) -> TaskParty:
    person, body = (party, None) if isinstance(party, str) else (None, party.id)
    row = TaskParty(task_id=task.id or 0, person=person, organisation_id=body, responsible=responsible)
    tasks.add_party(ctx.session, row)
    return row
