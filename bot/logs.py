"""What the bot says of itself on standard error: one line an event, as text or as JSON.

Neither secrets nor what people wrote get there. Our own modules see to that in what they log; the rest is seen to here,
at the one door:

- Of an exception that nobody foresaw only kind and place are told. Its words may quote anything: `int("…")` does.
  Words that come from our own program or from the operating system are shown; the level `debug` shows all of them.
- Of what a library logs only the place is told, for the same reason.
- Whatever was missed: known secrets are taken out of the finished line (`bot.redaction`).

A module logs with named values, `log.warning("row %(row)s waits", {"row": 17, "room_id": …})`: the text reads as
always, the JSON has each of them as a field, also those that the text leaves out.
"""

import builtins
import contextlib
import copy
import logging
import sqlite3
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

from bot.clean import one_line
from bot.config import Log
from bot.errors import OperatorError, Problem
from bot.redaction import Redaction

OURS = ("bot", "commands", "schedules")
TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
HARMLESS = (Problem, sqlite3.Error)
"""Their words are our own, or name tables and columns; never what a statement was given."""
NAMING = (
    *(NameError, UnboundLocalError, AttributeError, TypeError, ImportError, ModuleNotFoundError),
    *(ZeroDivisionError, NotImplementedError, RecursionError, MemoryError),
)
"""The interpreter's own, whose words name parts of the program. Not their subclasses: a library makes those."""

PLAIN = Log(level="error")
"""For commands that somebody waits for at a terminal."""

_log = logging.getLogger(__name__)


def to_stderr(settings: Log, redaction: Redaction) -> None:
    """From now on, log on standard error; also what leads to the end of a thread, and what Python warns of."""
    to_stream(settings, redaction, sys.stderr)
    warnings.showwarning = _warned
    threading.excepthook = _thread_ended
    sys.unraisablehook = _not_raised


def to_stream(settings: Log, redaction: Redaction, stream: TextIO) -> logging.Handler:
    """From now on, log there, as the operator wants it. The handler is returned, to be taken away again."""
    handler = SafeHandler(stream, redaction, words=settings.level == "debug")
    handler.setFormatter(formatter(settings.format))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(settings.level.upper())
    return handler


def formatter(style: Literal["text", "json"]) -> logging.Formatter:
    """How a record is written, once `SafeHandler` has made it safe."""
    if style == "text":
        return logging.Formatter(TEXT)
    names = {"levelname": "level", "name": "logger", "exc_info": "traceback"}
    return JsonFormatter(
        ["levelname", "name", "message"], rename_fields=names, timestamp="time", json_ensure_ascii=False
    )


