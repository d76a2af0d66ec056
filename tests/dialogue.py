"""Dialogues as tests: a transcript that anybody can read goes in, the same transcript comes out, or the test fails.

A line is what somebody does, a stage direction, or (indented) what the bot does about it:

    # a remark
    -- Montag, 23. November 2026, 8:00          it is that time now (Berlin), and the clock ticks; „-- 8:05“: same day
    -- 9:15, nicht erreichbar seit 7:30         catches up: what follows came meanwhile; the clock does not tick yet
    Im Raum „Digitales“ sind @anna, @ben.       goes on there; a room nobody knows yet is one that Anna invited us to
    @ben: !status                               says so; further lines of a message are indented by four spaces
    @ben direkt: hilfe                          … in the direct chat
    @ben im Thread: !status                     … in a thread
    @ben antwortet: ja                          … as a reply to the bot's last message there
    @ben antwortet direkt: ja
    @ben tippt an: Ja                           in the room's last poll; „–“ takes the click back
    @ben reagiert: ✅                           on the bot's last message
    @ben reagiert auf K1: 👍                    on the announcement of K1
    @ben nimmt zurück                           (redacts) the last thing he did
    @anna nimmt zurück, was @ben tat
    @dora kommt dazu · @cem geht
    @anna lädt den Bot ein: „Digitales“ · @ben lädt den Bot zum Direktchat ein
    Der Bot startet neu
    Der Server schickt es noch einmal           the last happening is delivered again
      = Antwort                                 the bot; with „| “ before each line of the plain body
      | …

„@ben (abgeschickt 11:59:58) tippt an: Ja“ says when a server claims that something was sent.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.events import Event, Happening, Invited, Members, Membership, Message, Named, Reaction, Redacted, Vote
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import ANNA, HOUSE, US, Bot, plain

MONTHS = ["Januar", "Februar", "März", "April", "Mai", "Juni"]
MONTHS += ["Juli", "August", "September", "Oktober", "November", "Dezember"]
WEEKDAYS = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
OUTPUT = ("  = ", "  |")
FURTHER = "    "
DAY = r"(?P<weekday>\w+), (?P<day>\d+)\. (?P<month>\w+) (?P<year>\d{4}), "
DATE = re.compile(rf"(?:{DAY})?(?P<hour>\d+):(?P<minute>\d\d)(?::(?P<second>\d\d))?")
WHO = r"@(?P<who>[a-z]+(?::[a-z]+\.[a-z]+)?)(?: \(abgeschickt (?P<sent>[^)]+)\))?"


class Malformed(Exception):
    """A transcript that cannot be read; says where."""


@dataclass(frozen=True)
class Step:
    """One input: its lines as they stand in the file, and the same without indents."""

    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The first line, and what goes on below it."""
        return "\n".join([self.lines[0], *(line.removeprefix(FURTHER) for line in self.lines[1:])])

    @property
    def is_silent(self) -> bool:
        """Blank lines and remarks."""
        return not self.lines[0].strip() or self.lines[0].startswith("#")


def steps(script: str) -> Iterator[Step]:
    """The inputs of a transcript; what the bot said is left out."""
    waiting: list[str] = []
    for line in script.splitlines():
        if line.startswith(OUTPUT):
            continue
        if waiting and line.startswith(FURTHER):
            waiting.append(line)
            continue
        if waiting:
            yield Step(tuple(waiting))
        waiting = [line]
    if waiting:
        yield Step(tuple(waiting))


def moment(words: str, today: datetime) -> datetime:
    """A time of a transcript (Berlin) as UTC. The weekday must be right."""
    found = DATE.fullmatch(words)
    if found is None:
        raise Malformed(f"no time: {words}")
    local = today.astimezone(HOUSE.zone)
    if found["day"]:
        month = MONTHS.index(found["month"]) + 1
        local = local.replace(year=int(found["year"]), month=month, day=int(found["day"]))
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    local = local.replace(hour=hour, minute=minute, second=second, microsecond=0)
    if found["weekday"] and WEEKDAYS[local.weekday()] != found["weekday"]:
        raise Malformed(f"{words}: that is a {WEEKDAYS[local.weekday()]}")
    return local.astimezone(UTC)


