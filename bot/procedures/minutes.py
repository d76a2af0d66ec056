"""Minutes of a consultation: gathered from what is on record, written as HTML, CSV and JSON (Protokoll).

What is covered or confidential is in no minutes before its result is out; of a confidential one there are sums only.
"""

import gzip
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot import texts
from bot.context import Scope
from bot.domain import record, recordfile
from bot.domain.answers import Sheet
from bot.domain.breakdown import Member, breakdown, without_small_cells
from bot.domain.consultation import State, Step, Visibility
from bot.domain.counting import Verdict, verdicts
from bot.domain.tallies import tally
from bot.effects import Document
from bot.errors import UserError
from bot.files.minutes import Dissenting, Minutes, Part, Wording
from bot.procedures import outcome
from bot.procedures.consultations import short_of
from bot.store import consultations, decisions, networks, records, results, tasks, votes
from bot.store.tables import Ballot, Consultation, Decision, Elector
from bot.store.votes import Heard

LARGE = 5_000_000  # bytes; a larger record is packed: homeservers take 50 MB, and hashes pack to half

VERDICTS = {verdict.value: verdict for verdict in Verdict}
BEFORE_IT_OPENS = frozenset({State.DRAFT, State.SCHEDULED})
OVER = (State.CLOSED, State.PUBLISHED)


def documents(
    consultation: Consultation, scope: Scope, language: str, *, key: str = "", room_id: str | None = None
) -> tuple[Document, ...]:
    """The three files, to the consultation's room unless another one is named.

    `key` tells one request from another. Raises UserError while there is nothing to tell, or nothing may be told.
    """
    _require_told(consultation)
    minutes = gather(consultation, scope)
    own = f"{_stem(language)}-K{consultation.number}"
    packed, content = _record(consultation, minutes, scope)
    names = (f"{own}.html", f"{own}.csv", f"{own}.json.gz" if packed else f"{own}.json")
    wording = Wording(texts.of(scope.house.templates), language, scope.network_zone(consultation.network_id))
    contents = (
        ("text/html", wording.document(minutes, names)),
        ("text/csv", wording.table(minutes)),
        ("application/gzip" if packed else "application/json", content),
    )
    stem = key or f"consultation/{consultation.id}/minutes/{consultation.record_length}"
    return tuple(
        Document(
            room_id=room_id or consultation.room_id,
            key=f"{stem}/{name.rpartition(own)[2]}",
            name=name,
            mimetype=mimetype,
            content=written,
        )
        for name, (mimetype, written) in zip(names, contents, strict=True)
    )


def attached(consultation: Consultation, scope: Scope) -> tuple[Document, ...]:
    """The minutes that go with a result whose message cannot hold all of it; nothing where it can.

    A step of its own after „published“: with 80,000 votes writing them takes seconds, in which nothing else is stored.
    """
    ballots = len(consultations.ballots(scope.session, consultation.id or 0))
    if not outcome.is_too_long(ballots, votes.entitled(scope.session, consultation.id or 0)):
        return ()
    language = scope.language_of(consultation.room_id)
    return documents(consultation, scope, language, key=f"consultation/{consultation.id}/result/minutes")


def require_over(consultation: Consultation) -> None:
    """Who asks for minutes gets them once nobody can vote any more. Raises UserError before that."""
    if consultation.state not in OVER:
        raise UserError("consultation.no_minutes_yet", consultation=consultation)


def are_there(consultation: Consultation) -> bool:
    """Whether somebody who asks for the minutes gets them now."""
    return consultation.state in OVER and not _is_hidden(consultation)


def _is_hidden(consultation: Consultation) -> bool:
    return consultation.visibility != Visibility.OPEN and consultation.state != State.PUBLISHED


def _stem(language: str) -> str:
    return "protokoll" if language == "de" else "minutes"


def _require_told(consultation: Consultation) -> None:
    if _is_hidden(consultation) or consultation.state in BEFORE_IT_OPENS:
        raise UserError("minutes.not_yet", consultation=consultation)


def gather(consultation: Consultation, scope: Scope) -> Minutes:
    """All that the minutes say."""
    own = consultation.id or 0
    electors = sorted(votes.electors(scope.session, own), key=lambda each: each.number)
    entitled = _Entitled.of(electors)
    ballots = consultations.ballots(scope.session, own)
    cast = {each.id or 0: votes.heard(scope.session, each.id or 0) for each in ballots}
    published = records.last_of(scope.session, own, Step.PUBLISHED)
    results_on_record = {body["ballot"]: body for body in records.of_kind(scope.session, own, record.RESULT)}
    everything = [each for heard in cast.values() for each in heard]
    return Minutes(
        network=networks.by_id(scope.session, consultation.network_id).name,
        consultation=consultation,
        electors=electors,
        steps=consultations.steps(scope.session, own),
        parts=[
            _part(consultation, each, entitled, cast[each.id or 0], results_on_record.get(each.position, {}), scope)
            for each in ballots
        ],
        tasks=tasks.of_consultation(scope.session, own),
        found_late=sum(each.found_late for each in everything),
        away_since=min((each.offline_since for each in everything if each.offline_since), default=None),
        published_head=(published.position, published.digest) if published else None,
        at=scope.now,
    )


