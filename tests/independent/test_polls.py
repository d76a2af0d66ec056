"""matrix-js-sdk votes natively in a poll that the bot opened, and its own tally equals what the bot publishes.

The one difference is meant: whoever redacts a vote has none with us, while a client then shows the vote before it
(docs/architecture.md, "Counting votes"). So nobody here redacts a vote that has a predecessor.
"""

import random
import re
import secrets
from pathlib import Path
from typing import Any

import pytest

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from tests.conftest import Newcomer
from tests.crash.process import PASSWORD, PATIENCE, Bot, Installation
from tests.independent.conftest import Voters

POLL = "org.matrix.msc3381.poll.start"
WORDS = {"yes": "Ja", "no": "Nein", "abstain": "Enthaltung"}
PEOPLE = 6
ROUNDS = 4


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("kind", "speak"), [("Zustimmung", False), ("Auswahl", False), ("Zustimmung", True)], ids=["yes", "choice", "for"]
)
async def test_an_independent_client_counts_the_same(
    homeserver: Homeserver, newcomer: Newcomer, voters: Voters, tmp_path: Path, kind: str, *, speak: bool
) -> None:
    """With `speak` each votes for an organisation of their own."""
    seed = secrets.randbelow(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    anna = await newcomer("anna")
    name = f"zwischenstand-{secrets.token_hex(4)}"
    us = await homeserver.register(name, PASSWORD)
    people = await signed_up(homeserver, voters)
    installation = Installation.make(tmp_path / name, homeserver.url, us, anna.user_id)
    async with await Bot.start(installation) as bot:
        await bot.ready()
        room = await anna.create_room("Definition", invite=[us, *people.values()])
        for who in people:
            await voters.do("join", who, room=room)
        await anna.wait_for(room, lambda event: event["sender"] == us and event["type"] == "m.room.message")
        named = dict(zip(people.values(), people.values(), strict=True))
        if speak:
            named = {person: f"Gemeinde {number}" for number, person in enumerate(people.values())}
            for person, name in named.items():
                await anna.ask(room, f"!organisation neu {name}\nMandat: {person}")
        options = "\nArt: Auswahl\nOptionen:\n- Nord\n- Süd\n- West" if kind == "Auswahl" else ""
        await anna.ask(room, f"!konsultation neu Definition\nFrage: Was gilt?{options}\nSchluss: in 2 Tagen")
        poll = await anna.wait_for(room, lambda event: event["type"] == POLL)
        labels = {one["id"]: one["org.matrix.msc1767.text"] for one in poll["content"][POLL]["answers"]}
        await vote_at_random(voters, list(people), room, poll["event_id"], list(labels), chance)
        await anna.ask(room, "!konsultation K1 schließen")
        result = await anna.wait_for(
            room,
            lambda event: event["sender"] == us and "Prüfsumme" in event["content"].get("body", ""),
            timeout=PATIENCE,
        )
        counts = [await voters.do("tally", who, room=room, poll=poll["event_id"]) for who in people]
    assert all(count == counts[0] for count in counts)
    assert counts[0]["ended"]
    theirs = {named[person]: labels[answer] for person, answer in counts[0]["votes"].items()}
    assert published(result, named.values(), labels.values()) == theirs


async def signed_up(homeserver: Homeserver, voters: Voters) -> dict[str, str]:
    """People by name, each signed in at matrix-js-sdk."""
    people = {}
    for number in range(PEOPLE):
        user = await homeserver.register(f"js-{number}-{secrets.token_hex(4)}", PASSWORD)
        answer = await voters.do("login", str(number), server=homeserver.url, user=user, password=PASSWORD)
        people[str(number)] = answer["user"]
    return people


async def vote_at_random(
    voters: Voters, people: list[str], room: str, poll: str, answers: list[str], chance: random.Random
) -> None:
    """They vote, change their minds, spoil their vote, and redact it where it was their first."""
    given: dict[str, list[str]] = {who: [] for who in people}
    for _ in range(ROUNDS * len(people)):
        who = chance.choice(people)
        act = chance.random()
        if len(given[who]) == 1 and act < 0.15:
            await voters.do("redact", who, room=room, event=given[who].pop())
            continue
        choice: list[str] = [] if given[who] and act > 0.85 else [chance.choice(answers)]
        sent = await voters.do("vote", who, room=room, poll=poll, answers=choice)
        given[who].append(sent["event"])


def published(result: Json, electors: Any, labels: Any) -> dict[str, str]:
    """Who voted what, as the result's table says."""
    votes = {}
    table = result["content"]["body"].split("Begründung", 1)[1]
    for elector in electors:
        found = re.search(rf"^{re.escape(elector)}\s+(\S.*?)\s*$", table, re.MULTILINE)
        assert found, table
        label = next((label for label in labels if found[1].startswith(label) or label in found[1]), None)
        if label:
            votes[elector] = label
    return votes
