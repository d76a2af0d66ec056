"""Makes histories at random: a seed always makes the same one."""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from tests.voting.answers import answer, in_words, no_answer, sign
from tests.voting.history import (
    CLOSES,
    COORDINATOR,
    GRACE,
    IN_ROOM,
    NOTICED,
    ORGANISATIONS,
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
from tests.voting.worlds import world

TAPPED = ("approval", "choice", "multiple", "dates")  # kinds for which a reaction says something
SPEAKERS = ("ben", "ben", "dora", "cem", "emil", "emil", "fritz", "gerd", "anna", "hanna", "ida")


def make(seed: int) -> History:
    """The history of this seed."""
    return _Maker(Random(seed), seed).history()


@dataclass
class _Maker:
    rng: Random
    seed: int
    now: int = 1
    closes: int = CLOSES
    count: int = 0
    done: list[Happening] = field(default_factory=list)
    editions: dict[int, list[int]] = field(default_factory=dict)  # those with posts of their own, and the present one
    present: dict[int, int] = field(default_factory=dict)

    def history(self) -> History:
        """A world, what happens while the vote is open, around the close, and after it."""
        self.world = world(self.rng)
        for ballot in range(1, len(self.world.papers) + 1):
            self.editions[ballot], self.present[ballot] = [1], 1
        for _ in range(self.rng.randint(4, 16)):
            self._while_open()
        if self.rng.random() < 0.08:
            self.now = min(self.now + self.rng.randint(1, 3000), self.closes - 1)
            self.done.append(ClosedEarly(at=self.now, sent=self.now, id=self._id(), who=COORDINATOR))
            self.closes = self.now
        self._close()
        return History(self.seed, self.world, tuple(self.done))

    def _while_open(self) -> None:
        self.now = min(self.now + self.rng.choice((0, 1, 30, 600, self.rng.randint(1, 3000))), self.closes - 1)
        chance = self.rng.random()
        if chance < 0.72:
            self._add(self._vote())
        elif chance < 0.79:
            self._away(self.rng.randint(1, 2000))
        elif chance < 0.83:
            who = self.rng.choice(IN_ROOM[1:])
            here = [each for each in self.done if isinstance(each, Moved) and each.who == who]
            self._add(Moved(leaves=not (here and here[-1].leaves), **self._by(who)))
        elif chance < 0.88:
            self._mandate()
        elif chance < 0.91:
            self._deputise()
        elif chance < 0.95:
            self._reword()
        elif chance < 0.97 and self.done:
            self._replay()
        elif chance > 0.985:
            self.closes += self.rng.choice((60, 3600, 20_000))
            self._add(Extended(until=self.closes, **self._by(COORDINATOR)))

    def _close(self) -> None:
        """Votes under way at the close; sometimes the bot is away then, or its clock hangs."""
        last, how = self.closes + GRACE, self.rng.random()
        if how < 0.2:
            self.now = self.closes - self.rng.choice((0, 1, 300))
            self._away(self.rng.choice((2, GRACE, GRACE + 300, 4000)))
        else:
            if how < 0.8:
                self.done.append(Ticked(at=max(self.now, self.closes)))
            for _ in range(self.rng.randint(0, 4)):
                late = self.rng.choice((0, 1, 20, GRACE - 1, GRACE)) if how < 0.8 else self.rng.randint(0, 200)
                self.now = max(self.now, self.closes + late)
                vote = self._vote()
                sent = self.rng.choice((self.closes, self.closes - 1, self.closes + 1, self.now, vote.sent))
                self._add(replace(vote, sent=sent))
        self._unheard(max(self.now, last))
        self.now = max(self.now, last)
        self.done.append(Ticked(at=self.now))
        for _ in range(self.rng.choice((0, 0, 1, 2))):
            self.now += self.rng.randint(1, 100)
            self._add(self._vote())

    # votes

    def _vote(self, who: str = "") -> Event:
        """Something that says how somebody votes, or takes it back."""
        who = who or self.rng.choice(SPEAKERS if self.world.franchise != "persons" else IN_ROOM)
        chance = self.rng.random()
        earlier = [each for each in self.done if isinstance(each, Typed | Clicked | Reacted)]
        if earlier and chance < 0.2:
            return self._redaction(earlier, who)
        ballot = self.rng.randint(1, len(self.world.papers))
        paper = self.world.papers[ballot - 1]
        if chance < 0.3 and self.world.franchise != "persons":
            return self._recorded(ballot, paper)
        if chance < 0.55 and paper.kind in ("approval", "choice") and self.world.visibility != "confidential":
            return self._click(who, ballot, paper)
        if chance < 0.75 and paper.kind in TAPPED:
            return self._reaction(who, ballot, paper)
        return self._typed(who, ballot, paper)

    def _redaction(self, earlier: list[Typed | Clicked | Reacted], who: str) -> TookBack:
        own = [each for each in earlier if each.who == who]
        target = self.rng.choice(own if own and self.rng.random() < 0.9 else earlier)
        by = target.who if self.rng.random() < 0.9 else who
        return TookBack(target=target.id, **self._by(by))

    def _typed(self, who: str, ballot: int, paper: Paper) -> Typed:
        confidential = self.world.visibility == "confidential"
        direct = self.rng.random() < (0.8 if confidential else 0.3)
        alike = len(set(self.world.papers)) == 1 and len(self.world.papers) > 1
        at = None if alike and self.rng.random() < 0.3 else ballot
        given: str | None = answer(self.rng, paper)
        words = in_words(given or "", paper)
        if self.rng.random() < 0.05:
            given, words = None, no_answer(paper)
        reason = self.rng.choice(("", "", "zu teuer", "es eilt")) if given else ""
        named = ""
        if self.world.franchise != "persons" and self.rng.random() < 0.06 and given:
            named = self.rng.choice([name for name, (holders, _, _) in ORGANISATIONS.items() if who in holders] or [""])
        return Typed(
            ballot=at, answer=given, words=words, reason=reason, direct=direct, for_whom=named, **self._by(who)
        )

    def _recorded(self, ballot: int, paper: Paper) -> Typed:
        given = answer(self.rng, paper)
        return Typed(
            ballot=ballot,
            answer=given,
            words=in_words(given, paper),
            reason=self.rng.choice(("", "", "zu teuer")),
            direct=self.rng.random() < (0.8 if self.world.visibility == "confidential" else 0.2),
            for_whom=self.rng.choice(tuple(ORGANISATIONS)),
            informant="telefonisch, Fr. Huber" if self.rng.random() < 0.95 else "",
            **self._by(COORDINATOR if self.rng.random() < 0.95 else "hanna"),
        )

    def _click(self, who: str, ballot: int, paper: Paper) -> Clicked:
        given: tuple[str, ...] = (answer(self.rng, paper),)
        chance = self.rng.random()
        if chance < 0.2:
            given = ()
        elif chance < 0.27:
            given = self.rng.choice((("7",), ("yes", "no"), ("1", "2"), ("ja",), ("0",)))
        return Clicked(ballot=ballot, edition=self._edition(ballot), answers=given, **self._by(who))

    def _reaction(self, who: str, ballot: int, paper: Paper) -> Reacted:
        emoji, meant = sign(self.rng, paper)
        noticed = self.world.franchise == "organisations" and len(self.world.papers) == 1 and who in NOTICED
        direct = noticed and self.rng.random() < (0.8 if self.world.visibility == "confidential" else 0.2)
        edition = 1 if direct else self._edition(ballot)
        return Reacted(ballot=ballot, edition=edition, emoji=emoji, answer=meant, direct=direct, **self._by(who))

    def _edition(self, ballot: int) -> int:
        known = self.editions[ballot]
        return known[-1] if self.rng.random() < 0.85 else self.rng.choice(known)

    # what else there is

    def _away(self, seconds: int) -> None:
        """The bot does not hear for a while, then everything comes at once; in the order sent, or nearly."""
        since, sent = self.now, []
        self.now += seconds
        for _ in range(self.rng.randint(1, 5)):
            late = self._vote()
            sent.append(replace(late, sent=self.rng.randint(since, self.now), away_since=since))
            if not isinstance(late, TookBack):
                self.done.append(sent[-1])  # may be taken back
        for each in sent:
            if each in self.done:
                self.done.remove(each)
        if self.rng.random() < 0.6:
            sent.sort(key=lambda each: each.sent)
        targets = {each.target for each in sent if isinstance(each, TookBack)}
        sent.sort(key=lambda each: (isinstance(each, TookBack), 0 if each.id in targets else 1) if targets else (0, 0))
        self.done += sent

    def _unheard(self, at: int) -> None:
        """What the homeserver has, and /sync never brought."""
        for _ in range(self.rng.choice((0, 0, 0, 0, 1, 2))):
            vote = self._vote()
            if isinstance(vote, Clicked | Reacted) and not (isinstance(vote, Reacted) and vote.direct):
                sent = self.rng.choice((self.rng.randint(1, self.closes), self.closes, self.closes + 1))
                self.done.append(replace(vote, at=at, sent=sent, unheard=True))
        heard = [
            each
            for each in self.done
            if isinstance(each, Clicked | Reacted)
            and not each.unheard
            and not (isinstance(each, Reacted) and each.direct)
        ]
        gone = {each.target for each in self.done if isinstance(each, TookBack)}
        if self.rng.random() < 0.1 and (left := [each for each in heard if each.id not in gone]):
            target = self.rng.choice(left)
            if not (isinstance(target, Reacted) and not target.answer):
                soon = min(self.closes, int(target.sent) + 60)
                sent = self.rng.choice((self.closes, self.closes + 1, soon))
                by = target.who if self.rng.random() < 0.9 else COORDINATOR
                self.done.append(TookBack(at=at, sent=sent, id=self._id(), who=by, target=target.id, unheard=True))

    def _mandate(self) -> None:
        people = tuple(
            self.rng.sample(
                ("ben", "dora", "cem", "emil", "fritz", "gerd", "hanna", "anna"), self.rng.choice((0, 1, 1, 2))
            )
        )
        organisation = self.rng.choice(tuple(ORGANISATIONS))
        deputies = self.rng.random() < 0.4
        self._add(Mandated(organisation=organisation, people=people, deputies=deputies, **self._by(COORDINATOR)))

    def _deputise(self) -> None:
        start = end = None
        if self.rng.random() < 0.6:
            start = (self.now // 60 + self.rng.randint(1, 60)) * 60
            end = start + self.rng.randint(1, 120) * 60
        withdrawn = self.rng.random() < 0.2
        who = self.rng.choice(("ben", "emil", "gerd"))
        self._add(
            Deputised(
                person=self.rng.choice(("ida", "ida", "hanna", "cem")),
                start=None if withdrawn else start,
                end=None if withdrawn else end,
                withdrawn=withdrawn,
                **self._by(who),
            )
        )

    def _reword(self) -> None:
        ballot, carried = self.rng.randint(1, len(self.world.papers)), self.rng.random() < 0.4
        self.present[ballot] += 1
        if not carried:
            self.editions[ballot].append(self.present[ballot])
        self._add(Reworded(ballot=ballot, carried=carried, **self._by(COORDINATOR)))

    def _replay(self) -> None:
        known = [each for each in self.done if isinstance(each, Event) and not each.unheard]
        if known:
            self._add(Again(at=self.now, target=self.rng.choice(known).id))

    def _by(self, who: str) -> dict[str, Any]:
        return {"at": self.now, "sent": self.now, "id": self._id(), "who": who}

    def _id(self) -> int:
        self.count += 1
        return self.count

    def _add(self, happening: Happening) -> None:
        """Sometimes what is a vote claims to have been sent at another time than it came."""
        if isinstance(happening, Typed | Clicked | Reacted | TookBack) and happening.sent == happening.at:
            chance = self.rng.random()
            if chance < 0.1:
                happening = replace(happening, sent=happening.at - self.rng.randint(1, 900))
            elif chance < 0.13:
                happening = replace(happening, sent=happening.at + self.rng.randint(1, 90))
            elif chance < 0.15:
                happening = replace(happening, sent=self.rng.choice((-300, -301, -100, -4000)))
        self.done.append(happening)
