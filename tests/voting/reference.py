"""Who counts: the counting rule of the issue (points 3, 4 and 6), read once more, slowly.

It is told everything that reached the bot, in order. What somebody is entitled to is found out as each event comes
(as of its sending, if it came late because the bot was away or never heard of it); what is taken back is taken back
for whom it was given. Whether it was in time and on the right text is found out in the end.
A vote of a sender for an elector stands until the same sender says something else or takes it back. Of those that
stand, holders go before deputies and both before what a coordinator recorded; among equals the latest.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.voting.history import (
    CLOSES,
    COORDINATOR,
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
    Reacted,
    Reworded,
    Ticked,
    TookBack,
    Typed,
)
from tests.voting.standing import DEPUTY, HOLDER, RECORDED, SIDE_BY_SIDE, Cast, Standing, in_order, is_answer


@dataclass
class Mandate:
    """Who speaks for an organisation, from when until when (None: until further notice)."""

    person: str
    organisation: str
    rank: int
    start: float
    end: float | None = None

    def holds(self, at: float) -> bool:
        return self.start <= at and (self.end is None or at < self.end)

    def is_over(self, at: float) -> bool:
        return self.end is not None and self.end <= at


@dataclass
class Text:
    """The text of a ballot: votes on what was before `valid_edition`, or sent before `valid_since`, are void."""

    edition: int = 1
    valid_edition: int = 1
    valid_since: float | None = None


class Reference:
    """Everything that happened, in order; then `casts` and `counted` have what should have come of it."""

    def __init__(self, history: History) -> None:
        self.world = history.world
        self.closes: float = CLOSES
        self.grace = history.grace
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
                if self.state == "closed" and at >= self.closes + self.grace:
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
            if (
                mandate.person == event.person
                and mandate.organisation == organisation
                and not mandate.is_over(event.at)
            ):
                if event.withdrawn:
                    mandate.end = max(mandate.start, event.at)
                elif (mandate.end is None or mandate.end > start) and (event.end is None or mandate.start < event.end):
                    mandate.end = max(mandate.start, start)
        if not event.withdrawn:
            self.mandates.append(Mandate(event.person, organisation, DEPUTY, start, event.end))

    def _speaks(self, person: str, at: float) -> list[Mandate]:
        """Their mandates, the highest first."""
        theirs = [each for each in self.mandates if each.person == person and each.holds(at)]
        return sorted(theirs, key=lambda each: -each.rank)

    def _elsewhere(self, person: str, organisation: str, at: float) -> bool:
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
                own = [
                    each for each in self._speaks(event.who, self._when(event)) if each.organisation == event.for_whom
                ]
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
        if isinstance(taken_back, Cast):
            elector, rank = taken_back.elector, taken_back.rank
            now = [each.organisation for each in self._speaks(event.who, self._when(event))]
            more["speaks"] = elector in (event.who, *now)
        elif elector is None and isinstance(event, Clicked) and not event.answers:
            said = [each for each in self.of(ballot) if each.event.who == event.who and each.answer is not None]
            for each in said:
                if each.elector is not None and each.rank != RECORDED:
                    elector, rank = each.elector, each.rank
        source = taken_back.event if isinstance(taken_back, Cast) else event
        direct = isinstance(source, Typed | Reacted) and source.direct
        is_there = event.who in self.members
        if elector is None or elector[0].isupper():
            present = is_there or direct or isinstance(source, Typed)
        else:
            present = is_there
        unknown = isinstance(event, Typed) and not is_there and not self._speaks(event.who, event.at)
        if isinstance(event, Typed) and event.who == COORDINATOR and elector is None:
            unknown = True  # who coordinates and has no vote is shown how to enter somebody else's instead
        if isinstance(taken_back, Cast):
            unknown = taken_back.may_be_missing
        return Cast(event, ballot, elector, rank, edition, present, not direct, may_be_missing=unknown, **more)  # type: ignore[arg-type]

    def _when(self, event: Event) -> float:
        if event.unheard:
            return min(event.sent, self.closes)
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
        paper = self.world.papers[ballot - 1]
        return Standing(paper, self._refusals).count(in_order(self.of(ballot), paper))

    def _refusals(self, cast: Cast) -> set[str]:
        """Everything that speaks against it."""
        event, text = cast.event, self.texts[cast.ballot]
        last = self.closes + self.grace
        excused = event.unheard or (event.away_since is not None and event.away_since <= last)
        against = {
            "not_entitled": cast.elector is None,
            "not_in_room": not cast.present,
            "early": event.sent < -SKEW,
            "late": event.sent > self.closes and event.at > self.closes,
            "arrived_late": event.at > last and not excused,
            "former_text": cast.edition < text.valid_edition
            or (isinstance(event, Typed) and event.sent < (text.valid_since or event.sent) - SKEW),
            "unknown_option": cast.answer is not None
            and not is_answer(cast.answer, self.world.papers[cast.ballot - 1]),
            "said_openly": self.world.visibility == "confidential" and cast.openly,
        }
        return {name for name, holds in against.items() if holds}
