"""What the bot published against what the reference says; every difference as a line."""

import re
from collections.abc import Iterator
from fractions import Fraction

from tests.voting.history import History, Paper, World
from tests.voting.reading import OnRecord, Published
from tests.voting.reference import Reference
from tests.voting.standing import Cast
from tests.voting.sums import Sums, add_up

HEAD = re.compile(r"K\d+(?:\.(?P<ballot>\d+))? · .*?: (?P<outcome>\D.*?)(?: \(vorläufig\))? · (?P<numbers>\d+ .*)")
NUMBER = re.compile(r"\d+")
APPROVED = {
    "accepted": "angenommen",
    "rejected": "abgelehnt",
    "tie": "nicht angenommen (Stimmengleichheit)",
    "objection": "nicht angenommen (begründeter Einwand)",
    "no_votes": "nicht angenommen (keine Ja- oder Nein-Stimme)",
    "no_quorum": "nicht angenommen (Quorum nicht erreicht)",
}
CHOSEN = {
    "no_majority": "nicht entschieden (keine Mehrheit)",
    "tie": "nicht entschieden (Gleichstand)",
    "no_votes": "nicht entschieden (keine Stimme für eine Möglichkeit)",
    "no_quorum": "nicht entschieden (Quorum nicht erreicht)",
}
OPTIONS = ("Birke", "Linde", "Esche", "Ulme")


def differences(history: History, published: Published) -> list[str]:
    """Everything that is not as it should be."""
    return list(_differences(history, Reference(history), published))


def _differences(history: History, reference: Reference, published: Published) -> Iterator[str]:
    world = history.world
    yield from _unlike("electors", {each: world.weight(each) for each in world.electors}, published.electors)
    yield from _votes(reference, published.rows)
    texts = _sections(published.message)
    for ballot, paper in enumerate(world.papers, 1):
        counts = reference.counted[ballot]
        answers = {name: cast.says or "" for name, cast in counts.items()}
        got = {row.elector: row.answer for row in published.rows if row.ballot == ballot and row.verdict == "counted"}
        yield from _unlike(f"K1.{ballot} counted", answers, got)
        objections = sum(1 for cast in counts.values() if cast.says == "no" and cast.reason)
        sums = add_up(paper, world, answers, objections)
        if hides_sums(world):
            yield from _outcome_only(ballot, sums, published)
            continue
        yield from _recorded(ballot, sums, published)
        yield from _said(ballot, paper, sums, texts.get(ballot, ""))


def hides_sums(world: World) -> bool:
    """Whether any sum could tell how somebody voted: confidential, with different weights."""
    return world.visibility == "confidential" and len({world.weight(each) for each in world.electors}) > 1


def _outcome_only(ballot: int, sums: Sums, published: Published) -> Iterator[str]:
    result, what = published.results[ballot], f"K1.{ballot} record:"
    yield from _unlike(f"{what} counts", {"entitled": sums.entitled, "turnout": sums.turnout}, result["counts"])
    yield from _unlike(f"{what} outcome", sums.outcome, result["outcome"])
    yield from _unlike(f"K1.{ballot} decision", sums.outcome, published.outcomes[ballot])


def _unlike(what: str, expected: object, got: object) -> Iterator[str]:
    if expected != got:
        yield f"{what}: expected {expected!r}, got {got!r}"


def _votes(reference: Reference, rows: list[OnRecord]) -> Iterator[str]:
    """Each vote event: on record once for each ballot, for whom, and why it counts or not."""
    left = list(rows)
    for cast in reference.casts:
        row = next((row for row in left if (row.event, row.ballot) == (cast.event.id, cast.ballot)), None)
        what = f"K1.{cast.ballot} #{cast.event.id}"
        if row is None:
            if not cast.may_be_missing:
                yield f"{what}: nothing on record, expected {sorted(cast.verdicts)}"
            continue
        left.remove(row)
        yield from _unlike(f"{what} by", cast.event.who, row.sender)
        yield from _unlike(f"{what} for", cast.elector, row.elector)
        if cast.elector is not None:
            yield from _unlike(f"{what} rank", cast.rank, row.rank)
        if row.verdict not in cast.verdicts:
            yield f"{what} verdict: expected {sorted(cast.verdicts)}, got {row.verdict!r}"
        yield from _answer(what, cast, row)
    for row in left:
        yield f"K1.{row.ballot} #{row.event}: on record as {row}, expected nothing"


def _answer(what: str, cast: Cast, row: OnRecord) -> Iterator[str]:
    if cast.verdicts <= {"counted", "overridden"}:
        yield from _unlike(f"{what} says", cast.says, row.answer)


