"""How something stands, in an answer to a check-in: „gelb, 60 %, Vergabe verzögert“, „keine Änderung“, own words.

Whoever types `!status` means a status; whoever answers a question talks. So what is in doubt here is asked back: two
lights, „nicht mehr rot“, „fast 60 %“, a number alone. The question keeps what was said, and the answer settles it.

- What counts as light: `report_lights`; as progress: `report_numbers`; what is left as text: `lights.read_status`.
- „Hindernis: …“ and „Nächster Schritt: …“ say how it stands, and stay in the text.
- „keine Änderung“ with nothing besides it is no text.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.project import Light
from bot.errors import UserError
from bot.language.courtesies import is_filler, without_greeting
from bot.language.lights import read_status
from bot.language.names import fold
from bot.language.report_doubts import ABOUT_LIGHT, Doubt
from bot.language.report_lights import leads_only, light_of, plain_signs, without_lights
from bot.language.report_numbers import beyond_doubt, number_alone, plain_percent, progress_of
from bot.language.votes import read_choice

ANSWERED: Final = " ⟶ "
"""Stands between a doubtful answer and what was said when it was asked back."""
LONGEST_READ: Final = 2400  # characters; whatever is longer is text, and too long for a report

_TOLD = re.compile(
    r"(?:^|[\n,;.!]\s*)(?:hindernis(?:se)?|blocker|obstacles?|nächste[rs]? schritte?|naechste[rs]? schritte?|"
    r"next steps?|problem)\s*:\s*\S",
    re.IGNORECASE,
)
_NO_CHANGE: Final = frozenset({
    "keine aenderung", "keine aenderungen", "keinerlei aenderungen", "keine veraenderung", "keine veraenderungen",
    "unveraendert", "alles unveraendert", "stand unveraendert", "status unveraendert", "ist unveraendert",
    "bleibt unveraendert", "weiterhin unveraendert", "weiter unveraendert", "nichts neues", "nix neues",
    "gibt nichts neues", "es gibt nichts neues", "keine neuigkeiten", "alles beim alten", "beim alten",
    "bleibt alles beim alten", "alles bleibt beim alten", "es bleibt alles beim alten", "wie gehabt",
    "alles wie gehabt", "wie bisher", "alles wie bisher", "wie zuletzt", "wie letzte woche", "wie beim letzten mal",
    "wie vorher", "wie zuvor", "status quo", "dito", "gleichbleibend", "bleibt so", "bleibt wie es ist",
    "bleibt gleich", "es hat sich nichts geaendert", "hat sich nichts geaendert", "nichts hat sich geaendert",
    "nichts geaendert",
    "es hat sich nichts veraendert", "hat sich nichts veraendert", "noch keine aenderung", "noch nichts neues",
    "k.ae", "k. ae", "no change", "no changes", "nothing changed", "nothing has changed", "unchanged",
    "all unchanged", "still unchanged", "remains unchanged", "nothing new", "nothing new to report", "no news", "same",
    "the same", "same as before", "same as last week", "same as last time", "as before", "still the same", "no update",
    "no updates", "status unchanged",
})  # fmt: skip
_SINCE = re.compile(
    r" (?:seit|gegenueber|im vergleich zu[rm]?|zu[rm]?|since|from|compared to) (?:de[mrn] )?"
    r"(?:letzte[nrms]?|vorige[nrms]?|last|dem) ?(?:woche|monat|mal|meldung|stand|treffen|week|month|time|update)?$"
)
_ASIDE: Final = frozenset({
    "ja", "nein", "yes", "no", "bei uns", "bei mir", "hier", "hier auch", "aktuell", "derzeit", "momentan", "zurzeit",
    "im moment", "diese woche", "alle", "bei allen", "ueberall", "alles", "beide", "bei beiden", "this week",
    "for now", "all of them", "both",
})  # fmt: skip
_ALL = re.compile(r"(?<!\w)(?:alle[nrs]?|beiden?|ueberall|all|both|everywhere)(?!\w)")
# All that is left of „nicht mehr rot“ or „von 40 auf 60 %“ besides the light and the numbers.
_EMPTY = re.compile(
    r"(?:(?:nicht|mehr|noch|kein\w*|fast|knapp|bald|wieder|wird|war|von|vom|auf|zu|zum|bis|oder|eher|statt|ganz|ueber|unter|"
    r"ist|sind|es|im|bereich|status|ampel|hoffentlich|etwa|ca|rund|weder|und|not|no|longer|more|almost|from|to|or|still|is|"
    r"was|soon|again|rather|between|zwischen|prozent|percent|\d+|\W)\s*)*"
)
_DONE: Final = frozenset({
    "fertig", "erledigt", "abgeschlossen", "umgesetzt", "ist fertig", "ist erledigt", "ist abgeschlossen", "geschafft",
    "done", "finished", "completed", "complete", "alles fertig", "alles erledigt",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody said. `progress` in percent, 0 to 100; `unchanged`: „keine Änderung“, and then nothing else.

    `told`: it names an obstacle or a next step.
    """

    light: Light | None = None
    progress: int | None = None
    text: str = ""
    unchanged: bool = False
    told: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it says how something stands, and not just anything."""
        return self.light is not None or self.progress is not None or self.unchanged or self.told

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing at all."""
        return not self.is_plain and re.search(r"\w", self.text) is None


