"""The embedded homeserver and the people on it: what every test and the demo stand on."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from bot.demo.connection import Refused
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person, relates_to
from bot.errors import OperatorError
from tests.conftest import Newcomer


def body(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: event["content"].get("body") == text


async def room_of_two(newcomer: Newcomer) -> tuple[Person, Person, str]:
    anna = await newcomer("anna")
    ben = await newcomer("ben", auto_join=True)
    room = await anna.create_room("Arbeitsgruppe", invite=[ben.user_id])
    assert await ben.wait_for_invite() == room
    return anna, ben, room


async def test_two_people_talk(newcomer: Newcomer) -> None:
    anna, ben, room = await room_of_two(newcomer)
    greeting = await anna.say(room, "Guten Morgen")
    heard = await ben.wait_for(room, body("Guten Morgen"))
    assert (heard["event_id"], heard["sender"]) == (greeting, anna.user_id)

    reply = await ben.say(room, "Moin", reply_to=greeting)
    assert (await anna.answer_to(room, greeting))["event_id"] == reply


async def test_an_answer_in_a_thread_and_a_reaction_count_as_answers_but_not_ones_own(newcomer: Newcomer) -> None:
    anna, ben, room = await room_of_two(newcomer)
    question = await anna.say(room, "Wie steht es?")
    await anna.say(room, "Das frage ich alle.", thread=question)
    threaded = await ben.say(room, "Gut.", thread=question)
    reaction = await ben.react(room, question, "✅")
    assert (await anna.answer_to(room, question))["event_id"] == threaded
    assert (await anna.answer_to(room, question, event_type="m.reaction"))["event_id"] == reaction


async def test_ask_waits_for_an_answer_that_is_still_to_come(newcomer: Newcomer) -> None:
    anna, ben, room = await room_of_two(newcomer)
    asked = asyncio.create_task(anna.ask(room, "Ist jemand da?"))
    question = await ben.wait_for(room, body("Ist jemand da?"))
    assert not asked.done()
    answer = await ben.say(room, "Ja", reply_to=question["event_id"])
    assert (await asked)["event_id"] == answer


async def test_a_vote_in_a_native_poll_arrives_and_is_withdrawn(newcomer: Newcomer) -> None:
    anna, ben, room = await room_of_two(newcomer)
    start = "org.matrix.msc3381.poll.start"
    text = "org.matrix.msc1767.text"
    poll = {
        "question": {text: "Einverstanden?", "body": "Einverstanden?", "msgtype": "m.text"},
        "kind": "org.matrix.msc3381.poll.disclosed",
        "max_selections": 1,
        "answers": [{"id": "a1", text: "Ja"}, {"id": "a2", text: "Nein"}],
    }
    poll_id = await anna.send(room, start, {start: poll, text: "Einverstanden?\n1. Ja\n2. Nein"})
    await ben.wait_for(room, lambda event: event["event_id"] == poll_id)

    response = "org.matrix.msc3381.poll.response"
    vote = await anna.answer_to(room, poll_id) if await ben.vote(room, poll_id, "a1") else {}
    assert vote["content"][response] == {"answers": ["a1"]}
    assert relates_to(vote) == {poll_id}

    withdrawal = await ben.vote(room, poll_id)
    empty = await anna.wait_for(room, lambda event: event["event_id"] == withdrawal)
    assert empty["content"][response] == {}


async def test_a_redaction_arrives(newcomer: Newcomer) -> None:
    anna, ben, room = await room_of_two(newcomer)
    mistake = await anna.say(room, "Vertippt")
    redaction = await anna.redact(room, mistake)
    seen = await ben.wait_for(room, lambda event: event["type"] == "m.room.redaction")
    assert (seen["event_id"], relates_to(seen)) == (redaction, {mistake})


async def test_the_same_transaction_is_one_event(newcomer: Newcomer) -> None:
    anna, _, room = await room_of_two(newcomer)
    message = {"msgtype": "m.text", "body": "Einmal", "m.mentions": {}}
    first = await anna.send(room, "m.room.message", message, transaction="t/1")
    assert await anna.send(room, "m.room.message", message, transaction="t/1") == first
    assert len(list(filter(body("Einmal"), await anna.history(room)))) == 1


async def test_what_waits_in_vain_lists_what_it_saw(newcomer: Newcomer) -> None:
    anna, ben, room = await room_of_two(newcomer)
    await anna.say(room, "Etwas anderes")
    await ben.wait_for(room, body("Etwas anderes"))
    with pytest.raises(TimeoutError, match=r"(?s)waited 0\.2 s.*m\.room\.message: Etwas anderes"):
        await ben.wait_for(room, body("Das Erhoffte"), timeout=0.2)
    with pytest.raises(TimeoutError, match="no invitation"):
        await ben.wait_for_invite(timeout=0.1)


async def test_a_stranger_is_refused_and_an_invitation_may_be_declined(newcomer: Newcomer) -> None:
    anna, cem = await newcomer("anna"), await newcomer("cem")
    room = await anna.create_room("Geschlossen", topic="Ohne Cem")
    with pytest.raises(Refused, match="M_FORBIDDEN"):
        await cem.join(room)
    await anna.invite(room, cem.user_id)
    assert await cem.wait_for_invite() == room
    await cem.leave(room)
    left = await anna.wait_for(
        room, lambda event: event.get("state_key") == cem.user_id and event["content"]["membership"] == "leave"
    )
    assert left["sender"] == cem.user_id


async def test_a_direct_and_a_public_room(newcomer: Newcomer) -> None:
    anna, ben = await newcomer("anna"), await newcomer("ben", auto_join=True)
    direct = await anna.create_room("Zu zweit", direct=True, invite=[ben.user_id])
    assert await ben.wait_for_invite() == direct
    invitation = await anna.wait_for(direct, lambda event: event["content"].get("is_direct") is True)
    assert invitation["state_key"] == ben.user_id

    alias = "offen-" + anna.user_id[1:].partition(":")[0]
    public = await anna.create_room("Offen für alle", alias_name=alias, public=True)
    assert await ben.join(f"#{alias}:netz.example") == public


async def test_whoever_was_offline_gets_everything_in_order(newcomer: Newcomer) -> None:
    """More than the 100 events that one sync holds, so that the gap must be filled."""
    anna, ben, room = await room_of_two(newcomer)
    await anna.say(room, "0")
    await ben.wait_for(room, body("0"))
    await ben.go_offline()
    for number in range(1, 131):
        await anna.say(room, str(number))
    ben.go_online()
    await ben.wait_for(room, body("130"))
    texts = [event["content"]["body"] for event in ben.seen(room) if event["type"] == "m.room.message"]
    assert texts == [str(number) for number in range(131)]
    seen = [event["event_id"] for event in ben.seen(room)]
    assert [event["event_id"] for event in await ben.history(room)][-len(seen) :] == seen


async def test_killed_and_started_again_it_has_forgotten_nothing(homeserver: Homeserver, newcomer: Newcomer) -> None:
    anna, ben, room = await room_of_two(newcomer)
    before = await anna.say(room, "Vorher")
    url = homeserver.url
    homeserver.kill()
    assert homeserver.pid is None
    speaking = asyncio.create_task(anna.say(room, "Währenddessen"))
    await homeserver.start()
    meanwhile = await speaking
    await ben.wait_for(room, body("Währenddessen"))
    messages = [event["event_id"] for event in await ben.history(room) if event["type"] == "m.room.message"]
    assert (messages, homeserver.url) == ([before, meanwhile], url)


async def test_a_name_is_given_once_and_a_display_name_is_kept(homeserver: Homeserver, newcomer: Newcomer) -> None:
    dora = await newcomer("dora", "Dora Muster (Stadt Lindenstadt)")
    room = await dora.create_room("Allein")
    joined = await dora.wait_for(room, lambda event: event["type"] == "m.room.member")
    assert joined["content"]["displayname"] == "Dora Muster (Stadt Lindenstadt)"
    with pytest.raises(OperatorError, match="already taken"):
        await homeserver.register(dora.user_id[1:].partition(":")[0], "anders")


@pytest.mark.usefixtures("homeserver")  # not that it needs that one: it belongs to the slow layer
async def test_a_homeserver_that_cannot_start_shows_its_log_and_leaves_no_process(tmp_path: Path) -> None:
    server = Homeserver(tmp_path, extra={"listeners": 5})
    with pytest.raises(OperatorError, match=r"(?s)gave up.*homeserver\.log.*listeners"):
        await server.start()
    assert server.pid is None


async def test_without_synapse_the_operator_learns_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    server = Homeserver(tmp_path)
    with pytest.raises(OperatorError, match="uv sync"):
        await server.start()
    assert server.pid is None


@pytest.mark.usefixtures("homeserver")  # for the layer, again
def test_it_dies_with_us(tmp_path: Path) -> None:
    """Another Python starts a homeserver and is killed with -9, which gives it no chance to clean up."""
    program = f"""
        import asyncio, pathlib, time
        from bot.demo.homeserver import Homeserver
        server = Homeserver(pathlib.Path({str(tmp_path)!r}))
        asyncio.run(server.start())
        print(server.pid, flush=True)
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", dedent(program)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _runs(child)
        parent.kill()
    deadline = time.monotonic() + 5
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    """Whether the process is there and no mere zombie, which nobody may collect in a container."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
