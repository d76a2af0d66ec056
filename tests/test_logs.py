"""Logs: nothing that people wrote, no secret, and each value where a program finds it."""

import asyncio
import errno
import io
import json
import logging
import sqlite3
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from bot import logs
from bot.config import Log, load, without_password
from bot.errors import OperatorError, Rejected
from bot.redaction import INSTEAD, Redaction

CANARY = "Kanarienvogel"  # what somebody wrote
SECRET = "Pass/wört “mit” allem+"
log = logging.getLogger("bot.test")


@pytest.fixture
def out() -> io.StringIO:
    """What would stand on standard error."""
    return io.StringIO()


@pytest.fixture
def begin(out: io.StringIO) -> Iterator[Callable[..., None]]:
    """Sets logging up as the bot does, and back as it was in the end."""
    root = logging.getLogger()
    before = {name: logging.getLogger(name).level for name in ("", *logs.OURS)}
    handlers: list[logging.Handler] = []

    def set_up(*secrets: str, **settings: Any) -> None:
        redaction = Redaction()
        redaction.hide(*secrets)
        handlers.append(logs.to_stream(Log(**settings), redaction, out))

    yield set_up
    for handler in handlers:
        root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def failing() -> None:
    """A traceback with what somebody wrote in a chain of exceptions, a note and a local variable."""
    typed = CANARY
    try:
        int(typed)
    except ValueError as error:
        error.add_note(typed)
        raise KeyError(typed) from error


def told(failure: BaseException) -> str:
    try:
        raise failure
    except type(failure) as caught:
        return logs.told(caught)


# what people wrote


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_traceback_quotes_nobody(style: str, begin: Callable[..., None], out: io.StringIO) -> None:
    begin(format=style)
    try:
        failing()
    except KeyError as error:
        failure = error
    log.error("job %(job)s failed: %(problem)s", {"job": "digest", "problem": failure}, exc_info=failure)
    said = out.getvalue()
    assert CANARY not in said
    assert "job digest failed: KeyError" in said
    assert "in failing" in said  # where
    assert "int(typed)" in said  # the program's own line
    assert said.index("ValueError") < said.index("Traceback", said.index("ValueError"))  # and what came before