@dataclass
class Play:
    """A transcript being played."""

    database: Database
    bot: Bot = field(init=False)
    room: str = "?"
    rooms: dict[str, str] = field(default_factory=dict)  # name to ID
    directs: dict[str, str] = field(default_factory=dict)  # person to room ID
    last_said: dict[str, Row] = field(default_factory=dict)  # room to the bot's last message there
    polls: dict[str, Row] = field(default_factory=dict)
    announcements: dict[str, Row] = field(default_factory=dict)  # „K1“
    last_done: dict[str, str] = field(default_factory=dict)  # person to event ID
    last: Happening | None = None
    offline_since: datetime | None = None
    count: int = 0

    def __post_init__(self) -> None:
        self.bot = Bot(self.database)

    async def run(self, script: str) -> str:
        """Play all of it; the transcript of what really happened."""
        lines: list[str] = []
        for step in steps(script):
            lines += step.lines
            if not step.is_silent:
                lines += await self._play(step.text)
        return "\n".join(lines) + "\n"

    async def _play(self, words: str) -> list[str]:
        for pattern, method in PLAYS:
            if found := pattern.fullmatch(words):
                asked, rows = await method(self, **found.groupdict())
                return list(self._shown(asked, rows))
        raise Malformed(f"not understood: {words}")

    # stage directions

    async def _time(self, at: str) -> tuple[None, list[Row]]:
        self.bot.now = moment(at, self.bot.now)
        self.offline_since = None
        return None, await self.bot.tick()

    async def _offline(self, at: str, since: str) -> tuple[None, list[Row]]:
        self.bot.now = moment(at, self.bot.now)
        self.offline_since = moment(since, self.bot.now)
        return None, []

    async def _present(self, room: str, people: str) -> tuple[None, list[Row]]:
        if room not in self.rooms:
            await self._invited("anna", None, room)  # the welcome is shown in a dialogue of its own
        self.room = self.rooms[room]
        joined = frozenset({US, *(_person(name) for name in re.findall(r"@([a-z:.]+[a-z])", people))})
        members = Members(room_id=self.room, joined=joined)
        return None, await self.bot.handle(members, self._event(Named, US, None, name=room))

    async def _restart(self) -> tuple[None, list[Row]]:
        now = self.bot.now
        self.bot = Bot(self.database, now=now)
        return None, []

    async def _again(self) -> tuple[Happening | None, list[Row]]:
        assert self.last is not None
        return self.last, await self.bot.handle(self.last)

    async def _invited(self, who: str, sent: str | None, room: str) -> tuple[None, list[Row]]:
        self.room = self.rooms[room] = f"!{room.lower()}:example.org"
        invitation = Invited(room_id=self.room, inviter=_person(who), direct=False, received_at=self.bot.now)
        return None, await self.bot.handle(invitation)

    async def _direct_invited(self, who: str, sent: str | None) -> tuple[None, list[Row]]:
        room_id = f"!direct-{_person(who)[1:]}"
        self.directs[_person(who)] = room_id
        invitation = Invited(room_id=room_id, inviter=_person(who), direct=True, received_at=self.bot.now)
        rows = await self.bot.handle(invitation, Members(room_id=room_id, joined=frozenset({US, _person(who)})))
        return None, rows

    # what people do

    async def _say(
        self, who: str, sent: str | None, how: str | None, direct: str | None, body: str
    ) -> tuple[Happening, list[Row]]:
        room = self._direct_room(_person(who)) if direct else self.room
        more: dict[str, Any] = {"body": body, "mentions_us": body.startswith((US, "@zwischenstand"))}
        if how == "antwortet":
            more["reply_to"] = self.last_said[room].event_id
        elif how == "im Thread":
            more["thread"] = "$thread"
        return await self._do(Message, who, sent, room, **more)

    async def _tap(self, who: str, sent: str | None, label: str) -> tuple[Happening, list[Row]]:
        poll = self.polls[self.room]
        offered = json.loads(poll.content)["org.matrix.msc3381.poll.start"]["answers"]
        ids = {answer["org.matrix.msc1767.text"]: answer["id"] for answer in offered}
        answers = () if label == "–" else (ids.get(label, label),)
        return await self._do(Vote, who, sent, poll=poll.event_id, answers=answers)

    async def _react(self, who: str, sent: str | None, to: str | None, key: str) -> tuple[Happening, list[Row]]:
        target = self.announcements[to] if to else self.last_said[self.room]
        return await self._do(Reaction, who, sent, target=target.event_id, key=key)

    async def _take_back(self, who: str, sent: str | None, whose: str | None) -> tuple[Happening, list[Row]]:
        return await self._do(Redacted, who, sent, target=self.last_done[_person(whose or who)])

    async def _come_or_go(self, who: str, sent: str | None, does: str) -> tuple[Happening, list[Row]]:
        state = "leave" if does == "geht" else "join"
        return await self._do(Membership, who, sent, person=_person(who), state=state)

    async def _do(
        self, kind: type[Event], who: str, sent: str | None, room: str | None = None, **more: Any
    ) -> tuple[Happening, list[Row]]:
        self.last = happening = self._event(kind, _person(who), sent, room, **more)
        if kind is not Redacted:
            self.last_done[_person(who)] = happening.event_id
        return happening, await self.bot.handle(happening)

    def _event(self, kind: type[Event], sender: str, sent: str | None, room: str | None = None, **more: Any) -> Event:
        self.count += 1
        return kind(
            room_id=room or self.room,
            event_id=f"$event{self.count}",
            sender=sender,
            sent_at=moment(sent, self.bot.now) if sent else self.bot.now,
            received_at=self.bot.now,
            offline_since=self.offline_since,
            **more,
        )

    def _direct_room(self, person: str) -> str:
        if person not in self.directs:
            raise Malformed(f"{person} has no direct chat with the bot")
        return self.directs[person]

    # what the bot does

    def _shown(self, asked: Happening | None, rows: list[Row]) -> Iterator[str]:
        place = asked.room_id if asked else self.room
        for row in rows:
            self._remember(row)
            _check_relation(asked, row)
            yield from _lines(row, place, {room: name for name, room in self.rooms.items()})
        if isinstance(asked, Message) and not rows:
            yield "  = (nichts)"

    def _remember(self, row: Row) -> None:
        room = row.room_id or ""
        if row.person:
            self.directs[row.person] = room
        if row.event_type == "m.room.message" and row.action == "send":
            self.last_said[room] = row
        elif row.event_type == "org.matrix.msc3381.poll.start":
            self.polls[room] = row
        if row.key.endswith("/announcement") and (found := re.match(r"K\d+", plain(row))):
            self.announcements[found[0]] = row


