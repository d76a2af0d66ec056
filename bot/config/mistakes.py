"""Mistakes in the configuration, in words: where it stands, what is wrong, what was meant perhaps."""

import difflib
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.config.names import SECRETS, dotted, our_variables, variable
from bot.config.settings import Settings

LOOKS_LIKE = {
    "matrix.homeserver": "https://matrix.example.org",
    "matrix.user_id": "@zwischenstand:example.org",
    "database.url": "sqlite:///var/zwischenstand.db or postgresql://user@host/database",
    "mail.smtp": "smtp://localhost:25",
    "mail.sender": "zwischenstand@example.org",
    "prefix": "! (without spaces)",
    "monitoring.room": "!AbCdEfGh:example.org (the room's internal ID, no alias)",
}


def unknown_variables() -> list[str]:
    """Of variables that carry our name and mean nothing: each with the one that may have been meant."""
    known = {variable(key) for key in _known_keys(Settings)} | {variable(f"{key}_file") for key in SECRETS}
    return [
        f"{written}: unknown variable; did you mean {variable(_nearest(dotted(name)))}?"
        for name, written in our_variables().items()
        if name not in known
    ]


def reported(entry: Any) -> bool:
    """A mistyped variable was named as such; what pydantic makes of it is the same mistake once more."""
    return entry["type"] == "extra_forbidden" and variable(".".join(map(str, entry["loc"]))) in our_variables()


def explain(entry: Any, path: Path) -> str:
    """A mistake that pydantic found in the file at `path`, or in the environment; never what was typed."""
    key = ".".join(str(part) for part in entry["loc"])
    place = our_variables().get(variable(key)) or f"{path}: {key}"
    if entry["type"] == "extra_forbidden":
        return f"{place}: unknown key; did you mean {_nearest(key)}?"
    if entry["type"] == "missing":
        return f"{place}: missing, and mandatory"
    if entry["type"] == "string_pattern_mismatch" and key in LOOKS_LIKE:
        return f"{place}: should look like {LOOKS_LIKE[key]}"
    message = str(entry["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}"


def _known_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Every dotted key of the settings, tables included."""
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                keys += _known_keys(kind, f"{prefix}{name}.")
    return keys


def _nearest(wrong: str) -> str:
    """The known key that looks most like this one; a key that only lost its table is found by its last part."""
    known = [*_known_keys(Settings), *(f"{key}_file" for key in SECRETS)]
    for each in known:
        if each.rpartition(".")[2] == wrong.rpartition(".")[2]:
            return each
    return difflib.get_close_matches(wrong, known, n=1, cutoff=0.0)[0]
