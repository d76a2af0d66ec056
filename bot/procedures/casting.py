"""A vote goes on record, whether it counts or not, and what it changes is found out.

Only the votes for the same elector are looked at, so it costs the same however many others have voted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.context import Scope
from bot.domain import answers, record
from bot.domain.consultation import Channel, Visibility
from bot.domain.counting import STANDS, Cast, Rank, Verdict, verdicts
from bot.events import Event
from bot.procedures import electorates
from bot.store import consultations, records, rooms, votes
from bot.store.tables import Ballot, CastVote, Consultation, Elector

LONGEST_CHOICE = 4000  # characters: a ranking of 800 options; what comes by poll may be anything
ILLEGIBLE = "?"  # stands in the record for what is no answer of the ballot: anybody can write anything into a click


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a vote says. `choice` is canonical (`bot.domain.answers`); None takes back.

    `option` is what a reaction adds, where several stand side by side (`bot.procedures.taps`).
    """

    choice: str | None
    channel: Channel
    reason: str | None = None
    amendment: str | None = None
    informant: str | None = None
    withdraws: int | None = None
    option: int | None = None
    edition: int | None = None  # the text it was given on; the present one unless known otherwise
    found_late: bool = False


Speaker = tuple[Elector | None, Rank]  # for whom somebody speaks, with what rank; None: they are not entitled


@dataclass(frozen=True, slots=True)
class Taken:
    """A vote on record. `before` and `after` are the votes that counted for its elector until then and from now on."""

    ballot: Ballot
    elector: Elector | None
    cast: Cast
    verdict: Verdict
    before: Cast | None
    after: Cast | None

    @property
    def was_own(self) -> bool:
        """Whether it was a vote of the same sender that counted until then."""
        return self.before is not None and self.before.sender == self.cast.sender


def take(
    ballot: Ballot,
    event: Event,
    said: Said,
    scope: Scope,
    *,
    speaker: Speaker | None = None,
) -> Taken:
    """Put a vote on record, and say what it changes. Without `speaker`, for whom it is is found by the sender."""
    _, consultation = consultations.ballot_with_consultation(scope.session, ballot.id or 0)
    elector, rank = speaker or speaking(consultation, event, said, scope)
    terms = consultations.terms(consultation, ballot)
    earlier = votes.votes_of(scope.session, ballot.id or 0, elector.id or 0) if elector else []
    row = _row(consultation, ballot, elector, rank, event, said, scope)
    row.record_position = _on_record(row, consultation, ballot, elector, scope)
    cast = votes.as_cast(votes.record(scope.session, row))
    found = verdicts([*earlier, cast], terms)
    after = next((each for each in (*earlier, cast) if found[each.id] is Verdict.COUNTED), None)
    stood = verdicts(earlier, terms)
    before = next((each for each in earlier if stood[each.id] is Verdict.COUNTED), None)
    return Taken(ballot, elector, cast, found[cast.id], before, after)


def speaking(consultation: Consultation, event: Event, said: Said, scope: Scope) -> Speaker:
    """For whom the sender of an event speaks if they do not say."""
    found = electorates.speaking(consultation, event, scope, found_late=said.found_late)
    return found or (None, Rank.HOLDER)


def lacking(ballots: Sequence[Ballot], elector: Elector, scope: Scope) -> list[Ballot]:
    """Those on which no vote of the elector counts until now."""
    return [ballot for ballot in ballots if counting(ballot, elector, scope) is None]


def counting(ballot: Ballot, elector: Elector, scope: Scope) -> Cast | None:
    """The vote of an elector that counts until now."""
    return next((cast for cast, verdict in judged(ballot, elector, scope) if verdict is Verdict.COUNTED), None)


def standing_of(sender: str, ballot: Ballot, elector: Elector, scope: Scope) -> Cast | None:
    """The vote of one sender for an elector that stands, whether it counts or yields to somebody else's."""
    found = judged(ballot, elector, scope)
    return next((cast for cast, verdict in found if verdict in STANDS and cast.sender == sender), None)


def judged(ballot: Ballot, elector: Elector, scope: Scope) -> list[tuple[Cast, Verdict]]:
    """All votes for an elector with their verdicts, as of now."""
    _, consultation = consultations.ballot_with_consultation(scope.session, ballot.id or 0)
    cast = votes.votes_of(scope.session, ballot.id or 0, elector.id or 0)
    found = verdicts(cast, consultations.terms(consultation, ballot))
    return [(each, found[each.id]) for each in cast]


def _row(
    consultation: Consultation,
    ballot: Ballot,
    elector: Elector | None,
    rank: Rank,
    event: Event,
    said: Said,
    scope: Scope,
) -> CastVote:
    here = rooms.find(scope.session, event.room_id)
    direct = here is not None and here.direct_with is not None
    return CastVote(
        ballot_id=ballot.id or 0,
        elector_id=elector.id if elector else None,
        sender=event.sender,
        rank=rank,
        edition=said.edition or ballot.edition,
        choice=said.choice[:LONGEST_CHOICE] if said.choice else None,
        reason=said.reason,
        amendment=said.amendment,
        informant=said.informant,
        channel=said.channel,
        event_id=event.event_id,
        sent_at=event.sent_at,
        received_at=event.received_at,
        offline_since=event.offline_since,
        in_room=_is_there(consultation, elector, event, said.channel, scope, direct=direct),
        openly=not direct,
        withdraws=said.withdraws,
        option=said.option,
        found_late=said.found_late,
    )


def _is_there(
    consultation: Consultation,
    elector: Elector | None,
    event: Event,
    channel: Channel,
    scope: Scope,
    *,
    direct: bool,
) -> bool:
    """Whether the voter is where a vote may come from.

    Who votes as a person must be in the consultation's room. Who speaks for an organisation may do so from anywhere,
    but a click or a reaction counts only in a room that one is in: homeservers take them of people who have left, too.
    """
    if elector is not None and elector.person is not None:
        return rooms.is_member(scope.session, consultation.room_id, event.sender)
    typed = channel in (Channel.TYPED, Channel.RECORDED)
    return direct or typed or rooms.is_member(scope.session, event.room_id, event.sender)


def _on_record(row: CastVote, consultation: Consultation, ballot: Ballot, elector: Elector | None, scope: Scope) -> int:
    """Everything that came enters the record: what may be known for ever openly, the rest as commitments.

    Returns the position of its entry there.
    """
    withdrawn = scope.session.get(CastVote, row.withdraws) if row.withdraws else None
    body = {
        "ballot": ballot.position,
        "edition": row.edition,
        "rank": int(row.rank),
        "channel": row.channel,
        "sent_at": row.sent_at.isoformat(),
        "received_at": row.received_at.isoformat(),
        "offline_since": row.offline_since.isoformat() if row.offline_since else None,
        "found_late": row.found_late,
        "withdraws": withdrawn.record_position if withdrawn else None,
    }
    legible = row.choice is None or answers.is_valid(row.choice, consultations.sheet(ballot))
    choice = {"elector": str(elector.number) if elector else "", "choice": (row.choice or "") if legible else ILLEGIBLE}
    hidden = consultation.visibility == Visibility.CONFIDENTIAL
    private = {
        "said": "" if legible else row.choice or "",
        "sender": row.sender,
        "event": row.event_id,
        "reason": row.reason or "",
        "amendment": row.amendment or "",
        "informant": row.informant or "",
    }
    return records.append(
        scope.session,
        consultation,
        record.VOTE,
        scope.now,
        body if hidden else body | choice,
        private=private | choice if hidden else private,
        person=row.sender,
    )
