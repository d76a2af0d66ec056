"""A consultation in an encrypted room, with its encrypted direct chats: the bot and matrix-js-sdk count the same."""

import random
import re
import secrets
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.demo.connection import Json
from tests.crash.ballots import POLL, POLL_END, result_of
from tests.crash.minutes import verified
from tests.crash.process import PATIENCE
from tests.independent.conftest import NewSealedGroup
from tests.independent.group import SealedGroup
from tests.independent.sealed import Sealed
from tests.independent.test_polls import WORDS, published
from tests.independent.test_sealed_talk import is_file

FORM = """!konsultation neu Runde 1
Frage: Stimmen Sie zu?
Text: Alles offen
Schluss: in 2 Tagen
Erinnerung: keine
Betrifft: eAkte"""
PLACES = ("Lindenstadt", "Erlenbrück", "Haselgau", "Tannengrund")
COUNTER = "Fristen regelt die Satzung."
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.timeout(180)
async def test_from_the_form_to_the_minutes(new_sealed_group: NewSealedGroup, tmp_path: Path) -> None:
    """Votes by tap, by word, by reaction, in the direct chat, by telephone; changed, overridden, and taken back."""
    group = await new_sealed_group(5)
    async with group.running() as bot:
        room = await group.founded(bot)
        await organised(group, room)
        await group.anna.ask(room, FORM)
        poll = await group.anna.wait_for(room, lambda event: event["type"] == POLL, timeout=PATIENCE)
        labels = {one["id"]: one["org.matrix.msc1767.text"] for one in poll["content"][POLL]["answers"]}
        await voted(group, room, poll["event_id"])
        await group.anna.ask(room, "!konsultation K1 schließen", timeout=PATIENCE)
        result = await group.anna.wait_for(room, lambda event: result_of(event) == 1, timeout=PATIENCE)
        await counted_the_same(group, room, poll["event_id"], result, labels)
        await contradicted(group, room, result)
        await on_record(group, room, result, tmp_path)
        await group.all_is_readable()


async def organised(group: SealedGroup, room: str) -> None:
    """Four municipalities: of the first there is a deputy as well, nobody speaks for the last in Matrix."""
    _, ben, cem, dora, emil = (person.user_id for person in group.people)
    mandates = (f"Mandat: {ben}\nVertretung: {cem}", f"Mandat: {dora}", f"Mandat: {emil}", "Ebene: Gemeinde")
    for place, fields in zip(PLACES, mandates, strict=True):
        answer = await group.anna.ask(room, f"!organisation neu {place}\n{fields}")
        assert place in answer["content"]["body"]


async def voted(group: SealedGroup, room: str, poll: str) -> None:
    anna, ben, cem, dora, emil = group.people
    us = group.installation.user_id
    first = await cem.vote(room, poll, "no")
    await cem.redact(room, first)
    await ben.vote(room, poll, "no")
    await ben.vote(room, poll, "yes")
    typed = await dora.ask(room, "!stimme K1 nein weil die Fristen fehlen")
    assert typed["type"] == "m.reaction"
    chat = await direct_chat(emil, us, room)
    notice = await emil.wait_for(chat, lambda event: "Haselgau" in event["content"].get("body", ""), timeout=PATIENCE)
    await emil.ask(chat, "enthaltung", reply_to=notice["event_id"])
    await emil.react(chat, notice["event_id"], "👍")
    told = await anna.ask(room, "!stimme K1 für Tannengrund ja (telefonisch, Fr. Huber)")
    assert "Tannengrund" in told["content"]["body"]


async def direct_chat(person: Sealed, us: str, room: str) -> str:
    """The one that the bot has opened, and not the group's room, to which people are invited, too."""
    while (chat := await person.wait_for_invite(PATIENCE)) == room:
        pass
    await person.wait_for(chat, lambda event: event["sender"] == us, timeout=PATIENCE)
    assert (await person.state(chat, "m.room.encryption"))["algorithm"] == "m.megolm.v1.aes-sha2"
    return chat


