"""Settings: every mistake named at once, and no secret ever shown."""

import os
import re
import tomllib
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bot.config import Settings, load
from bot.errors import OperatorError

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
SECRET = "hunter2-geheim"
MINIMAL = """
coordinators = ["@anna:example.org"]
[matrix]
homeserver = "https://matrix.example.org"
user_id = "@zwischenstand:example.org"
password = "hunter2-geheim"
"""


@pytest.fixture(autouse=True)
def _no_variables_of_the_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ZWISCHENSTAND_")]:
        monkeypatch.delenv(name)


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(path: Path) -> list[str]:
    with pytest.raises(OperatorError) as caught:
        load(path)
    return str(caught.value).splitlines()


def without_password(text: str = MINIMAL) -> str:
    return re.sub(r"^password.*\n", "", text, flags=re.MULTILINE)


def password(settings: Settings) -> str | None:
    secret = settings.matrix.password
    return None if secret is None else secret.get_secret_value()


def test_defaults(tmp_path: Path) -> None:
    settings = load(write(tmp_path, MINIMAL))
    assert (settings.language, settings.timezone, settings.prefix) == ("de", "Europe/Berlin", "!")
    assert settings.zone.key == "Europe/Berlin"
    assert settings.servers == ("example.org",)
    assert settings.voting.grace_seconds == 60
    assert (settings.federal_state, settings.templates, settings.mail) == (None, None, None)


