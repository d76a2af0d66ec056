"""What is installed with us, as a CycloneDX document (ECMA-424, 1.6): names, exact versions, licences, who needs whom.

Read from the packages' own metadata, so it tells what runs here, not what was meant to; offline, and the same bytes for
the same environment. What wheels carry inside them (OpenSSL, libpq, Rust crates) is not listed there.
"""

import json
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

US = "zwischenstand"
LONGEST_LICENCE = 80
"""Characters; some packages put the whole text where its name belongs."""

Json = dict[str, Any]


def document() -> str:
    """All packages that we need to run, those of the development groups left out. Ends with a line break."""
    needed = _needed()
    names = sorted(needed.keys() - {US})
    told = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component(US) | {"type": "application"}},
        "components": [_component(name) for name in names],
        "dependencies": [
            {"ref": _reference(name), "dependsOn": [_reference(each) for each in sorted(needed[name])]}
            for name in (US, *names)
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _needed() -> dict[str, set[str]]:
    """Every package that is needed here, from us on, and what it needs itself."""
    found: dict[str, set[str]] = {}
    waiting = [(US, frozenset[str]())]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        needs = found.setdefault(name, set())
        for requirement in _requirements(distribution(name), extras):
            each = canonicalize_name(requirement.name)
            needs.add(each)
            more = (each, frozenset(requirement.extras))
            if more not in seen:
                seen.add(more)
                waiting.append(more)
    return found


def _requirements(package: Distribution, extras: frozenset[str]) -> Iterator[Requirement]:
    """What a package needs on this platform and Python, with these extras."""
    for line in package.requires or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def _component(name: str) -> Json:
    package = distribution(name)
    reference = _reference(name)
    told: Json = {"type": "library", "bom-ref": reference, "name": name, "version": package.version}
    if licences := _licences(package):
        told["licenses"] = licences
    return told | ({} if name == US else {"purl": reference})


def _reference(name: str) -> str:
    """The package's URL (github.com/package-url), which names no server."""
    return f"pkg:pypi/{name}@{distribution(name).version}"


def _licences(package: Distribution) -> list[Json]:
    """An SPDX expression (PEP 639) or, in older metadata, whatever names it; nothing where nothing does."""
    told = package.metadata
    if "License-Expression" in told:
        return [{"expression": told["License-Expression"]}]
    classifiers = (told.get_all("Classifier") or []) if "Classifier" in told else []
    classified = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: ")]
    named = told["License"].strip().splitlines() if "License" in told else []
    if named == ["UNKNOWN"]:
        named = []
    if len(named) > 1 or any(len(line) > LONGEST_LICENCE for line in named):  # the whole text: it begins with a name
        named = [] if classified else [named[0].strip()[:LONGEST_LICENCE]]
    return [{"license": {"name": name}} for name in named or classified]
