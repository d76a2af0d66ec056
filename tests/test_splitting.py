"""Long messages in parts: each well-formed and small enough, and together they say everything."""

import re
from html import escape, unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.texts import plain_of
from bot.texts.splitting import fitted, split
from tests.test_texts import unbalanced

LIMIT = 300
MARK = "… (gekürzt)"
FEW = settings(max_examples=60, deadline=None)  # each renders dozens of candidates
words = st.lists(st.text("abcäß&<>\"'🟢 ", min_size=1, max_size=8), min_size=1, max_size=4).map(" ".join)
line = st.one_of(words.map(escape), words.map(lambda said: f"<b>{escape(said)}</b>"))
lines = st.lists(line, min_size=1, max_size=4).map("<br>".join)
items = st.lists(lines, min_size=1, max_size=4).map(
    lambda all_: "<ul>" + "".join(f"<li>{i}</li>" for i in all_) + "</ul>"
)
rows = st.lists(st.tuples(line, line), min_size=1, max_size=6).map(
    lambda all_: "".join(f"<tr><td>{one}</td><td>{two}</td></tr>" for one, two in all_)
)
block = st.one_of(
    lines,
    lines.map(lambda inner: f"<p>{inner}</p>"),
    lines.map(lambda inner: f"<blockquote>{inner}</blockquote>"),
    items,
    items.map(lambda inner: f"<details><summary>Verlauf</summary>{inner}</details>"),
    rows.map(lambda inner: f"<table><thead><tr><th>Wer</th><th>Stimme</th></tr></thead><tbody>{inner}</tbody></table>"),
)
messages = st.lists(block, min_size=1, max_size=6).map("".join)


def fits(html: str) -> bool:
    return len(html) + len(plain_of(html)) <= LIMIT


def said(html: str) -> list[str]:
    return unescape(re.sub("<[^>]*>", " ", html)).split()


@FEW
@given(messages)
def test_the_parts_are_well_formed_small_and_complete(html: str) -> None:
    parts = split(html, fits, MARK)
    assert [unbalanced(part) for part in parts] == [[]] * len(parts)
    assert all(fits(part) for part in parts)
    if MARK not in "".join(parts):
        repeated = {"Wer", "Stimme", "Verlauf"}
        told = [word for part in parts for word in said(part)]
        assert [w for w in told if w not in repeated] == [w for w in said(html) if w not in repeated]
        assert set(said(html)) <= set(told)


@FEW
@given(messages, st.integers(60, 500))
def test_however_small_a_part_must_be(html: str, limit: int) -> None:
    for part in split(html, lambda part: len(part) <= limit, MARK):
        assert len(part) <= limit
        assert unbalanced(part) == []


@FEW
@given(messages)
def test_one_part_if_it_must_be_one(html: str) -> None:
    one = fitted(html, fits, MARK)
    assert unbalanced(one) == []
    assert fits(one) or set(said(one)) <= set(MARK.split())
    assert not fits(html) or MARK not in one


def test_what_fits_is_left_as_it_is() -> None:
    assert split("<p>Hallo & „Welt“", fits, MARK) == ["<p>Hallo & „Welt“"]


def test_a_block_stays_whole_if_a_part_can_hold_it() -> None:
    one, two = f"<p>{'a ' * 65}a</p>", f"<blockquote>{'b<br>' * 25}b</blockquote>"
    assert split(one + two, fits, MARK) == [one, two]


def test_a_table_says_its_head_again_and_keeps_its_rows_whole() -> None:
    head = "<thead><tr><th>Wer</th></tr></thead>"
    table = "".join(f"<tr><td>Zeile {number}</td><td>Ja</td></tr>" for number in range(40))
    parts = split(f"<p>Anfang</p><table>{head}<tbody>{table}</tbody></table><p>Ende</p>", fits, MARK)
    assert len(parts) > 2
    assert parts[0].startswith(f"<p>Anfang</p><table>{head}<tbody><tr><td>Zeile 0</td>")
    assert all(part.startswith(f"<table>{head}<tbody><tr><td>Zeile") for part in parts[1:])
    assert parts[-1].endswith("</tr></tbody></table><p>Ende</p>")
    assert [f"Zeile {number}</td>" in "".join(parts) for number in range(40)] == [True] * 40


@pytest.mark.parametrize(
    ("before", "after"), [("<p>", "</p>"), ("<table><tbody><tr><td>Ben</td><td>", "</td></tr></tbody></table>")]
)
def test_what_cannot_be_cut_is_shortened_between_words(before: str, after: str) -> None:
    (part,) = split(f"{before}{'Fristen ' * 500}{after}", fits, MARK)
    assert part.startswith(f"{before}Fristen Fristen")
    assert part.endswith(f"Fristen {MARK}{after}")
    assert fits(part)
    assert len(part) > LIMIT // 2 - 40


def test_in_one_part_the_longest_block_gives_way() -> None:
    one = fitted(f"<p>K1</p><blockquote>{'Wort ' * 500}</blockquote><p>Offen bis Freitag</p>", fits, MARK)
    assert one.startswith("<p>K1</p><blockquote>Wort Wort")
    assert one.endswith(f"{MARK}</blockquote><p>Offen bis Freitag</p>")
    assert fits(one)
