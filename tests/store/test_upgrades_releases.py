"""What each release wrote with its own code goes on in this one as if nothing had happened (`tests.store.earlier`)."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from bot.context import Scope
from bot.domain.verifying import verify_file
from bot.procedures import counts, minutes
from bot.store import Session, consultations, progress
from bot.store.database import Database
from bot.store.tables import Consultation
from tests.fakes import BEN, CEM, HOUSE, US, Bot, plain
from tests.postgres import copied, name_of
from tests.store import earlier

DORA = "@dora:example.org"
CLOSE = datetime(2026, 12, 15, 11, tzinfo=UTC)
RUNNING = {"0.1.0": 2, "0.2.0": 2, "0.3.0": 3, "0.4.0": 3}  # „Logo“: Ben for it, Cem against it
SAID = {"0.1.0": 2, "0.2.0": 3, "0.3.0": 2, "0.4.0": 2}  # „Satzung“: as many for it, none against it
ON_RECORD = ("0.3.0", "0.4.0")  # these wrote a record already


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A release's database, brought up to date once; tests copy the file."""

    @cache
    def made(version: str) -> Path:
        file = tmp_path_factory.mktemp("upgraded") / f"{version}.db"
        bring_up(f"sqlite:///{file}", version)
        return file

    return made


@pytest.fixture(scope="module")
def postgres_upgraded(request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """The same on PostgreSQL: the name of a database that tests copy."""
    with ExitStack() as stack:

        @cache
        def made(version: str) -> str:
            url = stack.enter_context(copied(request.getfixturevalue("postgres_url")))
            bring_up(url, version)
            return name_of(url)

        yield made


def bring_up(url: str, version: str) -> None:
    """What a release wrote, in a database of this one."""
    with earlier.opened(url) as connection:
        earlier.release(connection, version)
    with closing(Database(url)) as opened:
        opened.migrate()


@pytest.fixture(params=("sqlite", "postgresql"))
def database(request: pytest.FixtureRequest, tmp_path: Path, version: str) -> Iterator[Database]:
    """The release's database, opened by this one."""
    with ExitStack() as stack:
        if request.param == "postgresql":
            template = request.getfixturevalue("postgres_upgraded")(version)
            url = stack.enter_context(copied(request.getfixturevalue("postgres_url"), template))
        else:
            url = f"sqlite:///{shutil.copyfile(request.getfixturevalue('upgraded')(version), tmp_path / 'old.db')}"
        yield stack.enter_context(closing(Database(url)))


def bot_after(database: Database) -> Bot:
    """The bot, started when the earlier one had stopped."""
    account = database.run_now(lambda session: progress.account(session, US))
    assert account is not None
    bot = Bot(database, now=account.alive_at)
    bot._count = 1000  # IDs of events that the earlier one has not seen
    return bot


def found(database: Database, number: int) -> Consultation:
    def work(session: Session) -> Consultation:
        return consultations.by_id(session, number)

    return database.run_now(work)


def verified(database: Database, number: int, at: datetime) -> bytes:
    """The record of a consultation, after its chain, its commitments and its numbers were checked."""

    def work(session: Session) -> bytes:
        scope = Scope(session, at, HOUSE)
        *_, record = minutes.documents(consultations.by_id(session, number), scope, "de")
        return record.content

    content = database.run_now(work)
    result = verify_file(content, found(database, number).record_head or None)
    assert result.good, [finding.says for finding in result.findings]
    return content


versions = pytest.mark.parametrize("version", sorted(earlier.RELEASES))


def test_every_release_is_there() -> None:
    assert sorted(earlier.RELEASES) == sorted(RUNNING)


@versions
async def test_nothing_is_said_again(database: Database) -> None:
    """Due times, results and posts that the earlier one saw to are done."""
    bot = bot_after(database)
    assert [plain(row) for row in await bot.tick()] == []


@versions
async def test_what_was_recorded_is_shown(database: Database, version: str) -> None:
    bot = bot_after(database)
    assert "eAkte · Elektronische Akte — 🟡 gelb" in await bot.hear(BEN, "!status")
    assert "K1 · Satzung: angenommen (B1)" in await bot.hear(BEN, "!konsultation K1")
    assert "Vergabe verzögert sich um zwei Wochen" in await bot.hear(BEN, "!status eAkte")
    assert "Lindenstadt" in await bot.hear(BEN, "!organisation")
    assert "wer betroffen ist" in (await bot.hear(BEN, "!ergebnisse")).casefold()
    assert "Das können Sie hier tun (Moderation)" in await bot.hear(CEM, "!hilfe"), "the role he was given"


@versions
async def test_a_question_that_was_open_may_still_be_answered(database: Database) -> None:
    """Ben had typed „eAkt“, and was asked whether he meant eAkte."""
    bot = bot_after(database)
    asked = database.run_now(_asked_ben)
    assert "eAkte · Elektronische Akte" in await bot.hear(BEN, "ja", reply_to=asked)


def _asked_ben(session: Session) -> str:
    question = "SELECT event_id FROM outbox JOIN open_question ON outbox_key = key WHERE open_question.person = :who"
    rows = session.connection().exec_driver_sql(question.replace(":who", f"'{BEN}'")).all()
    (event,) = rows[-1]
    return str(event)


@versions
async def test_a_vote_that_was_running_is_counted_and_published(database: Database, version: str) -> None:
    bot, number = bot_after(database), RUNNING[version]
    assert plain((await bot.say(DORA, f"!stimme K{number} ja weil hübsch"))[0]) == "✅"
    bot.now = CLOSE
    await bot.tick()
    bot.now = CLOSE.replace(minute=2)
    said = [plain(row) for row in await bot.tick()]
    (result,) = [each for each in said if "Logo: angenommen" in each]
    assert "2 Ja, 1 Nein, 0 Enthaltungen" in result
    verified(database, number, bot.now)


@versions
def test_the_count_is_the_one_that_was_announced(database: Database, version: str) -> None:
    """Cem was against it, then for it, and took that back; in 0.2.0 Ahornfeld's vote was told by phone."""

    def work(session: Session) -> list[tuple[str, int]]:
        scope = Scope(session, CLOSE, HOUSE)
        counted = counts.count_of(consultations.by_id(session, 1), consultations.ballot(session, 1), scope)
        return [(line.answer, line.votes) for line in counted.count.lines]

    assert database.run_now(work) == [("yes", SAID[version]), ("no", 0)]


@versions
def test_the_records_of_before_hold(database: Database, version: str) -> None:
    for number in range(1, RUNNING[version]):
        head = found(database, number).record_head
        content = verified(database, number, CLOSE)
        assert bool(head) == (version in ON_RECORD)
        assert head.encode() in content
