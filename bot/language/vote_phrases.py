"""The phrases that mean yes, no or an abstention, as `bot.language.names.fold` leaves them."""

import re
from typing import Literal

Choice = Literal["yes", "no", "abstain"]

ACKNOWLEDGED = frozenset(
    {"ok", "okay", "o.k", "oki", "passt", "passt so", "passt fuer uns", "passt fuer mich", "alles klar"}
)
"""These may say yes, or only that something was read."""

_PHRASES: dict[str, Choice] = {
    **dict.fromkeys(
        (
            "ja", "jawohl", "jo", "ja bitte", "ja gern", "ja gerne", "dafuer", "bin dafuer", "ich bin dafuer",
            "wir sind dafuer", "ich stimme dafuer", "wir stimmen dafuer", "fuer", "stimme zu", "ich stimme zu",
            "wir stimmen zu", "stimmen zu", "dem stimmen wir zu", "dem stimme ich zu", "zustimmung", "zugestimmt",
            "einverstanden", "ich bin einverstanden", "wir sind einverstanden", "damit einverstanden",
            "ja einverstanden", "bin einverstanden", "sind einverstanden", "wir sind damit einverstanden",
            "keine einwaende", "kein einwand", "keine einwendungen", "keine bedenken", "wir haben keine einwaende",
            "ich habe keine einwaende",
            "von uns keine einwaende", "pro", "volle zustimmung", "wir stimmen dem zu", "ich stimme dem zu",
            "wir befuerworten das", "yes", "yep", "yeah", "yes please", "aye", "for", "in favour", "in favor",
            "i agree",
            "we agree", "agree", "agreed", "approve", "i approve", "we approve", "no objections", "no objection", "+1",
            *ACKNOWLEDGED,
        ),
        "yes",
    ),
    **dict.fromkeys(
        (
            "nein", "nee", "noe", "nein danke", "dagegen", "bin dagegen", "ich bin dagegen", "wir sind dagegen",
            "sind dagegen", "ich stimme dagegen", "wir stimmen dagegen", "gegen", "stimme nicht zu",
            "ich stimme nicht zu", "wir stimmen nicht zu", "stimmen nicht zu", "wir stimmen dem nicht zu",
            "ich stimme dem nicht zu", "dem stimmen wir nicht zu", "ablehnung", "abgelehnt", "lehne ab", "lehnen ab",
            "ich lehne ab", "wir lehnen ab", "ich lehne das ab", "wir lehnen das ab", "das lehnen wir ab",
            "das lehne ich ab", "wir lehnen es ab", "nicht einverstanden", "wir sind nicht einverstanden",
            "ich bin nicht einverstanden", "contra", "kontra", "no", "nope", "nay", "no thanks", "against",
            "i disagree", "we disagree", "disagree", "reject", "i reject", "we reject", "we reject it",
            "we are against it", "i am against it", "-1",
        ),
        "no",
    ),
    **dict.fromkeys(
        (
            "enthaltung", "enthalten", "enthalte mich", "ich enthalte mich", "wir enthalten uns", "enthalten uns",
            "ich enthalte mich der stimme", "wir enthalten uns der stimme", "enthaelt sich", "stimmenthaltung",
            "abstain",
            "i abstain", "we abstain", "abstention", "abstaining",
        ),
        "abstain",
    ),
}  # fmt: skip
_OF_OTHERS: dict[str, Choice] = {
    **dict.fromkeys(
        ("stimmt zu", "stimmt dem zu", "stimmt dafuer", "ist dafuer", "ist einverstanden", "ist damit einverstanden",
         "sagt ja", "hat keine einwaende", "agrees", "approves", "votes yes", "says yes", "is in favour",
         "is in favor"),
        "yes",
    ),
    **dict.fromkeys(
        ("stimmt nicht zu", "stimmt dem nicht zu", "stimmt dagegen", "ist dagegen", "ist nicht einverstanden",
         "lehnt ab", "lehnt das ab", "lehnt es ab", "sagt nein", "disagrees", "rejects", "votes no", "says no",
         "is against"),
        "no",
    ),
    **dict.fromkeys(("enthaelt sich", "enthaelt sich der stimme", "abstains"), "abstain"),
}  # fmt: skip
"""What is said of an organisation, behind its name."""
INTRODUCED = frozenset({
    "unsere stimme", "meine stimme", "unser votum", "mein votum", "votum", "stimme", "antwort", "unsere antwort",
    "our vote", "my vote", "our answer", "vote", "answer",
})  # fmt: skip
"""A vote may follow these behind a colon."""
_LEADS = re.compile(r"(?:(?:doch|lieber|dann|also|nun|jetzt|hiermit|also dann|now|then|rather)\s+)+")
_STATES = re.compile(
    r"(?:(?:ich|wir|i|we) )?(?:stimmen?|stimmt|waehlen?|votieren?|votiert|sagen?|vote|say)(?: hiermit)?(?: mit)? "
    r"(?:mit |fuer )?(?P<said>ja|nein|enthaltung|yes|no)"
)
_OUR_VOTE = re.compile(r"(?:unsere|meine|our|my) (?:stimme|antwort|vote|answer)(?: ist| lautet| is)? (?P<said>\w+)")
_DOUBTFUL = frozenset(
    {"nicht", "kein", "keine", "keiner", "niemand", "wer", "ob", "wenn", "falls", "not", "nobody", "if", "who"}
)
_MOST_NAME = 6  # words of a name


def whole(words: str) -> Choice | None:
    """The vote that a whole phrase is, with „doch lieber“ before it, or as „wir stimmen mit ja“."""
    if (known := _PHRASES.get(words) or _OF_OTHERS.get(words)) is not None:
        return known
    lead = _LEADS.match(words)
    if lead is not None:
        return whole(words[lead.end() :])
    found = _STATES.fullmatch(words) or _OUR_VOTE.fullmatch(words)
    return _PHRASES.get(found["said"]) if found else None


def restated(said: str) -> Choice | None:
    """The vote that is said of somebody by name: „Ahornfeld stimmt zu“. Whose name that is, is not known here."""
    words = said.casefold().strip(" .!,;").replace("ä", "ae").replace("ü", "ue").split()
    for length in range(1, min(_MOST_NAME, len(words) - 1) + 1):
        behind = " ".join(words[length:])
        if behind in _OF_OTHERS and not _DOUBTFUL & set(words[:length]):
            return _OF_OTHERS[behind]
    return None