class SafeHandler(logging.StreamHandler[TextIO]):
    """Writes records to a stream, without secrets and without what people wrote."""

    def __init__(self, stream: TextIO, redaction: Redaction, *, words: bool = False) -> None:
        """With `words`, exceptions and libraries have their say: whoever asks for that looks for a mistake."""
        super().__init__(stream)
        self._redaction = redaction
        self._words = words

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction(super().format(self._safe(record)))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Where even that fails: the library would print what the record was given.

        Where nothing can be written at all, a full disk say, the line is lost: who logs must not end for that.
        """
        kind = sys.exc_info()[0]
        name = kind.__name__ if kind else "unknown"
        with contextlib.suppress(OSError, ValueError):  # a ValueError: the stream is closed
            self.stream.write(f"a line of {record.name} at {_place(record)} cannot be logged: {name}{self.terminator}")

    def _safe(self, record: logging.LogRecord) -> logging.LogRecord:
        safe = copy.copy(record)
        safe.exc_info, safe.exc_text, safe.stack_info = None, None, None
        if record.exc_info and record.exc_info[1]:
            safe.exc_text = self._redaction(told(record.exc_info[1], words=self._words))
        if record.name.partition(".")[0] not in OURS and not self._words:
            safe.msg, safe.args = f"said something at {_place(record)} (the level debug shows what)", None
            return safe
        safe.args = self._plain_values(record.args)
        safe.msg = self._redaction(one_line(safe.getMessage()))
        _name_values(safe)
        safe.args = None
        return safe

    def _plain_values(self, args: Any) -> Any:
        if isinstance(args, Mapping):
            return {name: self._plain(value) for name, value in args.items()}
        return tuple(self._plain(value) for value in args) if args else args

    def _plain(self, value: object) -> object:
        """Redacted here as well as in the finished line: JSON would escape what it is known by."""
        if isinstance(value, BaseException):
            return self._redaction(reason(value, words=self._words) or type(value).__name__)
        return value if isinstance(value, int | float | timedelta | None) else self._redaction(str(value))


def _name_values(record: logging.LogRecord) -> None:
    """Put named values beside what the library knows of a record: the JSON has them as fields. The text needs no more.

    A name that the library uses itself would change what is logged, and is refused.
    """
    if not isinstance(record.args, Mapping):
        return
    for name, value in record.args.items():
        if name in record.__dict__ or name in ("message", "asctime", "time", "level", "logger", "traceback"):
            raise ValueError(f"{name} cannot be the name of a value that is logged")
        if value is not None:
            setattr(record, name, _json_value(value))


def _json_value(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if isinstance(value, str | int | float) else str(value)


def _place(record: logging.LogRecord) -> str:
    folder = Path(record.pathname).parent.name
    return f"{folder}/{record.filename}:{record.lineno}"


# exceptions


def last_words(problem: Exception, settings: Log = PLAIN, redaction: Redaction | None = None) -> str:
    """How a process ends that cannot go on: what the operator has to mend, or a traceback without anybody's words."""
    redaction, words = redaction or Redaction(), settings.level == "debug"
    if settings.format == "text":
        return redaction(str(problem) if isinstance(problem, OperatorError) else told(problem, words=words))
    handler = SafeHandler(sys.stderr, redaction, words=words)
    handler.setFormatter(formatter(settings.format))
    meant = isinstance(problem, OperatorError)
    message, info = ("%(problem)s", None) if meant else ("the bot ends: %(problem)s", _info(problem))
    record = logging.LogRecord("bot", logging.CRITICAL, __file__, 0, message, ({"problem": problem},), info)
    return handler.format(record)


def reason(error: BaseException, *, words: bool = False) -> str | None:
    """An exception's own words, if they cannot quote anybody; with `words`, anyway. None where they stay untold."""
    if words or isinstance(error, HARMLESS) or type(error) in NAMING:
        return str(error) or None
    if isinstance(error, OSError) and error.errno is not None and type(error).__module__ == builtins.__name__:
        return str(error)
    if sqlstate := getattr(error, "sqlstate", None):
        return f"SQLSTATE {one_line(str(sqlstate))}"  # psycopg quotes the row
    return None


def told(error: BaseException, *, words: bool = False) -> str:
    """A traceback: what led to it, where, of which kind; the words of each only if they cannot quote anybody."""
    return "\n".join(_lines(error, words, set()))


def _lines(error: BaseException, words: bool, seen: set[int]) -> list[str]:
    if id(error) in seen:
        return []
    seen.add(id(error))
    before, between = error.__cause__, "The above was the direct cause of the following:"
    if before is None and not error.__suppress_context__:
        before, between = error.__context__, "While that was handled, another one occurred:"
    lines = [*_lines(before, words, seen), between] if before is not None else []
    lines.append("Traceback (most recent call last):")
    for frame in traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__)).format():
        lines += frame.rstrip("\n").splitlines()
    lines.append(_last_line(error, words))
    if isinstance(error, BaseExceptionGroup):
        for number, inner in enumerate(error.exceptions, 1):
            lines += [f"  | {number} of {len(error.exceptions)}:", *(f"  | {li}" for li in _lines(inner, words, seen))]
    return lines


def _last_line(error: BaseException, words: bool) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == builtins.__name__ else f"{kind.__module__}.{kind.__qualname__}"
    said = reason(error, words=words)
    return f"{name}: {said}" if said else name


# what does not come by `logging`


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Python's warnings; their words may quote as well."""
    _log.warning("Python warns at %(place)s: %(kind)s", {"place": f"{filename}:{lineno}", "kind": category.__name__})


def _thread_ended(args: "threading.ExceptHookArgs") -> None:
    _log.error("a thread ended", exc_info=_info(args.exc_value or args.exc_type()))


def _not_raised(args: "sys.UnraisableHookArgs") -> None:
    _log.error("a failure that could not be raised", exc_info=_info(args.exc_value or args.exc_type()))


def _info(error: BaseException) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    return type(error), error, error.__traceback__