@dataclass(frozen=True, slots=True)
class _Entitled:
    """The electorate as each ballot needs it, made once: there may be 2,000 electors and 40 ballots."""

    known: Mapping[int, Elector]
    weights: Mapping[int, int]
    members: Sequence[Member]

    @classmethod
    def of(cls, electors: Sequence[Elector]) -> "_Entitled":
        return cls(
            {each.id or 0: each for each in electors},
            {each.id or 0: each.weight for each in electors},
            [Member(each.id or 0, each.weight, each.bench, each.level, each.inhabitants) for each in electors],
        )


def _part(
    consultation: Consultation,
    ballot: Ballot,
    entitled: _Entitled,
    heard: Sequence[Heard],
    on_record: Mapping[str, Any],
    scope: Scope,
) -> Part:
    sheet = consultations.sheet(ballot)
    judged = _verdicts(consultation, ballot, heard, scope)
    valid = {each.elector_id or 0: each.choice or "" for each in heard if judged[each.id] is Verdict.COUNTED}
    told = consultation.visibility != Visibility.CONFIDENTIAL
    decision = decisions.decision(scope.session, ballot.id or 0)
    broken_down = breakdown(entitled.members, valid, sheet)
    return Part(
        short=short_of(consultation, ballot, scope),
        ballot=ballot,
        sheet=sheet,
        editions=consultations.editions(scope.session, ballot.id or 0),
        result=results.by_id(scope.session, ballot.result_id) if ballot.result_id else None,
        count=tally(sheet, valid, entitled.weights),
        breakdown=broken_down if told else without_small_cells(broken_down),
        decision=decision,
        chosen=_chosen(sheet, decision),
        quorum_reached=on_record.get("quorum_reached"),
        events=heard if told else None,
        verdicts=judged,
        electors=entitled.known,
        silent=[each for number, each in entitled.known.items() if number not in valid] if told else None,
        refused=sorted((verdict, n) for verdict, n in Counter(judged.values()).items() if verdict.is_refusal),
        dissents=_dissents(ballot, entitled.known, scope) if told else (),
        outcome_only=not told and len(set(entitled.weights.values())) > 1,
    )


def _chosen(sheet: Sheet, decision: Decision | None) -> int | None:
    """The number of the option that won: a decision has it in words, of dates as a time."""
    won = decision.chosen if decision else None
    spelled = [each.at.isoformat() if each.at else each.label for each in sheet.options]
    return spelled.index(won) + 1 if won in spelled else None


def _verdicts(
    consultation: Consultation, ballot: Ballot, heard: Sequence[Heard], scope: Scope
) -> Mapping[int, Verdict]:
    """As they were written down at the close; until then as they would be now."""
    if all(each.verdict for each in heard):
        return {each.id: VERDICTS[each.verdict or ""] for each in heard}
    now = verdicts(votes.votes(scope.session, ballot.id or 0), consultations.terms(consultation, ballot))
    return {each.id: VERDICTS[each.verdict] if each.verdict else now[each.id] for each in heard}


def _dissents(ballot: Ballot, electors: Mapping[int, Elector], scope: Scope) -> Sequence[Dissenting]:
    decision = decisions.decision(scope.session, ballot.id or 0)
    if decision is None:
        return ()
    return [
        Dissenting(
            dissent=each,
            elector=electors[each.elector_id],
            answers=[
                (said.organisation, said.text) for said in decisions.counter_positions(scope.session, each.id or 0)
            ],
        )
        for each in decisions.dissents(scope.session, decision.id or 0)
    ]


def _record(consultation: Consultation, minutes: Minutes, scope: Scope) -> tuple[bool, bytes]:
    """The record as a file, and whether it is packed."""
    own = consultation.id or 0
    header = recordfile.Header(
        network=minutes.network,
        consultation=f"K{consultation.number}",
        title=consultation.title,
        head=consultation.record_head,
        published_head=minutes.published_head,
    )
    told = consultation.visibility != Visibility.CONFIDENTIAL
    opened = records.opened(scope.session, own, votes=told)
    content = recordfile.written(header, records.entries(scope.session, own), opened).encode()
    return (True, gzip.compress(content, 1, mtime=0)) if len(content) > LARGE else (False, content)
