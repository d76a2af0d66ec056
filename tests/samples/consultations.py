"""Samples for the texts of consultations."""

from typing import Any

BY_TEXT: dict[str, dict[str, Any]] = {}
