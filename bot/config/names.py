"""What keys are called: in the file, in the environment, and in files of their own."""

import os

ENVIRONMENT = "ZWISCHENSTAND_"
SECRETS = ("matrix.password", "matrix.access_token", "database.url", "mail.smtp")  # each may lie in a file: …_file


def variable(dotted: str) -> str:
    """The environment variable of a key."""
    return ENVIRONMENT + dotted.upper().replace(".", "__")


def our_variables() -> dict[str, str]:
    """What of ours stands in the environment: the names in capitals, and as they were written."""
    return {name.upper(): name for name in os.environ if name.upper().startswith(ENVIRONMENT)}


def dotted(name: str) -> str:
    """The key of an environment variable."""
    return name[len(ENVIRONMENT) :].lower().replace("__", ".")
