"""Reading the settings: config.toml, secrets from files of their own, then the environment over it."""

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from bot.config.hidden import secrets_of
from bot.config.mistakes import LOOKS_LIKE, explain, reported, unknown_variables
from bot.config.names import SECRETS, our_variables, variable
from bot.config.settings import Database, Portfolio, Settings
from bot.errors import OperatorError


def load(path: Path) -> Settings:
    """Read the settings. Relative paths in the file are meant from the file's own folder.

    The secrets among them are known to `matrix.redaction` from then on.

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
    mistakes += _read_secret_files(table, path) + unknown_variables()
    try:
        settings = Settings(**table)
    except ValidationError as error:
        # never the error itself: it carries what was typed, secrets included
        mistakes += [explain(entry, path) for entry in error.errors(include_input=False) if not reported(entry)]
    except SettingsError as error:
        mistakes.append(f"the environment cannot be read: {error}")
    else:
        if len(mistakes) == given:
            settings.matrix.redaction.hide(*secrets_of(settings))
            return _resolved(settings, path.resolve().parent)
    raise OperatorError("\n".join(mistakes))


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
        named = our_variables().get(variable(f"{dotted}_file"))
        if written is not None and name in inside:
            mistakes.append(f"{path}: {dotted} and {dotted}_file: give one of the two")
        if named is not None:
            content = _secret(Path(os.environ[named]), named, mistakes)
        elif written is not None:
            content = _secret(path.resolve().parent / str(written), f"{path}: {dotted}_file", mistakes)
        else:
            continue
        inside[name] = content or LOOKS_LIKE.get(dotted, "unreadable").partition(" ")[0]
        table[section] = inside
    return mistakes


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
    own = settings.portfolio.synonyms
    changed = {
        "matrix": matrix,
        "database": Database(url=url),
        "templates": templates,
        "portfolio": Portfolio(synonyms=folder / own if own else None),
    }
    return settings.model_copy(update=changed)
