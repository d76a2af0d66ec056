"""Samples for the texts on what cannot be read."""

from typing import Any

BY_TEXT: dict[str, dict[str, Any]] = {"unreadable.told": {"reason": "m.unverified", "direct": False}}
