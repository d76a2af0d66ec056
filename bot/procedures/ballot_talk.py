"""Votes that nobody was asked for just then: „nein“ in the direct chat after a yes, „K1 ja“, „ja“ as a reply to a poll.

Only what is an answer as a whole is one. In a room a reply to what we said about a vote must be nothing else: „Ja, das
sehe ich auch so“ stays talk. An „okay“ that nobody asked for means nothing.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.context import Scope
from bot.domain.consultation import State
from bot.errors import UserError
from bot.events import Message
from bot.language.ballots import Read, read_answer
from bot.language.courtesies import without_greeting
from bot.language.kept import MEANT
from bot.language.names import fold
from bot.language.recorded import names
from bot.language.votes import is_acknowledgement, is_given_expressly
from bot.procedures import casting, electorates, standing
from bot.procedures.consultations import ANNOUNCED, POLL, SHEET
from bot.store import consultations, outbox
from bot.store.tables import Ballot, Consultation

KEYED = re.compile(r"(?P<key>k\s?(?P<number>\d{1,6})(?:[.,]\d{1,3})?)(?:\s*:\s*|\s+)(?=\S)", re.IGNORECASE)
REMEMBERED = timedelta(days=14)  # so long after its close an answer is told that a consultation is over
OVER = (State.CLOSED, State.PUBLISHED, State.CANCELLED)

Fit = tuple[Consultation, Ballot | None]  # None: all of its ballots


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is to be run in which network, or said instead."""

    words: str
    consultation: Consultation | None = None
    refusal: UserError | None = None


def directly(message: Message, words: str, scope: Scope) -> Spoken | None:
    """What somebody writes in the direct chat who was asked nothing, if it is a vote."""
    found = KEYED.match(words)
    if found is None and (is_acknowledgement(words) or len(words) > 4_000):
        return None
    homes = standing.belongs_to(message.sender, scope)  # held: their zones are asked for below
    networks = [network.id or 0 for network in homes]
    open_here = open_for(message.sender, networks, scope)
    if found is not None:
        named = [one for one in open_here if one.number == int(found["number"])]
        only = named[0] if len(named) == 1 else None
        return Spoken(keyed(words), only)
    words = _without_own_name(words, message.sender, open_here, scope)
    fits = fitting(words, open_here, message.room_id, scope)
    if len(fits) > 1:
        return Spoken("", refusal=which_one([one for one, _ in fits], scope))
    if fits:
        taken = _voted_by_another(*fits[0], message.sender, scope)
        return taken or Spoken(f"stimme {consultations.key(*fits[0])} {MEANT}{words}", fits[0][0])
    past = [one for one in _over(message.sender, networks, scope) if fitting(words, [one], message.room_id, scope)]
    return Spoken("", refusal=UserError("votes.over", consultation=past[-1])) if past else None


def _without_own_name(words: str, person: str, among: Sequence[Consultation], scope: Scope) -> str:
    """What somebody says of the organisation that they speak for anyway: „Lindenstadt stimmt zu“."""
    plain = without_greeting(words)
    spoken = [electorates.spoken_for(one, person, scope.now, scope) for one in among]
    own = {fold(each[0].organisation) for each in spoken if each and each[0].organisation}
    return next((behind for name, behind in names(plain) if behind and fold(name) in own), words)


def keyed(words: str) -> str:
    """The command that „K1: ja“ means; empty where no ballot is named first."""
    found = KEYED.match(words)
    return f"stimme {found['key']} {words[found.end() :]}" if found else ""


def replied(message: Message, event_id: str, words: str, scope: Scope) -> Spoken | None:
    """What a reply to the announcement, a sheet or the poll says, if it is a vote and nothing else."""
    place = _place(event_id, scope)
    if place is None:
        return None
    consultation, ballot, is_former = place
    named = KEYED.match(words)
    if named is not None:
        return Spoken(keyed(words)) if int(named["number"]) == consultation.number else None
    meant = [ballot] if ballot else consultations.ballots(scope.session, consultation.id or 0)
    zone = _zone(consultation, message.room_id, scope)
    if not any(_is_bare(read(words, each, zone)) for each in meant):
        return None
    if is_former:
        return Spoken("", refusal=UserError("votes.former_text", consultation=consultation))
    return Spoken(f"stimme {consultations.key(consultation, ballot)} {words}", consultation)


