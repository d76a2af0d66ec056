"""The short forms of answers, kind by kind: „2, 4“, „2 > 1 = 3“, „1=3 2=1“, „1 ja, 2 notfalls“.

Each reads as far as it goes. What is left is a reason, or makes the whole no answer: `bot.language.ballots` says.
"""

from collections.abc import Callable

from bot.domain.answers import Kind, Problem, of_choices, of_tiers
from bot.language import ballot_pairs
from bot.language.ballot_cursor import Cursor, NotRead, listed, numbers, once


def _choice(cursor: Cursor) -> str:
    start = cursor.here
    chosen = [cursor.option()]
    while True:
        before = cursor.at
        if not (cursor.word("or") or cursor.separated()) or not cursor.at_option:
            cursor.at = before
            break
        chosen.append(cursor.option())
    if len(set(chosen)) > 1:
        begin = start.start if start else 0
        raise NotRead(Problem.ONE_ONLY, cursor.text[begin : cursor.pieces[cursor.at - 1].end])
    return of_choices(chosen)


def _multiple(cursor: Cursor) -> str:
    everything = range(1, cursor.names.count + 1)
    if cursor.word("all"):
        without = listed(cursor) if cursor.word("except") else []
        if left := set(everything) - set(without):
            return of_choices(sorted(left))
        raise cursor.malformed()
    return of_choices(listed(cursor))


def _ranking(cursor: Cursor) -> str:
    order: list[list[int]] = [[once(cursor, ())]]
    tags = [cursor.tag]
    signs: set[str] = set()
    while (sign := _between(cursor)) is not None:
        option = once(cursor, [each for tier in order for each in tier])
        tags.append(cursor.tag)
        signs.add(sign)
        if sign == "=":
            order[-1].append(option)
        else:
            order.append([option])
    if len(signs - {"="}) > 1:  # „2, 1 > 3“: are 2 and 1 equal?
        raise cursor.malformed()
    _check_tags(cursor, tags, [each for tier in order for each in tier], signs)
    if "<" in signs:
        order.reverse()
    if "<" not in signs and (rest := _unnamed(order, cursor)) and _rest_follows(cursor):
        order.append(rest)
    missing = _unnamed(order, cursor)
    if missing:
        raise NotRead(Problem.INCOMPLETE, numbers(missing), of_tiers([*order, missing]))
    return of_tiers(order)


def _unnamed(order: list[list[int]], cursor: Cursor) -> list[int]:
    named = {option for tier in order for option in tier}
    return [option for option in range(1, cursor.names.count + 1) if option not in named]


def _rest_follows(cursor: Cursor) -> bool:
    """Take „> Rest“: what was not named is equal at the end."""
    start = cursor.at
    if (cursor.marks(frozenset(">,;\n→"), most=1) or cursor.word(">")) and cursor.word("rest"):
        return True
    cursor.at = start
    return False


def _between(cursor: Cursor) -> str | None:
    """Take what stands between two options of a ranking: `>`, `<`, `=`, a comma or a blank; None at the end."""
    start = cursor.at
    signs: set[str] = set()
    while cursor.here is not None and not cursor.at_option:
        if said := cursor.word(">", "="):
            signs.add(said)
        elif said := cursor.marks(frozenset("><=→≻≈,;\n-"), most=1):
            signs.add({"→": ">", "≻": ">", "≈": "=", ";": ",", "-": "-"}.get(said, said))
        else:
            break
    if not cursor.at_option:
        cursor.at = start
        return None
    signs.discard("\n") if len(signs) > 1 else None
    if "-" in signs:  # „->“ is an arrow, a dash alone is none
        signs.discard("-")
        if ">" not in signs:
            cursor.at = start
            return None
    if len(signs) > 1 and ">" in signs:
        signs.discard(",")  # „2, dann 1“
    if len(signs) > 1:
        raise cursor.malformed()
    return {"\n": ","}.get(sign := signs.pop(), sign) if signs else " "


def _check_tags(cursor: Cursor, tags: list[int | None], order: list[int], signs: set[str]) -> None:
    """„1. Park, 2. Schule“ gives places, „3. Park > 1. Schule“ the options' own numbers; in doubt it is neither."""
    if not any(tags):
        return
    are_places = tags == list(range(1, len(tags) + 1)) and not signs & {"=", "<"}
    are_numbers = all(tag is None or tag == option for tag, option in zip(tags, order, strict=True))
    if are_places or (are_numbers and signs & {">", "=", "<"}) or (are_numbers and len(order) == 1):
        return
    raise cursor.malformed()


FORMS: dict[Kind, Callable[[Cursor], str]] = {
    Kind.CHOICE: _choice,
    Kind.MULTIPLE: _multiple,
    Kind.RANKING: _ranking,
    Kind.POINTS: ballot_pairs.points,
    Kind.RESISTANCE: ballot_pairs.resistance,
    Kind.DATES: ballot_pairs.dates,
}
