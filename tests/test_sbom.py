"""What is installed: listed by one command, and nothing of it but what was pinned."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, version
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from bot.__main__ import app
from bot.texts import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
UNNAMED = {"peewee", "vodozemac"}  # their metadata names no licence
INSTALLERS = {"pip", "uv", "wheel"}  # an environment may hold them; nothing of ours needs them


def told() -> dict[str, Any]:
    result = CliRunner().invoke(app, ["sbom"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def names(requirements: list[str]) -> set[str]:
    """What is required here, by its canonical name."""
    read = map(Requirement, requirements)
    return {canonicalize_name(each.name) for each in read if each.marker is None or each.marker.evaluate()}


def test_it_lists_what_we_run_with_and_its_licences() -> None:
    listed = {each["name"]: each for each in told()["components"]}
    assert names(PROJECT["project"]["dependencies"]) <= listed.keys(), "stale environment? uv sync"
    for name in ("vodozemac", "aiohttp", "lxml", "sqlalchemy", "psycopg-binary"):
        assert name in listed, "also what comes with something else"
    for name, each in listed.items():
        assert each["version"] == version(name)
        assert each["purl"] == f"pkg:pypi/{name}@{version(name)}"
        assert ("licenses" in each) == (name not in UNNAMED), name
    assert told()["metadata"]["component"]["licenses"] == [{"expression": "EUPL-1.2"}]


def test_it_lists_nothing_else() -> None:
    listed = {each["name"] for each in told()["components"]}
    development = names(PROJECT["dependency-groups"]["dev"])
    assert "matrix-synapse" in development
    assert not listed & (development - names(PROJECT["project"]["dependencies"]))
    assert not listed & {"pytest", "twisted", "colorama"}


def test_it_has_the_shape_of_cyclonedx() -> None:
    """What the schema demands of the fields that we use (cyclonedx.org/docs/1.6/json)."""
    found = told()
    assert (found["bomFormat"], found["specVersion"], found["version"]) == ("CycloneDX", "1.6", 1)
    us = found["metadata"]["component"]
    references = [us["bom-ref"], *(each["bom-ref"] for each in found["components"])]
    assert len(set(references)) == len(references)
    for each in found["components"]:
        assert each["type"] == "library"
        expressions = [entry for entry in each.get("licenses", ()) if "expression" in entry]
        assert len(expressions) in (0, len(each.get("licenses", ()))), "an expression stands alone"
        assert len(expressions) <= 1
    assert [each["ref"] for each in found["dependencies"]] == references
    for each in found["dependencies"]:
        assert set(each["dependsOn"]) <= set(references)


def test_it_names_no_server_and_is_the_same_again() -> None:
    command = (sys.executable, "-m", "bot", "sbom")
    first, second = (subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout for _ in range(2))
    assert first == second
    assert not re.search(rb"https?:|files\.|/home|/work|/tmp", first)


def test_everything_installed_was_pinned() -> None:
    """The resolved environment is what the constraints say, development tools included."""
    pinned = {}
    for line in PROJECT["tool"]["uv"]["constraint-dependencies"]:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            pinned[canonicalize_name(requirement.name)] = requirement.specifier
    there = {canonicalize_name(each.name): each.version for each in distributions()}
    loose = {
        name: found
        for name, found in there.items()
        if name not in (*INSTALLERS, PROJECT["project"]["name"]) and (name not in pinned or found not in pinned[name])
    }
    assert loose == {}, "pin them: uv run python -m tests.pin"


def test_every_constraint_is_one_exact_version() -> None:
    for line in PROJECT["tool"]["uv"]["constraint-dependencies"]:
        (specifier,) = Requirement(line).specifier
        assert specifier.operator == "=="
        assert "*" not in specifier.version
