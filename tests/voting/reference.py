"""Who counts: the counting rule of the issue (points 3, 4 and 6), read once more, slowly.

It is told everything that reached the bot, in order. What somebody is entitled to is found out as each event comes
(as of its sending, if it came late because the bot was away); whether it was in time and on the right text, in the end.
A vote of a sender for an elector stands until the same sender says something else or takes it back. Of those that
stand, holders go before deputies and both before what a coordinator recorded; among equals the latest.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tests.voting.history import (
    CLOSES,
    COORDINATOR,
    GRACE,
    IN_ROOM,
    ORGANISATIONS,
    SKEW,
    Again,
    Clicked,
    ClosedEarly,
    Deputised,
    Event,
    Extended,
    Happening,
    History,
    Mandated,
    Moved,
    Paper,
    Reacted,
    Reworded,
    Ticked,
    TookBack,
    Typed,
)

RECORDED, DEPUTY, HOLDER = 1, 2, 3
SIDE_BY_SIDE = ("multiple", "dates")  # kinds in which several reactions stand beside each other


@dataclass
class Mandate:
    """Who speaks for an organisation, from when until when (None: until further notice)."""

    person: str
    organisation: str
    rank: int
    start: int
    end: int | None = None

    def holds(self, at: int) -> bool:
        return self.start <= at and (self.end is None or at < self.end)

    def is_over(self, at: int) -> bool:
        return self.end is not None and self.end <= at


@dataclass
class Cast:
    """What an event says on one ballot, as it was when it came."""

    event: Event
    ballot: int
    elector: str | None
    rank: int
    edition: int
    present: bool
    openly: bool
    answer: str | None = None  # None takes back
    option: str = ""  # of a reaction that stands beside others
    reason: str = ""
    of: "Cast | None" = None  # what it takes back
    may_be_missing: bool = False  # where the bot may refuse to listen at all
    verdicts: set[str] = field(default_factory=set)  # in the end; each of them would be right
    says: str | None = None  # in the end, what it says together with other reactions

    @property
    def key(self) -> tuple[str | None, str, bool]:
        """Whose word it replaces."""
        return self.elector, self.event.who, self.rank == RECORDED

    @property
    def reacted(self) -> bool:
        return isinstance(self.event, Reacted) or (self.of is not None and isinstance(self.of.event, Reacted))


@dataclass
class Text:
    """The text of a ballot: votes on what was before `valid_edition`, or sent before `valid_since`, are void."""

    edition: int = 1
    valid_edition: int = 1
    valid_since: int | None = None


class Reference:
    """Everything that happened, in order; then `casts` and `counted` have what should have come of it."""

    def __init__(self, history: History) -> None:
        self.world = history.world
        self.closes = CLOSES
        self.state = "open"
        self.members = set(IN_ROOM)
        self.texts = {number: Text() for number in range(1, len(self.world.papers) + 1)}
        self.mandates = [
            Mandate(person, organisation, rank, -1_000_000)
            for organisation, (holders, deputies, _) in ORGANISATIONS.items()
            for people, rank in ((holders, HOLDER), (deputies, DEPUTY))
            for person in people
        ]
        self.casts: list[Cast] = []
        self._known: set[int] = set()
        for happening in history.happenings:
            self._happens(happening)
        self.counted: dict[int, dict[str, Cast]] = {ballot: self._count(ballot) for ballot in self.texts}

    def of(self, ballot: int) -> list[Cast]:
        """What is on record for a ballot, in the order received."""
        return [cast for cast in self.casts if cast.ballot == ballot]

    # what happens

    def _happens(self, happening: Happening) -> None:
        match happening:
            case Ticked(at=at):
                if self.state == "open" and at >= self.closes:
                    self.state = "closed"
                if self.state == "closed" and at >= self.closes + GRACE:
                    self.state = "published"
            case Event():
                if happening.id not in self._known:
                    self._known.add(happening.id)
                    self._done(happening)
            case Again():
                pass

    def _done(self, event: Event) -> None:
        match event:
            case Moved():
                (self.members.discard if event.leaves else self.members.add)(event.who)
            case Mandated():
                self._mandate(event)
            case Deputised():
                self._deputise(event)
            case Extended(until=until):
                if self.state == "open" and until > self.closes:
                    self.closes = until
            case ClosedEarly():
                if self.state == "open":
                    self.closes, self.state = event.at, "closed"
            case Reworded():
                self._reword(event)
            case Typed() | Clicked() | Reacted() | TookBack() if self.state != "published":
                self.casts += self._cast(event)

    def _reword(self, event: Reworded) -> None:
        text = self.texts[event.ballot]
        if self.state == "open":
            text.edition += 1
            if not event.carried:
                text.valid_edition, text.valid_since = text.edition, event.at

    def _mandate(self, event: Mandated) -> None:
        """From now on exactly these people; nobody speaks for two organisations."""
        rank = DEPUTY if event.deputies else HOLDER
        if any(self._elsewhere(person, event.organisation, event.at) for person in event.people):
            return
        for mandate in self.mandates:
            concerned = mandate.person in event.people or mandate.rank == rank
            if mandate.organisation == event.organisation and concerned and not mandate.is_over(event.at):
                mandate.end = max(mandate.start, event.at)
        self.mandates += [Mandate(person, event.organisation, rank, event.at) for person in event.people]

    def _deputise(self, event: Deputised) -> None:
        """By a holder, for somebody who is none."""
        own = self._speaks(event.who, event.at)
        if not own or own[0].rank != HOLDER:
            return
        organisation = own[0].organisation
        theirs = self._speaks(event.person, event.at)
        if self._elsewhere(event.person, organisation, event.at) or (theirs and theirs[0].rank == HOLDER):
            return
        start = event.at if event.start is None else event.start
        for mandate in self.mandates:
            if mandate.person == event.person and mandate.organisation == organisation and not mandate.is_over(event.at):
                if event.withdrawn:
                    mandate.end = max(mandate.start, event.at)
                elif (mandate.end is None or mandate.end > start) and (event.end is None or mandate.start < event.end):
                    mandate.end = max(mandate.start, start)
        if not event.withdrawn:
            self.mandates.append(Mandate(event.person, organisation, DEPUTY, start, event.end))

    def _speaks(self, person: str, at: int) -> list[Mandate]:
        """Their mandates, the highest first."""
        theirs = [each for each in self.mandates if each.person == person and each.holds(at)]
        return sorted(theirs, key=lambda each: -each.rank)

    def _elsewhere(self, person: str, organisation: str, at: int) -> bool:
        return any(each.organisation != organisation for each in self._speaks(person, at)[:1])

    # what it says

    def _cast(self, event: Event) -> Iterable[Cast]:
        match event:
            case Typed():
                return self._typed(event)
            case Clicked():
                answer = " ".join(event.answers) or None
                return [self._put(event, event.ballot, event.edition, answer=answer)]
            case Reacted() if event.answer:
                beside = self.world.papers[event.ballot - 1].kind in SIDE_BY_SIDE and event.answer != "abstain"
                option = event.answer if beside else ""
                return [self._put(event, event.ballot, event.edition, answer=event.answer, option=option)]
            case TookBack(target=target):
                return [
                    self._put(event, cast.ballot, cast.edition, of=cast)
                    for cast in self.casts
                    if cast.event.id == target and cast.event.who == event.who and not isinstance(cast.event, TookBack)
                ]
            case _:
                return []

    def _typed(self, event: Typed) -> Iterable[Cast]:
        if event.answer is None:
            return
        for ballot in self.texts if event.ballot is None else [event.ballot]:
            cast = self._put(event, ballot, self.texts[ballot].edition, answer=event.answer)
            cast.reason = event.reason
            if event.for_whom:
                own = [each for each in self._speaks(event.who, self._when(event)) if each.organisation == event.for_whom]
                records = not own or (event.who == COORDINATOR and bool(event.informant))
                if event.for_whom not in self.world.electors or (records and event.who != COORDINATOR):
                    return
                if records and not event.informant:
                    return
                cast.elector, cast.rank = event.for_whom, RECORDED if records else own[0].rank
                cast.present = True
            yield cast

    def _put(self, event: Event, ballot: int, edition: int, **more: object) -> Cast:
        taken_back = more.get("of")
        elector, rank = self._entitled(event)
        if isinstance(taken_back, Cast) and taken_back.rank == RECORDED:
            elector, rank = taken_back.elector, RECORDED
        source = taken_back.event if isinstance(taken_back, Cast) else event
        direct = isinstance(source, Typed | Reacted) and source.direct
        is_there = event.who in self.members
        if elector is None or elector[0].isupper():
            present = is_there or direct or isinstance(source, Typed)
        else:
            present = is_there
        unknown = isinstance(event, Typed) and not is_there and not self._speaks(event.who, event.at)
        return Cast(event, ballot, elector, rank, edition, present, not direct, may_be_missing=unknown, **more)  # type: ignore[arg-type]

    def _when(self, event: Event) -> int:
        return event.sent if event.away_since is not None else event.at

    def _entitled(self, event: Event) -> tuple[str | None, int]:
        """Who is an elector speaks for themselves; else for the organisation whose mandate they have."""
        if event.who in self.world.electors:
            return event.who, HOLDER
        for mandate in self._speaks(event.who, self._when(event)):
            if mandate.organisation in self.world.electors:
                return mandate.organisation, mandate.rank
        return None, HOLDER

    # what counts

    def _count(self, ballot: int) -> dict[str, Cast]:
        return Standing(self.world.papers[ballot - 1], self._refusals).count(_in_order(self.of(ballot)))

    def _refusals(self, cast: Cast) -> set[str]:
        """Everything that speaks against it."""
        event, text = cast.event, self.texts[cast.ballot]
        last = self.closes + GRACE
        excused = event.unheard or (event.away_since is not None and event.away_since <= last)
        against = {
            "not_entitled": cast.elector is None,
            "not_in_room": not cast.present,
            "early": event.sent < -SKEW,
            "late": event.sent > self.closes,
            "arrived_late": event.at > last and not excused,
            "former_text": cast.edition < text.valid_edition or event.sent < (text.valid_since or event.sent),
            "unknown_option": cast.answer is not None and not is_answer(cast.answer, self.world.papers[cast.ballot - 1]),
            "said_openly": self.world.visibility == "confidential" and cast.openly,
        }
        return {name for name, holds in against.items() if holds}


class Standing:
    """The votes of one ballot that stand, as one after the other comes."""

    def __init__(self, paper: Paper, refusals: Callable[[Cast], set[str]]) -> None:
        self.paper = paper
        self.refusals = refusals
        self.stands: dict[tuple[str | None, str, bool], Cast] = {}
        self.reactions: dict[tuple[str | None, str, bool], dict[int, str]] = {}  # option by event

    def count(self, casts: Iterable[Cast]) -> dict[str, Cast]:
        """The vote of each elector that counts; all verdicts are written down."""
        for cast in casts:
            cast.verdicts = set(self.refusals(cast))
            if cast.verdicts:
                if cast.answer is None:
                    cast.verdicts.add("taking_back")
            elif cast.answer is None:
                self._take_back(cast)
            else:
                self._say(cast)
        best: dict[str, Cast] = {}
        for cast in self.stands.values():  # in the order in which they were said last
            if cast.elector is not None and (cast.elector not in best or cast.rank >= best[cast.elector].rank):
                best[cast.elector] = cast
        for cast in self.stands.values():
            cast.verdicts = {"counted" if cast in best.values() else "overridden"}
        return best

    def _say(self, cast: Cast) -> None:
        cast.says = cast.answer
        if cast.option:
            named = self.reactions.setdefault(cast.key, {})
            named[cast.event.id] = cast.option
            cast.says = self._together(named)
        self._replace(cast, {"replaced"})

    def _replace(self, cast: Cast, verdict: set[str]) -> None:
        before = self.stands.pop(cast.key, None)
        if before is not None:
            before.verdicts = verdict
        self.stands[cast.key] = cast

    def _take_back(self, cast: Cast) -> None:
        cast.verdicts = {"taking_back"}
        stands = self.stands.get(cast.key)
        if cast.of is None:
            if stands is not None:
                self.stands.pop(cast.key).verdicts = {"withdrawn"}
            return
        if cast.of.key != cast.key:
            return  # given for somebody for whom they speak no more
        if cast.of.verdicts == {"replaced"}:
            cast.of.verdicts = {"replaced", "withdrawn"}
        named = self.reactions.get(cast.key, {})
        was_named = named.pop(cast.of.event.id, None) is not None
        if stands is None:
            return
        if self.paper.kind in SIDE_BY_SIDE and cast.of.reacted and stands.reacted:
            abstains = stands.says == "abstain"
            if (was_named and not abstains) or (abstains and stands is cast.of):
                self._leave(cast, named)
        elif stands is cast.of:
            self.stands.pop(cast.key).verdicts = {"withdrawn"}

    def _leave(self, cast: Cast, named: Mapping[int, str]) -> None:
        """What is left of somebody's reactions is what they say now."""
        if not named:
            self.stands.pop(cast.key).verdicts = {"withdrawn", "replaced"}
            return
        cast.says = self._together(named)
        self._replace(cast, {"withdrawn", "replaced"})

    def _together(self, named: Mapping[int, str]) -> str:
        chosen = set(named.values())
        if self.paper.kind == "multiple":
            return ",".join(sorted(chosen, key=int))
        return ",".join(f"{n}:{'yes' if str(n) in chosen else 'no'}" for n in range(1, self.paper.options + 1))


def _in_order(casts: list[Cast]) -> list[Cast]:
    """As received; what was only found in the homeserver's list stands where it was sent, and behind what it takes back."""
    order = [cast for cast in casts if not cast.event.unheard]
    for cast in casts:
        if cast.event.unheard:
            later = [at for at, other in enumerate(order) if _reached(other.event) > cast.event.sent]
            at = min(later, default=len(order))
            order.insert(max(at, order.index(cast.of) + 1) if cast.of else at, cast)
    return order


def _reached(event: Event) -> int:
    """When it would have reached a bot that is never away."""
    return event.sent if event.unheard or event.away_since is not None else event.at


def is_answer(answer: str, paper: Paper) -> bool:
    """Whether a click is one; what is typed or recorded always is."""
    if answer == "abstain":
        return True
    if paper.kind == "approval":
        return answer in ("yes", "no")
    if paper.kind == "choice":
        return answer in [str(number) for number in range(1, paper.options + 1)]
    return True
