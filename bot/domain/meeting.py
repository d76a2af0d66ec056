"""Meetings: what kinds there are."""

from enum import StrEnum


class Kind(StrEnum):
    """How a meeting is held."""

    PLAIN = "plain"
    REVIEW = "review"  # what the past period achieved, project by project (Mainz)
    WORKSHOP = "workshop"  # rounds at tables, groups re-mixed (Freiburg)
