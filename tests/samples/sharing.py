"""Samples for the texts about guests."""

from typing import Any

from tests.fakes import BEN, CEM

BY_TEXT: dict[str, dict[str, Any]] = {
    "sharing.shared": {"people": [BEN]},
    "sharing.withdrawn": {"people": [BEN, CEM]},
}
