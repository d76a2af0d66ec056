"""What the homeserver does not see: an encrypted direct chat, and how one makes sure who is at the other end."""

from bot.demo.cast import BEN
from bot.demo.connection import Json
from bot.demo.performance import Performance, Scene


async def locked(play: Performance) -> None:
    """The bot's device is signed by its owner, its keys can be compared, and only ciphertext is stored."""
    from bot.demo.sealed import sealed  # noqa: PLC0415  see `bot.demo.stage.staged`

    stage, ben = play.stage, play.stage.user_id(BEN)
    async with sealed(stage.homeserver, ben, stage.passwords[BEN]) as at_home:
        chat = await at_home.open_chat(stage.us)
        play.enters(chat, "Ben und Zwischenstand, verschlüsselt")
        answer = await at_home.ask(chat, "verifizieren")
        said = _words(answer)
        published = await at_home.published(stage.us)
        device, key, master = _keys(published, stage.us)
        for what, shown in (("Gerät", device), ("Geräteschlüssel", key), ("Hauptschlüssel", master)):
            play.check(
                f"Der Bot nennt einen anderen {what} als der Heimserver", holds=_joined(shown) in said, seen=said
            )
        signed = set(published["device_keys"][stage.us][device]["signatures"][stage.us])
        play.check("Das Gerät des Bots ist nicht von seinem Konto signiert", holds=len(signed) > 1, seen=signed)
        status = await at_home.ask(chat, "status eAkte")
        play.check("Die Antwort war nicht verschlüsselt", holds=status["decrypted"], seen=status)
        play.check("Es fehlt der Stand der eAkte", holds="eAkte" in status["content"]["body"], seen=status)
    stored = await play.person(BEN).history(chat)
    clear = [event for event in stored if event["type"] == "m.room.message"]
    play.check("Auf dem Heimserver liegt Klartext", holds=not clear, seen=clear)
    kept = sum(event["type"] == "m.room.encrypted" for event in stored)
    play.note(
        f"Ben liest den Stand der eAkte. Auf dem Heimserver liegen davon {kept} Nachrichten ohne lesbaren Inhalt."
    )


def _keys(published: Json, us: str) -> tuple[str, str, str]:
    """Our device, its key and our master key, as the homeserver publishes them."""
    (device, keys), *_ = published["device_keys"][us].items()
    (master,) = published["master_keys"][us]["keys"].values()
    return device, keys["keys"][f"ed25519:{device}"], master


def _words(event: Json) -> str:
    return _joined(event["content"]["body"])


def _joined(shown: str) -> str:
    """Keys are shown in groups of four."""
    return "".join(shown.split())


SCENES = (
    Scene(
        "Verschlüsselt",
        "Ein Direktchat, den der Heimserver nicht lesen kann, mit einem Bot, dessen Schlüssel man vergleichen kann.",
        locked,
    ),
)
