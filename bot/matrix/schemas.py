"""nio checks every event and every answer against a JSON schema with an interpreter; here the schemas are compiled.

nio spends most of a large sync in `jsonschema`. The compiled validators do the same work: they set defaults, know nio's
two formats, and raise what nio catches. They differ in two ways, both on purpose: `$` in a pattern does not tolerate a
newline at the end, and an error message never quotes the event, which would carry people's words into the log.
"""

import re
from collections.abc import Callable
from typing import Any

import fastjsonschema
import jsonschema  # type: ignore[import-untyped]  # it ships no types; nio depends on it
import nio.crypto.olm_machine  # type: ignore[import-untyped]  # nio ships no types
import nio.events.misc  # type: ignore[import-untyped]
import nio.responses  # type: ignore[import-untyped]
import nio.schemas  # type: ignore[import-untyped]

DRAFT = "http://json-schema.org/draft-04/schema#"
HTTP_URL = re.compile(r"^https?://.+")

Validator = Callable[[Any], Any]

_compiled: dict[int, tuple[Any, Validator]] = {}
"""By the schema's identity; the schema is kept beside its validator so that its identity is never given away."""


def validate_json(instance: Any, schema: Any) -> None:
    """Check `instance` and set its defaults, like `nio.schemas.validate_json`. A schema is compiled at its first use.

    Raises jsonschema's ValidationError or SchemaError.
    """
    known = _compiled.get(id(schema))
    if known is None:
        known = _compiled[id(schema)] = (schema, _compile(schema))
    try:
        known[1](instance)
    except fastjsonschema.JsonSchemaValueException as error:
        raise jsonschema.ValidationError(error.message) from None


def install() -> None:
    """Let nio use the compiled validators, in all modules that have imported its own."""
    for module in (nio.schemas, nio.responses, nio.events.misc, nio.crypto.olm_machine):
        module.validate_json = validate_json


def _compile(schema: Any) -> Validator:
    try:
        return fastjsonschema.compile(
            {"$schema": DRAFT, **_mended(schema)},
            formats={"user_id": _is_user_id, "http_url": _is_http_url, "room_id": _anything},
        )
    except fastjsonschema.JsonSchemaDefinitionException as error:
        raise jsonschema.SchemaError(str(error)) from error


def _mended(schema: Any) -> Any:
    """The same schema for the compiler.

    A `required` that stands among the names of properties (a slip of nio's) checks nothing and goes. The compiler does
    not look into a default that it has just set, so defaults are completed by those of the properties inside.
    """
    if isinstance(schema, list):
        return [_mended(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    mended = {key: _mended(value) for key, value in schema.items()}
    if isinstance(properties := mended.get("properties"), dict):
        mended["properties"] = inner = {name: rule for name, rule in properties.items() if isinstance(rule, dict)}
        if isinstance(default := mended.get("default"), dict):
            filled = {name: rule["default"] for name, rule in inner.items() if "default" in rule}
            mended["default"] = filled | default
    return mended


def _is_user_id(value: str) -> bool:
    return value.startswith("@") and ":" in value


def _is_http_url(value: str) -> bool:
    return HTTP_URL.match(value) is not None


def _anything(_value: str) -> bool:
    """nio names this format in its schemas and never checks it."""
    return True
