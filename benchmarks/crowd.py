"""What the people of a shard do, at random times: they vote, half by a click, half in writing, and write commands."""

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.shard import BALLOTS, GROUPS, Shard, group_room, person_id, plenary, poll

ANSWERED, TAPPED, ASKED = (
    "vote typed in the direct chat",
    "vote clicked, till it is committed",
    "command in a group's room",
)
MESSAGE, RESPONSE = "m.room.message", "org.matrix.msc3381.poll.response"
WORDS = {"yes": "ja", "no": "nein", "abstain": "enthaltung"}


class Act(NamedTuple):
    """Something that somebody sends, `after` so many seconds from the beginning."""

    after: float
    kind: str
    room: str
    event_type: str
    content: dict[str, Any]
    sender: str


def acts(shard: Shard, order: dict[str, Any]) -> Iterator[Act]:
    """So many `votes` and `commands` a second (Poisson) for so many `seconds`, the same ones for the same `seed`."""
    dice, after, rate = random.Random(order["seed"]), 0.0, order["votes"] + order["commands"]  # noqa: S311 - no secret
    while (after := after + dice.expovariate(rate)) < order["seconds"]:
        make = _vote if dice.random() < order["votes"] / rate else _command
        yield make(shard, dice, after)


def _vote(shard: Shard, dice: random.Random, after: float) -> Act:
    person, ballot = dice.randrange(shard.people), dice.randrange(BALLOTS)
    network, answer = shard.network_of(person), dice.choice(("yes", "yes", "no", "abstain"))
    if dice.random() < 0.5:
        about = {"rel_type": "m.reference", "event_id": poll(network, ballot)}
        content = {"m.relates_to": about, RESPONSE: {"answers": [answer]}}
        return Act(after, TAPPED, plenary(network), RESPONSE, content, person_id(person))
    words = _message(f"stimme K1.{ballot + 1} {WORDS[answer]}")
    return Act(after, ANSWERED, shard.direct(person), MESSAGE, words, person_id(person))


def _command(shard: Shard, dice: random.Random, after: float) -> Act:
    """In the room of a group: reads, and an idea now and then."""
    network, group = dice.randrange(shard.networks), dice.randrange(GROUPS)
    people = range(network, shard.people, shard.networks)
    words = dice.choice(("!status", "!status", "!aufgaben", "!idee Eine Karte für alle Bäder"))
    sender = person_id(people[group * 5 % len(people)])
    return Act(after, ASKED, group_room(network, group), MESSAGE, _message(words), sender)


def _message(words: str) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": words, "m.mentions": {}}
