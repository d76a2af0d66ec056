"""What is written about a release in several places agrees."""

import re
import tomllib

from bot.texts import ROOT


def written(file: str, pattern: str) -> str:
    found = re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{file}: no {pattern}"
    return found[1]


def test_one_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert written("CHANGELOG.md", r"^## (\d+\.\d+\.\d+) - ") == version
    assert written("publiccode.yml", r"^softwareVersion: \"(.+)\"$") == version
    assert written("docs/operating.md", r"Everything here is about (\d+\.\d+\.\d+);") == version
    assert written("uv.lock", r"^name = \"zwischenstand\"\nversion = \"(.+)\"$") == version
