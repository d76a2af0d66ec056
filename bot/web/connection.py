"""A connection that ends where nothing comes of it.

uvicorn waits for ever for the first request, for a head that arrives drop by drop, and for somebody to read an answer;
two hundred such connections (`server.CONNECTIONS`) would keep everybody else out.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD: Final = 10.0
"""Seconds from the beginning of a connection until the head of its first request has arrived."""
ANSWER: Final = 120.0
"""Seconds from the head of a request until its answer has been read, or the next request has begun."""


class Connection(H11Protocol):
    """HTTP as uvicorn speaks it, with an end in sight at any time."""

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the library
        """Wait for a request, but not for ever."""
        super().connection_made(transport)
        self._within(HEAD)

    def handle_events(self) -> None:
        """Something has arrived, or was waiting for the answer before it."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._within(ANSWER)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        super().connection_lost(exc)
        if self._end is not None:
            self._end.cancel()

    def _within(self, seconds: float) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = self.loop.call_later(seconds, self.transport.abort)
