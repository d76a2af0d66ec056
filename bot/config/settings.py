"""What an operator may set, table by table."""

import difflib
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    Field,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.config.names import ENVIRONMENT, SECRETS, variable
from bot.config.section import Names, Section
from bot.config.web import Web
from bot.redaction import Redaction

STATES = ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH")
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"  # what stands between the dots of a mail address (RFC 5322)
ADDRESS = rf"^{ATOM}(\.{ATOM})*@{ATOM}(\.{ATOM})*$"
MATRIX_ID = r"^@[^:\s]+:\S+$"


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
    _redaction: Redaction = PrivateAttr(default_factory=Redaction)

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
    def redaction(self) -> Redaction:
        """Where whoever loads a secret of ours hides it from the log; the same one in every copy of these settings."""
        return self._redaction

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

    @field_validator("url")
    @classmethod
    def _one_at(cls, value: str) -> str:
        """What follows a second @ would be taken for the host, and be shown as such: a piece of the password."""
        if value.startswith("postgresql") and value.partition("?")[0].count("@") > 1:
            raise ValueError("two @ in it; write an @ in user or password as %40")
        return value


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


class Monitoring(Section):
    """Who is told how the bot is. Without a `port` there is no page on it.

    `room` (a room ID) is where the coordinators are told; without it, or while we are not in it, each of them is alone.
    """

    port: int | None = Field(default=None, ge=1, le=65_535)
    address: str = Field(default="127.0.0.1", pattern=r"^\S+$")
    room: str | None = Field(default=None, pattern=r"^![^\s:]\S*$")


class Portfolio(Section):
    """What is known of projects. `synonyms` is the operator's own file of names of the same thing, beside ours."""

    synonyms: Path | None = None


class Log(Section):
    """What is said on standard error: lines to read, or JSON to be collected; how much of it."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


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
    monitoring: Monitoring = Monitoring()
    web: Web = Web()
    portfolio: Portfolio = Portfolio()
    log: Log = Log()

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
            files = {variable(f"{key}_file").lower() for key in SECRETS}  # `bot.config.reading` reads these
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