@pytest.mark.parametrize(
    "failure",
    [
        ValueError(CANARY),
        KeyError(CANARY),
        UnicodeEncodeError("ascii", CANARY, 0, 1, CANARY),
        OSError(CANARY),
        type("Subtle", (TypeError,), {})(CANARY),
        ExceptionGroup(CANARY, [ValueError(CANARY), LookupError(CANARY)]),
        IntegrityError(CANARY, {"text": CANARY}, psycopg.errors.UniqueViolation(CANARY), hide_parameters=True),
        json.JSONDecodeError(CANARY, CANARY, 0),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_words_of_what_nobody_foresaw_are_left_out(failure: BaseException) -> None:
    assert CANARY not in told(failure)
    assert type(failure).__qualname__ in told(failure)


@pytest.mark.parametrize(
    "failure",
    [
        Rejected("413 M_TOO_LARGE event too large"),
        AttributeError("'NoneType' object has no attribute 'room'"),
        TypeError("macro 'updated' takes no keyword argument 'now'"),
        sqlite3.IntegrityError("UNIQUE constraint failed: person.id"),
        PermissionError(13, "Permission denied", "/srv/crypto.key"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_words_that_help_and_quote_nobody_stay(failure: BaseException) -> None:
    assert str(failure) in told(failure)


def test_postgresql_tells_the_kind_and_not_the_row() -> None:
    failure = psycopg.errors.UniqueViolation(f"duplicate key\nDETAIL: Key (name)=({CANARY}) already exists.")
    assert told(failure).endswith("psycopg.errors.UniqueViolation: SQLSTATE 23505")


def test_at_the_level_debug_everything_is_said_but_secrets(begin: Callable[..., None], out: io.StringIO) -> None:
    begin(SECRET, level="debug")
    log.error("failed", exc_info=ValueError(f"{CANARY} {SECRET}"))
    assert f"ValueError: {CANARY} {INSTEAD}" in out.getvalue()


def test_a_library_tells_only_where(begin: Callable[..., None], out: io.StringIO) -> None:
    begin()
    logging.getLogger("nio.responses").warning("Error validating response: %s", CANARY)
    logging.getLogger("nio").info("at work")
    assert CANARY not in out.getvalue()
    assert "WARNING nio.responses: said something at tests/test_logs.py:" in out.getvalue()
    assert "at work" not in out.getvalue()


async def test_a_task_that_nobody_waits_for(begin: Callable[..., None], out: io.StringIO) -> None:
    """asyncio writes the exception's words into its message."""
    begin()

    async def fails() -> None:
        raise ValueError(CANARY)

    task = asyncio.create_task(fails())
    await asyncio.wait({task})
    del task
    assert "asyncio" in out.getvalue()
    assert "in fails" in out.getvalue()
    assert CANARY not in out.getvalue()


PAST_THE_LOG = f"""
import threading, warnings
from bot import logs
from bot.config import Log
from bot.redaction import Redaction
logs.to_stderr(Log(), Redaction())
def fails(*_):
    raise ValueError("{CANARY}")
class Odd:
    __del__ = fails
warnings.warn("{CANARY}")
thread = threading.Thread(target=fails)
thread.start()
thread.join()
Odd()
"""


def test_what_comes_past_the_log() -> None:
    said = subprocess.run([sys.executable, "-c", PAST_THE_LOG], capture_output=True, text=True, check=True).stderr
    assert "Python warns at <string>:" in said
    assert "a thread ended" in said
    assert "a failure that could not be raised" in said
    assert said.count("in fails") == 2
    assert CANARY not in said


@pytest.mark.parametrize(
    ("message", "values"), [("%(missing)s", {"typed": CANARY}), ("%(name)s", {"name": CANARY}), ("%d", (CANARY,))]
)
def test_a_mistake_of_ours_while_logging(message: str, values: Any, out: io.StringIO) -> None:
    handler = logs.SafeHandler(out, Redaction())
    args = values if isinstance(values, tuple) else (values,)
    handler.handle(logging.LogRecord("bot.test", logging.ERROR, "bot/test.py", 12, message, args, None))
    assert "a line of bot.test at bot/test.py:12 cannot be logged" in out.getvalue()
    assert CANARY not in out.getvalue()


class _FullDisk(io.StringIO):
    """Where standard error goes to a file, and the disk is full."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    """A full disk is logged again and again: the database waits for room, and so does whoever logs that."""
    handler = logs.SafeHandler(_FullDisk(), Redaction())
    handler.handle(logging.LogRecord("bot.test", logging.ERROR, "bot/test.py", 12, "the disk is full", (), None))


# one line an event


def test_nobody_forges_a_line(begin: Callable[..., None], out: io.StringIO) -> None:
    begin()
    log.warning("refused: %(problem)s", {"problem": "no\n2026-11-22 ERROR bot: all is lost\u202e"})
    assert out.getvalue().count("\n") == 1
    assert "\u202e" not in out.getvalue()


def test_json_has_the_values(begin: Callable[..., None], out: io.StringIO) -> None:
    begin(format="json")
    values = {"row": 17, "room_id": "!r:example.org", "problem": Rejected("413 zu groß"), "wait_seconds": 1.5}
    log.warning("outbox row %(row)s: %(problem)s", {**values, "target": None, "for": timedelta(minutes=1)})
    (line,) = out.getvalue().splitlines()
    written = json.loads(line)
    assert datetime.fromisoformat(written.pop("time")).utcoffset() == timedelta(0)
    assert written == {
        "level": "WARNING",
        "logger": "bot.test",
        "message": "outbox row 17: 413 zu groß",
        "row": 17,
        "room_id": "!r:example.org",
        "problem": "413 zu groß",
        "wait_seconds": 1.5,
        "for": 60.0,
    }


def test_the_text_reads_as_before(begin: Callable[..., None], out: io.StringIO) -> None:
    begin()
    log.info("ready: caught up as %(user_id)s", {"user_id": "@bot:example.org", "device_id": "ZS"})
    assert out.getvalue().partition(" INFO ")[2] == "bot.test: ready: caught up as @bot:example.org\n"


# secrets


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        json.dumps(SECRET),
        b64encode(SECRET.encode()).decode(),
        f"{SECRET!r}",
    ],
)
def test_a_known_secret_is_taken_out(form: str, style: str, begin: Callable[..., None], out: io.StringIO) -> None:
    begin(SECRET, format=style)
    log.warning("the server says %(problem)s", {"problem": Rejected(f"no: {form}!")})
    assert INSTEAD in out.getvalue()
    assert form.strip('"') not in out.getvalue()
    assert "allem" not in out.getvalue()


def test_seeds_are_taken_out_in_every_form() -> None:
    seed = bytes(range(32))
    redaction = Redaction()
    redaction.hide(b64encode(seed).decode().rstrip("="))
    for form in (b64encode(seed).decode(), seed.hex(), repr(seed), f"{seed!r}"):
        assert redaction(f"at {form} it failed").startswith(
            f"at {INSTEAD}" if form != repr(seed) else f"at b'{INSTEAD}"
        )


def test_innocent_words_stay() -> None:
    redaction = Redaction()
    redaction.hide("", "abc", None)
    assert redaction("abc stays") == "abc stays"


def configuration(folder: Path, more: str = "") -> Path:
    file = folder / "config.toml"
    file.write_text(
        f'coordinators = ["@anna:example.org"]\n[matrix]\nhomeserver = "http://127.0.0.1:9"\n'
        f"user_id = \"@bot:example.org\"\npassword = '{SECRET}'\n{more}"
    )
    return file


def test_the_configuration_hides_its_secrets(tmp_path: Path) -> None:
    more = """
[database]
url = "postgresql://u:geheim%2Fnis@host/db?password=zweites"
[mail]
smtp = "smtps://u:brief%40post@host"
sender = "a@b.example"
"""
    settings = load(configuration(tmp_path, more))
    for secret in (SECRET, "geheim%2Fnis", "geheim/nis", "brief%40post", "brief@post", "zweites"):
        assert settings.matrix.redaction(f"<{secret}>") == f"<{INSTEAD}>"
    assert settings.matrix.redaction is settings.model_copy().matrix.redaction


# how a process ends


def ended(source: str, folder: Path) -> str:
    """The standard error of a command in which something of ours breaks."""
    arguments = f"sys.argv = ['zwischenstand', 'run', '-c', {str(folder / 'config.toml')!r}]"
    program = f"import sys; {arguments}; import bot.app, bot.config; from bot.__main__ import main\n{source}\nmain()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert not done.stdout
    return done.stderr


BROKEN = f"""
async def broken(settings):
    raise ValueError('{CANARY} ' + settings.matrix.password.get_secret_value())
bot.app.run = broken
"""


@pytest.mark.parametrize("style", ["text", "json"])
def test_an_end_that_nobody_foresaw(style: str, tmp_path: Path) -> None:
    configuration(tmp_path, f'[log]\nformat = "{style}"')
    said = ended(BROKEN, tmp_path)
    assert "in broken" in said
    assert CANARY not in said
    assert "allem" not in said
    if style == "json":
        assert json.loads(said)["message"] == "the bot ends: ValueError"


def test_an_end_that_nobody_foresaw_at_the_level_debug(tmp_path: Path) -> None:
    configuration(tmp_path, '[log]\nlevel = "debug"')
    assert f"ValueError: {CANARY} {INSTEAD}" in ended(BROKEN, tmp_path)


def test_an_end_before_the_settings_are_read(tmp_path: Path) -> None:
    said = ended(f"def broken(path): raise ValueError('{CANARY}')\nbot.config.load = broken", tmp_path)
    assert "in broken" in said
    assert CANARY not in said


def test_an_operator_is_told_as_a_line_of_the_log(tmp_path: Path) -> None:
    configuration(tmp_path, '[log]\nformat = "json"')
    source = """
from bot.errors import OperatorError
async def broken(settings):
    raise OperatorError('mend matrix.user_id')
bot.app.run = broken
"""
    written = json.loads(ended(source, tmp_path))
    assert (written["level"], written["message"]) == ("CRITICAL", "mend matrix.user_id")
    assert "traceback" not in written


def test_a_mistyped_database_is_not_quoted(tmp_path: Path) -> None:
    """What follows a second @ would be taken for the host."""
    with pytest.raises(OperatorError, match="two @ in it") as caught:
        load(configuration(tmp_path, '[database]\nurl = "postgresql://u:ge@heim@host/db"'))
    assert "heim" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://bot:geheim@host:5432/db", "postgresql://host:5432/db"),
        ("postgresql://bot:ge/he:im@host/db?sslmode=require", "postgresql://host/db?sslmode=require"),
        ("postgresql:///db?host=/run/postgresql&password=geheim", "postgresql:///db?host=/run/postgresql"),
        ("postgresql://host/db?password=geheim", "postgresql://host/db"),
        ("postgresql+psycopg://bot@host/db", "postgresql+psycopg://host/db"),
        ("sqlite:////srv/a:b@c/bot.db", "sqlite:////srv/a:b@c/bot.db"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert without_password(address) == shown


def test_check_shows_no_password_of_a_database_that_is_away(tmp_path: Path) -> None:
    """PostgreSQL takes the password behind the question mark, too."""
    file = configuration(tmp_path, '[database]\nurl = "postgresql://127.0.0.1:1/db?password=geheim%20wie"')
    command = (sys.executable, "-m", "bot", "check", "-c", str(file))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "database.url: postgresql://127.0.0.1:1/db cannot be used" in done.stdout
    assert "geheim" not in done.stdout + done.stderr
