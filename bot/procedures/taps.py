"""Clicks in a native poll and reactions are votes; so is taking them back.

Where several options may be named (MULTIPLE, DATES), each reaction adds its option to those that the same person has
named by reactions, and taking one back leaves the others: the rest goes on record as a vote of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.context import Scope
from bot.domain import answers
from bot.domain.answers import ABSTAIN, Fit, Kind, Sheet
from bot.domain.consultation import Channel, State
from bot.domain.counting import Rank, judge
from bot.effects import Effect
from bot.events import Event, Reaction, Redacted, Vote
from bot.language.ballots import answer_of_reaction
from bot.procedures import asked, electorates, voters
from bot.procedures.asked import Asked
from bot.procedures.casting import Said, Speaker, Taken, lacking, speaking, standing_of, take
from bot.procedures.consultations import ANNOUNCED, POLL, SHEET, announcement_key
from bot.store import consultations, outbox, votes
from bot.store.tables import Ballot, CastVote, Consultation, Elector

TAKES_VOTES = (State.OPEN, State.CLOSED)  # closed: what was sent in time may still arrive
SEVERAL = (Kind.MULTIPLE, Kind.DATES)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a click or a reaction is on: a poll, a sheet, the announcement, or a message to one person.

    `ballot` is None where several are spoken of at once. `edition` is that of the text, if it is not the present one.
    `elector` is for whom a message asks that is not for the person themselves.
    """

    consultation: Consultation
    ballot: Ballot | None
    edition: int | None = None
    personal: bool = False
    elector: Elector | None = None


def tapped(event: Vote | Reaction, scope: Scope, *, found_late: bool = False) -> tuple[Effect, ...]:
    """Record what was clicked, and tell whom it concerns; a reaction that means nothing here is not for us."""
    target = event.poll if isinstance(event, Vote) else event.target
    place = _place(target, scope)
    if place is None:
        return ()
    if place.ballot is None:
        return _on_several(place, event, scope) if isinstance(event, Reaction) else ()
    return _on_one(place, place.ballot, event, scope, found_late=found_late)


def _on_one(
    place: _Place, ballot: Ballot, event: Vote | Reaction, scope: Scope, *, found_late: bool = False
) -> tuple[Effect, ...]:
    sheet = consultations.sheet(ballot)
    if isinstance(event, Vote):
        answer, channel = event.answers[0] if len(event.answers) == 1 else " ".join(event.answers), Channel.POLL
    else:
        answer, channel = answer_of_reaction(event.key, sheet) or "", Channel.REACTION
        if not answer:
            return ()
    if place.consultation.state not in TAKES_VOTES:
        return voters.over(place.consultation, event.sender, scope)
    said = Said(choice=answer or None, channel=channel, edition=place.edition, found_late=found_late)
    speaker = _speaker(place, ballot, event, said, scope)
    if channel is Channel.REACTION and sheet.kind in SEVERAL and answer != ABSTAIN:
        said = _added(place.consultation, ballot, event, said, speaker[0], scope)
    taken = take(ballot, event, said, scope, speaker=speaker)
    return voters.of_tap(place.consultation, [taken], event, scope)


def _speaker(place: _Place, ballot: Ballot, event: Vote | Reaction, said: Said, scope: Scope) -> Speaker:
    """Whom a message asked for; else for whom the sender speaks, or did when they voted what they take back now."""
    if place.elector is not None:
        rank = electorates.rank_for(place.consultation, event, place.elector, scope, found_late=said.found_late)
        return (None, Rank.HOLDER) if rank is None else (place.elector, rank)
    speaker = speaking(place.consultation, event, said, scope)
    if said.choice is None and speaker[0] is None:
        last = votes.last_of(scope.session, ballot.id or 0, event.sender)
        if last is not None:
            return scope.session.get(Elector, last.elector_id), Rank(last.rank)
    return speaker


def taken_back(event: Redacted, scope: Scope, *, found_late: bool = False) -> tuple[Effect, ...]:
    """A redaction withdraws a vote if the voter did it in time. A moderator cannot unmake somebody else's vote."""
    rows = [row for row in votes.votes_by_event(scope.session, event.target) if row.sender == event.sender]
    if not rows:
        return ()
    _, consultation = consultations.ballot_with_consultation(scope.session, rows[0].ballot_id)  # all speak of one
    if consultation.state not in TAKES_VOTES:
        return ()
    taken = [_take_back(row, consultation, event, scope, found_late=found_late) for row in rows]
    return voters.of_tap(consultation, taken, event, scope)


def _take_back(row: CastVote, consultation: Consultation, event: Redacted, scope: Scope, *, found_late: bool) -> Taken:
    """It is taken back for whom it was given, as it was: its sender may speak for nobody, or for another, by now."""
    ballot, _ = consultations.ballot_with_consultation(scope.session, row.ballot_id)
    said = Said(
        choice=None,
        channel=Channel(row.channel),
        informant=row.informant,
        withdraws=row.id,
        edition=row.edition,
        found_late=found_late,
    )
    elector = scope.session.get_one(Elector, row.elector_id) if row.elector_id is not None else None
    if elector is not None and said.channel is Channel.REACTION and consultations.sheet(ballot).kind in SEVERAL:
        said = _left(row, ballot, elector, event, said, scope)
        now = electorates.rank_for(consultation, event, elector, scope, found_late=found_late)
        if said.choice is not None and now is None:  # what is left would be a vote of now: everything is taken back
            said = replace(said, choice=None, withdraws=None)
    return take(ballot, event, said, scope, speaker=(elector, Rank(row.rank)))


# several reactions side by side


