"""`zwischenstand add-account` and `accounts`: several accounts, one database. Each has a schema of its own there."""

from collections.abc import Iterator

from bot.config import Settings, without_password
from bot.errors import OperatorError
from bot.store import accounts
from bot.store.apart import STEP


def add(settings: Settings) -> Iterator[str]:
    """Add the account of this configuration to its database; what to say. Raises OperatorError."""
    url, user_id = _postgresql(settings), settings.matrix.user_id
    added = accounts.add(url, user_id)
    account, number, schema = added.shard
    if not added.is_new:
        yield f"{account} is there already: number {number}, schema {schema}. Nothing was changed."
        return
    if number == 0:
        yield f"{account} is the first account of {without_password(url)}: number 0, schema {schema}."
    else:
        made = f"schema {schema} with {added.tables} tables, whose IDs count in steps of {STEP}"
        yield f"{account} added to {without_password(url)}: number {number}, {made}."
    yield 'Now run "zwischenstand check" with this configuration, then start its bot.'


def listed(settings: Settings) -> Iterator[str]:
    """A line an account. Raises OperatorError."""
    url = _postgresql(settings)
    found = accounts.standing(url)
    if not found:
        yield f"{without_password(url)}: no account has been registered yet; the first is when its bot starts"
    width = max((len(each.shard.account) for each in found), default=0)
    for each in found:
        account, number, schema = each.shard
        leads = f"{each.holder} leads" if each.holder else "nobody leads"
        rows = f"{each.networks} networks, {each.rooms} rooms" if each.networks is not None else "no tables yet"
        yield f"{number:>2}  {account:<{width}}  {schema:<16}  {rows}; {leads}"


def _postgresql(settings: Settings) -> str:
    url = settings.database.url
    if url.startswith("sqlite"):
        raise OperatorError(
            "database.url: several accounts share a database with PostgreSQL alone (`zwischenstand move-database`); "
            "with SQLite each has a file of its own"
        )
    return url
