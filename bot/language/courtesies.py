"""What people say around a vote out of politeness: it is no reason, no objection and no second vote.

„Guten Tag, wir stimmen mit Ja. Viele Grüße, Ben“ says ja; „Nein, tut mir leid“ gives no reason for the no.
"""

import re

from bot.language.names import fold

_LONGEST = 300  # characters of a greeting with all its names
_GREETING = re.compile(
    r"(?:guten\s(?:tag|morgen|abend)|gr(?:ü|ue)(?:ß|ss)\sgott|hallo|hi|hey|moin(?:\smoin)?|servus|sehr\sgeehrte[rs]?\s|"
    r"liebe[rs]?\s|werte[rs]?\s|good\s(?:morning|afternoon|evening)|hello|dear\s)[^,.!:;\n]{0,120}(?:[,.!\n]\s{0,9})+",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?<![\w-])(?:mit\s{1,3})?(?:(?:viele|beste|liebe|herzliche|freundliche|schöne|sonnige)[nr]?\s{1,3}(?:und\s\w+\s)?"
    r"gr(?:ü|ue)(?:ß|ss)en?(?![\w-])|gru(?:ß|ss)(?![\w-])|mfg(?![\w-])|lg(?![\w-])|vg(?![\w-])|"
    r"hochachtungsvoll(?![\w-])|(?:best|kind|warm)\s{1,3}(?:regards|wishes)(?![\w-])|yours\s{1,3}sincerely)"
    r"[^:;]{0,120}\Z",
    re.IGNORECASE,
)
_FILLERS = frozenset({
    "ok", "okay", "bitte", "bitte sehr", "bitte schoen", "gern", "gerne", "sehr gern", "sehr gerne",
    "herzlich gern", "herzlich gerne", "natuerlich", "selbstverstaendlich", "klar", "na klar", "sicher", "aber sicher",
    "aber gern", "aber gerne", "unbedingt",
    "auf jeden fall", "auf alle faelle", "auf keinen fall", "in jedem fall", "in keinem fall", "voll und ganz",
    "ohne wenn und aber", "ganz klar", "ganz sicher", "leider", "leider nicht", "leider nein", "lieber nicht",
    "eher nicht", "besser nicht", "wirklich nicht", "diesmal nicht", "so nicht", "nicht so", "gar nicht",
    "ueberhaupt nicht", "tut mir leid", "tut uns leid", "es tut mir leid", "es tut uns leid", "sorry", "entschuldigung",
    "bedaure", "wir bedauern", "mit bedauern", "das passt", "passt", "passt so", "passt fuer uns", "passt fuer mich",
    "alles gut", "alles klar", "in ordnung", "ist in ordnung", "das ist in ordnung", "finde ich gut", "finden wir gut",
    "gute idee", "gute sache", "sehr gut", "prima", "super", "toll", "schoen", "gut so", "weiter so", "so machen",
    "so machen wir das", "so machen wir es", "machen wir so", "so ist es", "genau", "genau so", "richtig", "stimmt",
    "von uns aus", "von mir aus", "von unserer seite", "von meiner seite", "aus unserer sicht", "aus meiner sicht",
    "fuer uns", "fuer mich", "wie besprochen", "wie gesagt", "wie immer", "wie vereinbart", "wie gewuenscht", "hiermit",
    "ist unsere stimme", "das ist unsere stimme", "das ist meine stimme", "meine stimme", "unsere stimme", "bis bald",
    "bis dann", "schoenes wochenende", "schoenen tag noch", "einen schoenen tag noch", "please", "of course", "sure",
    "certainly", "gladly", "with pleasure", "definitely", "absolutely", "by all means", "not really", "not at all",
    "rather not", "better not", "unfortunately", "unfortunately not", "regrettably", "fine", "fine with us",
    "fine with me", "fine by us", "fine by me", "all good", "good idea", "well done", "great", "perfect", "perfekt",
})  # fmt: skip
_THANKS = re.compile(
    r"(?:nein |ja )?(?:und )?(?:(?:vielen|herzlichen|besten|schoenen|lieben|tausend) )?dank(?:e)?(?![a-z]).*|"
    r"wir danken.*|ich danke.*|(?:many )?thank(?:s| you).*|cheers"
)
_WISHES = re.compile(r"(?:ein(?:en)? )?schoene[nrs]? (?:tag|abend|woche|wochenende|feierabend).*|have a nice .*")


def without_greeting(typed: str) -> str:
    """A text without „Guten Tag,“ before it and „Viele Grüße, Ben“ behind it."""
    text = typed.strip()
    if (found := _GREETING.match(text)) is not None and found.end() < len(text):
        text = text[found.end() :]
    return without_closing(text)


def without_closing(typed: str) -> str:
    """A text without „Viele Grüße, Ben“ at its end; whoever signs means nothing more by it."""
    cut = max(0, len(typed) - _LONGEST)
    found = _CLOSING.search(typed, cut)
    return typed[: found.start()].rstrip(" \t\n,;–—-") if found is not None else typed


def is_filler(said: str) -> bool:
    """Whether one stretch of a sentence is mere politeness: „gerne“, „tut mir leid“, „vielen Dank für alles“."""
    if len(said) > _LONGEST:
        return False
    words = fold(said).strip(" .,;:!…()–—-„“”\"'*🙂😊🙏")
    return (
        not words or words in _FILLERS or _THANKS.fullmatch(words) is not None or _WISHES.fullmatch(words) is not None
    )


def is_courtesy(said: str) -> bool:
    """Whether a whole message says nothing but politeness: „Danke!“, „Hallo zusammen, vielen Dank. Gruß, Ben“."""
    return all(is_filler(each) for each in re.split(r"[,.;!\n]", without_greeting(said[: 2 * _LONGEST])))
