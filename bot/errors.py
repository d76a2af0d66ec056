"""Errors, as a tree.

    Problem
    ├── UserError          answered in the room, in the room's language: a text by name and its values
    │   └── Question       the same, and the person may answer it: the command is kept for a while
    ├── NotSent            a post did not go out
    │   ├── TryAgain       … this time; with the seconds to wait
    │   └── Rejected       … and never will; it is parked and the operator told
    │       └── Barred     … until the room is open to us again
    ├── Unreachable        the homeserver does not answer sensibly; with the seconds to wait
    ├── StoreDown          the database cannot be written now: locked, full, gone
    │   └── Fenced         … by this process, ever again: another one leads (PostgreSQL); the process ends
    └── OperatorError      start is impossible; the message names the key, the file and the mend
        ├── InUse          another process of the bot has the database or the crypto store
        └── Unsigned       our device cannot be cross-signed: people's clients would not talk to it

Anything else that is raised while a command runs is our own mistake: it is logged under a reference number, and the
person is told that number and nothing more.
"""

from datetime import datetime
from typing import Any


class Problem(Exception):
    """Root of what Zwischenstand raises on purpose."""


class UserError(Problem):
    """Something a person can mend; `text` names a message, `values` fills it."""

    def __init__(self, text: str, /, **values: Any) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


class Question(UserError):
    """Asked back. `resume` is the command with `{answer}` where the person's reply goes.

    `asks` (`bot.effects.Asks`) is what else the reply may be: the network in which to run the command. What has a
    `subject` is not displaced by the next question; `until` (UTC) is how long it may be answered.
    """

    def __init__(
        self,
        text: str,
        /,
        *,
        resume: str,
        asks: str = "words",
        subject: str | None = None,
        until: datetime | None = None,
        **values: Any,
    ) -> None:
        super().__init__(text, **values)
        self.resume = resume
        self.asks = asks
        self.subject = subject
        self.until = until


class NotSent(Problem):
    """A post did not reach the homeserver, or was not accepted."""


class TryAgain(NotSent):
    """The post may go out later. `after` is in seconds; None leaves the pace to the outbox.

    `ours`: it is our own homeserver that does not answer, or our account; that says nothing about what was asked.
    """

    def __init__(self, reason: str, after: float | None = None, *, ours: bool = False) -> None:
        super().__init__(reason)
        self.after = after
        self.ours = ours


class Rejected(NotSent):
    """The homeserver will never accept this post."""


class Barred(Rejected):
    """It is not allowed: what is to be said in a room, because we are not in it now or may not speak there."""


class Unreachable(Problem):
    """The homeserver is down, slow, or answers nonsense. `after` is in seconds."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class StoreDown(Problem):
    """The database cannot be written at the moment; nothing was changed, the same work may be tried again."""


class Fenced(StoreDown):
    """Another process leads. Whoever takes it for a database that is down does right: nothing has changed."""


class OperatorError(Problem):
    """The bot cannot start or go on; the message says what to do."""


class InUse(OperatorError):
    """Another process of the bot holds what we need."""


class Unsigned(OperatorError):
    """Our device cannot be cross-signed, or the homeserver publishes another identity than ours."""
