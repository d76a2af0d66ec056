"""An answer in pieces: options, numbers, words that mean something, marks, and what is none of these."""

from dataclasses import dataclass
from typing import NamedTuple

from bot.domain.answers import Kind
from bot.language.ballot_options import Names, Token, tokens

LONGEST_HEAD = 1_500  # characters in which an answer without names must stand; a reason may be longer
_MOST_UNKNOWN = 30  # words that are compared with every name; what has more of them is no answer
BECAUSE = frozenset({"weil", "denn", "da", "wegen", "aufgrund", "because", "since"})
BECAUSE_WITH_COLON = frozenset({"begruendung", "grund", "reason", "reasons"})
_OPTION = frozenset({
    "option", "optionen", "options", "nr", "nummer", "nummern", "number", "numbers", "vorschlag", "vorschlaege",
    "proposal", "proposals", "termin", "termine", "date", "dates", "variante", "antwort", "moeglichkeit", "#",
})  # fmt: skip
_BEFORE_A_NUMBER = frozenset({".", ":", "#", "nr"})
_FOR_ALL = {
    "and": "und|and|sowie|plus",
    "or": "oder|or",
    "start": "fuer|for|zuerst|zunaechst|als erstes|an erster stelle|first|"
    "ich waehle|ich waehle den|wir waehlen|ich nehme|wir nehmen|ich stimme fuer|wir stimmen fuer|"
    "ich bin fuer|wir sind fuer|i choose|we choose|i vote for|we vote for|we are for|i am for|unsere wahl|meine wahl|"
    "our choice|my choice|unsere reihenfolge|meine reihenfolge|our order|my order|reihenfolge|rangfolge",
    "all": "alle|alles|all|jeder|jede|every|each|alle optionen|alle termine|all options|all dates",
    "none": "keine|keiner|keinen|keins|keine davon|keiner davon|none|none of them|none of these|nichts|nothing|"
    "keiner passt|keine passt|kein termin|kein termin passt|no date",
    "rest": "rest|der rest|den rest|sonst|uebrige|die uebrigen|alle anderen|alle uebrigen|die anderen|others|"
    "the others|the rest|all others|everything else",
    "except": "ausser|bis auf|except|all but|except for",
}
_OF_RANKING = {
    ">": "vor|before|dann|then|danach|gefolgt von|followed by|"
    "zuletzt|zum schluss|am ende|an letzter stelle|finally|last",
    "=": "gleich|gleichauf mit|gleich mit|gleich wie|equals|equal to|tied with",
}
_OF_AMOUNTS = {
    "points": "punkte|punkt|punkten|points|point|pt|pts|p",
    "for": "fuer|for|an|auf|to|on",
    "each": "je|jeweils|jede|jeder|jedes|each",
    "gives": "bekommt|bekommen|erhaelt|erhalten|kriegt|gets|get|mit|with|widerstand|resistance",
}
_OF_DATES = {
    "yes": "ja|j|yes|y|passt|passt gut|geht|gut|ok|okay|moeglich|kann|👍|✅|✔|☑",
    "maybe": "notfalls|vielleicht|wenn noetig|wenn es sein muss|zur not|if need be|if needed|if necessary|maybe|"
    "perhaps|eventuell|evtl|ungern|bedingt|🤔|🟡|?",
    "no": "nein|n|no|nicht|passt nicht|geht nicht|kann nicht|unmoeglich|not possible|👎|❌|✖",
    "for": "fuer|for|am|an|on|bei",
}


