"""Text in pictures: how wide it is, where its lines break, what is left out of it."""

import unicodedata
from bisect import bisect_right

LONGEST_TEXT = 300  # characters; nothing longer fits, and measuring it would take long
ELLIPSIS = "…"


class Face:
    """A typeface as far as a layout needs it; those who draw know its width."""

    bold = False

    def width(self, text: str, size: float) -> float:
        """Pixels from the first to the last stroke."""
        raise NotImplementedError

    def has(self, letter: str) -> bool:
        """Whether it can draw a letter."""
        raise NotImplementedError

    def clean(self, text: str) -> str:
        """Drop what the face cannot draw (most emoji), and collapse white space."""
        composed = " ".join(unicodedata.normalize("NFC", text).split())
        drawable = (letter for letter in composed if self.has(letter) and visible(letter))
        return " ".join("".join(drawable).split())[:LONGEST_TEXT]

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        """Lines no wider than `width`; a word that is too long for any line is broken with a hyphen."""
        lines: list[str] = []
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if self.width(longer, size) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = self._broken(word, size, width)
            lines += full
        return [*lines, line] if line else lines

    def _broken(self, word: str, size: float, width: float) -> list[str]:
        pieces = []
        while self.width(word, size) > width and len(word) > 1:
            lengths = range(2, len(word))
            cut = 1 + bisect_right(lengths, width, key=lambda n: self.width(word[:n] + "-", size))
            hyphen = "" if word[cut - 1] in "-/" else "-"
            pieces.append(word[:cut] + hyphen)
            word = word[cut:]
        return [*pieces, word]

    def fit(self, text: str, size: float, width: float, lines: int) -> list[str]:
        """The text in at most so many lines, shortened with an ellipsis where it does not fit."""
        wrapped = self.wrap(text, size, width)
        if len(wrapped) <= lines:
            return wrapped
        last = wrapped[lines - 1]
        while last and self.width(last + ELLIPSIS, size) > width:
            last = last[:-1]
        return [*wrapped[: lines - 1], last.rstrip(" -–,;:") + ELLIPSIS]

    def balance(self, lines: list[str], size: float) -> list[str]:
        """The same words in as many lines of about equal length: no single word is left over."""
        widest = max((self.width(line, size) for line in lines), default=0.0)
        text, best = " ".join(lines), lines
        longest_word = max((self.width(word, size) for word in text.split()), default=0.0)
        for narrower in range(int(widest), int(longest_word), -10):
            wrapped = self.wrap(text, size, narrower)
            if len(wrapped) > len(lines):
                break
            best = wrapped
        return best


def visible(letter: str) -> bool:
    """No control or direction character, no variation selector (DejaVu draws those as boxes)."""
    return letter.isprintable() and not "\ufe00" <= letter <= "\ufe0f"
