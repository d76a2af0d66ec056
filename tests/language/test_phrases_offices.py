"""More of what people in offices type for a deadline; the first table is in `test_phrases`."""

import pytest

from tests.language.reviewed import table
from tests.language.test_phrases import PHRASES, understood

OFFICES = table("deadlines")


@pytest.mark.parametrize(("text", "expected"), OFFICES, ids=[text for text, _ in OFFICES])
def test_phrase(text: str, expected: str) -> None:
    assert understood(text) == expected


def test_no_phrase_stands_twice() -> None:
    texts = [text for text, _ in (*PHRASES, *OFFICES)]
    assert len(texts) == len(set(texts)) > 600
