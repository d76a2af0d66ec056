"""Sums of money: each is read as the one thing it can mean, or asked back."""

import pytest

from bot.errors import UserError
from bot.language.amounts import Found, find_amount
from bot.language.parts import Entry, read_parts

READ = [
    ("12.000 €", 12_000_00),
    ("12,000 €", 12_000_00),
    ("12 000 €", 12_000_00),
    ("12'000 €", 12_000_00),
    ("12000 Euro", 12_000_00),
    ("€12,000.50", 12_000_50),
    ("EUR 12.000,50", 12_000_50),
    ("12.000,- €", 12_000_00),
    ("12.000,– Euro", 12_000_00),
    ("1.234.567,89 €", 1_234_567_89),
    ("1,234,567.89 €", 1_234_567_89),
    ("12,50 €", 12_50),
    ("12.50 euros", 12_50),
    ("12,5 €", 12_50),
    ("0 €", 0),
    ("20 T€", 20_000_00),
    ("20T€", 20_000_00),
    ("20 TEUR", 20_000_00),
    ("20 k€", 20_000_00),
    ("20 Tsd. Euro", 20_000_00),
    ("20 tausend Euro", 20_000_00),
    ("12,5 T€", 12_500_00),
    ("1,5 Mio. €", 1_500_000_00),
    ("1,5 Millionen Euro", 1_500_000_00),
    ("€1.5 million", 1_500_000_00),
    ("€1.5m", 1_500_000_00),
    ("2 M€", 2_000_000_00),
    ("30.000.000 €", 30_000_000_00),
]


@pytest.mark.parametrize(("typed", "cents"), READ)
def test_a_sum_alone_is_read_and_leaves_no_words(typed: str, cents: int) -> None:
    assert find_amount(typed) == Found("", cents)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("1.250 T€", "unreadable"),  # 1,250 thousand, or one and a quarter?
        ("1,250 Mio. €", "unreadable"),
        ("12.0000 €", "unreadable"),
        ("1.234,567 €", "unreadable"),
        ("1.23.456 €", "unreadable"),
        ("0.500 €", "unreadable"),
        ("10.000–20.000 €", "unreadable"),
        ("10.000 bis 20.000 €", "unreadable"),
        ("-500 €", "unreadable"),
        ("1 Billion Euro", "unreadable"),  # a thousand times more in German than in English
        ("viele €", "unreadable"),
        ("12.000 CHF", "unreadable"),
        ("$500", "unreadable"),
        ("9.999.999.999.999 €", "unreadable"),
        ("12.000 € und 3.000 €", "several"),
        ("12.000", "no_currency"),
        ("Server, 12.000", "no_currency"),
        ("20k", "no_currency"),
    ],
)
def test_what_could_mean_two_things_is_asked_back(typed: str, refusal: str) -> None:
    with pytest.raises(UserError) as raised:
        find_amount(typed)
    assert raised.value.text == f"amounts.{refusal}"


@pytest.mark.parametrize(
    ("typed", "words", "cents"),
    [
        ("stellt Server, 12.000 €", "stellt Server", 12_000_00),
        ("12.000 €, stellt Server", "stellt Server", 12_000_00),
        ("Server (12.000 €)", "Server", 12_000_00),
        ("Server – 12.000 €", "Server", 12_000_00),
        ("ca. 12.000 € im Jahr", "ca. 12.000 € im Jahr", 12_000_00),  # nothing is lost
        ("2 Personentage", "2 Personentage", None),
        ("5 m Kabel, 300 €", "5 m Kabel", 300_00),
        ("der Amateur hilft", "der Amateur hilft", None),
        ("", "", None),
    ],
)
def test_words_around_it_are_kept(typed: str, words: str, cents: int | None) -> None:
    assert find_amount(typed) == Found(words, cents)


@pytest.mark.parametrize(
    ("typed", "entries"),
    [
        ("Lindenstadt, Erlenbrück", [Entry("Lindenstadt"), Entry("Erlenbrück")]),
        ("Lindenstadt: stellt Server, 12.000 €", [Entry("Lindenstadt", "stellt Server", 12_000_00)]),
        ("Lindenstadt: 20 T€; Erlenbrück", [Entry("Lindenstadt", None, 20_000_00), Entry("Erlenbrück")]),
        (
            "- Lindenstadt: stellt Server, 12.000 €\n- Erlenbrück: 2 Personentage\n* @ben:example.org: prüft",
            [
                Entry("Lindenstadt", "stellt Server", 12_000_00),
                Entry("Erlenbrück", "2 Personentage"),
                Entry("@ben:example.org", "prüft"),
            ],
        ),
        ("Lindenstadt (12.000 €)", [Entry("Lindenstadt", None, 12_000_00)]),
        ("Lindenstadt – stellt Server", [Entry("Lindenstadt", "stellt Server")]),
        ("Erlenbrück: entfällt", [Entry("Erlenbrück", leaves=True)]),
        ("@ben:example.org, @cem:example.org", [Entry("@ben:example.org"), Entry("@cem:example.org")]),
    ],
)
def test_lists_of_parts(typed: str, entries: list[Entry]) -> None:
    assert read_parts(typed) == entries


def test_too_many_and_too_long_are_refused() -> None:
    with pytest.raises(UserError, match=r"parties\.too_many"):
        read_parts("\n".join(f"- Ort {n}" for n in range(51)))
    with pytest.raises(UserError, match=r"inbox\.too_long"):
        read_parts("Lindenstadt: " + "x" * 301)


@pytest.mark.parametrize(
    ("typed", "doubtful"),
    [
        ("stellt Server, 1.250 T€, sofort", "1.250 T€"),
        ("stellt Server, 10.000 bis 20.000 €", "10.000 bis 20.000 €"),
        ("stellt Server, 12.000 € und 3.000 €", "12.000 € und 3.000 €"),
        ("stellt Server, 12.000", "12.000"),
        ("stellt Server, 500 $", "500 $"),
    ],
)
def test_only_what_is_in_doubt_is_asked_for(typed: str, doubtful: str) -> None:
    """An answer takes its place, and nothing else is lost."""
    with pytest.raises(UserError) as raised:
        find_amount(typed)
    assert raised.value.values["typed"] == doubtful
