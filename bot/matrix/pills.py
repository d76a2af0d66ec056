"""Pills: links to people in the formatted form of a message, of which the plain form shows the names only."""

import html
import itertools
import re
import unicodedata
from urllib.parse import unquote

from bot.matrix.clean import clean, identifier

PERSON_LINK = re.compile(  # every repetition is bounded: strangers write this, and time must not grow with its square
    r"""<a\s[^<>]{0,100}?href=["']https://matrix\.to/#/((?:@|%40)[^"'?<>]{1,300})["'?][^<>]{0,200}>([^<>]{1,200})</a>"""
)
MOST_PILLS = 50
TAG = re.compile(r"<[^<>]*>")
ENTITY = re.compile(r"&#?\w{1,32};")
WORD = re.compile(r"[^\W_]+")
LONGEST_LINK = 500
END_OF_QUOTE = "</mx-reply>"


def with_ids(body: str, formatted: object) -> str:
    """Put Matrix IDs where the plain body has the display names of pills: a name alone authorises nobody.

    Both forms of the message are read side by side, because a name may stand elsewhere as well. From where they part
    (a numbered list, say) names stay names.
    """
    if not isinstance(formatted, str):
        return body
    at, start = 0, max(0, formatted.find(END_OF_QUOTE))
    for link in itertools.islice(PERSON_LINK.finditer(formatted, start), MOST_PILLS):
        reached = _passed(body, at, _letters(formatted[start : link.start()]))
        person, label = identifier(unquote(unescaped(link[1]))), clean(unescaped(link[2]))
        place = None if reached is None else _place(body, reached, label) or _place(body, reached, person or label)
        if place is None:
            return body
        body = body[: place[0]] + (person or label) + body[place[1] :]
        at, start = place[0] + len(person or label), link.end()
    return body


def _passed(body: str, at: int, letters: str) -> int | None:
    """Where `body` stands after these letters and digits, counted from `at`; None when it has others."""
    done = 0
    for word in WORD.finditer(body, at) if letters else ():
        part = letters[done : done + len(word[0])]
        if not word[0].startswith(part):
            return None
        done, at = done + len(part), word.start() + len(part)
        if done == len(letters):
            break
    return at if done == len(letters) else None


def _place(body: str, at: int, shown: str) -> tuple[int, int] | None:
    """From where to where a pill stands in `body`, as `shown` or as a Markdown link; None when it is not the next."""
    begin = body.find(shown, at)
    if begin < 0 or WORD.search(body, at, begin):
        return None
    end = begin + len(shown)
    if body[begin - 1 : begin] == "[" and body.startswith("](https://matrix.to/", end):
        closed = body.find(")", end, end + LONGEST_LINK)
        return (begin - 1, closed + 1) if closed > 0 else (begin, end)
    return begin, end


def _letters(markup: str) -> str:
    """The letters and digits of a piece of HTML: all that both forms of a message have in common."""
    return "".join(WORD.findall(unicodedata.normalize("NFC", unescaped(TAG.sub("", markup)))))


def unescaped(text: str) -> str:
    """Short entities only: Python refuses to read a number of 5,000 digits."""
    return ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
