"""A message for many is rendered once, with blanks, and each blank filled for each of them.

Rendering takes milliseconds, and a municipal network has 2,000 addressees. A blank is a word that nobody writes, so it
passes through a template like a name. Where its width or its parts matter (a table, `short`) it is of no use.
"""

import secrets
from collections.abc import Sequence

from markupsafe import escape

from bot.texts import Rendered

_OWN = f"\ue000{secrets.token_hex(8)}"  # private use area; unknown to whoever writes what is quoted in a message


def blanks(count: int) -> tuple[str, ...]:
    """So many blanks, to be given to a text in the place of words."""
    return tuple(f"{_OWN}-{number}\ue001" for number in range(count))


def filled(message: Rendered, words: Sequence[str]) -> Rendered:
    """The message with these words in its blanks, in their order; as if it had been rendered with them."""
    html, plain = message.html, message.plain
    for blank, word in zip(blanks(len(words)), words, strict=True):
        tidy = " ".join(word.split())
        html, plain = html.replace(blank, str(escape(tidy))), plain.replace(blank, tidy)
    return Rendered(html=html, plain=plain)
