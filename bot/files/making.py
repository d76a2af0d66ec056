"""Files that take long to make are made when they are sent, in a process of their own, from what was gathered before.

What they say is fixed in the transaction in which somebody asked (`bot.effects.Document`); that ends before the work
begins, so that nobody waits for it.
"""

from collections.abc import Mapping

from bot.errors import Rejected
from bot.files import child

PATIENCE = 120.0  # seconds; a workbook of 20,000 rows takes 10
MAKERS: Mapping[str, str] = {"workbook": "bot.files.workbook", "paper": "bot.files.paper"}
"""Modules that read what a file is made from on standard input and write the file to standard output."""


async def make(maker: str, request: bytes, *, patience: float = PATIENCE) -> bytes:
    """The file that `maker` makes from `request`. Raises Rejected, after `patience` seconds at the latest."""
    module = MAKERS.get(maker)
    if module is None:
        raise Rejected(f"nobody makes files of the kind {maker}")
    try:
        status, made, complaint = await child.run(module, request=request, patience=patience)
    except TimeoutError as error:
        raise Rejected(f"the file was not made within {patience:g} seconds ({maker})") from error
    if status or not made:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        kind = last.partition(":")[0][:80]  # what follows may quote what is in the file
        raise Rejected(f"the file was not made ({maker}, exit status {status}): {kind}")
    return made
