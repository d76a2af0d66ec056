"""Feedback is answered, an idea is kept."""

from bot.demo.cast import ANNA, BEN, EMIL, FATMA, FILES, IDA, TOGETHER
from bot.demo.performance import Performance, Scene


async def feedback(play: Performance) -> None:
    """A question to the project's owner, the answer, an idea."""
    await play.asks(
        *(FATMA, FILES, "!feedback eAkte Frage: Können kleine Gemeinden das System mitnutzen?"),
        *("F1", "Frage zu eAkte", "Können kleine Gemeinden", play.stage.user_id(BEN)),
    )
    await play.asks(
        *(BEN, FILES, "!antwort F1 angenommen Ja, ab Januar als eigener Mandant"),
        *("F1", "angenommen", "ab Januar als eigener Mandant", play.stage.user_id(FATMA)),
    )
    await play.asks(
        *(EMIL, FILES, "!feedback eAkte Einwand: Die Scanstelle ist nicht eingeplant"),
        *("F2", "Einwand zu eAkte"),
    )
    await play.asks(
        *(IDA, TOGETHER, "!idee Eine Sprechstunde für digitale Anträge in jeder Bücherei"),
        *("I1", "Sprechstunde für digitale Anträge"),
    )
    await play.asks(ANNA, TOGETHER, "!ideen", "I1", "Bücherei")


SCENES = (
    Scene(
        "Feedback und eine Idee",
        "Jede Rückmeldung hat eine Nummer und bekommt eine begründete Antwort.",
        feedback,
    ),
)