@dataclass(frozen=True, slots=True)
class _Said:
    report: Report
    doubts: tuple[Doubt, ...] = ()


def read_report(words: str) -> Report:
    """What `words` report, answers to what was asked back (behind `ANSWERED`) included.

    UserError: `reports.two_lights` (lights), `reports.meant_light` (light), `reports.which_light`,
    `reports.progress_range` (value), `reports.meant_progress` (value), `reports.which_progress` (values).
    """
    first, *answers = words.split(ANSWERED)
    said = _read(first)
    for answer in answers:
        said = _settled(said, answer.strip())
    if said.doubts:
        raise said.doubts[0].problem
    return said.report


def says_plainly(words: str) -> bool:
    """Whether `words` say how something stands, be it in doubt; „60“ alone does not."""
    if number_alone(words) is not None:
        return False
    said = _read(words)
    return bool(said.doubts) or said.report.is_plain


def is_for_all(words: str) -> bool:
    """Whether „keine Änderung“ is expressly said of everything that was asked: „alles unverändert“."""
    return _ALL.search(fold(words)) is not None and is_unchanged(words)


def is_unchanged(words: str) -> bool:
    """Whether `words` say „keine Änderung“, and nothing besides it."""
    parts = [_bare(part) for part in re.split(r"[,;!\n]|\.(?=\s|$)|\s[–—-]\s|:", without_greeting(words)[:300])]
    meaning = [part for part in parts if part and part not in _ASIDE and not is_filler(part)]
    return bool(meaning) and all(part in _NO_CHANGE for part in meaning)


def _bare(part: str) -> str:
    said = _SINCE.sub("", fold(part).strip(" .!„“\"'*()…"))
    for aside in sorted(_ASIDE, key=len, reverse=True):
        if said.endswith(f" {aside}") and said not in _NO_CHANGE:
            said = said.removesuffix(f" {aside}")
        if said.startswith(f"{aside} ") and said not in _NO_CHANGE:
            said = said.removeprefix(f"{aside} ")
    return said


def _read(words: str) -> _Said:
    if len(words) > LONGEST_READ:
        return _Said(Report(text=words))
    typed = plain_percent(plain_signs(without_greeting(words)))
    if is_unchanged(typed):
        return _Said(Report(unchanged=True))
    if fold(typed).strip(" .!") in _DONE:
        return _Said(Report(text=typed), (Doubt(UserError("reports.meant_progress", value=100), 100),))
    light, progress = light_of(typed), progress_of(typed)
    doubts = tuple(each for each in (light, progress) if isinstance(each, Doubt))
    return _Said(
        Report(
            light if isinstance(light, Light) else None,
            progress if isinstance(progress, int) else None,
            _tidied(typed) if doubts else _text(typed, taken=light is not None or progress is not None),
            told=_TOLD.search(typed) is not None,
        ),
        doubts,
    )


def _text(typed: str, *, taken: bool) -> str:
    """What is left besides light and progress."""
    if not taken:
        return typed
    if number_alone(typed) is not None:
        return ""
    try:
        rest = read_status(typed).text
    except UserError:
        return typed
    return "" if is_filler(rest) or leads_only(rest) else rest


def _tidied(typed: str) -> str:
    """What is kept of words in doubt: all but what says nothing besides light and progress."""
    parts = [part.strip() for part in re.split(r"[,;]", typed)]
    return ", ".join(part for part in parts if not leads_only(part) and number_alone(part) is None)


def _settled(said: _Said, answer: str) -> _Said:
    """What was said together with the answer to a doubt about it; an answer that says more stands for itself."""
    doubt = said.doubts[0] if said.doubts else None
    if doubt is None:
        return _read(answer)
    choice = read_choice(answer)[0] if len(answer) <= 40 else None
    if choice == "yes" and doubt.candidate is not None:
        return _Said(_with(said.report, doubt.candidate), said.doubts[1:])
    if choice == "no" and doubt.candidate is not None:
        kept = replace(said.report, text="") if _is_empty(said.report.text) else said.report
        return _Said(kept, said.doubts[1:])
    value = number_alone(answer) if doubt.about != ABOUT_LIGHT else None
    new = _read(f"{value} %" if value is not None else answer)
    if new.doubts:
        return _Said(said.report, (new.doubts[0], *said.doubts[1:]))
    if new.report.text or new.report.unchanged or not new.report.is_plain:
        return new if new.report.is_plain else said
    report = new.report
    left = tuple(
        each for each in said.doubts if (report.light if each.about == ABOUT_LIGHT else report.progress) is None
    )
    for each in (report.light, report.progress):
        said = _Said(_with(said.report, each) if each is not None else said.report, left)
    return said


def _is_empty(text: str) -> bool:
    """Whether it says nothing but what was asked about."""
    return _EMPTY.fullmatch(fold(without_lights(text))) is not None


def _with(report: Report, value: Light | int) -> Report:
    """The report with what a question about it was answered with; what led to the question alone goes."""
    text = beyond_doubt(report.text)
    text = "" if _is_empty(text) else text
    return (
        replace(report, light=value, text=text)
        if isinstance(value, Light)
        else replace(report, progress=value, text=text)
    )
