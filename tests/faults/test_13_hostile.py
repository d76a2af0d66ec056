"""Row 13: whatever people send, it stays what they have written: no crash, no ping, no markup, no code."""

import asyncio
import base64
import contextlib
import json
import logging
import random
import secrets
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.demo.connection import Refused
from bot.demo.person import registered
from bot.files import paper, workbook
from bot.matrix.decode import decode
from bot.store.database import Database
from bot.store.outbox import Row as Posted
from tests.crash.process import PATIENCE
from tests.fakes import ANNA, BEN, CEM, ROOM, US, Bot
from tests.faults import hostile
from tests.faults.conftest import NewWorld
from tests.faults.looking import Look
from tests.faults.row import Row

MAKERS = {"workbook": workbook.made, "paper": paper.made}  # of files that are made when they are sent
KEYS = ("eAkte", "K1", "K2", "F1", "I1", "A1", "T1", "E1", "B1", "C1", "V1", "S1", "Lindenstadt", "Kultur")
PROMISED_WITHIN = 200  # milliseconds
WRONG = {"ping": "pings", "tag": "raw tags", "template": "templates executed", "sign": "signs that turn or hide"}
PREPARED = (
    "!projekt neu eAkte\nVerantwortlich: @ben:example.org",
    "!organisation neu Lindenstadt\nMandat: @ben:example.org\nVertretung: @cem:example.org",
    "!konsultation neu Eins\nFrage: Stimmen Sie zu?\nText: Alles offen\nSchluss: in 20 Tagen",
    "!konsultation neu Zwei\nFrage: Wohin?\nArt: Auswahl\nOptionen: Nord, Süd\nSchluss: in 9 Tagen",
    "!feedback eAkte Lob: schnell",
    "!idee Ein Kalender",
    "!ergebnis Konsens: Wir duzen uns.",
    "!aufgabe neu Entwurf\nWer: @ben:example.org\nBis: in 9 Tagen",
    "!treffen neu Runde\nWann: in 9 Tagen 14 Uhr",
    "!gruppe neu Kultur",
    "!checkin neu Wochenstand\nWann: jeden Montag 9:00",
)
HEADINGS = ("Kürzel;Titel;Ziel", "Organisation;Ebene;Einwohner", "Matrix-ID;Rolle;Organisation", "Projekt;Art;Text")
LAST = ("!export csv", "!export xlsx", "!konsultation K1 schließen", "!konsultation K1 protokoll", "!meinedaten")


class Alarms(logging.Handler):
    """What the log says of failures."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Files(dict[str, bytes]):
    """Whatever file is dropped, it is a table of hostile cells below headings of ours."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice

    def __missing__(self, name: str) -> bytes:
        lines = [self._dice.choice(HEADINGS), *(self._line() for _ in range(3))]
        return "\r\n".join(lines).encode("utf-8-sig", errors="replace")

    def _line(self) -> str:
        cells = ('"' + hostile.words(self._dice).replace('"', '""') + '"' for _ in range(3))
        return ";".join(cells)


@dataclass
class Victim:
    """A bot without a homeserver that is told events as they come: JSON, decoded, handled, rendered, looked at."""

    bot: Bot
    dice: random.Random
    look: Look = field(default_factory=lambda: Look(frozenset({ANNA, BEN, CEM})))
    posts: list[str] = field(default_factory=list)
    polls: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    said: int = 0

    async def told(self, source: Any) -> None:
        """One event, as a homeserver might hand it over."""
        began, worked = time.perf_counter(), time.process_time()
        sealed = self.dice.random() < 0.1
        found = decode(source, ROOM, us=US, received_at=self.bot.now, offline_since=None, decrypted=sealed)
        rows = await self.bot.handle(found) if found is not None else []
        self.seconds.append(time.perf_counter() - began)
        self.cpu.append(time.process_time() - worked)
        self.saw(rows)

    def saw(self, rows: list[Posted]) -> None:
        """Look at what is to be sent; its IDs are answered to."""
        for row in rows:
            content = json.loads(row.content)
            if row.action == "file":
                made = MAKERS[content["maker"]] if "maker" in content else bytes
                self.look.file(content["name"], made(base64.b64decode(content["content"])))
            elif row.action in ("send", "chart"):
                self.look.at(content, answer="m.in_reply_to" in content.get("m.relates_to", {}))
            else:
                self.look.words(row.content)
            if row.event_id is not None:
                self.posts = [*self.posts[-200:], row.event_id]
                if row.event_type.endswith("poll.start"):
                    self.polls.append(row.event_id)

    def event(self) -> dict[str, Any]:
        """Something hostile, whole or broken."""
        person = self.dice.choice((ANNA, ANNA, BEN, CEM, "@fremd<b>zzraw</b>:example.org", "@x:example.org"))
        self.said += 1
        made: dict[str, Any] = {
            "event_id": f"$hostile{self.said}",
            "sender": person,
            "origin_server_ts": int(self.bot.now.timestamp() * 1000),
            "unsigned": {},
        }
        if self.dice.random() < 0.1:
            kind, key, content = hostile.state(self.dice, person)
            made |= {"type": kind, "state_key": key, "content": content}
        else:
            kind, content = hostile.content(self.dice, KEYS, self.posts, self.polls)
            made |= {"type": kind, "content": content}
        return hostile.broken(made, self.dice) if self.dice.random() < 0.35 else made


