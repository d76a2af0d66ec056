"""What of all that happens is said to us: words, or a ✅ under a question of ours."""

from typing import NamedTuple

from bot.addressing import Addressed, addressed, confirmed
from bot.context import Scope
from bot.events import Echo, Happening, Message, Reaction
from bot.parsing import Commands
from bot.store import rooms
from bot.store.rooms import Standing


class Heard(NamedTuple):
    """What was said to us: the message to answer, what it says, and where its sender stands."""

    message: Message
    said: Addressed
    here: Standing


class Ears:
    """Hears what is for us, and remembers in which rooms most is not."""

    def __init__(self, commands: Commands) -> None:
        """By the words of `commands` it is told that somebody speaks to us."""
        self._commands = commands
        self._groups: set[str] = set()  # rooms known to be no direct chats: most talk there is not for us

    def matters(self, happening: Happening, prefix: str) -> bool:
        """False for what we would read and forget: the cheap test that most talk in a room ends at."""
        if isinstance(happening, Echo):
            return False
        if not isinstance(happening, Message):
            return True
        return (
            happening.room_id not in self._groups
            or happening.body.lstrip().startswith(prefix)
            or happening.mentions_us
            or happening.reply_to is not None
            or happening.thread is not None
        )

    def heard(self, happening: Happening, scope: Scope) -> Heard | None:
        """What was said to us, in writing or by a ✅; None for all else."""
        if isinstance(happening, Message):
            return self._read(happening, scope)
        if not isinstance(happening, Reaction) or (said := confirmed(happening, scope)) is None:
            return None
        here = rooms.standing(scope.session, happening.room_id, happening.sender)
        return Heard(_as_if_written(happening, said), said, here) if here else None

    def _read(self, message: Message, scope: Scope) -> Heard | None:
        here = rooms.standing(scope.session, message.room_id, message.sender)
        if here is None:
            return None
        if here.room.direct_with is None:
            self._groups.add(message.room_id)
        known, nearly = lambda word: self._commands.named(word) is not None, self._commands.resembles_one
        said = addressed(message, here.room, scope, known, nearly)
        return Heard(message, said, here) if said else None


def _as_if_written(reaction: Reaction, said: Addressed) -> Message:
    """The message that a ✅ stands for."""
    return Message(
        room_id=reaction.room_id,
        event_id=reaction.event_id,  # whoever takes it back takes back what came of it
        answered_at=reaction.target,  # a reaction cannot be replied to: the answer hangs on our question
        sender=reaction.sender,
        sent_at=reaction.sent_at,
        received_at=reaction.received_at,
        offline_since=reaction.offline_since,
        body=said.words,
    )
