"""What voters are told, and only they: that a vote does not count and what to do, and that theirs counts no more.

How somebody voted is never said: a vote of the same organisation may be covered or confidential.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from bot.context import Scope
from bot.domain.answers import Sheet
from bot.domain.consultation import Franchise
from bot.domain.counting import Cast, Verdict
from bot.effects import Direct, Effect
from bot.events import Event
from bot.procedures import electorates, objecting, standing
from bot.procedures.asked import Asked
from bot.procedures.casting import Taken
from bot.procedures.consultations import short_of
from bot.store import consultations, votes
from bot.store.tables import Ballot, Consultation, Elector
from bot.texts import Text, text

OF_PERSONS = (Franchise.PERSONS, Franchise.ACTIVE)
ANSWER_HERE = (Verdict.SAID_OPENLY, Verdict.NOT_IN_ROOM, Verdict.EARLY, Verdict.FORMER_TEXT, Verdict.UNKNOWN_OPTION)

Given = tuple[str, Ballot, str, Sheet]  # „K3.1“, the ballot, an answer to it, and its paper


def of_tap(consultation: Consultation, taken: Sequence[Taken], event: Event, scope: Scope) -> tuple[Effect, ...]:
    """A click or reaction that counts needs no word but to others; any other one gets one, once for each reason."""
    told = concerned(consultation, taken, event, scope)
    refused = [each for each in taken if each.verdict not in (Verdict.COUNTED, Verdict.TAKING_BACK)]
    kept = [each for each in refused if each.cast.choice is None and each.was_own]
    if kept:
        late = text("votes.still_counts", consultation=consultation, shorts=shorts(kept, consultation, scope))
        return (*told, _told(consultation, f"kept/{_reason(kept[0])}", event.sender, late, scope))
    said = [each for each in refused if each.cast.choice is not None]
    if not said:
        elector = taken[0].elector
        asked = _asked(consultation, taken[0].ballot, elector, event.sender, scope) if elector else None
        return (*told, *(objecting.after_tap(asked, taken, event, scope) if asked else ()))
    why = why_not(consultation, said, scope, tapped=True)
    asked = None
    if said[0].verdict in ANSWER_HERE and said[0].elector is not None:
        asked = _asked(consultation, said[0].ballot, said[0].elector, event.sender, scope)
    return (*told, _told(consultation, _reason(said[0]), event.sender, why, scope, asked=asked))


def _asked(consultation: Consultation, ballot: Ballot, elector: Elector, person: str, scope: Scope) -> Asked:
    """The same again. Who has a vote of their own, and gave another one, must name whose."""
    own = votes.elector(scope.session, consultation.id or 0, person)
    several = consultations.has_several(scope.session, consultation.id or 0)
    return Asked(consultation, several, ballot, elector if own is not None and own.id != elector.id else None)


def _reason(taken: Taken) -> str:
    """What is told once: why, of which ballot and text; of a vote that yields, to which. Who is not entitled hears so
    once: that has nothing to do with the ballot.
    """
    if taken.verdict is Verdict.NOT_ENTITLED:
        return str(taken.verdict)
    to = f"/to {taken.after.id}" if taken.verdict is Verdict.OVERRIDDEN and taken.after is not None else ""
    return f"{taken.verdict}/ballot {taken.ballot.position} text {taken.ballot.valid_edition}{to}"


def why_not(consultation: Consultation, taken: Sequence[Taken], scope: Scope, *, tapped: bool = False) -> Text:
    """Why a vote does not count and what to do; of several for the reason of the first that does not."""
    first = next(each for each in taken if each.verdict is not Verdict.COUNTED)
    refused = [each for each in taken if each.verdict is first.verdict]
    counted = [each for each in taken if each.verdict is Verdict.COUNTED]
    if first.verdict is Verdict.OVERRIDDEN and first.after is not None:
        return text(
            "votes.yields",
            consultation=consultation,
            shorts=shorts(refused, consultation, scope),
            counted=shorts(counted, consultation, scope),
            organisation=_name(first),
            yours=int(first.cast.rank),
            theirs=int(first.after.rank),
            by=first.after.sender,
        )
    return text(
        "votes.not_counted",
        consultation=consultation,
        shorts=shorts(refused, consultation, scope),
        counted=shorts(counted, consultation, scope),
        verdict=first.verdict,
        of_persons=consultation.electorate in OF_PERSONS or _is_person(first),
        coordinators=standing.coordinators(consultation.network_id, scope),
        sheet=consultations.sheet(first.ballot),
        tapped=tapped,
        prefix=scope.house.prefix,
    )


def concerned(consultation: Consultation, taken: Iterable[Taken], event: Event, scope: Scope) -> tuple[Effect, ...]:
    """Tell those whose vote counts no more because of somebody else's, and those whose earlier vote counts again.

    Once for each event, however many ballots it speaks of. Nobody is told of what they did themselves.
    """
    changes = [
        (person, what, each)
        for each in taken
        for what, vote in (("overridden", each.before), ("again", each.after))
        if (person := _whom(what, vote, each)) is not None
    ]
    changes.sort(key=lambda change: change[:2])
    effects = []
    for (person, what), group in groupby(changes, key=lambda change: change[:2]):
        same = [each for _, _, each in group]
        said = (_overridden if what == "overridden" else _again)(consultation, same, event.sender, scope)
        effects.append(
            Direct(
                person=person,
                key=f"consultation/{consultation.id}/{what}/{event.event_id}/{person}",
                text=said,
                network_id=consultation.network_id,
                language=scope.language_of(consultation.room_id),
            )
        )
    return tuple(effects)


def over(consultation: Consultation, person: str, scope: Scope) -> tuple[Effect, ...]:
    """Somebody clicked after the result, or in what was called off."""
    said = text("votes.over", consultation=consultation)
    return (_told(consultation, "over", person, said, scope),)


def for_all(
    asked: Asked, ballots: Sequence[Ballot], meant: Sequence[str], event: Event, scope: Scope
) -> tuple[Effect, ...]:
    """Ask whether a reaction on a message to one person is meant for all `ballots`: those that they have not voted on,
    or, if there are none, every one.
    """
    consultation = asked.consultation
    papers = [consultations.sheet(ballot) for ballot in ballots]
    given = [
        (short_of(consultation, ballot, scope), ballot, answer, sheet)
        for ballot, answer, sheet in zip(ballots, meant, papers, strict=True)
    ]
    if electorates.speaking(consultation, event, scope) is None or len(set(meant)) > 1:
        return which_ballot(consultation, ballots, event, scope)
    organisation = asked.elector.organisation if asked.elector else None
    rest = len(ballots) < len(consultations.ballots(scope.session, consultation.id or 0))
    return (
        Direct(
            person=event.sender,
            key=f"consultation/{consultation.id}/for all/{event.event_id}",
            text=text("votes.for_all", consultation=consultation, organisation=organisation, given=given, rest=rest),
            resume=asked.for_all(meant[0], rest=rest),
            network_id=consultation.network_id,
            language=scope.language_of(consultation.room_id),
        ),
    )


def understood(
    consultation: Consultation, ballot: Ballot, event: Event, effects: tuple[Effect, ...], scope: Scope
) -> tuple[Effect, ...]:
    """Besides what came of it, say on which ballot a reaction counts that stands on a message about several."""
    given = [row for row in votes.votes_by_event(scope.session, event.event_id) if row.ballot_id == ballot.id]
    if not given or any(isinstance(effect, Direct) and effect.person == event.sender for effect in effects):
        return effects
    shown = [(short_of(consultation, ballot, scope), ballot, given[0].choice or "", consultations.sheet(ballot))]
    said = text("votes.understood", consultation=consultation, given=shown)
    return (*effects, _told(consultation, f"understood/{event.event_id}", event.sender, said, scope))


def which_ballot(
    consultation: Consultation, ballots: Sequence[Ballot], event: Event, scope: Scope
) -> tuple[Effect, ...]:
    """Tell a voter to react on the single ballots. What others like or dislike is no vote."""
    if electorates.speaking(consultation, event, scope) is None:
        return ()
    named = [(short_of(consultation, ballot, scope), ballot, consultations.sheet(ballot)) for ballot in ballots]
    said = text("votes.which_ballot", consultation=consultation, named=named, words="", prefix=scope.house.prefix)
    return (_told(consultation, "which ballot", event.sender, said, scope),)


def shorts(taken: Iterable[Taken], consultation: Consultation, scope: Scope) -> list[str]:
    """„K3.1“, „K3.2“: the ballots of these votes."""
    return [short_of(consultation, each.ballot, scope) for each in taken]


def _told(
    consultation: Consultation, why: str, person: str, said: Text, scope: Scope, *, asked: Asked | None = None
) -> Direct:
    """One message for each person, consultation and reason. What is asked once more waits for an answer."""
    return Direct(
        person=person,
        key=f"consultation/{consultation.id}/told/{why}/{person}",
        text=said,
        resume=asked.resume if asked else None,
        resume_until=consultation.closes_at if asked else None,
        subject=asked.subject if asked else None,
        network_id=consultation.network_id,
        language=scope.language_of(consultation.room_id),
    )


def _whom(what: str, vote: Cast | None, taken: Taken) -> str | None:
    """Whom this change of what counts concerns: the sender of the vote, unless they made the change."""
    if vote is None or vote.sender == taken.cast.sender or taken.before == taken.after:
        return None
    other = taken.after if what == "overridden" else taken.before
    if what == "overridden" and other is None:
        return None
    return vote.sender if other is None or other.sender != vote.sender else None


def _overridden(consultation: Consultation, taken: Sequence[Taken], _by: str, scope: Scope) -> Text:
    before, after = taken[0].before, taken[0].after
    assert before is not None  # noqa: S101 - `_whom` has seen both
    assert after is not None  # noqa: S101
    return text(
        "votes.overridden",
        consultation=consultation,
        shorts=shorts(taken, consultation, scope),
        organisation=_name(taken[0]),
        yours=int(before.rank),
        theirs=int(after.rank),
        informant=before.informant,
        by=after.sender,
        prefix=scope.house.prefix,
    )


def _again(consultation: Consultation, taken: Sequence[Taken], by: str, scope: Scope) -> Text:
    after = taken[0].after
    assert after is not None  # noqa: S101 - `_whom` has seen it
    return text(
        "votes.again",
        consultation=consultation,
        shorts=shorts(taken, consultation, scope),
        organisation=_name(taken[0]),
        yours=int(after.rank),
        informant=after.informant,
        by=by,
        prefix=scope.house.prefix,
    )


def _name(taken: Taken) -> str:
    return (taken.elector.organisation if taken.elector else None) or ""


def _is_person(taken: Taken) -> bool:
    return taken.elector is not None and taken.elector.person is not None
