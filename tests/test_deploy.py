"""What is in `deploy/` is understood by the programs that it is for."""

import configparser
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from bot.__main__ import app
from bot.config import load

DEPLOY = Path(__file__).parents[1] / "deploy"
COMPOSE = sorted(DEPLOY.glob("*/compose.yaml"))
SERVICES = [(file, name) for file in COMPOSE for name in YAML(typ="safe").load(file)["services"]]
FOLDERS = sorted(path.parent for path in DEPLOY.glob("*/zwischenstand.service"))
PROGRAM = "/opt/zwischenstand/.venv/bin/zwischenstand"
MATRIX = {"homeserver": "https://matrix.example.org", "user_id": "@zwischenstand:example.org"}


def read(file: Path) -> dict[str, Any]:
    """A compose file."""
    found: dict[str, Any] = YAML(typ="safe").load(file)
    return found


def test_compose_files_fit_their_schema() -> None:
    """That of the Compose specification."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", *map(str, COMPOSE)]
    assert len(COMPOSE) == 2
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "service"), SERVICES, ids=[f"{file.parent.name}-{service}" for file, service in SERVICES]
)
def test_what_a_compose_file_sets_is_a_setting(
    file: Path, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each variable is one that the bot knows, and each secret that it names is mounted."""
    bot = read(file)["services"][service]
    secrets = {"database_url": "postgresql://bot@db.example.org/bot", "keys_key": "k" * 43, "matrix_password": "geheim"}
    for name, value in bot["environment"].items():
        folder, _, secret = value.rpartition("/")
        if folder == "/run/secrets":
            assert secret in bot["secrets"]
            (tmp_path / secret).write_text(secrets[secret])
            monkeypatch.setenv(name, str(tmp_path / secret))
        else:
            monkeypatch.setenv(name, value)
    config = tmp_path / "config.toml"
    lines = "\n".join(f'{key} = "{value}"' for key, value in MATRIX.items())
    config.write_text(f'coordinators = ["@anna:example.org"]\n[matrix]\n{lines}\n')
    settings = load(config)
    assert settings.database.url == (
        secrets["database_url"]
        if "database_url" in bot["secrets"]
        else bot["environment"]["ZWISCHENSTAND_DATABASE__URL"]
    )
    assert settings.monitoring.port == (9464 if service == "bot" else None)
    assert settings.matrix.password is not None
    assert settings.matrix.password.get_secret_value() == secrets["matrix_password"]


def test_senders_are_started_on_demand_by_a_command_that_there_is() -> None:
    """With the files that the bot has; where nobody asks for them, there are none."""
    services = read(DEPLOY / "two-machines" / "compose.yaml")["services"]
    bot, sender = services["bot"], services["sender"]
    assert sender["profiles"] == ["senders"]
    assert sender["build"] == bot["build"]
    assert set(sender["volumes"]) < set(bot["volumes"])
    assert sender["environment"].items() < bot["environment"].items()
    name, *options = sender["command"]
    command = get_command(app).commands[name]  # type: ignore[attr-defined] # a group, as there are several
    parsed = command.make_context(name, list(options))
    assert parsed.params == {"config": Path("/etc/zwischenstand/config.toml")}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_systemd_understands_the_units(folder: Path, tmp_path: Path) -> None:
    """As `systemd-analyze verify` sees them, with the program where it is here."""
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed here (Debian: apt-get install systemd)")
    units = [*folder.glob("*.service"), *folder.glob("*.timer")]
    assert len(units) == {"one-machine": 3, "two-machines": 4}[folder.name]
    for unit in units:
        text = unit.read_text()
        assert unit.suffix == ".timer" or PROGRAM in text
        (tmp_path / unit.name).write_text(text.replace(PROGRAM, str(Path(sys.prefix) / "bin" / "zwischenstand")))
    done = subprocess.run(
        [verify, "verify", "--man=no", *map(str, tmp_path.iterdir())], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_backup_may_write_beside_what_it_reads(folder: Path) -> None:
    """With `ProtectSystem=strict` only its state directories; SQLite cannot open a write-ahead log without that."""
    bot, backup = (_service(folder / f"zwischenstand{name}.service") for name in ("", "-backup"))
    assert backup["ProtectSystem"] == "strict"
    assert set(bot["StateDirectory"].split()) < set(backup["StateDirectory"].split())
    assert backup["User"] == bot["User"]


def _service(unit: Path) -> dict[str, str]:
    """The settings of its section; of several with one name the last."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign] # as the module's documentation has it
    parser.read_string(unit.read_text())
    return dict(parser["Service"])


def test_who_leads_is_started_again_however_it_ended() -> None:
    """Also after many starts at which PostgreSQL was away: by default systemd gives up after five within 10 s."""
    text = (DEPLOY / "two-machines" / "zwischenstand.service").read_text().splitlines()
    assert {"Restart=always", "StartLimitIntervalSec=0"} <= set(text)


def test_the_image_holds_what_the_package_is_made_of() -> None:
    """Each folder of the package is copied, and nothing that is not there."""
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = {source for line in lines if line.startswith("COPY") for source in line.split()[1:-1]}
    assert copied == {*packages, "pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
