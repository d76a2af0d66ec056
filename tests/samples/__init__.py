"""One of everything that a text is filled with, by the name of the argument.

`VALUES` serve every text; where an argument means another thing in one text, or stands there alone, `BY_TEXT` has it.
"""

from typing import Any

from tests.samples import (
    answering,
    boards,
    checkins,
    consulting,
    controlling,
    council,
    digests,
    general,
    health,
    mailing,
    meetings,
    minutes,
    opening,
    overview,
    portfolio,
    publishing,
    recurrences,
    results,
    sharing,
    surveys,
    synergies,
    tasks,
    unreadable,
    verifying,
    voting,
    workshops,
    zones,
)

NASTY = general.NASTY
VALUES: dict[str, Any] = general.VALUES
BY_TEXT: dict[str, dict[str, Any]] = (
    general.BY_TEXT
    | boards.BY_TEXT
    | checkins.BY_TEXT
    | answering.BY_TEXT
    | consulting.BY_TEXT
    | controlling.BY_TEXT
    | council.BY_TEXT
    | opening.BY_TEXT
    | overview.BY_TEXT
    | sharing.BY_TEXT
    | results.BY_TEXT
    | publishing.BY_TEXT
    | voting.BY_TEXT
    | workshops.BY_TEXT
    | minutes.BY_TEXT
    | mailing.BY_TEXT
    | meetings.BY_TEXT
    | recurrences.BY_TEXT
    | tasks.BY_TEXT
    | synergies.BY_TEXT
    | verifying.BY_TEXT
    | digests.BY_TEXT
    | portfolio.BY_TEXT
    | surveys.BY_TEXT
    | zones.BY_TEXT
    | unreadable.BY_TEXT
    | health.BY_TEXT
)
