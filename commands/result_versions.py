"""Which version of a result somebody means: „E9“ is the latest, „E9/1“ the first, „unterschied 1 3“ names two."""

from bot.context import Context
from bot.errors import UserError
from bot.procedures.finding import result_numbered
from bot.store import results
from bot.store.tables import Result, ResultVersion


def named(key: str, ctx: Context) -> tuple[Result, ResultVersion]:
    """„E9“ is the latest wording, „E9/1“ the first. Raises UserError."""
    short, _, number = key.partition("/")
    result = result_numbered(short, ctx)
    return _version(result, int(number) if number.strip() else result.latest_version, ctx)


def two_versions(
    result: Result, numbers: list[str], ctx: Context
) -> tuple[tuple[Result, ResultVersion], tuple[Result, ResultVersion]]:
    """The versions of these numbers; the latest and the one before it where none is given."""
    new = int(numbers[1]) if len(numbers) > 1 else result.latest_version
    old = int(numbers[0]) if numbers else new - 1
    if old < 1 or old == new:
        raise UserError("result.one_version", result=result)
    return _version(result, old, ctx), _version(result, new, ctx)


def _version(result: Result, number: int, ctx: Context) -> tuple[Result, ResultVersion]:
    found = results.version(ctx.session, result.id or 0, number)
    if found is None:
        raise UserError("result.no_version", result=result, wanted=number)
    return result, found
