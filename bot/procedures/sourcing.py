"""What a consultation is made from: captured results, all of a meeting's, or an earlier consultation's next round."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.context import Context, Scope
from bot.domain.consultation import State
from bot.errors import UserError
from bot.procedures.finding import consultation_numbered, meeting_numbered, require_lead_in, result_numbered
from bot.store import consultations, results
from bot.store.tables import Ballot, Consultation, Meeting, Result

_KEY = r"[ETK]\s?\d{1,6}(?:\s?/\s?\d{1,6})?"
_FROM = re.compile(
    rf"(?:(?P<title>.*\S)\s+)?(?:aus|from)\s+(?P<keys>{_KEY}(?:(?:[\s,+&]|und|and)+{_KEY})*)[.\s]*$", re.IGNORECASE
)
_LONGEST = 400  # of what is looked at for keys
_ROUND = re.compile(r"\s*\((?:\d+\. Runde|round \d+)\)$")
OVER: Final = (State.CLOSED, State.PUBLISHED, State.CANCELLED)
NAMES: Final = {
    "de": {
        "results": "Ergebnisse {keys}",
        "question": "Stimmen Sie E{number} „{kind}“ zu?",
        "of_text": "Stimmen Sie dem Text zu?",
        "round": "{title} ({number}. Runde)",
    },
    "en": {
        "results": "Results {keys}",
        "question": "Do you agree to E{number} “{kind}”?",
        "of_text": "Do you agree to the text?",
        "round": "{title} (round {number})",
    },
}
"""What is proposed for a title and a question that nobody gave, in the language of the room."""


@dataclass(frozen=True, slots=True)
class Source:
    """What there is to begin with: a title, ballots (not stored yet), and where they come from."""

    title: str
    ballots: tuple[Ballot, ...]
    before: Consultation | None = None
    meeting: Meeting | None = None


def named(title: str) -> tuple[str, tuple[str, ...]]:
    """„Leitsätze aus E4 E7“: the title („“ if there is none), and the keys it names; no keys if it is only a title."""
    found = _FROM.fullmatch(title.strip()) if len(title) <= _LONGEST else None
    if found is None:
        return title.strip(), ()
    keys = re.findall(_KEY, found["keys"], flags=re.IGNORECASE)
    return (found["title"] or "").strip(), tuple(re.sub(r"\s", "", key).upper() for key in keys)


def source(keys: Sequence[str], ctx: Context) -> Source:
    """What the keys name. Raises UserError."""
    if any(key.startswith("K") for key in keys):
        if len(keys) > 1:
            raise UserError("drafting.one_round_only", keys=list(keys))
        return _next_round(keys[0], ctx)
    meeting = None
    wanted: dict[int, tuple[Result, int]] = {}
    for key in keys:
        if key.startswith("T"):
            meeting = meeting_numbered(key, ctx)
            found = [(result, result.latest_version) for result in _of_meeting(meeting, ctx)]
        else:
            found = [result_version(key, ctx)[:2]]
        wanted |= {result.id or 0: (result, version) for result, version in found}
    chosen = list(wanted.values())
    return Source(_title(chosen, meeting, ctx), tuple(_ballot(*each, ctx) for each in chosen), meeting=meeting)


def result_version(key: str, ctx: Context) -> tuple[Result, int, str]:
    """„E4“ or „E4/2“: the result, the number of the version (the latest unless named), and its text.

    Raises UserError.
    """
    short, _, number = key.partition("/")
    result = result_numbered(short.strip(), ctx)
    wanted = int(number.strip()[:6]) if number.strip().isdecimal() else None  # „E4/²“: the latest, and the echo says so
    return _worded(result, wanted, ctx)


def _worded(result: Result, wanted: int | None, ctx: Context) -> tuple[Result, int, str]:
    number = result.latest_version if wanted is None else wanted
    version = results.version(ctx.session, result.id or 0, number)
    if version is None:
        raise UserError("drafting.no_version", result=result, wanted=number)
    return result, number, version.text


def _of_meeting(meeting: Meeting, ctx: Context) -> list[Result]:
    """A meeting's results; one merged into another is put to the vote as part of that."""
    found = [each for each in results.of_meeting(ctx.session, meeting.id or 0) if each.merged_into_id is None]
    if not found:
        raise UserError("drafting.no_results", meeting=meeting)
    return found


def _title(chosen: Sequence[tuple[Result, int]], meeting: Meeting | None, ctx: Context) -> str:
    if meeting is not None:
        return meeting.title
    if len(chosen) == 1:
        return chosen[0][0].kind
    return NAMES[ctx.language]["results"].format(keys=", ".join(f"E{result.number}" for result, _ in chosen))


def _ballot(result: Result, version: int, ctx: Context) -> Ballot:
    question = proposed(result, ctx.language)
    text = _worded(result, version, ctx)[2]
    return Ballot(
        consultation_id=0, position=0, question=question, text=text, result_id=result.id, result_version=version
    )


def proposed(result: Result | None, language: str) -> str:
    """The question on a result, or on a text that is of none. It names no version: another may come during the vote."""
    if result is None:
        return NAMES[language]["of_text"]
    return NAMES[language]["question"].format(kind=result.kind, number=result.number)


def asked_anew(ballot: Ballot, result: Result | None, scope: Scope) -> str:
    """The ballot's question when its text is that of `result` from now on: one that was proposed goes with the text."""
    before = results.by_id(scope.session, ballot.result_id) if ballot.result_id else None
    for language in NAMES if before is not None else ():
        if ballot.question == proposed(before, language):
            return proposed(result, language)
    return ballot.question


def _next_round(key: str, ctx: Context) -> Source:
    """The same ballots once more. It is for who led the round before: it goes on in their name."""
    before = consultation_numbered(key, ctx)
    require_lead_in(before.room_id, ctx)
    if before.state not in OVER:
        raise UserError("drafting.not_over", consultation=before, prefix=ctx.house.prefix)
    ballots = consultations.ballots(ctx.session, before.id or 0)
    rounds, earlier = 2, before
    while earlier.repeats_id is not None:
        rounds, earlier = rounds + 1, consultations.by_id(ctx.session, earlier.repeats_id)
    title = NAMES[ctx.language]["round"].format(title=_ROUND.sub("", before.title), number=rounds)
    anew = ("id", "consultation_id", "position", "edition", "valid_edition", "valid_since")
    copies = (Ballot(**each.model_dump(exclude=set(anew)), consultation_id=0, position=0) for each in ballots)
    return Source(title, tuple(copies), before=before)