def _recorded(ballot: int, sums: Sums, published: Published) -> Iterator[str]:
    """The numbers in the record, and the decision."""
    result, what = published.results[ballot], f"K1.{ballot} record:"
    for name in ("entitled", "entitled_weight", "turnout", "turnout_weight", "abstained", "abstained_weight"):
        yield from _unlike(f"{what} {name}", getattr(sums, name), result["counts"][name])
    yield from _unlike(f"{what} places", [list(tier) for tier in sums.places], result["counts"]["places"])
    yield from _unlike(f"{what} outcome", sums.outcome, result["outcome"])
    yield from _unlike(f"K1.{ballot} decision", sums.outcome, published.outcomes[ballot])
    if sums.outcome not in ("no_votes", "no_quorum"):
        yield from _unlike(f"{what} reached", (sums.reached, sums.base), (result["reached"], result["base"]))


# the message


def _sections(message: str) -> dict[int, str]:
    """The part of each ballot, from its heading on."""
    found: dict[int, list[str]] = {}
    at = 0
    for line in message.splitlines():
        if head := HEAD.fullmatch(line):
            at = int(head["ballot"] or 1)
        found.setdefault(at, []).append(line)
    return {ballot: "\n".join(lines) for ballot, lines in found.items()}


def _said(ballot: int, paper: Paper, sums: Sums, section: str) -> Iterator[str]:
    """What people read."""
    what, lines = f"K1.{ballot} message:", section.splitlines()
    head = HEAD.fullmatch(lines[0]) if lines else None
    if head is None:
        yield f"{what} no heading in {section[:200]!r}"
        return
    yield from _unlike(f"{what} outcome", _in_words(paper, sums), head["outcome"])
    valid = sums.turnout - sums.abstained
    silent = sums.entitled - sums.turnout
    backed = [int(sums.options[name][0]) for name in ("yes", "no")] if paper.kind == "approval" else [valid]
    numbers = [int(number) for number in NUMBER.findall(head["numbers"].partition(" · ")[0])]
    yield from _unlike(f"{what} numbers", [*backed, sums.abstained, silent], numbers)
    turnout = re.search(r"Beteiligung (\d+) von (\d+)", section)
    yield from _unlike(f"{what} turnout", (str(sums.turnout), str(sums.entitled)), turnout and turnout.groups())
    if paper.kind != "approval":
        yield from _unlike(f"{what} options", _expected_table(paper, sums), _table(lines))


def _in_words(paper: Paper, sums: Sums) -> str:
    if paper.kind == "approval":
        if sums.outcome == "no_votes" and not sums.turnout:
            return "nicht angenommen (keine Stimme)"
        return APPROVED[sums.outcome]
    if sums.outcome == "no_votes" and not sums.turnout:
        return "nicht entschieden (keine Stimme)"
    if sums.outcome == "chosen":
        return f"entschieden für „{_label(paper, sums.places[0][0])}“"
    return CHOSEN[sums.outcome]


def _label(paper: Paper, number: str) -> str:
    if paper.kind != "dates":
        return f"{number} · {OPTIONS[int(number) - 1]}"
    days = ("Mittwoch", "Donnerstag", "Freitag", "Samstag")
    return f"{number} · {days[int(number) - 1]}, {10 + int(number)}. Januar 2034, 10:00 Uhr"


def _expected_table(paper: Paper, sums: Sums) -> dict[str, tuple[object, ...]]:
    """By label: the place (0 without places), then the numbers beside it."""
    places = {number: 1 + sum(map(len, sums.places[:at])) for at, tier in enumerate(sums.places) for number in tier}
    return {
        _label(paper, number): (places.get(number, 0), *shown[: 1 if paper.kind in ("choice", "multiple") else 3])
        for number, shown in sums.options.items()
    }


def _table(lines: list[str]) -> dict[str, tuple[object, ...]]:
    """The table of options as it is read."""
    found: dict[str, tuple[object, ...]] = {}
    start = next((at for at, line in enumerate(lines) if re.match(r"(Platz +)?Möglichkeit ", line)), 0)
    header = re.split(r"\s{2,}", lines[start])
    placed = header[0] == "Platz"
    wanted = [
        at
        for at, name in enumerate(header)
        if name not in ("Platz", "Möglichkeit", "im Mittel", "Akzeptanz", "Gewicht")
    ]
    for line in lines[start + 1 :]:
        cells = re.split(r"\s{2,}", line.strip())
        if len(cells) != len(header):
            break
        numbers = [Fraction(cells[at].replace(",", ".")) for at in wanted]
        found[cells[1] if placed else cells[0]] = (int(cells[0]) if placed else 0, *numbers)
    return found
