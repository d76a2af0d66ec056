"""What people can say. A command is one module plus its texts; this is the whole list."""

from commands import (
    consultation,
    deputy,
    digest,
    feedback,
    helping,
    idea,
    language,
    network,
    organisation,
    project,
    result,
    role,
    status,
    vote,
)

COMMANDS = (
    status.COMMAND,
    project.COMMAND,
    feedback.COMMAND,
    feedback.ANSWER,
    idea.COMMAND,
    idea.LIST,
    result.COMMAND,
    result.LIST,
    consultation.COMMAND,
    vote.COMMAND,
    digest.COMMAND,
    organisation.COMMAND,
    role.COMMAND,
    deputy.COMMAND,
    deputy.AWAY,
    network.COMMAND,
    language.COMMAND,
)
ALL = (helping.command(COMMANDS), *COMMANDS)
