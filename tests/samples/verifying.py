"""Samples for the keys that people know us by."""

from typing import Any

from tests.fakes import KEYS, US

BY_TEXT: dict[str, dict[str, Any]] = {"verifying.shown": {"us": US, "keys": KEYS}}
