"""Results of meetings: captured, worded anew, merged; and what is known of one."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.context import Context, Scope
from bot.domain.answers import Kind
from bot.domain.consultation import State
from bot.effects import Effect
from bot.errors import UserError
from bot.procedures.consultations import short_of
from bot.procedures.finding import require_lead_in, require_room
from bot.procedures.groups import work_changed
from bot.store import meetings, networks, projects, results
from bot.store.tables import Consultation, Decision, Feedback, Meeting, Result, ResultVersion

LONGEST = 10_000
LONGEST_KIND = 60


@dataclass(frozen=True, slots=True)
class PutToVote:
    """A ballot on a result: „K3.2“, of which kind, on which of its wordings, and what it decided, once it has."""

    short: str
    consultation: Consultation
    version: int | None
    decision: Decision | None
    kind: str = Kind.APPROVAL


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of a result. `origins` are what it was merged from, each in the wording it had then."""

    result: Result
    version: ResultVersion
    versions: Sequence[ResultVersion]
    meeting: Meeting | None
    origins: Sequence[tuple[Result, int]]
    merged_into: Result | None
    votes: Sequence[PutToVote]
    feedback: Sequence[Feedback]
    feedback_on_origins: Sequence[tuple[Result, Feedback]]


@dataclass(frozen=True, slots=True)
class Listed:
    """A result in a list, in its latest wording; `into` is what it was merged into."""

    result: Result
    version: ResultVersion
    into: Result | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came of a meeting; None: of none that we know."""

    meeting: Meeting | None
    entries: Sequence[Listed]


def gathered(network_id: int, room_id: str | None, scope: Scope) -> list[Gathered]:
    """A network's results by meeting, the last meeting at the end; only those of one room if given."""
    found = listed(results.listed(scope.session, network_id, room_id), scope)
    ids = {entry.result.meeting_id for entry in found}
    met = sorted(
        (meetings.by_id(scope.session, one) for one in ids if one), key=lambda one: (one.starts_at, one.number)
    )
    return [
        Gathered(meeting, entries)
        for meeting in (None, *met)
        if (entries := [entry for entry in found if entry.result.meeting_id == (meeting.id if meeting else None)])
    ]


def listed(found: Sequence[tuple[Result, ResultVersion]], scope: Scope) -> list[Listed]:
    """The same, with what became of those that were merged."""
    return [
        Listed(result, version, results.by_id(scope.session, result.merged_into_id) if result.merged_into_id else None)
        for result, version in found
    ]


def known(result: Result, version: ResultVersion, scope: Scope) -> Known:
    """A result, shown in one of its wordings."""
    session, result_id = scope.session, result.id or 0
    return Known(
        result=result,
        version=version,
        versions=results.versions(session, result_id),
        meeting=meetings.by_id(session, result.meeting_id) if result.meeting_id else None,
        origins=results.origins(session, result_id),
        merged_into=results.by_id(session, result.merged_into_id) if result.merged_into_id else None,
        votes=put_to_vote(result, scope),
        feedback=projects.feedback_on_result(session, result_id),
        feedback_on_origins=feedback_on_origins(result, scope),
    )


def put_to_vote(result: Result, scope: Scope) -> list[PutToVote]:
    """Every ballot on a result, oldest first; those called off are none."""
    return [
        PutToVote(short_of(consultation, ballot, scope), consultation, ballot.result_version, decision, ballot.kind)
        for ballot, consultation, decision in results.ballots_on(scope.session, result.id or 0)
        if consultation.state != State.CANCELLED
    ]


def on_vote(result: Result, scope: Scope) -> list[PutToVote]:
    """The open ballots on a result."""
    return [vote for vote in put_to_vote(result, scope) if vote.consultation.state == State.OPEN]


def feedback_on_origins(result: Result, scope: Scope) -> list[tuple[Result, Feedback]]:
    """What was said of the results that went into this one, however long ago."""
    found = []
    for origin, _ in results.origins(scope.session, result.id or 0):
        found += [(origin, entry) for entry in projects.feedback_on_result(scope.session, origin.id or 0)]
        found += feedback_on_origins(origin, scope)
    return found


