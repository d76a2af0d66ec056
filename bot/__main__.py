"""The command line: `run`, `check`, `outbox`, `recover`, `demo`, `import`, `export`, `backup` and the others below."""

import asyncio
import contextlib
import gc
import getpass
import gzip
import signal
import sys
import zlib
from collections.abc import Coroutine, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.errors import OperatorError

if TYPE_CHECKING:
    from bot.checkup import Finding
    from bot.config import Settings

app = typer.Typer(
    help="A Matrix bot that keeps a network of administrations moving between its in-person meetings.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
ConfigFile = Annotated[Path, typer.Option("-c", "--config", help="The configuration file.")]


def main() -> None:
    """Entry point of the console command."""
    end = End()
    try:
        app(obj=end)
    except Exception as problem:
        print(end.told(problem), file=sys.stderr)
        sys.exit(1)


class End:
    """How a command ends that cannot go on: with what an operator has to mend, or with where a mistake of ours is."""

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.as_log = False

    @classmethod
    def of(cls, context: typer.Context) -> "End":
        """That of the process; where the command does not run in one of its own, one that knows no settings."""
        return context.obj if isinstance(context.obj, cls) else cls()

    def without_secrets(self, text: str) -> str:
        """What may be shown of a text."""
        return self.settings.matrix.redaction(text) if self.settings else text

    def told(self, problem: Exception) -> str:
        """Never what people wrote, nor a secret; as a line of the log where that is what is on standard error."""
        from bot import logs  # noqa: PLC0415 - see _settings

        if self.settings is None:
            return logs.last_words(problem)
        log = self.settings.log if self.as_log else logs.PLAIN
        return logs.last_words(problem, log, self.settings.matrix.redaction)


def _settings(context: typer.Context, config: Path, *, running: bool = False) -> "Settings":
    """The settings, and the log as they want it. Where the bot does not run, it tells of errors alone, as text."""
    from bot import logs  # noqa: PLC0415 - `--help` needs none of it
    from bot.config import load  # noqa: PLC0415

    settings = load(config)
    if isinstance(context.obj, End):  # a process of our own
        context.obj.settings, context.obj.as_log = settings, running
        logs.to_stderr(settings.log if running else logs.PLAIN, settings.matrix.redaction)
    return settings


@app.command()
def run(context: typer.Context, config: ConfigFile = Path("config.toml")) -> None:
    """Run the bot. Logs one line with the word "ready" once it has caught up and answers."""
    with _for_good():
        from bot.app import run as run_bot  # noqa: PLC0415 - see _settings

    settings = _settings(context, config, running=True)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_until_signalled(run_bot(settings)))


@contextlib.contextmanager
def _for_good() -> Iterator[None]:
    """What is imported here stays as long as the process, so the collector of garbage never looks through it.

    Meanwhile that is a fifth of all imports, and afterwards 0.1 s at a time in which nobody is answered.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


async def _until_signalled(work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


@app.command()
def send(context: typer.Context, config: ConfigFile = Path("config.toml")) -> None:
    """Send posts for the bot that leads, beside it or on another machine (PostgreSQL); as many of these as wanted."""
    with _for_good():
        from bot.sender import run as run_sender  # noqa: PLC0415 - see _settings

    settings = _settings(context, config, running=True)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_until_signalled(run_sender(settings)))


@app.command()
def check(context: typer.Context, config: ConfigFile = Path("config.toml")) -> None:
    """Check configuration, database, homeserver, login and encryption: one line each, exit 1 on a fault."""
    from bot.checkup import check as examine  # noqa: PLC0415 - see _settings

    raise typer.Exit(0 if _print(context, examine(config, lambda path: _settings(context, path))) else 1)


def _print(context: typer.Context, findings: Iterable["Finding"]) -> bool:
    """One line a finding, out before the next is asked for. Whether all are good."""
    good = True
    for finding in findings:
        good &= finding.good
        says = finding.says if finding.shows_secret else End.of(context).without_secrets(finding.says)
        print(f"{'✓' if finding.good else '✗'} {finding.what}: {says}", flush=True)
    return good


@app.command()
def recover(
    context: typer.Context,
    config: ConfigFile = Path("config.toml"),
    new_key: Annotated[bool, typer.Option("--new-key", help="Another recovery key; the last is void.")] = False,
    new_identity: Annotated[
        bool, typer.Option("--new-identity", help="Give the identity up; people have to verify the bot anew.")
    ] = False,
) -> None:
    """Bring the bot's identity back with its recovery key. The bot must be stopped."""
    from bot import recovering  # noqa: PLC0415 - see _settings

    if new_key and new_identity:
        raise OperatorError("a new identity has a new recovery key anyway: give --new-identity alone")
    settings = _settings(context, config)
    if new_identity:
        findings = recovering.renewed(settings, _ask)
    elif new_key:
        findings = recovering.with_new_key(settings)
    else:
        findings = recovering.recovered(settings, _ask_hidden)
    _print(context, findings)


