"""The reviewed tables of phrases (`phrases/README.md`)."""

from pathlib import Path

FOLDER = Path(__file__).parent / "phrases"


def table(name: str) -> list[tuple[str, str]]:
    """Phrases and what they mean, in the order of the file."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    split = (line.partition(" -> ") for line in lines)
    return [(phrase.rstrip(), meaning) for phrase, _, meaning in split]
