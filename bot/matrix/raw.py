"""An event as the homeserver sent it, and what became of it if it was encrypted."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Raw:
    """An event as JSON, and whether it came out of an encrypted one.

    `sealed` names the ciphertext then. `replayed`: we have read the same ciphertext as another event, so it is a
    forgery, and not opened.
    """

    source: dict[str, Any]
    decrypted: bool
    sealed: str | None = None
    replayed: bool = False

    @property
    def event_id(self) -> object:
        return self.source.get("event_id")


def raw(event: Any) -> Raw:
    """The JSON behind one of nio's events; what went past nio is that already (`bot.matrix.talk`)."""
    if isinstance(event, Raw):
        return event
    source = event.source if isinstance(event.source, dict) else {}
    return Raw(
        source,
        bool(getattr(event, "decrypted", False)),
        getattr(event, "sealed", None),
        bool(getattr(event, "replayed", False)),
    )
