"""`!stimme`: a typed vote. A click in the poll or a reaction does the same.

`!stimme K3.2 …` is for one ballot of several, `!stimme K3 alle …` for all of them.
`!stimme K3 für Lindenstadt ja (telefonisch, Fr. Huber)` records what an organisation has told the coordinator.
`!stimme K3.1 ja, K3.2 nein` are two votes, `!stimme K3 zurückziehen` takes one back.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.consultation import State, Visibility
from bot.domain.roles import Role
from bot.effects import Answer, Effect, as_effects
from bot.errors import Question, UserError
from bot.language.kept import MEANT
from bot.procedures import consultations as life
from bot.procedures import electorates, standing, voters, votes
from bot.procedures.casting import lacking
from bot.procedures.consultations import short_of
from bot.procedures.finding import consultation_numbered
from bot.store import consultations
from bot.store.tables import Ballot, Consultation
from commands import ballot_lines, unnamed, withdrawing
from commands.consultation_values import WAYS
from commands.vote_taken import said_openly, taken
from commands.voting import Answered, Voice, Wish, read_all, voice_of

KEY = re.compile(r"(k\s?\d{1,6})[.,](\d{1,3})", re.IGNORECASE)
REST = re.compile(
    r"(?P<all>alle[nr]?\s+|all\s+)?(?:übrige[nr]?|fehlende[nr]?|remaining|missing)(?:\s*[:,]\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
ALL = re.compile(
    r"(?:alle[ns]?(?! punkte)(?: vorlagen)?|all(?! points)(?: ballots)?)(?:\s*[:,]\s*|\s+|$)", re.IGNORECASE
)


@dataclass(frozen=True)
class Vote:
    """Which ballot, the answer, and a reason if one likes."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")
    words: str = rest(W("ja|nein|enthaltung weil …", "yes|no|abstain because …"), default="")