def _phrases(*tables: dict[str, str]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Phrases by their first word, the longest first; of equals that of the earlier table."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for table in tables:
        for meaning, spellings in table.items():
            for spelling in spellings.split("|"):
                words = tuple(spelling.split(" "))
                found.setdefault(words[0], []).append((words, meaning))
    for phrases in found.values():
        phrases.sort(key=lambda phrase: -len(phrase[0]))
    return found


_KEYWORDS = {
    Kind.APPROVAL: _phrases(_FOR_ALL),
    Kind.CHOICE: _phrases(_FOR_ALL),
    Kind.MULTIPLE: _phrases(_FOR_ALL),
    Kind.RANKING: _phrases(_OF_RANKING, _FOR_ALL),
    Kind.POINTS: _phrases(_OF_AMOUNTS, _FOR_ALL),
    Kind.RESISTANCE: _phrases(_OF_AMOUNTS, _FOR_ALL),
    Kind.DATES: _phrases(_OF_DATES, _FOR_ALL),
}


class Piece(NamedTuple):
    """A part of an answer. `sort` is option, number, word, mark or unknown; `word` its meaning, or the mark itself."""

    sort: str
    start: int
    end: int
    option: int = 0  # of sort option
    number: int = 0  # of sort number
    word: str = ""
    spaced: bool = True  # from what is before


@dataclass(frozen=True, slots=True)
class Pieces:
    """An answer taken apart, and where its reason begins if „weil“ or the like does: with that word.

    `is_cut`: there is more text than an answer may have, and nobody has read it.
    """

    pieces: tuple[Piece, ...]
    reason_at: int | None
    is_cut: bool = False


def take_apart(text: str, kind: Kind, names: Names) -> Pieces:
    """The pieces of a text (NFC), as far as an answer may reach."""
    return _Lexer(text, kind, names).run()


class _Lexer:
    def __init__(self, text: str, kind: Kind, names: Names) -> None:
        self._text = text
        self._names = names
        self._keywords = _KEYWORDS[kind]
        longest = max(LONGEST_HEAD, names.length)  # of names in full
        self._tokens = tokens(text[:longest])
        self._is_cut = len(text) > longest
        self._found: list[Piece] = []
        self._run: list[Token] = []  # words that are nothing yet
        self._unknown = 0

    def run(self) -> Pieces:
        at = 0
        while at < len(self._tokens):
            token = self._tokens[at]
            if self._is_because(at):
                self._settle()
                return Pieces(tuple(self._found), token.start)
            at = self._step(at)
        self._settle()
        return Pieces(tuple(self._found), None, is_cut=self._is_cut)

    def _is_because(self, at: int) -> bool:
        """Called where no option's name begins before this word ends."""
        token = self._tokens[at]
        if token.glued or self._names.exact(self._tokens, at)[0]:
            return False
        colon = at + 1 < len(self._tokens) and self._tokens[at + 1].text == ":"
        return token.text in BECAUSE or (token.text in BECAUSE_WITH_COLON and colon)

    def _step(self, at: int) -> int:
        """Read what begins at a token; the token behind it."""
        token = self._tokens[at]
        if not token.glued:
            for attempt in (self._named, self._dated, self._numbered_expressly, self._keyword):
                if (end := attempt(at)) is not None:
                    return end
        if token.is_mark:
            self._mark(token, at)
        elif token.number is not None and not token.glued:
            self._add(Piece("number", token.start, token.end, number=token.number, spaced=token.spaced))
        elif self._found and self._found[-1].sort == "number" and token.glued and not self._run:
            if (end := self._keyword(at)) is not None:  # „3P“, „1ja“
                return end
            self._run.append(token)
        else:
            self._run.append(token)
        return at + 1

    def _named(self, at: int) -> int | None:
        options, end = self._names.exact(self._tokens, at)
        return self._options(options, at, end) if options else None

    def _dated(self, at: int) -> int | None:
        if (found := self._names.dated(self._text, self._tokens[at].start)) is None:
            return None
        options, stop = found
        end = next((i for i in range(at, len(self._tokens)) if self._tokens[i].start >= stop), len(self._tokens))
        return self._options(options, at, end)

    def _numbered_expressly(self, at: int) -> int | None:
        """„Option 2“, „Nr. 2“, „#2“: the number, whatever options are called."""
        if self._tokens[at].text not in _OPTION or self._names.counts(self._tokens[at].text):
            return None
        ahead = at + 1
        while ahead < len(self._tokens) and self._tokens[ahead].text in _BEFORE_A_NUMBER:
            ahead += 1
        if ahead == len(self._tokens):
            return None
        number = self._tokens[ahead].number
        if number is None:
            return None
        known = 1 <= number <= self._names.count
        return self._options(frozenset({number}) if known else frozenset(), at, ahead + 1)

    def _options(self, options: frozenset[int], at: int, end: int) -> int:
        """Add the one option; none or several are unknown."""
        first, last = self._tokens[at], self._tokens[end - 1]
        sort = "option" if len(options) == 1 else "unknown"
        self._add(Piece(sort, first.start, last.end, option=next(iter(options), 0), spaced=first.spaced))
        return end

    def _keyword(self, at: int) -> int | None:
        for words, meaning in self._keywords.get(self._tokens[at].text, ()):
            end = at + len(words)
            if tuple(token.text for token in self._tokens[at:end]) == words and not self._continues(end):
                first, last = self._tokens[at], self._tokens[end - 1]
                self._add(Piece("word", first.start, last.end, word=meaning, spaced=first.spaced))
                return end
        return None

    def _continues(self, at: int) -> bool:
        """Whether the word goes on: „an2“."""
        return at < len(self._tokens) and self._tokens[at].glued and self._tokens[at].number is None

    def _mark(self, token: Token, at: int) -> None:
        starts_line = at == 0 or self._tokens[at - 1].text == "\n"
        apart = at + 1 < len(self._tokens) and self._tokens[at + 1].spaced
        if token.text in "-•·" and starts_line and apart:
            return  # of a list
        inside = self._run and token.text == "-" and not token.spaced
        if inside and not apart:
            return  # a hyphen
        self._add(Piece("mark", token.start, token.end, word=token.text, spaced=token.spaced))

    def _add(self, piece: Piece) -> None:
        self._settle()
        self._found.append(piece)

    def _settle(self) -> None:
        """What was gathered is an option by likeness, or unknown."""
        if not self._run:
            return
        first, last = self._run[0], self._run[-1]
        self._unknown += 1
        option = self._names.near([token.text for token in self._run]) if self._unknown <= _MOST_UNKNOWN else None
        self._unknown -= 1 if option else 0
        sort = "option" if option else "unknown"
        self._run = []
        self._found.append(Piece(sort, first.start, last.end, option=option or 0, spaced=first.spaced))