def test_the_example_loads_once_the_password_is_filled_in(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert mistakes(write(tmp_path, text)) == [f"{tmp_path / 'config.toml'}: matrix: password is empty"]
    settings = load(write(tmp_path, text.replace('password = ""', f'password = "{SECRET}"', 1)))
    assert settings == load(write(tmp_path, MINIMAL))


def keys_of(model: type[BaseModel], prefix: str = "") -> set[str]:
    keys = set()
    for name, field in model.model_fields.items():
        kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        keys |= keys_of(inner[0], f"{prefix}{name}.") if inner else {prefix + name}
    return keys


def keys_in(table: Mapping[str, Any], prefix: str = "") -> set[str]:
    keys = set()
    for name, value in table.items():
        keys |= keys_in(value, f"{prefix}{name}.") if isinstance(value, dict) and value else {prefix + name}
    return keys


def test_the_example_shows_every_key_with_its_default(tmp_path: Path) -> None:
    shown = re.sub(r"^# (?=\[|\w+ = )", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    table = tomllib.loads(shown)
    assert keys_in(table) == keys_of(Settings)
    del table["matrix"]["access_token"], table["matrix"]["device_id"]
    table["matrix"]["password"] = SECRET
    uncommented, minimal = Settings(**table), load(write(tmp_path, MINIMAL))
    assert (uncommented.language, uncommented.timezone, uncommented.prefix) == ("de", "Europe/Berlin", "!")
    assert uncommented.servers == minimal.servers
    assert tmp_path / uncommented.matrix.store == minimal.matrix.store
    assert tmp_path / uncommented.matrix.key_file == minimal.matrix.key_file
    assert tmp_path / uncommented.matrix.signing_file == minimal.matrix.signing_file
    assert uncommented.voting == minimal.voting
    assert uncommented.rooms == minimal.rooms
    assert minimal.rooms.encrypted, "administrations' rooms are encrypted as a rule"


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        language = "fr"
        timezone = "Europe/Berln"
        federal_state = "XX"
        coordinators = ["anna"]
        prefx = "?"
        [matrix]
        homeserver = "matrix.example.org"
        user_id = "zwischenstand"
        pasword = "x"
        [voting]
        grace_seconds = -1
        [mail]
        smtp = "localhost"
        """,
    )
    found = mistakes(path)
    for fragment in (
        "language: Input should be 'de' or 'en'",
        "timezone: no such time zone; did you mean Europe/Berlin?",
        "federal_state: no such federal state; one of BB, ",
        "coordinators: not a Matrix ID: anna",
        "prefx: unknown key; did you mean prefix?",
        "matrix.homeserver: should look like https://matrix.example.org",
        "matrix.user_id: should look like @zwischenstand:example.org",
        "matrix.pasword: unknown key; did you mean matrix.password?",
        "voting.grace_seconds: Input should be greater than or equal to 0",
        "mail.smtp: should look like smtp://localhost:25",
        "mail.sender: missing, and mandatory",
    ):
        assert sum(line.startswith(f"{path}: {fragment}") for line in found) == 1, (fragment, found)
    assert len(found) == 11


@pytest.mark.parametrize(
    ("extra", "near"),
    [
        ("langauge = 'de'", "language"),
        ("homserver = 'https://x.example'", "matrix.homeserver"),
        ("grace_seconds = 3", "voting.grace_seconds"),
        ("url = 'sqlite:///x.db'", "database.url"),
        ("quux = 1", None),
    ],
)
def test_an_unknown_key_names_the_nearest(tmp_path: Path, extra: str, near: str | None) -> None:
    (line,) = mistakes(write(tmp_path, f"{extra}\n{MINIMAL}"))
    key = extra.partition(" ")[0]
    assert re.search(rf": {key}: unknown key; did you mean {re.escape(near) if near else r'[a-z_.]+'}\?$", line)


def test_a_mistyped_secret_file_key_names_the_right_one(tmp_path: Path) -> None:
    found = mistakes(write(tmp_path, without_password() + 'pasword_file = "pw"\n'))
    assert any("did you mean matrix.password_file?" in line for line in found)


def test_a_missing_file(tmp_path: Path) -> None:
    found = mistakes(tmp_path / "nowhere.toml")
    assert found[0] == f"{tmp_path / 'nowhere.toml'}: no such file (see config.example.toml)"
    assert [line.partition("toml: ")[2] for line in found[1:]] == [
        "coordinators: missing, and mandatory",
        "matrix: missing, and mandatory",
    ]


def test_the_environment_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZWISCHENSTAND_COORDINATORS", "@anna:example.org, @ben:example.org")
    monkeypatch.setenv("ZWISCHENSTAND_MATRIX__HOMESERVER", "http://localhost:8008")
    monkeypatch.setenv("ZWISCHENSTAND_MATRIX__USER_ID", "@bot:localhost")
    monkeypatch.setenv("ZWISCHENSTAND_MATRIX__PASSWORD", SECRET)
    settings = load(tmp_path / "nowhere.toml")
    assert settings.coordinators == ("@anna:example.org", "@ben:example.org")
    assert settings.matrix.server == "localhost"


@pytest.mark.parametrize("text", ["language = ", "coordinators = [", "\udcff"])
def test_invalid_toml_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    (line,) = mistakes(path)
    assert line.startswith(f"{path}: not valid TOML: ")


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path)
    assert line.startswith(f"{tmp_path}: cannot be read: ")


def test_the_environment_goes_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZWISCHENSTAND_MATRIX__PASSWORD", "from-the-environment")
    monkeypatch.setenv("ZWISCHENSTAND_LANGUAGE", "en")
    monkeypatch.setenv("ZWISCHENSTAND_ALLOWED_SERVERS", '["a.example", "b.example"]')
    monkeypatch.setenv("ZWISCHENSTAND_VOTING__GRACE_SECONDS", "5")
    settings = load(write(tmp_path, MINIMAL))
    assert password(settings) == "from-the-environment"
    assert settings.matrix.homeserver == "https://matrix.example.org"
    assert (settings.language, settings.servers, settings.voting.grace_seconds) == ("en", ("a.example", "b.example"), 5)


def test_a_secret_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text(f"{SECRET}\n")
    (tmp_path / "db").write_text("postgresql://bot:geheim@db.example/stand\n")
    text = without_password() + 'password_file = "pw"\n[database]\nurl_file = "db"\n'
    settings = load(write(tmp_path, text))
    assert password(settings) == SECRET
    assert settings.database.url == "postgresql://bot:geheim@db.example/stand"


def test_a_secret_from_a_file_named_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pw").write_text("from-the-mounted-file\n")
    monkeypatch.setenv("ZWISCHENSTAND_MATRIX__PASSWORD_FILE", str(tmp_path / "pw"))
    assert password(load(write(tmp_path, MINIMAL))) == "from-the-mounted-file"
    assert password(load(write(tmp_path, without_password()))) == "from-the-mounted-file"


def test_a_secret_file_that_is_missing_or_empty_is_reported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = without_password() + 'password_file = "pw"\n[database]\nurl_file = "leer"\n'
    (tmp_path / "leer").write_text("\n")
    monkeypatch.setenv("ZWISCHENSTAND_MAIL__SMTP_FILE", str(tmp_path / "smtp"))
    monkeypatch.setenv("ZWISCHENSTAND_MAIL__SENDER", "stand@example.org")
    path = write(tmp_path, text)
    assert mistakes(path) == [
        f"{path}: matrix.password_file: {tmp_path / 'pw'} cannot be read: No such file or directory",
        f"{path}: database.url_file: {tmp_path / 'leer'} is empty",
        f"ZWISCHENSTAND_MAIL__SMTP_FILE: {tmp_path / 'smtp'} cannot be read: No such file or directory",
    ]


def test_a_secret_given_twice(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("other\n")
    (line,) = mistakes(write(tmp_path, MINIMAL + 'password_file = "pw"\n'))
    assert line.endswith("matrix.password and matrix.password_file: give one of the two")


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("ZWISCHENSTAND_MATRIX__PASWORD", "ZWISCHENSTAND_MATRIX__PASSWORD"),
        ("ZWISCHENSTAND_MATRIX_PASSWORD", "ZWISCHENSTAND_MATRIX__PASSWORD"),
        ("ZWISCHENSTAND_LANGAUGE", "ZWISCHENSTAND_LANGUAGE"),
        ("ZWISCHENSTAND_MATRIX__PASSWORD_FIL", "ZWISCHENSTAND_MATRIX__PASSWORD_FILE"),
    ],
)
def test_a_mistyped_variable_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, near: str
) -> None:
    monkeypatch.setenv(variable, SECRET)
    assert mistakes(write(tmp_path, MINIMAL)) == [f"{variable}: unknown variable; did you mean {near}?"]


def test_a_wrong_value_in_a_variable_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZWISCHENSTAND_VOTING__GRACE_SECONDS", "viel")
    monkeypatch.setenv("ZWISCHENSTAND_LANGAUGE", "de")
    found = mistakes(write(tmp_path, MINIMAL))
    assert [line.partition(":")[0] for line in found] == [
        "ZWISCHENSTAND_LANGAUGE",
        "ZWISCHENSTAND_VOTING__GRACE_SECONDS",
    ]


def test_a_table_in_a_variable_must_be_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZWISCHENSTAND_MATRIX", f"password={SECRET}")
    (line,) = mistakes(write(tmp_path, MINIMAL))
    assert "matrix" in line
    assert SECRET not in line


def test_relative_paths_are_meant_from_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, elsewhere = tmp_path / "etc", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    write(home, 'templates = "words"\n' + MINIMAL + 'pickle_key_file = "keys/pickle"\nstore = "keys/crypto"\n')
    monkeypatch.chdir(elsewhere)
    settings = load(Path("../etc/config.toml"))
    assert settings.matrix.store == home / "keys/crypto"
    assert settings.matrix.key_file == home / "keys/pickle"
    assert settings.matrix.signing_file == home / "keys/crypto.signing"
    assert settings.templates == home / "words"
    assert settings.database.url == f"sqlite:///{home}/var/zwischenstand.db"


@pytest.mark.parametrize(
    "url", ["sqlite:////srv/stand.db", "sqlite:///:memory:", "postgresql:///stand?host=/run/postgresql"]
)
def test_a_database_url_that_is_absolute_stays(tmp_path: Path, url: str) -> None:
    assert load(write(tmp_path, f'{MINIMAL}[database]\nurl = "{url}"\n')).database.url == url


def test_the_keys_lie_beside_the_store_unless_told_otherwise(tmp_path: Path) -> None:
    matrix = load(write(tmp_path, MINIMAL)).matrix
    assert (matrix.key_file, matrix.signing_file) == (tmp_path / "var/crypto.key", tmp_path / "var/crypto.signing")
    elsewhere = load(write(tmp_path, MINIMAL + 'signing_keys_file = "safe/identity"\n')).matrix
    assert elsewhere.signing_file == tmp_path / "safe/identity"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "give a password, or an access_token with its device_id"),
        (f'access_token = "{SECRET}"', "access_token needs device_id beside it"),
        ('password = ""', "password is empty"),
    ],
)
def test_one_way_to_log_in_is_needed(tmp_path: Path, line: str, said: str) -> None:
    (found,) = mistakes(write(tmp_path, without_password() + line))
    assert found.endswith(said)


def test_a_list_may_be_a_single_text(tmp_path: Path) -> None:
    text = MINIMAL.replace('["@anna:example.org"]', '"@anna:example.org"')
    assert load(write(tmp_path, text)).coordinators == ("@anna:example.org",)


def test_settings_never_show_a_secret(tmp_path: Path) -> None:
    text = (
        without_password() + f'access_token = "{SECRET}"\ndevice_id = "BOT"\npassword = "{SECRET}"\n'
        f'[database]\nurl = "postgresql://bot:{SECRET}@db.example/stand"\n'
        f'[mail]\nsmtp = "smtps://bot:{SECRET}@mail.example"\nsender = "stand@example.org"\n'
    )
    settings = load(write(tmp_path, text))
    parts = (settings, settings.matrix, settings.database, settings.mail)
    assert SECRET in settings.database.url
    assert not [part for part in parts for shown in (repr(part), str(part), f"{part}") if SECRET in shown]


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL.replace(f'"{SECRET}"', f'["{SECRET}"]'),
        MINIMAL.replace(f'"{SECRET}"', f'{{ value = "{SECRET}" }}'),
        MINIMAL.replace("password", "passwort"),
        MINIMAL.replace("[matrix]", "[matrx]"),
        MINIMAL.replace("[matrix]", f'matrix = "{SECRET}"\n[database]'),
        without_password() + f'access_token = "{SECRET}"\n',
        f'{MINIMAL}[database]\nurl = "mysql://bot:{SECRET}@db.example/stand"\n',
        f'{MINIMAL}[mail]\nsmtp = "bot:{SECRET}@mail.example"\n',
        f'{MINIMAL}[mail]\nsmtp = 5\nsender = "{SECRET}"\n',
        MINIMAL.replace(f'"{SECRET}"', f'"{SECRET}'),
    ],
)
def test_mistakes_never_show_a_secret(tmp_path: Path, text: str) -> None:
    with pytest.raises(OperatorError) as caught:
        load(write(tmp_path, text))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_wrong_secret_in_the_environment_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZWISCHENSTAND_DATABASE__URL", f"mysql://bot:{SECRET}@db.example/stand")
    (line,) = mistakes(write(tmp_path, MINIMAL))
    assert line.startswith("ZWISCHENSTAND_DATABASE__URL: should look like sqlite://")


@pytest.mark.parametrize(
    "url",
    [
        "smtp://bot:geheim/1@mail.example.org",
        "smtp://bot:2?geheim@mail.example.org",
        "smtp://bot:2#geheim@mail.example.org",
        "smtp://mail.example.org:geheim",
        "smtp://mail.example.org:25/geheim",
        "smtp://:25",
    ],
)
def test_a_mail_server_that_leads_nowhere_is_found_at_the_start_and_not_shown(tmp_path: Path, url: str) -> None:
    (line,) = mistakes(write(tmp_path, f'{MINIMAL}[mail]\nsmtp = "{url}"\nsender = "stand@example.org"\n'))
    assert "mail.smtp: no host and port in it" in line
    assert "geheim" not in line


@pytest.mark.parametrize("sender", ["stand", "a b@example.org", "Stand <a@example.org>", "ä@example.org", "a..b@x.de"])
def test_a_sender_of_mail_is_a_bare_address(tmp_path: Path, sender: str) -> None:
    (line,) = mistakes(write(tmp_path, f'{MINIMAL}[mail]\nsmtp = "smtp://localhost"\nsender = "{sender}"\n'))
    assert line.endswith("mail.sender: should look like zwischenstand@example.org")
