"""`!stimme`: a typed vote. A click in the poll or a reaction does the same.

`!stimme K3.2 …` is for one ballot of several, `!stimme K3 alle …` for all of them.
`!stimme K3 für Lindenstadt ja (telefonisch, Fr. Huber)` records what an organisation has told the coordinator.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.consultation import Channel, State, Visibility
from bot.domain.counting import Cast, Verdict
from bot.domain.roles import Role
from bot.effects import Answer, React, Reply
from bot.errors import UserError
from bot.procedures import consultations as life
from bot.procedures import electorates, standing, voters, votes
from bot.procedures.casting import Taken, counting
from bot.procedures.finding import consultation_numbered
from bot.store import consultations
from bot.store.tables import Ballot, Consultation
from bot.texts import text
from commands.voting import Answered, Voice, Wish, read_all, voice_of, what_is_clear

KEY = re.compile(r"(k\s?\d{1,6})[.,](\d{1,3})", re.IGNORECASE)
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
    """Put the vote on record; a ✅ says that it counts as it stands."""
    found = KEY.fullmatch(args.short.strip().rstrip(".,:"))
    consultation = consultation_numbered(found[1] if found else args.short, ctx)
    ballots = consultations.ballots(ctx.session, consultation.id or 0)
    chosen = _chosen(consultation, ballots, int(found[2]) if found else None)
    at_once = len(chosen) > 1 and ALL.match(args.words)
    words = args.words[at_once.end() :] if at_once else args.words
    voice, words = voice_of(consultation, words, [consultations.sheet(ballot) for ballot in chosen], ctx)
    _require_voting(consultation, voice, ctx)
    wish = Wish(consultation, chosen, voice, words, at_once=bool(at_once))
    if consultation.visibility == Visibility.CONFIDENTIAL and ctx.room.direct_with is None:
        return _said_openly(wish, ctx)
    try:
        reads, informant = read_all(wish, ctx)
    except UserError:
        _require_entitled(wish, ctx)
        raise
    if voice.records:
        return _record(wish, reads, informant, ctx)
    return _answered(wish, _take(wish, reads, informant, ctx), ctx)


def _chosen(consultation: Consultation, ballots: Sequence[Ballot], position: int | None) -> list[Ballot]:
    """The ballot that was named, or all of them. Raises UserError for one that there is not."""
    if position is None:
        return list(ballots)
    if not 1 <= position <= len(ballots):
        raise UserError("vote.no_ballot", consultation=consultation, position=position, count=len(ballots))
    return [ballots[position - 1]]


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


def _take(wish: Wish, reads: Sequence[Answered], informant: str, ctx: Context) -> list[Taken]:
    """One vote for each ballot."""
    channel = Channel.RECORDED if wish.voice.records else Channel.TYPED
    return [
        votes.take(
            ballot,
            ctx.message,
            votes.Said(
                choice=read.answer,
                channel=channel,
                reason=read.reason or None,
                amendment=read.amendment or None,
                informant=informant or None,
            ),
            ctx,
            elector=wish.voice.elector,
            rank=wish.voice.rank,
        )
        for ballot, _, read in reads
    ]


def _answered(wish: Wish, taken: Sequence[Taken], ctx: Context) -> Answer:
    """A ✅ if all of it counts, or why it does not; and word to whom else it concerns."""
    concerned = voters.concerned(wish.consultation, taken, ctx.message, ctx)
    if all(each.verdict is Verdict.COUNTED for each in taken):
        return (React("✅"), *concerned)
    return (Reply(voters.why_not(wish.consultation, taken, ctx)), *concerned)


def _record(wish: Wish, reads: Sequence[Answered], informant: str, ctx: Context) -> Answer:
    """Enter what an organisation has told, and repeat it: nobody there sees whether it was understood."""
    consultation, organisation, elector = wish.consultation, wish.voice.organisation, wish.voice.elector
    assert elector is not None  # noqa: S101 - `voice_of` has seen to it
    before = counting(reads[0][0], elector, ctx)
    taken = _take(wish, reads, informant, ctx)
    shown = before if len(reads) == 1 and consultation.visibility == Visibility.OPEN else None
    concerned = voters.concerned(consultation, taken, ctx.message, ctx)
    shorts = voters.shorts(taken, consultation, ctx)
    refused = [each for each in taken if each.verdict is not Verdict.COUNTED]
    if refused and refused[0].verdict is Verdict.OVERRIDDEN and refused[0].after is not None:
        yields = text(
            "vote.yields_for",
            consultation=consultation,
            shorts=voters.shorts(refused, consultation, ctx),
            organisation=organisation,
            informant=informant,
            by=refused[0].after.sender,
        )
        return (Reply(yields), *concerned)
    if refused:
        return _not_counted_for(wish, refused, shown, ctx)
    answer = text(
        "vote.recorded",
        consultation=consultation,
        organisation=organisation,
        given=[(short, read.answer, sheet) for short, (_, sheet, read) in zip(shorts, reads, strict=True)],
        read=reads[0][2],
        informant=informant,
        person=ctx.person,
        before=shown,
    )
    return (Reply(answer), *concerned)


def _not_counted_for(wish: Wish, refused: Sequence[Taken], before: Cast | None, ctx: Context) -> Answer:
    return text(
        "vote.not_counted_for",
        consultation=wish.consultation,
        shorts=voters.shorts(refused, wish.consultation, ctx),
        organisation=wish.voice.organisation,
        verdict=refused[0].verdict,
        sheet=consultations.sheet(refused[0].ballot),
        before=before,
        prefix=ctx.house.prefix,
    )


def _said_openly(wish: Wish, ctx: Context) -> Answer:
    """In a confidential consultation: what can be read goes on record, and nothing of it is repeated here."""
    reads, informant = what_is_clear(wish, ctx)
    if reads and (wish.at_once or len(wish.ballots) == 1):
        taken = _take(wish, reads, informant, ctx)
        if wish.voice.records:
            return _not_counted_for(wish, taken, None, ctx)
        return _answered(wish, taken, ctx)
    return text("vote.only_directly", consultation=wish.consultation, prefix=ctx.house.prefix)


COMMAND = Command(
    W("stimme", "vote", ("stimmen",)),
    (
        Form(
            args=Vote,
            run=run,
            needs=Role.MEMBER,
            does=W(
                "gibt Ihre Stimme ab; bis zum Schluss änderbar", "casts your vote; you may change it until the close"
            ),
            examples=(
                W("stimme K3 ja", "vote K3 yes"),
                W("stimme K3 nein weil die Fristen fehlen", "vote K3 no because deadlines are missing"),
                W("stimme K3.2 2 > 1 > 3", "vote K3.2 2 > 1 > 3"),
            ),
        ),
        Form(
            verb=W("für …", "for …"),  # shown only: „für“ alone is a yes, so no verb may take it from the form above
            after_key=True,
            args=ForAnother,
            run=run,
            needs=Role.COORDINATOR,
            does=W(
                "trägt die Stimme ein, die eine Organisation Ihnen gesagt hat",
                "enters the vote that an organisation has told you",
            ),
            examples=(
                W(
                    "stimme K3 für Lindenstadt ja (telefonisch, Fr. Huber)",
                    "vote K3 for Lindenstadt yes (by phone, Ms Huber)",
                ),
            ),
        ),
    ),
)
