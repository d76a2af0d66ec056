"""Settings: config.toml, then the environment over it. All mistakes are reported at once, at the start."""

import difflib
import json
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from bot.errors import OperatorError

ENVIRONMENT = "ZWISCHENSTAND_"
STATES = ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH")
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"  # what stands between the dots of a mail address (RFC 5322)
ADDRESS = rf"^{ATOM}(\.{ATOM})*@{ATOM}(\.{ATOM})*$"
MATRIX_ID = r"^@[^:\s]+:\S+$"
SECRETS = ("matrix.password", "matrix.access_token", "database.url", "mail.smtp")  # each may lie in a file: …_file
LOOKS_LIKE = {
    "matrix.homeserver": "https://matrix.example.org",
    "matrix.user_id": "@zwischenstand:example.org",
    "database.url": "sqlite:///var/zwischenstand.db or postgresql://user@host/database",
    "mail.smtp": "smtp://localhost:25",
    "mail.sender": "zwischenstand@example.org",
    "prefix": "! (without spaces)",
}


def _listed(value: object) -> object:
    """A list in an environment variable: with commas, or as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return tuple(part.strip() for part in value.split(",") if part.strip())


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Section(BaseModel):
    """A table of the configuration; keys nobody knows are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Matrix(Section):
    """How the bot reaches its account. Either a password, or an access token with its device."""

    homeserver: str = Field(pattern=r"^https?://\S+$")
    user_id: str = Field(pattern=MATRIX_ID)
    password: SecretStr | None = None
    access_token: SecretStr | None = None
    device_id: str | None = None
    store: Path = Path("var/crypto")
    pickle_key_file: Path | None = None
    signing_keys_file: Path | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.access_token is not None and not self.device_id:
            raise ValueError("access_token needs device_id beside it")
        for name in ("password", "access_token"):
            secret: SecretStr | None = getattr(self, name)
            if secret is not None and not secret.get_secret_value():
                raise ValueError(f"{name} is empty")
        if self.access_token is None and self.password is None:
            raise ValueError("give a password, or an access_token with its device_id")
        return self

    @property
    def server(self) -> str:
        """The server name inside our own Matrix ID."""
        return self.user_id.partition(":")[2]

    @property
    def key_file(self) -> Path:
        """Where the key to the crypto store lies."""
        return self.pickle_key_file or self.store.with_name(self.store.name + ".key")

    @property
    def signing_file(self) -> Path:
        """Where the seeds of our cross-signing keys lie."""
        return self.signing_keys_file or self.store.with_name(self.store.name + ".signing")


class Database(Section):
    """Where the records are kept."""

    url: str = Field(
        default="sqlite:///var/zwischenstand.db",
        pattern=r"^(sqlite|postgresql(\+psycopg)?)://",
        repr=False,  # may hold a password
    )


class Voting(Section):
    """How votes are counted. `grace_seconds`: sent before the close, a vote may arrive this much later."""

    grace_seconds: float = Field(default=60, ge=0, le=86_400)


class Rooms(Section):
    """The rooms that the bot opens, direct chats included."""

    encrypted: bool = True


class Mail(Section):
    """Mail to those who have no Matrix."""

    smtp: str = Field(pattern=r"^smtps?://\S+$", repr=False)  # may hold a password
    sender: str = Field(pattern=ADDRESS)
    contact: str | None = Field(default=None, pattern=ADDRESS)  # who reads what people answer, and takes them off lists

    @field_validator("smtp")
    @classmethod
    def _leads_somewhere(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            readable = (
                bool(parts.hostname) and parts.port != 0 and f"{parts.path}{parts.query}{parts.fragment}" in ("", "/")
            )
        except ValueError:  # not its own words: they quote what may be a part of the password
            readable = False
        if not readable:
            raise ValueError("no host and port in it; write a / in user or password as %2F, a # as %23, a ? as %3F")
        return value


class Settings(BaseSettings):
    """Everything an operator may set."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=ENVIRONMENT,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    language: Literal["de", "en"] = "de"
    timezone: str = "Europe/Berlin"
    federal_state: str | None = None
    coordinators: Names = Field(min_length=1)
    prefix: str = Field(default="!", min_length=1, max_length=5, pattern=r"^\S+$")
    allowed_servers: Names = ()
    templates: Path | None = None
    matrix: Matrix
    database: Database = Database()
    voting: Voting = Voting()
    rooms: Rooms = Rooms()
    mail: Mail | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes over the file, whose content comes in as keyword arguments."""
        if isinstance(env_settings, EnvSettingsSource):
            files = {_variable(f"{key}_file").lower() for key in SECRETS}  # `load` reads these
            env_settings.env_vars = {name: value for name, value in env_settings.env_vars.items() if name not in files}
        return env_settings, init_settings

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            near = difflib.get_close_matches(value, available_timezones(), n=1)
            raise ValueError(f"no such time zone{f'; did you mean {near[0]}?' if near else ''}")
        return value

    @field_validator("federal_state")
    @classmethod
    def _known_state(cls, value: str | None) -> str | None:
        if value is not None and value not in STATES:
            raise ValueError(f"no such federal state; one of {', '.join(STATES)}")
        return value

    @field_validator("coordinators")
    @classmethod
    def _matrix_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [entry for entry in value if not entry.startswith("@") or ":" not in entry]
        if wrong:
            raise ValueError(f"not a Matrix ID: {', '.join(wrong)} (they look like @anna:example.org)")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The default time zone."""
        return ZoneInfo(self.timezone)

    @property
    def servers(self) -> tuple[str, ...]:
        """The servers whose invitations are followed."""
        return self.allowed_servers or (self.matrix.server,)


def load(path: Path) -> Settings:
    """Read the settings. Relative paths in the file are meant from the file's own folder.

    Raises OperatorError that names every mistake: the key, the file, and what to do.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path}: not valid TOML: {error}") from error
    except OSError as error:
        raise OperatorError(f"{path}: cannot be read: {error.strerror}") from error
    mistakes = [] if path.exists() else [f"{path}: no such file (see config.example.toml)"]
    given = len(mistakes)
    mistakes += _read_secret_files(table, path) + _unknown_variables()
    try:
        settings = Settings(**table)
    except ValidationError as error:
        # never the error itself: it carries what was typed, secrets included
        mistakes += [_explain(entry, path) for entry in error.errors(include_input=False) if not _reported(entry)]
    except SettingsError as error:
        mistakes.append(f"the environment cannot be read: {error}")
    else:
        if len(mistakes) == given:
            return _resolved(settings, path.resolve().parent)
    raise OperatorError("\n".join(mistakes))


