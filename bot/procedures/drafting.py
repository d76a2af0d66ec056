"""A consultation as somebody words it: the lines of the form become ballots; what cannot be is said.

Lines change what is there already: a new ballot begins with the defaults, a draft with what it was.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeVar

from bot.context import Context
from bot.domain import deciding
from bot.domain.answers import Kind, Option
from bot.domain.consultation import Franchise, Visibility
from bot.domain.deciding import Base, QuorumOf, Rule
from bot.errors import Question, UserError
from bot.language import rules
from bot.language.doubts import ANSWERED
from bot.language.kept import SLOT, literal
from bot.language.lists import MATRIX_ID, listed
from bot.language.names import fold
from bot.language.organisations import is_empty, read_whole
from bot.language.votes import read_choice
from bot.procedures.asking import ahead
from bot.procedures.finding import organisation_named, project_named
from bot.procedures.sourcing import asked_anew, result_version
from bot.store import consultations, groups, organisations
from bot.store.tables import Ballot, Consultation, Project, Result

T = TypeVar("T")
LONGEST_QUESTION: Final = 500
LONGEST_TEXT: Final = 10_000
LONGEST_OPTION: Final = 200
MOST_OPTIONS: Final = 50
MOST_BALLOTS: Final = 40
MOST_POINTS: Final = 1_000
USUAL_POINTS: Final = 10


class Lines(Protocol):
    """The lines of one ballot, as typed; None where there is no such line."""

    @property
    def question(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def version(self) -> str | None: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def options(self) -> str | None: ...
    @property
    def points(self) -> str | None: ...
    @property
    def rule(self) -> str | None: ...
    @property
    def base(self) -> str | None: ...
    @property
    def quorum(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Hand:
    """Who words it, and how to ask back: `again` makes the command with the options' line set to its argument.

    `assumed` collects dates (UTC) that were given without a time.
    """

    ctx: Context
    again: Callable[[str], str]
    assumed: list[datetime] = field(default_factory=list)


def fill(ballot: Ballot, lines: Lines, hand: Hand) -> None:
    """Take over what the lines say of a ballot. Raises UserError; Question for missing options and doubtful dates."""
    if lines.question is not None:
        ballot.question = _not_longer(lines.question, LONGEST_QUESTION, "question")
    _wording(ballot, lines, hand.ctx)
    kind = _read("kind", lines.kind, rules.read_kind, Kind(ballot.kind))
    _paper(ballot, lines, kind, hand)
    ballot.rule = _read("rule", lines.rule, rules.read_rule, Rule(ballot.rule))
    if lines.rule is None and not deciding.fits(Rule(ballot.rule), kind):
        ballot.rule = Rule.SIMPLE  # it was taken from another ballot, or went with another kind
    ballot.base = _read("base", lines.base, rules.read_base, Base(ballot.base))
    if lines.quorum is not None:
        _quorum(ballot, lines.quorum)
    if not deciding.fits(Rule(ballot.rule), kind):
        raise UserError("drafting.rule_does_not_fit", rule=ballot.rule, kind=kind)


def _wording(ballot: Ballot, lines: Lines, ctx: Context) -> None:
    """The text put to the vote: given here, or a result's version (`E9/2`)."""
    if lines.text is not None and lines.version is not None:
        raise UserError("drafting.text_or_version")
    if lines.version is not None:
        result, number, text = result_version(lines.version, ctx)
        _ask_anew(ballot, lines, result, ctx)
        ballot.result_id, ballot.result_version, ballot.text = result.id, number, text
    elif lines.text is not None:
        _ask_anew(ballot, lines, None, ctx)
        ballot.result_id, ballot.result_version = None, None
        ballot.text = "" if is_empty(lines.text) else _not_longer(lines.text, LONGEST_TEXT)


def _ask_anew(ballot: Ballot, lines: Lines, result: Result | None, ctx: Context) -> None:
    if lines.question is None:
        ballot.question = asked_anew(ballot, result, ctx)


