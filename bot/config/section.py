"""What every table of the configuration has in common."""

import json
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_settings import NoDecode


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