def _ask_hidden(question: str) -> str:
    """A secret: hidden on a terminal, else a line of what is piped in."""
    if sys.stdin.isatty():
        return getpass.getpass(question)
    return sys.stdin.readline()


@app.command()
def demo(
    no_wait: Annotated[bool, typer.Option("--no-wait", help="End after the case is played.")] = False,
    port: Annotated[int, typer.Option(help="The homeserver's port; 0 picks a free one.")] = 0,
) -> None:
    """Play a real case: embedded homeserver, bot and people; stays up for you to look around."""
    from bot.demo import play  # noqa: PLC0415 - see _settings

    raise typer.Exit(play(wait=not no_wait, port=port))


@app.command(name="import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX: projects, or organisations and people.")],
    config: ConfigFile = Path("config.toml"),
    yes: Annotated[bool, typer.Option("--yes", help="Take it over without asking.")] = False,
) -> None:
    """Read in projects, or organisations and people: a preview, then the question whether to take it over."""
    from bot.transfer import Transfer  # noqa: PLC0415 - see _settings

    raise typer.Exit(Transfer(_settings(context, config)).read_in(file, None if yes else _ask))


def _ask(question: str) -> str:
    """What is answered on the terminal; nothing, where there is none."""
    try:
        return input(question)
    except EOFError:
        return ""


