"""That these people exclude devices which are not cross-signed: otherwise the other tests here would prove nothing."""

from pathlib import Path

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.demo.homeserver import Homeserver
from tests.independent.conftest import NewPerson
from tests.independent.stranger import stranger


async def test_a_bare_nio_is_deaf_and_invisible(homeserver: Homeserver, new_person: NewPerson, tmp_path: Path) -> None:
    anna, ben = await new_person("anna"), await new_person("ben", auto_join=True)
    async with stranger(homeserver, tmp_path / "bare") as bare:
        room = await anna.create_room("Definition", invite=[bare.user_id, ben.user_id])
        await bare.join(room)
        await ben.wait_for(room, lambda event: event.get("state_key") == bare.user_id)
        said = await anna.say(room, "Wer hört mich?")
        heard = await ben.wait_for(room, lambda event: event["event_id"] == said)
        assert (heard["content"]["body"], heard["sealed"], heard["shield"]) == ("Wer hört mich?", True, 0)
        await bare.until(lambda: any(event.event_id == said for event in bare.events))
        [unheard] = [event for event in bare.events if event.event_id == said]
        assert isinstance(unheard, nio.MegolmEvent)
        await bare.until(lambda: any(event["type"] == "m.room_key.withheld" for event in bare.to_device))
        [withheld] = [event for event in bare.to_device if event["type"] == "m.room_key.withheld"]
        assert withheld["content"]["code"] == "m.unverified"

        answer = await bare.say(room, "Ich!")
        events = {event["event_id"]: event for event in await anna.history(room)}
        assert (events[answer]["failure"], events[said]["failure"]) == ("UNSIGNED_SENDER_DEVICE", None)
        assert await anna.unread() == {answer: "UNSIGNED_SENDER_DEVICE"}
