"""Sums of money as German and English people type them: „12.000 €“, “€12,000.50”, „20 T€“, „1,5 Mio. €“. Pure.

Only euros, and only what can mean one thing:

- Point and comma may both group thousands or stand before cents. A group has three digits, cents have one or two.
- With a unit („Mio.“) three digits behind the only separator could be either: „1.250 T€“ is asked back.
- A range, a sum with a minus, two sums at once, another currency and a number without any are asked back, too.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.errors import UserError

LARGEST: Final = 10**13  # cents

_NUMBER = r"\d+(?:[.,'\u2019 \u00a0\u202f]\d+)*(?:,[-–—]+)?"
_EURO = r"(?:€|euros?\b|eur\b)"
_THOUSAND = r"(?:tsd\.?|tausend|thousand|t|k)"
_MILLION = r"(?:mio\.?|millionen|million|millions|mill\.|m)"
_SCALE = rf"(?:(?P<thousand>{_THOUSAND})|(?P<million>{_MILLION}))(?=[\s€]|eur|$|[,;)])"
_BEHIND = re.compile(rf"(?P<number>{_NUMBER})\s*(?:{_SCALE})?\s*{_EURO}", re.IGNORECASE)
_BEFORE = re.compile(rf"{_EURO}\s*(?P<number>{_NUMBER})(?:\s*{_SCALE})?", re.IGNORECASE)
_MONEY = re.compile(r"[€$£¥]|\b(?:[tkm]?eur|euros?|chf|usd|gbp|dollars?|franken)\b", re.IGNORECASE)
_BARE = re.compile(rf"(?:^|[,;]\s+)\s*({_NUMBER})\s*(?:{_THOUSAND}|{_MILLION})?\s*(?=$|[,;]\s)", re.IGNORECASE)
_RANGE = re.compile(r"(?:\d\s*(?:[-–—]|bis|to)\s*|(?<!\w)[-–−])$", re.IGNORECASE)

_PLAIN = re.compile(r"\d+")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d{1,2})?|[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?")
_SPACED = re.compile(r"[1-9]\d{0,2}(?:([ '])\d{3})(?:\1\d{3})*(?:[.,]\d{1,2})?")
_DECIMAL = re.compile(r"\d+[.,]\d{1,2}")
_EITHER = re.compile(r"\d{1,3}[.,]\d{3}")


@dataclass(frozen=True, slots=True)
class Found:
    """`cents` is the sum among some words, if there is one; `words` are the others. One that stands among words stays
    there, too: „ca. 12.000 € im Jahr“ says more than 12,000 euros.
    """

    words: str
    cents: int | None


def find_amount(words: str) -> Found:
    """The one sum among some words.

    Raises UserError `amounts.unreadable`, `amounts.several` or `amounts.no_currency` (typed) for what is in doubt.
    """
    found = _matches(words)
    if len(found) > 1:
        both = words[min(each.start() for each in found) : max(each.end() for each in found)]
        raise UserError("amounts.several", typed=both)
    if not found:
        _refuse_doubtful(words)
        return Found(words.strip(), None)
    match = found[0]
    before, behind = words[: match.start()], words[match.end() :]
    cents = _cents(match)
    if cents is None or _RANGE.search(before):
        raise UserError("amounts.unreadable", typed=_segment(words, match.start(), match.end()))
    _refuse_doubtful(f"{before} {behind}")
    alone = re.fullmatch(r"(?:|.*[,;:(–-])\s*", before, re.DOTALL) and re.match(r"\s*\)?\s*(?:$|[,;])", behind)
    if not alone:
        return Found(words.strip(), cents)
    left = (before.rstrip(" ,;:(–-\n"), behind.lstrip(" ,;)\n"))
    return Found(", ".join(part for part in left if part), cents)


def _segment(words: str, start: int, end: int) -> str:
    """What stands between the commas around a place in some words."""
    behind = re.split(r"[,;](?!\d)", words[end:], maxsplit=1)[0]
    return (re.split(r"[,;]\s", words[:start])[-1] + words[start:end] + behind).strip()


def _matches(words: str) -> list[re.Match[str]]:
    """All sums, those with their unit behind first: „12.000 € 500“ is one with a stray number."""
    found = list(_BEHIND.finditer(words))
    for other in _BEFORE.finditer(words):
        if not any(one.start() < other.end() and other.start() < one.end() for one in found):
            found.append(other)
    return found


def _refuse_doubtful(words: str) -> None:
    """Money that was not understood, or a number that may be some."""
    if money := _MONEY.search(words):
        raise UserError("amounts.unreadable", typed=_segment(words, money.start(), money.end()))
    if bare := _BARE.search(words):
        raise UserError("amounts.no_currency", typed=bare[1])


def _cents(match: re.Match[str]) -> int | None:
    """None where the number could be read in two ways, or in none."""
    number = re.sub(r",[-–—]+$", "", match["number"])
    number = re.sub(r"[ \u00a0\u202f]", " ", number).replace("’", "'")
    scale = 1_000 if match["thousand"] else 1_000_000 if match["million"] else 1
    if scale > 1 and _EITHER.fullmatch(number):
        return None
    if _PLAIN.fullmatch(number):
        plain = number
    elif _GROUPED.fullmatch(number) or _SPACED.fullmatch(number):
        whole, cents = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}))?", number).groups()  # type: ignore[union-attr] # it fits
        plain = f"{re.sub(r'[^0-9]', '', whole)}.{cents or 0}"
    elif _DECIMAL.fullmatch(number):
        plain = number.replace(",", ".")
    else:
        return None
    value = Decimal(plain) * scale * 100
    return int(value) if value <= LARGEST else None