def capture(kind: str, words: str, meeting: Meeting | None, room_id: str, ctx: Context) -> tuple[Result, ResultVersion]:
    """Store a new result in its first wording. Raises UserError for a kind or wording that is empty or too long."""
    kind, words = require_kind(kind, ctx), _require_wording(words, ctx)
    result = Result(
        network_id=ctx.network_id,
        number=networks.next_number(ctx.session, ctx.network_id, "E"),
        room_id=room_id,
        kind=kind,
        meeting_id=meeting.id if meeting else None,
    )
    results.add(ctx.session, result)
    return result, _worded(result, words, ctx)


def reword(result: Result, words: str, ctx: Context) -> tuple[ResultVersion, ResultVersion]:
    """A new wording; the one before it, and it. Raises UserError if nothing is new, or it went into another result."""
    require_living(result, ctx)
    words = _require_wording(words, ctx)
    before = results.latest(ctx.session, result)
    if before.text == words:
        raise UserError("result.unchanged", result=result)
    result.latest_version += 1
    return before, _worded(result, words, ctx)


def require_kind(kind: str, scope: Scope) -> str:
    """What a result may be called: a word or two. Raises UserError."""
    kind = kind.strip()
    if not kind or len(kind) > LONGEST_KIND or "\n" in kind:
        raise UserError("result.no_kind", prefix=scope.house.prefix)
    return kind


def _require_wording(words: str, scope: Scope) -> str:
    if not words.strip():
        raise UserError("result.no_kind", prefix=scope.house.prefix)
    if len(words) > LONGEST:
        raise UserError("inbox.too_long", length=len(words), longest=LONGEST, what="text")
    return words.strip()


def require_living(result: Result, scope: Scope) -> None:
    """What went into another result is not worked on any more. Raises UserError that names that one."""
    if result.merged_into_id is not None:
        into = results.by_id(scope.session, result.merged_into_id)
        raise UserError("result.merged_already", result=result, into=into, prefix=scope.house.prefix)


def merge(
    origins: Sequence[Result], kind: str, words: str, room_id: str, ctx: Context
) -> tuple[Result, ResultVersion, tuple[Effect, ...]]:
    """Make one result of several that `mergeable` has let pass; it belongs to the last meeting that one came from.

    Where all of them are in one field of action, so is it.
    """
    result, version = capture(kind, words, meeting_of(origins, ctx), room_id, ctx)
    for origin in origins:
        results.merge(ctx.session, origin, result)
    fields = {(origin.cluster_id, origin.meeting_id) for origin in origins}
    result.cluster_id = origins[0].cluster_id if len(fields) == 1 else None
    return result, version, work_changed(room_id, ctx)


def mergeable(found: Sequence[Result], ctx: Context) -> tuple[list[Result], str]:
    """The results to merge, each once, and the room of what becomes of them: theirs, or else this one.

    Raises UserError for fewer than two, for what has been merged already (so that no circle can come about), and where
    the asker does not lead.
    """
    origins = list({result.id: result for result in found}.values())
    if len(origins) < 2:
        raise UserError("result.merge_one", prefix=ctx.house.prefix)
    for origin in origins:
        require_lead_in(origin.room_id, ctx)
        require_living(origin, ctx)
    places = {origin.room_id for origin in origins}
    if len(places) == 1:
        return origins, places.pop()
    require_room(ctx)
    require_lead_in(ctx.room.room_id, ctx)
    return origins, ctx.room.room_id


def meeting_of(found: Sequence[Result], scope: Scope) -> Meeting | None:
    """The last meeting that one of these results came from."""
    named = [meetings.by_id(scope.session, result.meeting_id) for result in found if result.meeting_id]
    return max(named, key=lambda meeting: (meeting.starts_at, meeting.id or 0), default=None)


def _worded(result: Result, words: str, ctx: Context) -> ResultVersion:
    version = ResultVersion(
        result_id=result.id or 0,
        version=result.latest_version,
        text=words,
        author=ctx.person,
        at=ctx.now,
        event_id=ctx.message.event_id,
    )
    results.add_version(ctx.session, version)
    return version
