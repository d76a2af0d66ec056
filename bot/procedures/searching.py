"""The search for synergies, started and waited for: it runs in a process of its own (`bot.language.matching`)."""

from pathlib import Path

from bot.domain.synergies import Pair
from bot.errors import Problem
from bot.files import child
from bot.language.matching import Request, from_json, to_json

PATIENCE = 300.0  # seconds


class NotSearched(Problem):
    """The search failed or took too long; the message says which."""


async def compared(request: Request, synonyms: Path | None = None, *, patience: float = PATIENCE) -> list[Pair]:
    """The pairs to propose; `synonyms` is the operator's own file. Raises NotSearched."""
    own = (str(synonyms),) if synonyms is not None else ()
    try:
        status, answer, complaint = await child.run(
            "bot.language.matching", *own, request=to_json(request), patience=patience
        )
    except TimeoutError as error:
        raise NotSearched(f"the search for synergies took more than {patience:g} seconds") from error
    if status:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise NotSearched(f"the search for synergies failed (exit status {status}): {last.partition(':')[0][:80]}")
    return from_json(answer)
