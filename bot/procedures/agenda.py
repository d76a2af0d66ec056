"""Goals of an agenda and guiding principles (Leipzig, 2023): named, renamed, retired, taken up again."""

from bot.context import Scope
from bot.domain.project import AimKind, several
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.store import aims
from bot.store.tables import Aim

LONGEST_NAME = 120  # characters
LONGEST_TEXT = 1000


def add(kind: AimKind, name: str, said: str | None, network_id: int, by: str, scope: Scope) -> Aim:
    """Name a goal or principle. Raises UserError for a name that is taken or cannot be one, and for a long text."""
    name = _checked(name)
    _require_free(name, network_id, scope)
    made = Aim(
        network_id=network_id,
        kind=kind,
        name=name,
        folded=fold(name),
        text=_text(said),
        created_by=by,
        created_at=scope.now,
    )
    return aims.add(scope.session, made)


def change(aim: Aim, name: str | None, said: str | None, scope: Scope) -> None:
    """Give it another name, another text, or both. Raises UserError as `add` does."""
    if name is not None:
        name = _checked(name)
        if fold(name) != aim.folded:
            _require_free(name, aim.network_id, scope)
        aim.name, aim.folded = name, fold(name)
    if said is not None:
        aim.text = _text(said)


def named(name: str, network_id: int, scope: Scope, *, retired: bool = False) -> Aim:
    """The one of this name, among the retired ones or the others. Raises UserError with the nearest."""
    found = aims.by_folded(scope.session, network_id, fold(name))
    if found is not None and (found.retired_at is not None) is retired:
        return found
    known = [aim.name for aim in aims.of_network(scope.session, network_id, retired=True) if _is(aim, retired)]
    raise UserError("portfolio.unknown_aim", name=name, retired=retired, close=next(iter(nearest(name, known)), None))


def _is(aim: Aim, retired: bool) -> bool:
    return (aim.retired_at is not None) is retired


def is_name(words: str) -> bool:
    """Whether a list of names could hold it: commas, semicolons and line breaks stand between names."""
    return several(words) == (" ".join(words.split()),) and len(words) <= LONGEST_NAME


def _checked(name: str) -> str:
    if not is_name(name):
        raise UserError("portfolio.bad_aim_name", name=name, longest=LONGEST_NAME)
    return " ".join(name.split())


def _text(said: str | None) -> str | None:
    if said is not None and len(said) > LONGEST_TEXT:
        raise UserError("inbox.too_long", length=len(said), longest=LONGEST_TEXT, what="text")
    return said


def _require_free(name: str, network_id: int, scope: Scope) -> None:
    taken = aims.by_folded(scope.session, network_id, fold(name))
    if taken is not None:
        raise UserError("portfolio.aim_taken", aim=taken, prefix=scope.house.prefix)
