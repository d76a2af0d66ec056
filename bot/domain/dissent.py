"""Dissent: reasoned votes against what was decided (Modellkommunen Open Government, 2017: it is kept, and answered).

Nobody dissents without a reason, and an abstention is against nothing. Pure.
"""

from collections.abc import Mapping

from bot.domain import answers
from bot.domain.answers import ABSTAIN, Choice, Fit, Kind, Sheet
from bot.domain.counting import Cast
from bot.domain.deciding import Outcome, Ruling


def objectors(valid: Mapping[int, Cast]) -> list[int]:
    """The electors who said no with a reason: under the rule of consent, what blocks. `valid` are the votes that count
    by elector.
    """
    return [elector for elector, cast in sorted(valid.items()) if cast.choice == Choice.NO and is_reasoned(cast)]


def is_reasoned(cast: Cast) -> bool:
    """Whether a reason was given with the vote."""
    return bool(cast.reason and cast.reason.strip())


def dissenting(sheet: Sheet, ruling: Ruling, valid: Mapping[int, Cast]) -> list[int]:
    """The electors whose reasoned vote stands against what was decided. `valid` are the votes that count by elector.

    What is accepted, those against it; what is rejected, those for it; where an option was chosen, those who would have
    had another, see `_is_against_option`. Where an objection blocks, and where nothing was decided, those who said no.
    """
    if ruling.outcome is Outcome.CHOSEN:
        (winner,) = map(int, ruling.winners)
        return [
            elector
            for elector, cast in sorted(valid.items())
            if is_reasoned(cast) and cast.choice and _is_against_option(cast.choice, sheet.kind, winner)
        ]
    if ruling.outcome is Outcome.REJECTED:
        return [each for each, cast in sorted(valid.items()) if cast.choice == Choice.YES and is_reasoned(cast)]
    return objectors(valid)


def _is_against_option(answer: str, kind: Kind, winner: int) -> bool:
    """Whether a vote does not have the winner first (ranking, points, least resistance), among those it names (choice,
    multiple choice), or, of dates, cannot make it.
    """
    if answer == ABSTAIN:
        return False
    match kind:
        case Kind.CHOICE | Kind.MULTIPLE:
            return winner not in answers.chosen(answer)
        case Kind.RANKING:
            return winner not in answers.tiers(answer)[0]
        case Kind.POINTS:
            given = answers.amounts(answer)
            return given.get(winner, 0) < max(given.values())
        case Kind.RESISTANCE:
            against = answers.amounts(answer)
            return against[winner] > min(against.values())
        case Kind.DATES:
            return answers.fits(answer)[winner] is Fit.NO
        case Kind.APPROVAL:
            return False  # there is nothing to choose