def _paper(ballot: Ballot, lines: Lines, kind: Kind, hand: Hand) -> None:
    """Kind, options and points, as they belong together."""
    if kind is Kind.APPROVAL and lines.options is not None:
        raise UserError("drafting.no_options_here")
    if kind is not Kind.POINTS and lines.points is not None:
        raise UserError("drafting.no_points_here", kind=kind)
    before = consultations.sheet(ballot)
    ballot.kind = kind
    options: Sequence[Option] = ()
    if kind is not Kind.APPROVAL:
        dates = kind is Kind.DATES
        options = before.options if dates == (before.kind is Kind.DATES) else ()
        if lines.options is not None:
            options = read_options(lines.options, hand, dates=dates)
        elif not options:
            raise Question("drafting.which_options", resume=hand.again(SLOT), kind=kind)
        elif dates and any(option.at is not None and option.at <= hand.ctx.now for option in options):
            raise Question("drafting.dates_over", resume=hand.again(SLOT))
    ballot.options = consultations.options_as_stored(options)
    ballot.points = None
    if kind is Kind.POINTS:
        ballot.points = before.points or USUAL_POINTS
        if lines.points is not None:
            ballot.points = _points(lines.points)


def _points(words: str) -> int:
    points = read_whole(re.sub(r"\s*(?:punkte?|points?)$", "", words.strip(), flags=re.IGNORECASE), lowest=1)
    if points is None or points > MOST_POINTS:
        raise UserError("drafting.bad_points", value=words, most=MOST_POINTS)
    return points


def read_options(words: str, hand: Hand, *, dates: bool) -> list[Option]:
    """The options of a list, one a line or separated by commas or semicolons. Raises UserError, Question."""
    typed = _apart(words, dates=dates)
    if len(typed) < 2:
        raise Question("drafting.two_options", resume=hand.again(SLOT))
    if len(typed) > MOST_OPTIONS:
        raise UserError("drafting.too_many_options", count=len(typed), most=MOST_OPTIONS)
    for number, each in enumerate(typed, 1):
        if len(each) > LONGEST_OPTION:
            raise UserError("drafting.long_option", number=number, length=len(each), longest=LONGEST_OPTION)
    options = (
        [_date(typed, number, hand) for number in range(len(typed))] if dates else [Option(each) for each in typed]
    )
    if not dates:
        _require_unmistakable(options, hand)
    seen: dict[str, str] = {}
    for option in options:
        if (known := seen.setdefault(fold(option.label), option.label)) is not option.label:
            raise UserError("drafting.option_twice", option=known)
    return options


def _require_unmistakable(options: Sequence[Option], hand: Hand) -> None:
    """No option is an abstention, which there always is, or a bare number that is another option's place."""
    for place, option in enumerate(options, 1):
        if read_choice(option.label)[0] == "abstain":
            others = {read_choice(other.label)[0] for other in options}
            approval = others == {"yes", "no", "abstain"}
            raise Question(
                "drafting.abstention_option", resume=hand.again(SLOT), option=option.label, approval=approval
            )
        label = option.label.strip()
        if label.isdecimal() and len(label) <= 3 and 1 <= int(label) <= len(options) and int(label) != place:
            raise Question("drafting.number_option", resume=hand.again(SLOT), option=label)


def _apart(words: str, *, dates: bool) -> list[str]:
    """One a line; in a single line the semicolon separates, else the comma. Numbers in front are not part of them."""
    if "\n" not in words.strip() and ";" in words:
        words = "\n".join(words.split(";"))
    typed = listed(words)
    numbers = [re.match(r"(\d{1,2})[.)]\s+(?=\S)", each) for each in typed]
    if not dates and all(found and int(found[1]) == at for at, found in enumerate(numbers, 1)):
        typed = [each[found.end() :] for each, found in zip(typed, numbers, strict=True) if found]
    return typed