def _variable(dotted: str) -> str:
    return ENVIRONMENT + dotted.upper().replace(".", "__")


def _our_variables() -> dict[str, str]:
    """What of ours stands in the environment: the names in capitals, and as they were written."""
    return {name.upper(): name for name in os.environ if name.upper().startswith(ENVIRONMENT)}


def _known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Every dotted key of the settings, tables included."""
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                keys += _known_keys(kind, f"{prefix}{name}.")
    return keys


def _nearest(dotted: str) -> str:
    """The known key that looks most like this one; a key that only lost its table is found by its last part."""
    known = [*_known_keys(Settings), *(f"{key}_file" for key in SECRETS)]
    for key in known:
        if key.rpartition(".")[2] == dotted.rpartition(".")[2]:
            return key
    return difflib.get_close_matches(dotted, known, n=1, cutoff=0.0)[0]


def _secret(file: Path, source: str, mistakes: list[str]) -> str | None:
    """What the file holds, without the line end that editors leave there."""
    try:
        content = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        mistakes.append(f"{source}: {file} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        mistakes.append(f"{source}: {file} is not UTF-8 text")
    else:
        if content:
            return content
        mistakes.append(f"{source}: {file} is empty")
    return None


def _read_secret_files(table: dict[str, Any], path: Path) -> list[str]:
    """Put what `password_file = "…"` or its variable names in the place of `password`, and so on.

    What could not be read gets a stand-in of the right shape, so that it is reported once only.
    """
    mistakes: list[str] = []
    for dotted in SECRETS:
        section, _, name = dotted.partition(".")
        inside = table.get(section, {})
        if not isinstance(inside, dict):
            continue
        written = inside.pop(f"{name}_file", None)
        variable = _our_variables().get(_variable(f"{dotted}_file"))
        if written is not None and name in inside:
            mistakes.append(f"{path}: {dotted} and {dotted}_file: give one of the two")
        if variable is not None:
            content = _secret(Path(os.environ[variable]), variable, mistakes)
        elif written is not None:
            content = _secret(path.resolve().parent / str(written), f"{path}: {dotted}_file", mistakes)
        else:
            continue
        inside[name] = content or LOOKS_LIKE.get(dotted, "unreadable").partition(" ")[0]
        table[section] = inside
    return mistakes


def _unknown_variables() -> list[str]:
    known = {_variable(key) for key in _known_keys(Settings)} | {_variable(f"{key}_file") for key in SECRETS}
    return [
        f"{written}: unknown variable; did you mean {_variable(_nearest(_dotted(name)))}?"
        for name, written in _our_variables().items()
        if name not in known
    ]


def _dotted(variable: str) -> str:
    return variable[len(ENVIRONMENT) :].lower().replace("__", ".")


def _reported(entry: Any) -> bool:
    """A mistyped variable was named as such; what pydantic makes of it is the same mistake once more."""
    return entry["type"] == "extra_forbidden" and _variable(".".join(map(str, entry["loc"]))) in _our_variables()


def _explain(entry: Any, path: Path) -> str:
    dotted = ".".join(str(part) for part in entry["loc"])
    place = _our_variables().get(_variable(dotted)) or f"{path}: {dotted}"
    if entry["type"] == "extra_forbidden":
        return f"{place}: unknown key; did you mean {_nearest(dotted)}?"
    if entry["type"] == "missing":
        return f"{place}: missing, and mandatory"
    if entry["type"] == "string_pattern_mismatch" and dotted in LOOKS_LIKE:
        return f"{place}: should look like {LOOKS_LIKE[dotted]}"
    message = str(entry["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}"


def _resolved(settings: Settings, folder: Path) -> Settings:
    """Paths in a configuration file are meant from the file's folder, wherever the process was started."""
    matrix = settings.matrix.model_copy(
        update={
            "store": folder / settings.matrix.store,
            "pickle_key_file": folder / settings.matrix.key_file,
            "signing_keys_file": folder / settings.matrix.signing_file,
        }
    )
    url = settings.database.url
    if url.startswith("sqlite:///") and not url.startswith(("sqlite:////", "sqlite:///:memory:")):
        url = f"sqlite:///{folder / url.removeprefix('sqlite:///')}"
    templates = folder / settings.templates if settings.templates else None
    return settings.model_copy(update={"matrix": matrix, "database": Database(url=url), "templates": templates})
