"""Refresh the exact versions in pyproject.toml: `uv run python -m tests.pin`.

uv.lock would name the package index it was made with, so it stays out of git; the constraints say the same without an
address, and every fresh checkout resolves to what was tested. The old constraints are ignored, which makes this the way
to upgrade, too. Only the lines between `# constraints-begin` and `# constraints-end` change.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
BLOCK = re.compile(rb"(?<=\n)(# constraints-begin[^\n]*\n).*?(# constraints-end)", re.DOTALL)
EXPORT = ("export", "--all-groups", "--all-extras", "--no-hashes", "--no-emit-project", "--no-header", "--no-annotate")
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==(?P<version>[^\s;]+)(?: ; (?P<marker>.+))?$")


def with_block(project: bytes, constraints: list[str]) -> bytes:
    """The project file with these constraints, no other byte changed. Raises ValueError unless it holds one block."""
    lines = "".join(f'  "{entry}",\n' for entry in constraints)
    block = f"constraint-dependencies = [\n{lines}]\n" if lines else "constraint-dependencies = []\n"
    changed, count = BLOCK.subn(lambda found: found[1] + block.encode() + found[2], project)
    if count != 1:
        raise ValueError(f"pyproject.toml must hold one block between the constraints- lines, but holds {count}")
    return changed


def constraints(exported: str) -> list[str]:
    """`name==version` for each package; with its marker only where another platform or Python takes another version.

    Raises ValueError for anything else (an address, a path), so that none ever gets into the file.
    """
    found: dict[str, list[re.Match[str]]] = {}
    for line in filter(None, map(str.strip, exported.splitlines())):
        match = PINNED.match(line)
        if match is None:
            raise ValueError(f"not an exact version: {line}")
        found.setdefault(match["name"], []).append(match)
    entries = []
    for name, matches in sorted(found.items()):
        several = len({match["version"] for match in matches}) > 1
        for match in matches if several else matches[:1]:
            marker = f" ; {match['marker']}" if several and match["marker"] else ""
            entries.append(f"{name}=={match['version']}{marker}".replace('"', "'"))
    return entries


def resolve(project: bytes) -> str:
    """What uv chooses today for all groups, every platform and Python, starting from nothing."""
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_bytes(with_block(project, []))
        command = (uv, *EXPORT, "--format", "requirements-txt", "--quiet", "--project", folder)
        return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> int:
    """Resolve, then change the file as it is at that moment: somebody else may have edited it meanwhile."""
    try:
        entries = constraints(resolve(PROJECT.read_bytes()))
    except subprocess.CalledProcessError as error:
        return int(error.returncode)  # uv has said why
    PROJECT.write_bytes(with_block(PROJECT.read_bytes(), entries))
    print(f"{len(entries)} exact versions in {PROJECT.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
