"""Lists of names and of Matrix IDs, as people type them."""

import pytest

from bot.language.lists import listed, split_ids


@pytest.mark.parametrize(
    ("typed", "things"),
    [
        ("Bildung, Kultur", ["Bildung", "Kultur"]),
        ("Bildung;Kultur ,", ["Bildung", "Kultur"]),
        ("- Bildung\n- Kultur, Sport und Freizeit\n", ["Bildung", "Kultur, Sport und Freizeit"]),
        ("Bildung\n• Kultur\n\n– Sport", ["Bildung", "Kultur", "Sport"]),
        ("E-Akte", ["E-Akte"]),
        (" , ", []),
    ],
)
def test_things_of_a_list(typed: str, things: list[str]) -> None:
    assert listed(typed) == things


@pytest.mark.parametrize(
    ("typed", "ids", "bad", "others"),
    [
        ("@a:example.org, @b:example.org", ["@a:example.org", "@b:example.org"], [], ""),
        ("@a:example.org,@b:example.org und @a:example.org.", ["@a:example.org", "@b:example.org"], [], ""),
        ("Digitale Akte @a:example.org", ["@a:example.org"], [], "Digitale Akte"),
        ("@a:example.org Bildung und Kultur", ["@a:example.org"], [], "Bildung und Kultur"),
        ("@a:127.0.0.1:8448 @b:[::1] @c:[x]", ["@a:127.0.0.1:8448", "@b:[::1]"], ["@c:[x]"], ""),
        ("@ben", [], ["@ben"], ""),
        ("@a:b@c:example.org", [], ["@a:b@c:example.org"], ""),
        ("ben@example.org", [], [], "ben@example.org"),
        ("@" + "a" * 250 + ":example.org", [], ["@" + "a" * 250 + ":example.org"], ""),
    ],
)
def test_ids_among_words(typed: str, ids: list[str], bad: list[str], others: str) -> None:
    assert split_ids(typed) == (ids, bad, others)
