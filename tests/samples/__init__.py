"""One of everything that a text is filled with, by the name of the argument.

`VALUES` serve every text; where an argument means another thing in one text, or stands there alone, `BY_TEXT` has it.
"""

from typing import Any

from tests.samples import consulting, general, minutes, opening, publishing, results, sharing, voting

NASTY = general.NASTY
VALUES: dict[str, Any] = general.VALUES
BY_TEXT: dict[str, dict[str, Any]] = (
    general.BY_TEXT
    | consulting.BY_TEXT
    | opening.BY_TEXT
    | sharing.BY_TEXT
    | results.BY_TEXT
    | publishing.BY_TEXT
    | voting.BY_TEXT
    | minutes.BY_TEXT
)
