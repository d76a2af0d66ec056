"""The charts of a result: one a ballot, or one for all where there are many. The alternative text says all of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from bot.domain.answers import Kind, Option
from bot.domain.chart import Bar, BarChart
from bot.domain.deciding import Outcome
from bot.domain.tallies import Count, Line
from bot.procedures.outcome import MOST_BALLOTS, Shown, Whole

LONGEST_LABEL = 80

OF_VOTES = (Kind.APPROVAL, Kind.CHOICE, Kind.MULTIPLE)  # abstentions and silence are bars beside the others

DE = {
    "yes": "Ja",
    "no": "Nein",
    "abstain": "Enthaltung",
    "silent": "ohne Stimme",
    "chart": "Balkendiagramm",
    "fits": "{} ja, {} notfalls, {} nein",
    "weights": "nach Stimmgewicht",
    "overview": "Anteil für das, was vorn liegt, in Prozent; beim Widerstand die Akzeptanz",
    "nobody": "keine gültige Stimme",
    Kind.APPROVAL: "Stimmen",
    Kind.CHOICE: "Stimmen",
    Kind.MULTIPLE: "Stimmen",
    Kind.RANKING: "Borda-Punkte, in der Reihenfolge nach Schulze",
    Kind.POINTS: "Punkte",
    Kind.RESISTANCE: "Widerstand; je weniger, desto besser",
    Kind.DATES: "Zusagen",
}
EN = {
    "yes": "Yes",
    "no": "No",
    "abstain": "Abstention",
    "silent": "not voted",
    "chart": "Bar chart",
    "fits": "{} yes, {} if need be, {} no",
    "weights": "by voting weight",
    "overview": "Share of what leads, in percent; of resistance the acceptance",
    "nobody": "no valid vote",
    Kind.APPROVAL: "Votes",
    Kind.CHOICE: "Votes",
    Kind.MULTIPLE: "Votes",
    Kind.RANKING: "Borda points, in the order of Schulze",
    Kind.POINTS: "Points",
    Kind.RESISTANCE: "Resistance; the less, the better",
    Kind.DATES: "Acceptances",
}
TONES = {Outcome.ACCEPTED: "yes", Outcome.CHOSEN: "yes", Outcome.REJECTED: "no", Outcome.OBJECTION: "no"}


@dataclass(frozen=True, slots=True)
class Drawing:
    """In which words and whose time a chart is labelled."""

    words: Mapping[str, str]
    language: str
    zone: ZoneInfo

    def option(self, number: str, option: Option) -> str:
        """„2 · Rathaus“, or the time of a date."""
        label = " ".join(option.label.split())
        if option.at is not None:
            label = format_datetime(option.at, "EEE d.M.y, HH:mm", tzinfo=self.zone, locale=self.language)
        return f"{number} · {label}"[:LONGEST_LABEL]


def of(whole: Whole, language: str, zone: ZoneInfo) -> tuple[BarChart, ...]:
    """The charts of a result; none where no number may be told. Of more than five ballots there is one overview."""
    if any(shown.counted.outcome_only for shown in whole.ballots):
        return ()
    drawing = Drawing(DE if language == "de" else EN, language, zone)
    if len(whole.ballots) > MOST_BALLOTS:
        return (_overview(whole, drawing),)
    return tuple(_ballot(whole, shown, drawing) for shown in whole.ballots)


def _ballot(whole: Whole, shown: Shown, drawing: Drawing) -> BarChart:
    count, words = shown.counted.count, drawing.words
    kind = count.sheet.kind
    about = whole.consultation.title if len(whole.ballots) == 1 else shown.counted.ballot.question
    title = f"{shown.short} · {' '.join(about.split())}"
    weighted = shown.is_weighted
    lines = count.lines if kind is Kind.APPROVAL else shown.lines
    bars = tuple(_bar(count, line, drawing, weighted=weighted) for line in lines)
    rest = _rest(count, words, weighted=weighted and kind in OF_VOTES)
    told = [f"{bar.label}: {_said(count, line, bar, words)}" for bar, line in zip(bars, lines, strict=True)]
    told += [f"{bar.label}: {bar.value:g}" for bar in rest]
    measure = ", ".join([words[kind], *([words["weights"]] if weighted else [])])
    opening = f"{words['chart']} {title}." + ("" if kind is Kind.APPROVAL and not weighted else f" {measure}.")
    return BarChart(title, bars + rest if kind in OF_VOTES else bars, f"{opening} {', '.join(told)}.")


def _bar(count: Count, line: Line, drawing: Drawing, *, weighted: bool) -> Bar:
    kind = count.sheet.kind
    if kind is Kind.APPROVAL:
        return Bar(drawing.words[line.answer], line.weight if weighted else line.votes, line.answer)
    label = drawing.option(line.answer, count.sheet.options[int(line.answer) - 1])
    if kind is Kind.RANKING:
        return Bar(label, count.borda(line.answer))
    if kind in (Kind.POINTS, Kind.RESISTANCE):
        return Bar(label, line.score)
    return Bar(label, line.weight if weighted else line.votes)


def _said(count: Count, line: Line, bar: Bar, words: Mapping[str, str]) -> str:
    """What a bar shows, in words; of dates also what it does not show."""
    if count.sheet.kind is not Kind.DATES:
        return f"{bar.value:g}"
    unable = count.valid - line.votes - line.maybe_votes
    return words["fits"].format(line.votes, line.maybe_votes, unable)


def _rest(count: Count, words: Mapping[str, str], *, weighted: bool) -> tuple[Bar, ...]:
    silent = count.entitled_weight - count.turnout_weight if weighted else count.silent
    abstained = count.abstained_weight if weighted else count.abstained
    return (Bar(words["abstain"], abstained, "abstain"), Bar(words["silent"], silent))


def _overview(whole: Whole, drawing: Drawing) -> BarChart:
    """For each ballot how much of its base what leads has got."""
    words = drawing.words
    title = f"K{whole.consultation.number} · {' '.join(whole.consultation.title.split())}"
    bars = tuple(
        Bar(
            f"{shown.short} · {' '.join(shown.counted.ballot.question.split())}"[:LONGEST_LABEL],
            _share(shown),
            _tone(shown),
        )
        for shown in whole.ballots
    )
    both = zip(whole.ballots, bars, strict=True)
    told = "; ".join(f"{bar.label} {_leading(shown, bar, drawing)}" for shown, bar in both)
    return BarChart(title, bars, f"{words['chart']} {title}. {words['overview']}. {told}.")


def _leading(shown: Shown, bar: Bar, drawing: Drawing) -> str:
    """What a bar of the overview stands for: „1 · Rathaus: 60 %“."""
    counted = shown.counted
    if not counted.count.valid:
        return f"– {drawing.words['nobody']}"
    if counted.sheet.kind is Kind.APPROVAL:
        leads = drawing.words["yes"]
    else:
        options = counted.sheet.options
        leads = " = ".join(drawing.option(each, options[int(each) - 1]) for each in counted.ruling.winners)
    share = f"{bar.value:g}".replace(".", "," if drawing.language == "de" else ".")
    return f"– {leads}: {share} %"


def _share(shown: Shown) -> float:
    """Of resistance what is not resisted: the less, the better."""
    ruling = shown.counted.ruling
    if not ruling.base:
        return 0.0
    share = 100 * ruling.reached / ruling.base
    return round(100 - share if shown.counted.sheet.kind is Kind.RESISTANCE else share, 1)


def _tone(shown: Shown) -> str:
    return TONES.get(shown.counted.ruling.outcome, "neutral")
