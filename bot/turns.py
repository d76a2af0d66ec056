"""Whose turn it is: nobody keeps others waiting by saying a lot at once.

What happens in a room is handled in the room's order, always. But in one turn nobody is heard more than a few times:
what they say beyond that waits, and in that room whatever came after it, until others have been heard, those included
who speak only now. It waits in memory alone; the token goes no further than what has been handed out, so a bot that
dies in between is told everything again.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.events import Batch, Echo, Event, Happening, Invited, Left

AT_ONCE = 20
"""So often somebody is heard in one turn: some hundredths of a second of work."""


def is_of_others(happening: Happening) -> bool:
    """Whether somebody else brought it about."""
    return not isinstance(happening, Echo)


@dataclass(eq=False, slots=True)
class _Answer:
    """One answer of /sync: how much of it has not been handed out, how much has, and what of it is this turn's."""

    batch: Batch
    left: int
    given: int = 0
    turn: list[Happening] = field(default_factory=list)

    def part(self, token: str | None = None) -> Batch:
        """What is this turn's, numbered on from what was handed out before."""
        part = Batch(tuple(self.turn), token, self.batch.received_at, self.given)
        self.given += len(self.turn)
        self.turn.clear()
        return part


class Turns:
    """Takes batches as they come and hands out parts of them, a turn at a time."""

    def __init__(self, matters: Callable[[Happening], bool] = is_of_others, at_once: int = AT_ONCE) -> None:
        """`matters` tells what is work; all else counts for nothing. `at_once` is how often one may be heard a turn."""
        self._matters = matters
        self._at_once = at_once
        self._rooms: dict[str, deque[tuple[_Answer, Happening]]] = {}
        self._answers: list[_Answer] = []  # the oldest of which something waits, and all that came after it

    @property
    def waiting(self) -> bool:
        """Whether something has not been handed out."""
        return bool(self._rooms)

    def take(self, batch: Batch) -> list[Batch]:
        """One turn, with this batch as the latest: what is to be handled now, in this order.

        The last part has a token if nothing waits that came up to there.
        """
        if not self._answers and self._is_one_turn(batch):
            return [batch]
        answer = _Answer(replace(batch, happenings=()), len(batch.happenings))  # what is handed out is not kept
        self._answers.append(answer)
        for happening in batch.happenings:
            if isinstance(happening, Echo) and not self._matters(happening):  # our own: at an end with its reading
                _hand_out(answer, happening)
            else:
                self._rooms.setdefault(_room(happening), deque()).append((answer, happening))
        heard = Counter[str]()
        for room in list(self._rooms):
            self._hear(room, heard)
        parts = [each.part() for each in self._answers[:-1] if each.turn]
        token = None
        while self._answers and not self._answers[0].left:
            token = self._answers.pop(0).batch.token
        return [*parts, answer.part(token)]

    def _is_one_turn(self, batch: Batch) -> bool:
        """Whether nobody has to wait for others: so it is with nearly every answer."""
        work = (happening for happening in batch.happenings if self._matters(happening))
        heard = Counter(who for happening in work if (who := _whose(happening)) is not None)
        return max(heard.values(), default=0) <= self._at_once

    def _hear(self, room: str, heard: Counter[str]) -> None:
        """What is due in a room, until somebody has been heard too often."""
        queue = self._rooms[room]
        while queue:
            answer, happening = queue[0]
            who = _whose(happening)
            if who is not None and self._matters(happening):
                if heard[who] == self._at_once:
                    return
                heard[who] += 1
            queue.popleft()
            _hand_out(answer, happening)
        del self._rooms[room]


def _hand_out(answer: _Answer, happening: Happening) -> None:
    answer.turn.append(happening)
    answer.left -= 1


def _room(happening: Happening) -> str:
    return getattr(happening, "room_id", None) or ""


def _whose(happening: Happening) -> str | None:
    """Who brings it about; None where nobody is to be named."""
    match happening:
        case Echo():
            return None  # where our own post matters, it waits for no turn of ours
        case Event():
            return happening.sender
        case Invited():
            return happening.inviter
        case Left():
            return happening.by
    return None
