"""npm packages that tests use, installed beside them as their package-lock.json says."""

import fcntl
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPTS = Path(sysconfig.get_path("scripts"))  # node and npm come as Python packages, see pyproject.toml


def install(folder: Path, shared: Path) -> Path:
    """Install what `folder`'s lock file names, if it is not there yet; its node_modules.

    `shared` is a folder that all test processes of this run see: two must not install at the same time. Fails where npm
    does: nothing is skipped.
    """
    installed = folder / "node_modules" / ".package-lock.json"
    with _alone(shared):
        if not installed.exists() or installed.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
            command = [str(SCRIPTS / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
            assert done.returncode == 0, f"npm ci failed:\n{done.stdout}\n{done.stderr}"
            installed.touch()
    return installed.parent


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
