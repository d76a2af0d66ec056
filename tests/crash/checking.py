"""Holds what stands in the rooms, in the minutes and in the database against each other, after all the kills."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bot.demo.connection import Json
from bot.demo.person import Person
from tests.crash.ballots import POLL, POLL_END, Posts, bodies, is_edit, is_redacted, published, result_of, sent_at
from tests.crash.conftest import Group
from tests.crash.minutes import Record, verified
from tests.crash.recount import Recount, recounts
from tests.crash.talking import Stage

HOLDER, DEPUTY = 3, 2
KINDS = ("opened", "closed", "reconciled", "published")


@dataclass
class Check:
    """Everything that happened: each room's history, by its ID, read by somebody who is in it."""

    group: Group
    stage: Stage
    folder: Path
    histories: dict[str, list[Json]]
    posts: Posts

    @classmethod
    async def of(cls, group: Group, stage: Stage, folder: Path) -> "Check":
        """Read all rooms, from their beginning."""
        histories: dict[str, list[Json]] = {}
        for person in group.people:
            for room_id in person.rooms() - histories.keys():
                histories[room_id] = await person.history(room_id)
        posts = Posts()
        for history in histories.values():
            for event in filter(group.from_bot, history):
                posts.see(event)
        return cls(group, stage, folder, histories, posts)

    @property
    def history(self) -> list[Json]:
        """The group's room."""
        return self.histories[self.stage.room]

    @property
    def shorts(self) -> list[str]:
        """All ballots: K1, K2.1, K2.2, …"""
        return [
            short
            for number, several in self.stage.several.items()
            for short in ([f"K{number}.1", f"K{number}.2"] if several else [f"K{number}"])
        ]

    def answers(self) -> int:
        """Every command and typed vote is answered once; who took one back before it was read may get no answer.

        How many those are.
        """
        asked = 0
        for history in self.histories.values():
            found = self.group.answers(history)
            for event in history:
                own = event["event_id"]
                typed = event["type"] == "m.room.message" and not self.group.from_bot(event)
                if typed and is_redacted(event):
                    assert len(found[own]) <= 1, (event, found[own])
                elif typed:
                    asked += 1
                    assert len(found[own]) == 1, (event, found[own])
        histories = self.histories.values()
        said = [body for each in histories for body in bodies(filter(self.group.from_bot, each))]
        kept = [re.match(r"I(\d+) notiert", body) for body in said]
        ideas = [int(found[1]) for found in kept if found]
        assert sorted(ideas) == list(range(1, len(ideas) + 1))  # an effect carried out twice would leave a hole
        print(f"{asked} commands and typed votes, each answered once; {len(ideas)} ideas")
        return asked

    def posted(self) -> None:
        """Each announcement, sheet, poll, end, result, chart, file stands there once; every row was sent once."""
        ours = [event for event in self.history if self.group.from_bot(event) and not is_edit(event)]
        said, shorts, numbers = bodies(ours), self.shorts, list(self.stage.several)
        polls = [
            event["content"][POLL]["question"]["body"].partition(" · ")[0] for event in ours if event["type"] == POLL
        ]
        assert sorted(polls) == sorted(shorts)
        assert sum(event["type"] == POLL_END for event in ours) == len(shorts)
        charts = [event["content"]["body"] for event in ours if event["content"].get("msgtype") == "m.image"]
        assert sorted(alt.split()[1] for alt in charts) == sorted(shorts)
        sheets = [body.partition("\n")[0] for body in said if re.match(r"K\d+\.\d+\n", body)]
        assert sorted(sheets) == sorted(short for short in shorts if "." in short)
        start = "K{0} · Runde {0} — Abstimmung der Organisationen"
        assert [sum(body.startswith(start.format(number)) for body in said) for number in numbers] == [1] * len(numbers)
        assert sorted(filter(None, map(result_of, ours))) == numbers
        files = [event["content"]["filename"] for event in ours if event["content"].get("msgtype") == "m.file"]
        assert sorted(files) == sorted(f"protokoll-K{n}.{kind}" for n in numbers for kind in ("html", "csv", "json"))
        self._sent_once()

    def _sent_once(self) -> None:
        """Everything of ours in any room is one row of the outbox, and each row is one event."""
        ours = Counter(
            event["event_id"]
            for history in self.histories.values()
            for event in filter(self.group.from_bot, history)
            if "state_key" not in event
        )
        rows = self.group.installation.rows
        sent = Counter(own for (own,) in rows("SELECT event_id FROM outbox WHERE event_id IS NOT NULL"))
        assert ours == sent
        unsent = "SELECT key, state, problem FROM outbox WHERE state != 'sent'"
        assert not rows(f"{unsent} AND action NOT IN ('pin', 'state')"), "pinning needs a power we lack"
        print(f"{len(ours)} events of the bot's, each sent once")

    def direct(self) -> None:
        """Each person has at most one direct chat with the bot, and got each notice once in it."""
        shared = Counter[str]()
        told: dict[str, list[str]] = {person.user_id: [] for person in self.group.people}
        for room_id, history in self.histories.items():
            if room_id not in {self.stage.room, *self.stage.beside}:
                [person] = {event["state_key"] for event in history if event["type"] == "m.room.member"} - {
                    self.stage.us
                }
                shared[person] += 1
                told[person] += bodies(filter(self.group.from_bot, history))
        assert set(shared.values()) == {1}, shared
        anna, ben, cem, dora, emil = (told[person.user_id] for person in self.group.people)
        for number in self.stage.several:
            start = f"K{number} · Runde {number} — Abstimmung, offen bis"
            found = [sum(body.startswith(start) for body in each) for each in (anna, ben, cem, dora, emil)]
            assert found == [0, 1, 0, 1, 1], (number, found)
            assert sum(body.startswith(f"K{number} · Runde {number} ist eröffnet") for body in anna) == 1
        tasks = [re.match(r"A(\d+) · Projektplan anpassen", body) for body in ben]
        numbers = sorted(int(found[1]) for found in tasks if found)
        assert numbers == list(range(1, len(numbers) + 1))
        results = [event["content"]["body"] for event in filter(self.group.from_bot, self.history) if result_of(event)]
        accepted = sum(": angenommen · " in body or ": entschieden für " in body for body in results)
        assert len(numbers) == accepted
        print(f"{sum(map(len, told.values()))} direct messages in {len(shared)} chats, {len(numbers)} of them tasks")

    async def counted(self, kills: list[float]) -> int:
        """Results, verdicts, records are what the rooms give. How many kills hit between close and result."""
        people = [person.user_id for person in self.group.people]
        mandates = {people[1]: ("Lindenstadt", HOLDER), people[2]: ("Lindenstadt", DEPUTY)}
        mandates |= dict.fromkeys(people[3:], ("Erlenbrück", HOLDER))
        several = self.stage.several
        found = recounts(list(self.histories.values()), self.posts, self.stage.said, several, mandates)
        hits, votes, unread = 0, 0, 0
        for number, recount in found.items():
            record, result = await self._record(number)
            recount.closes_at = record.closes_at
            self._compare(recount, record, result["content"]["body"])
            hits += sum(record.closes_at.timestamp() <= at <= sent_at(result).timestamp() for at in kills)
            votes += len(recount.in_time)
            unread += len(recount.unread)
        print(f"{votes} vote events in time, each on record once; {unread} taken back before they could be read")
        print(f"{hits} kills between a close and its result")
        return hits

    def _compare(self, recount: Recount, record: Record, result: str) -> None:
        number, several = recount.number, self.stage.several[recount.number]
        assert [record.kinds[kind] for kind in KINDS] == [1] * len(KINDS), record.kinds
        ballots = (1, 2) if several else (1,)
        assert record.kinds["verdicts"] == record.kinds["result"] == len(ballots)
        missing = recount.miss(record.votes)
        assert not missing, f"K{number} lost {missing}"
        late = record.votes - Counter(each.own for each in recount.in_time)
        known = {each.own for each in recount.given} - {each.own for each in recount.in_time}
        assert all(own in known and times == 1 for own, times in late.items()), late
        for ballot, shown in zip(ballots, published(result, number, several=several), strict=True):
            counted = recount.counted(ballot)
            judged = {own[0] for own, verdict in record.verdicts.items() if own[1] == ballot and verdict == "counted"}
            expected = {who: each.answer for who, each in counted.items()}
            assert shown == expected, f"K{number}.{ballot} says {shown}, the room {expected}"
            assert judged == {each.event["event_id"] for each in counted.values()}

    async def _record(self, number: int) -> tuple[Record, Json]:
        """The record in the exported minutes, verified against the hash in the result message; and that message."""
        anna: Person = self.group.anna
        [result] = [event for event in filter(self.group.from_bot, self.history) if result_of(event) == number]
        head = re.search(r"Prüfsumme des Protokolls: (\w{64})", result["content"]["body"])
        assert head is not None
        name = f"protokoll-K{number}.json"
        [minutes] = [event for event in self.history if event["content"].get("filename") == name]
        file = self.folder / name
        file.write_bytes(await anna.attachment(minutes))
        await verified(file, head[1])
        return Record.read(file), result
