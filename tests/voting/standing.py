"""The votes of one ballot that stand, as one after the other comes, and which of them counts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tests.voting.history import Event, Paper, Reacted

RECORDED, DEPUTY, HOLDER = 1, 2, 3
SIDE_BY_SIDE = ("multiple", "dates")  # kinds in which several reactions stand beside each other


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
    speaks: bool = True  # for whom it is; who does not may take back, and change nothing
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
        if not named or not cast.speaks:
            self.stands.pop(cast.key).verdicts = {"withdrawn", "replaced"}
            self.reactions.pop(cast.key, None)  # what is left would be a vote of now
            return
        cast.says = self._together(named)
        self._replace(cast, {"withdrawn", "replaced"})

    def _together(self, named: Mapping[int, str]) -> str:
        chosen = set(named.values())
        if self.paper.kind == "multiple":
            return ",".join(sorted(chosen, key=int))
        return ",".join(f"{n}:{'yes' if str(n) in chosen else 'no'}" for n in range(1, self.paper.options + 1))


def in_order(casts: list[Cast], paper: Paper) -> list[Cast]:
    """As received; what was found in the homeserver's list stands where it was sent, and behind what it takes back.

    Where reactions stand side by side it says what all of them say by now, and stands behind the last of them.
    """
    order = [cast for cast in casts if not cast.event.unheard]
    for cast in casts:
        if cast.event.unheard:
            later = [at for at, other in enumerate(order) if _reached(other.event) > cast.event.sent]
            at = min(later, default=len(order))
            behind = [cast.of] if cast.of else []
            if paper.kind in SIDE_BY_SIDE and cast.reacted and cast.answer != "abstain":
                behind += [other for other in order if other.reacted and other.key == cast.key]
            order.insert(max([at, *(order.index(other) + 1 for other in behind)]), cast)
    return order


def _reached(event: Event) -> float:
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