def _check_relation(asked: Happening | None, row: Row) -> None:
    """A reply names the event it answers, and the thread it stood in."""
    relation = json.loads(row.content).get("m.relates_to", {})
    reply = relation.get("m.in_reply_to", {}).get("event_id")
    if reply is not None:
        match asked:
            case Message():
                assert (reply, relation.get("event_id")) == (asked.event_id, asked.thread)
            case Reaction():  # a reaction cannot be replied to: the answer hangs on what it was given to
                assert reply == asked.target
            case _:
                raise AssertionError(f"answers {asked}")


def _lines(row: Row, place: str, names: dict[str, str]) -> Iterator[str]:
    head, body = _head(row, json.loads(row.content))
    elsewhere = row.room_id != place and not row.person
    yield f"  = {head}" + (f" in „{names.get(row.room_id or '', row.room_id)}“" if elsewhere else "")
    yield from (f"  | {line}".rstrip() for line in body.splitlines())


def _head(row: Row, content: dict[str, Any]) -> tuple[str, str]:
    relation = content.get("m.relates_to", {})
    mentioned = content.get("m.mentions", {}).get("user_ids", [])
    notified = f" (erwähnt {', '.join(mentioned)})" if mentioned else ""
    if row.action == "join":
        return "betritt den Raum", ""
    if row.action == "leave":
        return "lehnt die Einladung ab", content["reason"]
    if row.action == "chart":
        return "Diagramm", content["alt"]
    match row.event_type:
        case "m.reaction":
            return relation["key"], ""
        case "org.matrix.msc3381.poll.start":
            poll = content["org.matrix.msc3381.poll.start"]
            answers = " ".join(f"[{answer['org.matrix.msc1767.text']}]" for answer in poll["answers"])
            return f"Umfrage zum Antippen{notified}", f"{poll['question']['body']}\n{answers}"
        case "org.matrix.msc3381.poll.end":
            return f"Ende der Umfrage{notified}", plain(row)
    if row.person:
        return f"direkt an {row.person}", plain(row)
    if relation.get("rel_type") == "m.replace":
        return "schreibt seine Nachricht neu", plain(row).removeprefix("* ")
    if relation.get("rel_type") == "m.thread":
        return f"Antwort im Thread{notified}", plain(row)
    return f"{'Antwort' if relation else 'Nachricht'}{notified}", plain(row)


def _person(name: str) -> str:
    return f"@{name}" if ":" in name else f"@{name}:example.org"


assert _person("anna") == ANNA

Play_ = Callable[..., Any]
PLAYS: tuple[tuple[re.Pattern[str], Play_], ...] = tuple(
    (re.compile(pattern, flags=re.DOTALL), method)
    for pattern, method in (
        (r"-- (?P<at>.+), nicht erreichbar seit (?P<since>.+)", Play._offline),
        (r"-- (?P<at>.+)", Play._time),
        (r"Im Raum „(?P<room>.+?)“ (?:sind|ist) (?P<people>.+)\.", Play._present),
        (r"Der Bot startet neu", Play._restart),
        (r"Der Server schickt es noch einmal", Play._again),
        (rf"{WHO} lädt den Bot ein: „(?P<room>.+)“", Play._invited),
        (rf"{WHO} lädt den Bot zum Direktchat ein", Play._direct_invited),
        (rf"{WHO} tippt an: (?P<label>.+)", Play._tap),
        (rf"{WHO} reagiert(?: auf (?P<to>K\d+))?: (?P<key>.+)", Play._react),
        (rf"{WHO} nimmt zurück(?:, was @(?P<whose>[a-z]+) tat)?", Play._take_back),
        (rf"{WHO} (?P<does>kommt dazu|geht)", Play._come_or_go),
        (rf"{WHO}(?: (?P<how>antwortet|im Thread))?(?P<direct> direkt)?: (?P<body>.+)", Play._say),
    )
)


async def play(database: Database, script: str) -> str:
    """The transcript as it really goes."""
    return await Play(database).run(script)
