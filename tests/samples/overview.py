"""Samples for the link to the overview pages."""

from typing import Any

BY_TEXT: dict[str, dict[str, Any]] = {
    "overview.link": {
        "address": "https://stand.example.org/anmelden/Yk3mQ8vT0dLw2nRz6xPbJ7sFhC1uEaG9tKoV4iNyXcM",
        "network": "Offene Kommunen",
        "minutes": 15,
        "prefix": "!",
    },
    "overview.no_pages": {"coordinates": True},
    "overview.no_widget": {"coordinates": True},
    "overview.ended": {"sessions": 2},
}