@pytest.mark.row(13, small=180, full=1800)
async def test_what_people_write_stays_what_they_have_written(
    row: Row, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """In one process: decoded, handled, rendered; then exported, and put in minutes."""
    alarms = Alarms()
    logging.getLogger("bot").addHandler(alarms)
    try:
        victim = Victim(Bot(database), row.chance)
        await victim.bot.enter()
        for words in PREPARED:
            victim.saw(await victim.bot.say(ANNA, words))
        victim.seconds.clear()
        for _ in range(row.pick(500, 10_000)):
            await victim.told(victim.event())
        victim.saw(await victim.bot.tick())
        for words in LAST:
            victim.saw(await victim.bot.say(ANNA, words))
        assert await victim.bot.hear(BEN, "!hilfe"), "it is well"
    finally:
        logging.getLogger("bot").removeHandler(alarms)
    row.count("inputs", victim.said)
    row.count("posts looked at", victim.look.looked)
    for record in alarms.records[:10]:
        print(logging.Formatter().format(record))
    print("\n".join(victim.look.examples))
    row.most("p99 in ms", statistics.quantiles(victim.seconds, n=100)[98] * 1000)
    row.most("p99 of CPU in ms", statistics.quantiles(victim.cpu, n=100)[98] * 1000)
    assert not row.full or row.worst["p99 in ms"] < PROMISED_WITHIN
    row.must("crashes", len(alarms.records))
    for kind, name in WRONG.items():
        row.must(name, victim.look.wrong[kind])
    row.must("formulas", victim.look.wrong["formula"])
    assert not victim.look.wrong, victim.look.examples


@pytest.mark.row(13, small=240, full=1200)
async def test_so_it_is_on_a_real_homeserver(new_world: NewWorld, row: Row) -> None:
    """What a homeserver lets through; display names, topics and reasons as well."""
    async with new_world(people=2) as world, world.bot() as bot:
        home = await world.founded(bot)
        dice, name = row.chance, f"{hostile.MARKUP[0]} @room {hostile.SUM}"
        mallory = await registered(world.homeserver, f"mallory-{secrets.token_hex(4)}", name)
        world.people.append(mallory)
        named = await world.anna.create_room(name, topic=name, invite=[world.us, mallory.user_id])
        await world.anna.invite(home, mallory.user_id)
        await asyncio.gather(mallory.join(home), mallory.join(named))
        await world.anna.ask(named, f"!organisation neu {name}", timeout=PATIENCE)
        world.rooms.append(named)
        posts: list[str] = []
        for _ in range(row.pick(40, 400)):
            person = dice.choice((world.anna, mallory))
            kind, content = hostile.content(dice, KEYS, posts, posts)
            if kind == "m.room.redaction":
                continue
            if dice.random() < 0.2:
                content = hostile.broken(content, dice)
            with contextlib.suppress(Refused, ValueError):  # too large, say, or no JSON
                await person.send(dice.choice((home, named)), kind, json.loads(json.dumps(content, allow_nan=False)))
                row.count("inputs")
            seen = [*world.anna.seen(home), *world.anna.seen(named)]
            posts = [event["event_id"] for event in seen if world.from_us(event)][-20:]
        await world.anna.ask(home, "!status", timeout=PATIENCE)
        await world.oracle.drained()
        crashed = [line for line in bot.said.lines if "Traceback" in line or "reference" in line]
        look = Look(frozenset(person.user_id for person in world.people))
        histories = await world.histories()
        for event in (each for history in histories for each in world.oracle.ours(history)):
            content = event["content"]
            look.at(content, answer="m.in_reply_to" in content.get("m.relates_to", {}))
        row.count("posts looked at", look.looked)
        row.must("crashes", len(crashed))
        for kind, name in WRONG.items():
            row.must(name, look.wrong[kind])
        assert not look.wrong, look.examples
