"""Several votes in one message: „K1.1 ja, K1.2 nein“, or one a line. What names a ballot never becomes a reason."""

import re
from collections.abc import Sequence

from bot.context import Context
from bot.errors import UserError
from bot.language.ballots import read_answer
from bot.language.recorded import for_another, names, read_recorded
from bot.procedures.finding import number_of
from bot.store import consultations
from bot.store.tables import Ballot, Consultation

KEY = re.compile(r"(k\s?\d{1,6})(?:[.,](\d{1,3}))?", re.IGNORECASE)
WITHDRAWAL = re.compile(
    r"(?:bitte\s+)?(?:(?:meine|unsere|die|my|our|the)\s+(?:stimme|vote)\s+)?(?:zurück(?:ziehen|nehmen|gezogen)?|"
    r"zurueck(?:ziehen|nehmen)?|ich\s+ziehe\s+zurück|wir\s+ziehen\s+zurück|widerrufen|löschen|loeschen|withdraw|"
    r"retract|take\s+back)(?:\s+(?:bitte|please))?[\s.!]*",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"(?<![\w.]){KEY.pattern}(?!\w)(?:\s*:|(?=\s|[.,;!?)]|$))", re.IGNORECASE)
_BEFORE = re.compile(r"(?:^|[\n,;.]|(?<!\w)(?:und|and|sowie))\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;.]*(?:(?<!\w)(?:und|and|sowie)[\s,]*)?$", re.IGNORECASE)
_BECAUSE = re.compile(r"(?<!\w)(?:weil|denn|da|because|since)(?!\w)|(?:begründung|grund|reason)\s*:", re.IGNORECASE)
_LOOKED_AT = 4_000  # characters in which votes are sought

Part = tuple[str, str]  # „K1.2“ as it was typed, and what is said of it


def is_key(word: str) -> bool:
    """Whether a word names a consultation or a ballot: „K3“, „K3.2:“."""
    return KEY.fullmatch(word.strip().rstrip(".,:")) is not None


def apart(short: str, words: str, ctx: Context) -> list[Part]:
    """The votes of a message, each with the ballot it names.

    Raises UserError where a ballot is named and it is neither a vote of its own nor part of a reason given by „weil“.
    """
    found = list(_NAMED.finditer(words, 0, _LOOKED_AT))
    parts, begin, key = list[Part](), 0, short
    for hit, following in zip(found, [*found[1:], None], strict=False):
        said = words[hit.end() : following.start() if following else len(words)]
        is_vote = _is_vote(hit[0], _BETWEEN.sub("", said).strip(), ctx)
        if is_vote and _BEFORE.search(words, begin, hit.start()):
            parts.append((key, _BETWEEN.sub("", words[begin : hit.start()]).strip()))
            begin, key = hit.end(), hit[0].rstrip(" :")
        elif is_vote or not _BECAUSE.search(words, begin, hit.start()):
            raise UserError("vote.named_twice", words=words, key=hit[0].rstrip(" :"), prefix=ctx.house.prefix)
    return [*parts, (key, words[begin:].strip())]


def _is_vote(key: str, said: str, ctx: Context) -> bool:
    """Whether these words are an answer to the ballot of this key, or to any of its consultation."""
    found = KEY.match(key)
    number = number_of(found[1], "K") if found else None
    consultation = consultations.by_number(ctx.session, ctx.network_id, number) if number is not None else None
    if found is None or consultation is None:
        return False
    if WITHDRAWAL.fullmatch(said):
        return True
    behind_for = for_another(said)
    for ballot in _meant(consultation, found[2], ctx):
        sheet = consultations.sheet(ballot)
        if read_answer(said, sheet, zone=ctx.house.zone).answer is not None:
            return True
        if behind_for and any(read_recorded(behind, sheet).choice for _, behind in names(behind_for)):
            return True
    return False


def _meant(consultation: Consultation, position: str | None, ctx: Context) -> Sequence[Ballot]:
    every = consultations.ballots(ctx.session, consultation.id or 0)
    return [ballot for ballot in every if position is None or ballot.position == int(position)]