def open_for(person: str | None, networks: Collection[int], scope: Scope) -> list[Consultation]:
    """The open consultations of these networks in which a person has a vote; of None: all."""
    found = [one for one in consultations.open_ones(scope.session) if one.network_id in networks]
    if person is None:
        return found
    return [one for one in found if electorates.spoken_for(one, person, scope.now, scope) is not None]


def fitting(words: str, among: Sequence[Consultation], room_id: str, scope: Scope) -> list[Fit]:
    """The consultations that words, said in a room, are an answer to: on one ballot alone, or on several."""
    found = list[Fit]()
    for consultation in among:
        ballots = consultations.ballots(scope.session, consultation.id or 0)
        zone = _zone(consultation, room_id, scope)
        fits = [ballot for ballot in ballots if read(words, ballot, zone).answer is not None]
        if fits:
            found.append((consultation, fits[0] if len(fits) == 1 < len(ballots) else None))
    return found


def fits(subject: str, words: str, room_id: str, scope: Scope) -> bool:
    """Whether words, said in a room, are an answer to what somebody was reminded of."""
    consultation = consultations.by_id(scope.session, int(subject.split("/")[1]))
    return bool(fitting(words, [consultation], room_id, scope))


def read(words: str, ballot: Ballot, zone: ZoneInfo) -> Read:
    """What words say on a ballot; dates are on the clocks of `zone`."""
    return read_answer(words, consultations.sheet(ballot), zone=zone)


def _zone(consultation: Consultation, room_id: str, scope: Scope) -> ZoneInfo:
    """The zone in which whoever writes in a room has seen the dates that are to be chosen from."""
    return scope.zone_of(room_id, consultation.network_id)


def which_one(among: Sequence[Consultation], scope: Scope) -> UserError:
    """Several could be meant; each is shown with an example of its own."""
    named = []
    for consultation in among:
        ballots = consultations.ballots(scope.session, consultation.id or 0)
        short = consultations.key(consultation, ballots[0] if len(ballots) > 1 else None)
        named.append((consultation, short, consultations.sheet(ballots[0])))
    return UserError("consultations.which_one", named=named)


def _voted_by_another(consultation: Consultation, ballot: Ballot | None, person: str, scope: Scope) -> Spoken | None:
    """Who has not voted, though somebody else has for the same organisation, must say that they mean to replace it."""
    spoken = electorates.spoken_for(consultation, person, scope.now, scope)
    if spoken is None:
        return None
    several = consultations.has_several(scope.session, consultation.id or 0)
    for each in [ballot] if ballot else consultations.ballots(scope.session, consultation.id or 0):
        counts = casting.counting(each, spoken[0], scope)
        if counts is None or casting.standing_of(person, each, spoken[0], scope) is not None:
            continue
        refusal = UserError(
            "votes.voted_by",
            consultation=consultation,
            short=consultations.key(consultation, each if several else None),
            sheet=consultations.sheet(each),
            by=counts.sender,
        )
        return Spoken("", refusal=refusal)
    return None


def _over(person: str, networks: Collection[int], scope: Scope) -> list[Consultation]:
    """Those that are over, but not for long, the last one last."""
    since = scope.now - REMEMBERED
    late = [one for network in networks for one in consultations.closed_since(scope.session, network, since, OVER)]
    mine = [one for one in late if electorates.spoken_for(one, person, scope.now, scope) is not None]
    return sorted(mine, key=lambda one: one.closes_at)


def _is_bare(said: Read) -> bool:
    """Whether it is an answer and nothing else but a reason that says so."""
    return said.answer is not None and (not said.reason or is_given_expressly(said.reason))


def _place(event_id: str, scope: Scope) -> tuple[Consultation, Ballot | None, bool] | None:
    """What one of our posts puts to the vote, and whether another text does by now."""
    said = outbox.key_of(scope.session, event_id) or ""
    if found := POLL.fullmatch(said) or SHEET.fullmatch(said):
        ballot, consultation = consultations.ballot_with_consultation(scope.session, int(found["ballot"]))
        several = consultations.has_several(scope.session, consultation.id or 0)
        return consultation, ballot if several else None, int(found["edition"] or 1) < ballot.valid_edition
    if found := ANNOUNCED.fullmatch(said):
        return consultations.by_id(scope.session, int(found["consultation"])), None, False
    return None
