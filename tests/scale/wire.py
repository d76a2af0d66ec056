"""The network between one process and PostgreSQL: a proxy on the loopback interface that stops, or hangs up."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

AT_ONCE = 65_536  # bytes


class Wire:
    """Forwards, unless it is `cut` (nothing goes through, and nobody is told) or `down` (nobody is there)."""

    def __init__(self, url: str) -> None:
        """`url` is that of a PostgreSQL on a Unix socket."""
        parts = urlsplit(url)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = (
            f"postgresql://{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self._listening.getsockname()[1]}{parts.path}"
        )
        self._partners: dict[socket.socket, socket.socket] = {}
        self._through, self._over = threading.Event(), threading.Event()
        self._through.set()
        self._down = False
        self._thread = threading.Thread(target=self._forward, name="wire", daemon=True)

    def cut(self) -> None:
        """From now on nothing goes through: what is sent is taken, and never arrives."""
        self._through.clear()

    def mend(self) -> None:
        """From now on everything does, also what waited."""
        self._down = False
        self._through.set()

    def hang_up(self) -> None:
        """Break all connections off, and take none."""
        self._down = True
        for each in list(self._partners):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _forward(self) -> None:
        with selectors.DefaultSelector() as selector:
            self._selector = selector
            selector.register(self._listening, selectors.EVENT_READ)
            while not self._over.is_set():
                ready = selector.select(0.05)
                self._through.wait()
                for key, _ in ready:
                    end = key.fileobj
                    assert isinstance(end, socket.socket)
                    self._accept() if end is self._listening else self._pass(end)

    def _accept(self) -> None:
        near, _ = self._listening.accept()
        if self._down:
            near.close()
            return
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._socket)
        self._partners |= {near: far, far: near}
        for end in (near, far):
            self._selector.register(end, selectors.EVENT_READ)

    def _pass(self, end: socket.socket) -> None:
        other = self._partners.get(end)
        if other is None:
            return  # closed in the same round
        try:
            sent = end.recv(AT_ONCE)
            other.sendall(sent)
        except OSError:
            sent = b""
        if not sent:
            for each in (end, other):
                self._partners.pop(each, None)
                self._selector.unregister(each)
                each.close()

    @classmethod
    @contextmanager
    def before(cls, url: str) -> Iterator["Wire"]:
        """One that lives as long as the block."""
        wire = cls(url)
        wire._thread.start()
        try:
            yield wire
        finally:
            wire._over.set()
            wire._through.set()
            wire._thread.join()
            for each in [wire._listening, *wire._partners]:
                each.close()
