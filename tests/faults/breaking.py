"""A bot that has signed in, and then breaks in a way that nobody foresaw: it quotes everything that is secret.

`python -m tests.faults.breaking WORDS run -c config.toml`
"""

import logging
import sys
from typing import Any

from bot import app
from bot.__main__ import main
from bot.config import Settings
from bot.matrix.account.folder import Folder
from bot.matrix.account.identity import ROLES
from bot.matrix.account.seeds import Seeds


def secrets_of(settings: Settings) -> list[object]:
    """All there are, as they lie in memory."""
    store, kept = Folder(settings.matrix), Seeds(settings.matrix).read()
    session = store.session()
    assert kept is not None
    assert session is not None
    password = settings.matrix.password
    return [
        password.get_secret_value() if password else "",
        settings.database.url,
        settings.mail.smtp if settings.mail else "",
        store.pickle_key(),
        session.access_token,
        kept.recovery_key,
        *(kept.identity.seed(role) for role in ROLES),
    ]


async def follow(parts: app.Parts, settings: Settings, *_: Any) -> None:
    """In the place of the bot's work."""
    secrets = secrets_of(settings)
    logging.getLogger("bot.breaking").warning("%(words)s", {"words": secrets, "alone": str(secrets[0])})
    logging.getLogger("bot.breaking").error("it fails", exc_info=ValueError(WORDS, secrets))
    logging.getLogger("nio").error("%s %s", WORDS, secrets)
    raise ValueError(WORDS, secrets)


if __name__ == "__main__":
    WORDS = sys.argv.pop(1)
    app._follow = follow  # type: ignore[assignment]  # not the same signature in every version
    main()
