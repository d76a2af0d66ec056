"""What people can say. A command is one module plus its texts; this is the whole list."""

from commands import consultation, digest, feedback, helping, idea, language, project, result, status, vote

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
    language.COMMAND,
)
ALL = (helping.command(COMMANDS), *COMMANDS)