@dataclass(frozen=True)
class ForAnother:
    """The same, as it is shown to who may vote for others."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")
    words: str = rest(W("ja (telefonisch, Fr. Huber)", "yes (by phone, Ms Huber)"))


def run(args: Vote | ForAnother, ctx: Context) -> Answer:
    """Put the votes on record; a ✅ says that all of them count as they stand."""
    parts = _parts(args.short, args.words, ctx)
    if len(parts) > 1:
        return _several(parts, ctx)
    wish = _wish(*parts[0], ctx)
    if withdrawing.is_meant(wish.words):
        return withdrawing.withdraw(wish, ctx)
    if _is_open_talk(wish, ctx):
        return said_openly(wish, ctx)
    return taken(wish, *_read(wish, ctx), ctx)


def _parts(short: str, words: str, ctx: Context) -> list[ballot_lines.Part]:
    """Each vote with the ballot it names; without a name the one that the words fit."""
    if ballot_lines.is_key(short):
        return ballot_lines.apart(short, words, ctx)
    said = f"{short} {words}".strip()
    key = unnamed.key_for(said, ctx)
    return [(short, words)] if key is None else [(key, said)]


def _several(parts: Sequence[ballot_lines.Part], ctx: Context) -> Answer:
    """Several votes in one message: all of them, or none and what is not understood. Raises UserError."""
    ready: list[tuple[Wish, list[Answered], str]] = []
    for short, words in parts:
        try:
            wish = _wish(short, words, ctx)
            if withdrawing.is_meant(wish.words) or _is_open_talk(wish, ctx):
                ready.append((wish, [], ""))
            else:
                ready.append((wish, *_read(wish, ctx)))
        except Question as asked:
            raise UserError("vote.part_unclear", short=short, words=words, prefix=ctx.house.prefix) from asked
    effects: list[Effect] = []
    for wish, reads, informant in ready:
        if reads:
            answer = taken(wish, reads, informant, ctx)
        else:
            answer = withdrawing.withdraw(wish, ctx) if withdrawing.is_meant(wish.words) else said_openly(wish, ctx)
        effects += [effect for effect in as_effects(answer) if effect not in effects]
    return tuple(effects)


def _wish(short: str, words: str, ctx: Context) -> Wish:
    """What is voted on, and for whom. Raises UserError."""
    found = KEY.fullmatch(short.strip().rstrip(".,:"))
    consultation = consultation_numbered(found[1] if found else short, ctx)
    ballots = consultations.ballots(ctx.session, consultation.id or 0)
    chosen = _chosen(consultation, ballots, int(found[2]) if found else None)
    tell, words = words.startswith(MEANT), words.removeprefix(MEANT)
    at_once, rest, words = _extent(words) if len(chosen) > 1 else (False, False, words)
    voice, words = voice_of(consultation, words, [consultations.sheet(ballot) for ballot in chosen], ctx)
    if len(chosen) > 1 and not at_once and not rest and voice.organisation is not None:
        at_once, rest, words = _extent(words)  # „für Erlenbrück alle ja“
    _require_voting(consultation, voice, ctx)
    left = _left_open(consultation, chosen, voice, ctx) if rest else []
    return Wish(
        consultation, left or chosen, voice, words, at_once=at_once, rest=0 < len(left) < len(chosen), tell=tell
    )


def _is_open_talk(wish: Wish, ctx: Context) -> bool:
    """Whether others read what must not be read."""
    return wish.consultation.visibility == Visibility.CONFIDENTIAL and ctx.room.direct_with is None


def _read(wish: Wish, ctx: Context) -> tuple[list[Answered], str]:
    """The answers and who told them. Raises UserError, Question."""
    _require_to_know_for_whom(wish, ctx)
    try:
        return read_all(wish, ctx)
    except UserError:
        _require_entitled(wish, ctx)
        raise


def _chosen(consultation: Consultation, ballots: Sequence[Ballot], position: int | None) -> list[Ballot]:
    """The ballot that was named, or all of them. Raises UserError for one that there is not."""
    if position is None:
        return list(ballots)
    if not 1 <= position <= len(ballots):
        raise UserError("vote.no_ballot", consultation=consultation, position=position, count=len(ballots))
    return [ballots[position - 1]]


def _extent(words: str) -> tuple[bool, bool, str]:
    """Whether they say expressly that all ballots are meant, or the rest of them; and what else they say."""
    if rest := REST.match(words):
        return rest["all"] is not None, True, words[rest.end() :]
    if every := ALL.match(words):
        return True, False, words[every.end() :]
    return False, False, words


def _left_open(consultation: Consultation, ballots: Sequence[Ballot], voice: Voice, ctx: Context) -> Sequence[Ballot]:
    """Those of the ballots on which no vote counts until now for whom this one is."""
    spoken = electorates.speaking(consultation, ctx.message, ctx)
    elector = voice.elector or (spoken[0] if spoken else None)
    return lacking(ballots, elector, ctx) if elector else ballots


def _require_voting(consultation: Consultation, voice: Voice, ctx: Context) -> None:
    """Votes are taken only between the opening and the result. Raises UserError."""
    if consultation.state in (State.DRAFT, State.SCHEDULED):
        kept_out = (
            consultation.state == State.SCHEDULED
            and consultation.opens_at <= ctx.now
            and not life.is_in_its_room(consultation, ctx)
        )
        raise UserError("vote.not_open", consultation=consultation, kept_out=kept_out)
    if consultation.state not in votes.TAKES_VOTES:
        raise UserError("vote.over", consultation=consultation, organisation=voice.organisation)


def _require_entitled(wish: Wish, ctx: Context) -> None:
    """Nobody is asked back, or taught how, for a vote that could not count. Raises UserError."""
    if wish.voice.elector is None and electorates.speaking(wish.consultation, ctx.message, ctx) is None:
        raise UserError(
            "vote.not_entitled",
            consultation=wish.consultation,
            of_persons=wish.consultation.electorate in voters.OF_PERSONS,
            coordinators=standing.coordinators(ctx.network_id, ctx),
        )


def _require_to_know_for_whom(wish: Wish, ctx: Context) -> None:
    """Who coordinates and speaks for nobody is shown how to enter a vote that they were told. Raises UserError."""
    if ctx.role is not Role.COORDINATOR or wish.voice.elector is not None:
        return
    of_persons = wish.consultation.electorate in voters.OF_PERSONS
    if not of_persons and electorates.speaking(wish.consultation, ctx.message, ctx) is None:
        raise UserError(
            "vote.for_whom",
            consultation=wish.consultation,
            short=short_of(wish.consultation, wish.ballots[0], ctx),
            sheet=consultations.sheet(wish.ballots[0]),
            prefix=ctx.house.prefix,
        )


COMMAND = Command(
    W("stimme", "vote", ("stimmen",)),
    (
        Form(
            args=Vote,
            run=run,
            needs=Role.MEMBER,
            whenever=True,
            does=W(
                "gibt Ihre Stimme ab; bis zum Schluss änderbar", "casts your vote; you may change it until the close"
            ),
            examples=(
                W("stimme K3 ja", "vote K3 yes"),
                W("stimme K3 nein weil die Fristen fehlen", "vote K3 no because deadlines are missing"),
                W("stimme K3.2 2 > 1 > 3", "vote K3.2 2 > 1 > 3"),
                W("stimme K3.1 ja, K3.2 nein", "vote K3.1 yes, K3.2 no"),
                W("stimme K3 zurückziehen", "vote K3 withdraw"),
            ),
            details=WAYS,
        ),
        Form(
            verb=W("für …", "for …"),  # shown only: „für“ alone is a yes, so no verb may take it from the form above
            after_key=True,
            args=ForAnother,
            run=run,
            needs=Role.COORDINATOR,
            whenever=True,
            does=W(
                "trägt die Stimme ein, die eine Organisation Ihnen gesagt hat",
                "enters the vote that an organisation has told you",
            ),
            examples=(
                W(
                    "stimme K3 für Lindenstadt ja (telefonisch, Fr. Huber)",
                    "vote K3 for Lindenstadt yes (by phone, Ms Huber)",
                ),
                W("stimme K3 für Lindenstadt zurückziehen", "vote K3 for Lindenstadt withdraw"),
            ),
        ),
    ),
)