async def contradicted(group: SealedGroup, room: str, result: Json) -> None:
    """The counter-position to a dissent is put into the result by an edit."""
    _, ben, _, dora, _ = group.people
    await ben.ask(room, f"!antwort V1 {COUNTER}")
    edit = await dora.wait_for(
        room, lambda event: COUNTER in event["content"].get("m.new_content", {}).get("body", ""), timeout=PATIENCE
    )
    relation = edit["content"]["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"]) == ("m.replace", result["event_id"])
    assert (edit["sealed"], edit["shield"]) == (True, 0)


async def counted_the_same(group: SealedGroup, room: str, poll: str, result: Json, labels: dict[str, str]) -> None:
    """Of the poll both count what was tapped; the rest came in other ways, and stands in the result only."""
    assert published(result, PLACES, WORDS.values()) == dict(zip(PLACES, ("Ja", "Nein", "Ja", "Ja"), strict=True))
    for person in group.people:
        await person.wait_for(room, lambda event: event["type"] == POLL_END, timeout=PATIENCE)
        tally = await person.tally(room, poll)
        assert (tally["ended"], tally["unreadable"]) == (True, 0)
        assert {who: labels[answer] for who, answer in tally["votes"].items()} == {group.people[1].user_id: "Ja"}


async def on_record(group: SealedGroup, room: str, result: Json, folder: Path) -> None:
    """Chart and minutes are encrypted files; the record in them holds."""
    dora = group.people[3]
    chart = await dora.wait_for(room, lambda event: event["content"].get("msgtype") == "m.image", timeout=PATIENCE)
    assert (await dora.attachment(chart)).startswith(PNG)
    await dora.ask(room, "!konsultation K1 protokoll")
    for kind, words in (("html", b"<!DOCTYPE html>"), ("csv", b"Lindenstadt"), ("json", b'"entries"')):
        name = f"protokoll-K1.{kind}"
        posted = await dora.wait_for(room, partial(is_file, name=name), timeout=PATIENCE)
        (folder / name).write_bytes(content := await dora.attachment(posted))
        assert words.lower() in content.lower(), content[:200]
    head = re.search(r"Prüfsumme des Protokolls: (\w{64})", result["content"]["body"])
    assert head is not None
    await verified(folder / "protokoll-K1.json", head[1])


@pytest.mark.timeout(180)
async def test_random_clicks_count_the_same(new_sealed_group: NewSealedGroup) -> None:
    seed = secrets.randbelow(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    group = await new_sealed_group(4)
    async with group.running() as bot:
        room = await group.founded(bot)
        form = "!konsultation neu Ort\nFrage: Wo?\nArt: Auswahl\nOptionen:\n- Nord\n- Süd\n- West\nSchluss: in 2 Tagen"
        await group.anna.ask(room, form)
        poll = await group.anna.wait_for(room, lambda event: event["type"] == POLL, timeout=PATIENCE)
        labels = {one["id"]: one["org.matrix.msc1767.text"] for one in poll["content"][POLL]["answers"]}
        await clicked_at_random(group.people, room, poll["event_id"], list(labels), chance)
        await group.anna.ask(room, "!konsultation K1 schließen", timeout=PATIENCE)
        result = await group.anna.wait_for(
            room, lambda event: "Prüfsumme" in event["content"].get("body", ""), timeout=PATIENCE
        )
        counts = []
        for person in group.people:
            await person.wait_for(room, lambda event: event["type"] == POLL_END, timeout=PATIENCE)
            counts.append(await person.tally(room, poll["event_id"]))
        assert all(count == counts[0] for count in counts), counts
        assert counts[0]["unreadable"] == 0
        theirs = {person: labels[answer] for person, answer in counts[0]["votes"].items()}
        people = [person.user_id for person in group.people]
        assert published(result, people, labels.values()) == theirs
        await group.all_is_readable()


async def clicked_at_random(
    people: tuple[Sealed, ...], room: str, poll: str, answers: list[str], chance: random.Random
) -> None:
    """They vote, change their minds, withdraw, and redact their vote where it was their first."""
    given: dict[Sealed, list[str]] = {person: [] for person in people}
    for _ in range(4 * len(people)):
        person: Any = chance.choice(people)
        act = chance.random()
        if len(given[person]) == 1 and act < 0.2:
            await person.redact(room, given[person].pop())
            continue
        choice = [] if given[person] and act > 0.85 else [chance.choice(answers)]
        given[person].append(await person.vote(room, poll, *choice))