def _date(typed: Sequence[str], number: int, hand: Hand) -> Option:
    """One option as a moment; what is in doubt is asked back, with the answer behind it."""
    try:
        moment = ahead(typed[number], hand.ctx)
    except UserError as problem:
        lines = [f"- {literal(each)}" for each in typed]
        lines[number] += f"{ANSWERED}{SLOT}"
        raise Question(problem.text, resume=hand.again("\n" + "\n".join(lines)), **problem.values) from problem
    if moment.assumed_time:
        hand.assumed.append(moment.at)
    local = moment.at.astimezone(hand.ctx.house.zone)
    return Option(local.strftime("%d.%m.%Y %H:%M:%S" if local.second else "%d.%m.%Y %H:%M"), moment.at)


def _quorum(ballot: Ballot, words: str) -> None:
    try:
        quorum = rules.read_quorum(words)
    except rules.OutOfRange as problem:
        raise UserError("drafting.quorum_out_of_range", percent=problem.percent) from problem
    if quorum is None:
        raise UserError("drafting.bad", field="quorum", value=words, close=None)
    wanted = None if isinstance(quorum, rules.Special) else quorum
    ballot.quorum = wanted.percent if wanted else None
    ballot.quorum_of = wanted.of if wanted else QuorumOf.ELECTORS


def _read(field: str, typed: str | None, read: Callable[[str], T | None], default: T) -> T:
    if typed is None:
        return default
    understood = read(typed)
    if understood is None:
        raise UserError(
            "drafting.bad", field=field, value=typed, close=rules.rule_like(typed) if field == "rule" else None
        )
    return understood


def _not_longer(words: str, longest: int, what: str = "text") -> str:
    if len(words) > longest:
        raise UserError("inbox.too_long", length=len(words), longest=longest, what=what)
    return words


def visibility(typed: str | None, default: Visibility) -> Visibility:
    """Who sees what. A secret election is refused: whoever runs the server could see the votes. Raises UserError."""
    understood = rules.read_visibility(typed) if typed is not None else default
    if understood is None:
        raise UserError("drafting.bad", field="visibility", value=typed, close=None)
    if isinstance(understood, rules.Special):
        raise UserError("drafting.no_secret_election")
    return understood


def entitle(consultation: Consultation, typed: str | None, ctx: Context) -> None:
    """Set who may vote. Without a line: organisations, where one can be heard at all; else the people in the room.

    Raises UserError for names that nobody has.
    """
    if typed is None:
        franchise = Franchise.ORGANISATIONS if _can_be_heard(ctx) else Franchise.PERSONS
        consultation.electorate, consultation.electorate_of = franchise, ""
        return
    understood = rules.read_electorate(typed)
    if understood is None:
        raise UserError("drafting.bad", field="electorate", value=typed, close=None)
    franchise, of = understood.franchise, understood.of
    if franchise is Franchise.ORGANISATIONS and not organisations.count(ctx.session, ctx.network_id):
        franchise = Franchise.PERSONS  # where no organisation is known; the echo says so
    if franchise is Franchise.ACTIVE and groups.of_room(ctx.session, consultation.room_id) is None:
        raise UserError("drafting.no_group_here")
    if franchise is Franchise.LIST:
        of = "\n".join(dict.fromkeys(_named(each, ctx) for each in understood.names))
    consultation.electorate, consultation.electorate_of = franchise, of


def _can_be_heard(ctx: Context) -> bool:
    """Whether at least one organisation has a mandate or an e-mail address."""
    if organisations.mandates_of_network(ctx.session, ctx.network_id, ctx.now):
        return True
    return any(each.email for each in organisations.of_network(ctx.session, ctx.network_id))


def _named(words: str, ctx: Context) -> str:
    return words if MATRIX_ID.fullmatch(words) else organisation_named(words, ctx).name


def touched(typed: str, ctx: Context) -> list[Project]:
    """The projects whose plans a decision would touch. Raises UserError for a key that is none."""
    return [] if is_empty(typed) else [project_named(key, ctx) for key in listed(typed)]