def _added(
    consultation: Consultation, ballot: Ballot, event: Event, said: Said, elector: Elector | None, scope: Scope
) -> Said:
    """What somebody's reactions say together with this one; on a former text each says what it says."""
    option, before = int(said.choice or 0), set[int]()
    if elector is not None and (said.edition or ballot.edition) >= ballot.valid_edition:
        before = set(_named(consultation, ballot, elector, event.sender, scope).values())
    return replace(said, choice=_answer({*before, option}, consultations.sheet(ballot)), option=option)


def _left(row: CastVote, ballot: Ballot, elector: Elector, event: Event, said: Said, scope: Scope) -> Said:
    """What somebody's reactions say without this one; nothing else if what stands was not said by reactions."""
    stands = standing_of(event.sender, ballot, elector, scope)
    if stands is None or stands.channel != Channel.REACTION:
        return said
    _, consultation = consultations.ballot_with_consultation(scope.session, ballot.id or 0)
    named = _named(consultation, ballot, elector, event.sender, scope)
    if row.option is None and stands.id != row.id:
        return said  # an abstention that was replaced before
    if row.option is not None and (stands.choice == ABSTAIN or row.id not in named):
        return said  # replaced by an abstention, or taken back before
    left = {option for each, option in named.items() if each != row.id}
    if left:
        return replace(said, choice=_answer(left, consultations.sheet(ballot)), withdraws=row.id)
    return replace(said, choice=None, withdraws=stands.id)


def _named(consultation: Consultation, ballot: Ballot, elector: Elector, sender: str, scope: Scope) -> dict[int, int]:
    """The options that somebody's reactions name now, by the vote that added each."""
    terms = consultations.terms(consultation, ballot)
    named: dict[int, int] = {}
    rests: set[int | None] = set()  # votes that say what was left
    for row in votes.reactions_of(scope.session, ballot.id or 0, elector.id or 0, sender):
        if judge(votes.as_cast(row), terms).is_refusal:
            continue
        if row.option is not None:
            named[row.id or 0] = row.option
        elif row.withdraws in named:
            del named[row.withdraws or 0]
        elif row.choice is None and (row.withdraws is None or row.withdraws in rests):
            named.clear()
        if row.withdraws is not None and row.choice is not None:
            rests.add(row.id)
    return named


def _answer(options: set[int], sheet: Sheet) -> str:
    if sheet.kind is Kind.MULTIPLE:
        return answers.of_choices(tuple(options))
    return answers.of_fits(
        {number: Fit.YES if number in options else Fit.NO for number in range(1, len(sheet.options) + 1)}
    )


# what it is on


def _on_several(place: _Place, event: Reaction, scope: Scope) -> tuple[Effect, ...]:
    """A reaction on what speaks of several ballots: it may mean all of them, so it is asked back, or said where to."""
    every = consultations.ballots(scope.session, place.consultation.id or 0)
    ballots = _left_open(place, every, event, scope) if place.personal else every
    if len(ballots) == 1:
        (last,) = ballots
        found = replace(place, ballot=last, edition=_edition_then(last, event.target, scope))
        return voters.understood(place.consultation, last, event, _on_one(found, last, event, scope), scope)
    given = [answer_of_reaction(event.key, consultations.sheet(ballot)) for ballot in ballots]
    if not any(given):
        return ()
    if place.consultation.state not in TAKES_VOTES:
        return voters.over(place.consultation, event.sender, scope)
    meant: Sequence[str] = [answer for answer in given if answer]
    whole = meant[0] == ABSTAIN or not any(ballot.kind in SEVERAL for ballot in ballots)
    if place.personal and whole and len(meant) == len(ballots):
        return voters.for_all(Asked(place.consultation, True, elector=place.elector), ballots, meant, event, scope)
    return voters.which_ballot(place.consultation, ballots, event, scope)


def _left_open(place: _Place, ballots: Sequence[Ballot], event: Reaction, scope: Scope) -> Sequence[Ballot]:
    """What the sender has not voted on, if anything; else all of it."""
    spoken = electorates.speaking(place.consultation, event, scope)
    elector = place.elector or (spoken[0] if spoken else None)
    return (lacking(ballots, elector, scope) if elector else ()) or ballots


def _place(event_id: str, scope: Scope) -> _Place | None:
    key = outbox.key_of(scope.session, event_id) or ""
    if found := POLL.fullmatch(key) or SHEET.fullmatch(key):
        ballot, consultation = consultations.ballot_with_consultation(scope.session, int(found["ballot"]))
        return _Place(consultation, ballot, int(found["edition"] or 1) if ballot.valid_edition > 1 else None)
    if found := ANNOUNCED.fullmatch(key):
        consultation = consultations.by_id(scope.session, int(found["consultation"]))
        personal = not key.startswith(announcement_key(consultation))
        ballots = consultations.ballots(scope.session, consultation.id or 0)
        elector = _elector_of(key, scope) if personal else None
        if personal and (one := asked.BALLOT.search(key)):
            return _Place(consultation, ballots[int(one["position"]) - 1], int(one["edition"]), personal, elector)
        if len(ballots) > 1:
            return _Place(consultation, None, personal=personal, elector=elector)
        return _Place(consultation, ballots[0], _edition_then(ballots[0], event_id, scope), personal, elector)
    return None


def _elector_of(key: str, scope: Scope) -> Elector | None:
    found = asked.ELECTOR.search(key)
    return scope.session.get(Elector, int(found["elector"])) if found else None


def _edition_then(ballot: Ballot, event_id: str, scope: Scope) -> int | None:
    """A message of before the present text speaks of the one before it."""
    if ballot.valid_since is None:
        return None
    said_at = outbox.said_at(scope.session, event_id)
    return ballot.valid_edition - 1 if said_at is not None and said_at < ballot.valid_since else None
