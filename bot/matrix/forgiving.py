"""What strangers send may be malformed in ways that nio does not expect; it is skipped, and the rest goes on."""

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any

from bot.matrix.crypto.storage import STORE_DOWN

log = logging.getLogger(__name__)


def guarded(what: str, read: Callable[..., Any], *arguments: Any) -> Any:
    """What `read` returns, or None when it fails on `what` a stranger sent. A failing key store comes through."""
    with Forgiving(what):
        return read(*arguments)
    return None


class Forgiving:
    """Swallows a failure and logs it by its kind only: its message may quote what people wrote."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        # A panic in vodozemac (Rust) arrives as a BaseException of pyo3. A failing key store is no stranger's doing.
        if kind is None or issubclass(kind, STORE_DOWN):
            return False
        if not (issubclass(kind, Exception) or kind.__name__ == "PanicException"):
            return False
        log.warning("Skipped a malformed %s: %s", self._what, kind.__name__)
        return True
