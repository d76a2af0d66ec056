"""Reading an answer piece by piece, and why it is none."""

from collections.abc import Sequence

from bot.domain.answers import Kind, Problem, Sheet
from bot.language.ballot_options import Names
from bot.language.ballot_pieces import Piece

_LIST = frozenset(",;/&+|\n")
_BEHIND_A_NUMBER = frozenset(".):·–—-=(")


class NotRead(Exception):
    """Why something is no answer. `about` is what was typed, or what it is about; `completed` what may be meant."""

    def __init__(self, problem: Problem, about: str = "", completed: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.about = about
        self.completed = completed


class Cursor:
    """Where one is in the pieces of an answer."""

    def __init__(self, text: str, pieces: Sequence[Piece], names: Names, sheet: Sheet) -> None:
        self.text = text
        self.pieces = pieces
        self.names = names
        self.sheet = sheet
        self.at = 0
        self.tag: int | None = None  # the number that stood before the name of an option

    @property
    def here(self) -> Piece | None:
        """The next piece."""
        return self.pieces[self.at] if self.at < len(self.pieces) else None

    def is_mark(self, *marks: str, ahead: int = 0) -> bool:
        """Whether one of these marks comes next."""
        at = self.at + ahead
        return at < len(self.pieces) and self.pieces[at].sort == "mark" and self.pieces[at].word in marks

    def word(self, *words: str) -> str | None:
        """Take one of these words."""
        if self.here is not None and self.here.sort == "word" and self.here.word in words:
            self.at += 1
            return self.pieces[self.at - 1].word
        return None

    def marks(self, of: frozenset[str], most: int = 1_000) -> str:
        """Take marks."""
        taken = ""
        while len(taken) < most and self.here is not None and self.here.sort == "mark" and self.here.word in of:
            taken += self.here.word
            self.at += 1
        return taken

    @property
    def at_option(self) -> bool:
        """Whether an option comes next, or a number that may be one."""
        return self.here is not None and self.here.sort in ("option", "number")

    def option(self) -> int:
        """Take an option, with its name behind its number if both stand there. Raises NotRead for an unknown one."""
        piece = self.pieces[self.at]
        self.at += 1
        self.tag = None
        if piece.sort == "option":
            return piece.option
        behind = self._named_behind()
        if behind is not None and (behind == piece.number or self.sheet.kind is Kind.RANKING):
            self.tag = piece.number
            return behind
        option = self.names.numbered(piece.number)
        if option is None:
            raise NotRead(Problem.UNKNOWN_OPTION, str(piece.number))
        return option

    def _named_behind(self) -> int | None:
        """„2. Brücke“, „2 (Brücke)“: the option whose name follows a number; taken if it is that number's."""
        start = self.at
        marks = self.marks(_BEHIND_A_NUMBER, most=2)
        piece = self.here
        number = self.pieces[start - 1].number
        ranks = self.sheet.kind is Kind.RANKING and marks in (".", ")", ":", ".)")
        if piece is None or piece.sort != "option" or (piece.option != number and not ranks):
            self.at = start
            return None
        if self.sheet.kind is Kind.RANKING and "=" in marks:
            self.at = start
            return None
        self.at += 1
        if "(" in marks and self.is_mark(")"):
            self.at += 1
        return piece.option

    def separated(self) -> bool:
        """Take what stands between the things of a list; False where nothing more of it comes."""
        start = self.at
        self.marks(_LIST)
        if self.word("and"):
            self.marks(_LIST)
        if self.here is not None and (self.at_option or self.here.sort == "word"):
            return True
        self.at = start
        return False

    def malformed(self) -> NotRead:
        """All of it is not understood."""
        end = self.pieces[-1].end if self.pieces else len(self.text)
        return NotRead(Problem.MALFORMED, self.text[:end])


def listed(cursor: Cursor) -> list[int]:
    """Options one after the other, each once."""
    if not cursor.at_option:
        raise cursor.malformed()
    chosen = [once(cursor, ())]
    while True:
        before = cursor.at
        if not cursor.separated() or not cursor.at_option:
            cursor.at = before
            return chosen
        chosen.append(once(cursor, chosen))


def once(cursor: Cursor, named: Sequence[int]) -> int:
    start = cursor.pieces[cursor.at]
    option = cursor.option()
    if option in named:
        raise NotRead(Problem.TWICE, cursor.text[start.start : cursor.pieces[cursor.at - 1].end])
    return option


def numbers(options: Sequence[int]) -> str:
    """Options as they are told back."""
    return ", ".join(str(option) for option in options)