@app.command()
def export(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="[projekte|personen] FILE", help="What, and to which file.")],
    config: ConfigFile = Path("config.toml"),
    network: Annotated[str | None, typer.Option("--verbund", help="Of this network alone.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write what is recorded to a file, CSV or XLSX; also while the bot runs."""
    *before, file = words
    what = before[0].casefold() if before else "projekte"
    if len(before) > 1 or what not in ("projekte", "projects", "personen", "people"):
        raise OperatorError(f"{' '.join(before)}: say projekte or personen, and then the file.")
    from bot.transfer import PEOPLE, PROJECTS, Transfer  # noqa: PLC0415 - see _settings

    table = PROJECTS if what in ("projekte", "projects") else PEOPLE
    raise typer.Exit(Transfer(_settings(context, config)).write_out(Path(file), network, table, force=force))


@app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to be written.")],
    config: ConfigFile = Path("config.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write database and keys to one file, as they are at this moment; also while the bot runs."""
    from bot.backup.taking import back_up  # noqa: PLC0415 - see _settings

    back_up(_settings(context, config), file, datetime.now(UTC), print, force=force)


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote.")],
    config: ConfigFile = Path("config.toml"),
    force: Annotated[bool, typer.Option("--force", help="Rename what is there already.")] = False,
) -> None:
    """Put database and keys back from a backup; while the bot does not run."""
    from bot.backup.restoring import restore as put_back  # noqa: PLC0415 - see _settings

    put_back(_settings(context, config), file, datetime.now(UTC), print, force=force)


@app.command(name="move-database")
def move_database(
    context: typer.Context,
    addresses: Annotated[
        list[str],
        typer.Argument(metavar="[FROM] TO", help="sqlite:///… (by default the one configured); postgresql://…"),
    ],
    config: ConfigFile = Path("config.toml"),
    without_nul: Annotated[
        bool, typer.Option("--without-nul", help="Leave NUL characters in texts out, which PostgreSQL refuses.")
    ] = False,
) -> None:
    """Move all records from SQLite to PostgreSQL, compared on both sides; while the bot does not run.

    Started again after it was broken off, it goes on where it was. The old database is left as it is.
    """
    from rich.console import Console  # noqa: PLC0415 - see _settings

    from bot.moving import move  # noqa: PLC0415

    *before, to = addresses
    if len(before) > 1:
        raise OperatorError(f"{len(addresses)} addresses: say FROM and TO, or TO alone")
    from_ = before[0] if before else _settings(context, config).database.url
    move(from_, to, datetime.now(UTC), Console(), without_nul=without_nul)


@app.command(name="add-account")
def add_account(context: typer.Context, config: ConfigFile = Path("config.toml")) -> None:
    """Let this configuration's account share the database with those that are there (PostgreSQL); once for each."""
    from bot import accounts  # noqa: PLC0415 - see _settings

    for line in accounts.add(_settings(context, config)):
        print(line)


@app.command(name="accounts")
def list_accounts(context: typer.Context, config: ConfigFile = Path("config.toml")) -> None:
    """List the accounts of this database (PostgreSQL): number, schema, networks, rooms, who leads."""
    from bot import accounts  # noqa: PLC0415 - see _settings

    for line in accounts.listed(_settings(context, config)):
        print(line)


@app.command(name="move-network")
def move_network(
    context: typer.Context,
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="Its name, or its number.")],
    account: Annotated[
        str | None, typer.Argument(metavar="TO-ACCOUNT", help="The Matrix ID of another account of this database.")
    ] = None,
    config: ConfigFile = Path("config.toml"),
    stop: Annotated[bool, typer.Option("--stop", help="Give it up, as long as the rooms have not been told.")] = False,
) -> None:
    """Let a network go to another account of this database (PostgreSQL), both bots running; again: how far it is."""
    from bot import accounts  # noqa: PLC0415 - see _settings

    if stop == (account is not None):
        raise OperatorError("move-network: say the account that the network goes to, or --stop")
    settings = _settings(context, config)
    lines = (
        accounts.move_network(settings, network, account, datetime.now(UTC))
        if account is not None
        else accounts.stop_network(settings, network)
    )
    for line in lines:
        print(line)


@app.command()
def outbox(
    context: typer.Context,
    config: ConfigFile = Path("config.toml"),
    again: Annotated[
        int | None, typer.Option("--retry", metavar="ID", help="Try this row again; the bot must be stopped.")
    ] = None,
) -> None:
    """List what was not sent, with the reasons: what waits, what is held, what is parked."""
    from bot import pending  # noqa: PLC0415 - see _settings

    settings = _settings(context, config)
    for line in pending.listed(settings) if again is None else (pending.retry(settings, again),):
        print(line)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="MINUTES.json", help="The minutes as JSON, packed (.gz) or not.")],
    head: Annotated[
        str | None, typer.Option("--head", help="The checksum in the result message, 16 digits of it or more.")
    ] = None,
) -> None:
    """Check exported minutes offline, one line a check; exit 1 if a byte was changed."""
    from bot.clean import one_line  # noqa: PLC0415 - see _settings
    from bot.domain.verifying import Mark, verify_file  # noqa: PLC0415

    found = verify_file(_unpacked(file), head)
    marks = {Mark.GOOD: "✓", Mark.BAD: "✗", Mark.OPEN: "–"}
    for finding in found.findings:
        print(f"{marks[finding.mark]} {finding.check}: {one_line(finding.says)}")
    raise typer.Exit(0 if found.good else 1)


@app.command()
def sbom() -> None:
    """Write what is installed with the bot as a software bill of materials (CycloneDX, JSON)."""
    from bot.sbom import document  # noqa: PLC0415 - see _settings

    print(document(), end="")


def _unpacked(file: Path) -> bytes:
    """What the file holds; packed or not is told by its first bytes."""
    try:
        content = file.read_bytes()
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (OSError, EOFError, zlib.error) as problem:
        raise OperatorError(f"{file}: {problem}") from problem


if __name__ == "__main__":
    main()
