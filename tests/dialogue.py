"""Dialogues as tests: a transcript that anybody can read goes in, the same transcript comes out, or the test fails.

A line is what somebody does, a stage direction, or (indented) what the bot does about it:

    # a remark
    -- Montag, 23. November 2026, 8:00          it is that time now (Berlin), and the clock ticks; „-- 8:05“: same day
    -- 9:15, nicht erreichbar seit 7:30         catches up: what follows came meanwhile; the clock does not tick yet
    Im Raum „Digitales“ sind @anna, @ben.       goes on there; a room nobody knows yet is one that Anna invited us to
    @ben: !status                               says so; further lines of a message are indented by four spaces
    @ben direkt: hilfe                          … in the direct chat
    @ben im Thread: !status                     … in a thread
    @ben im Thread „Tisch 2“: !status           … in that of the bot's last message there that holds these words
    @ben antwortet: ja                          … as a reply to the bot's last message there
    @ben antwortet auf „Tisch 2“: ja            … to the last one that holds these words
    @ben antwortet direkt: ja
    @ben tippt an: Ja                           in the room's last poll; „–“ takes the click back
    @ben reagiert: ✅                           on the bot's last message there; „reagiert direkt“: in the direct chat
    @ben reagiert auf K1: 👍                    on the announcement of K1
    @ben reagiert auf „Tisch 2“: 👍             on the last message that holds these words
    @ben will Emojis vergleichen                asks to verify us; „will direkt Emojis vergleichen“: in the direct chat
    @ben nimmt zurück                           (redacts) the last thing he did
    @anna nimmt zurück, was @ben tat
    @dora kommt dazu · @cem geht
    @anna legt ab: people.csv                   a file in the room, „legt direkt ab“ in the direct chat; its lines below
    @anna zieht den Raum um nach „Neu“          (the bot follows if it is let in) · @anna nennt den Raum „Neu“
    @ben wirft den Bot hinaus: Grund            … or „sperrt den Bot aus“; the reason may be left out
    @ben nimmt dem Bot: anheften, einladen      the powers it lacks from now on; „nichts“: none
    @anna lädt den Bot ein: „Digitales“ · @ben lädt den Bot zum Direktchat ein
    Der Bot startet neu
    Der Server schickt es noch einmal           the last happening is delivered again
    Der Server verweigert @kim:fern.example: …  … from now on to invite her, with this problem; „Räume“: to open rooms
    Der Server verweigert nichts mehr
      = Antwort                                 the bot; with „| “ before each line of the plain body
      | …

„@ben (abgeschickt 11:59:58) tippt an: Ja“ says when a server claims that something was sent.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.events import (
    Dropped,
    Event,
    Happening,
    Invited,
    Left,
    Members,
    Membership,
    Message,
    Named,
    Power,
    Powers,
    Reaction,
    Redacted,
    Upgraded,
    VerificationAsked,
    Vote,
)
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import ANNA, US, Bot, plain
from tests.showing import check_relation, shown
from tests.transcript import Malformed, moment, steps

TO = r"(?:(?: auf)? „(?P<to>.+?)“)?"
WHO = r"@(?P<who>[a-z]+(?::[a-z]+\.[a-z]+)?)(?: \(abgeschickt (?P<sent>[^)]+)\))?"


@dataclass
class Play:
    """A transcript being played."""

    database: Database
    bot: Bot = field(init=False)
    room: str = "?"
    rooms: dict[str, str] = field(default_factory=dict)  # name to ID
    directs: dict[str, str] = field(default_factory=dict)  # person to room ID
    last_said: dict[str, Row] = field(default_factory=dict)  # room to the bot's last message there
    said: list[Row] = field(default_factory=list)  # all of its messages
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
        before, self.bot = self.bot, Bot(self.database, now=self.bot.now)
        self.bot.opened, self.bot.refuses, self.bot.lets_in = before.opened, before.refuses, before.lets_in
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

    async def _refuses(self, what: str, problem: str) -> tuple[None, list[Row]]:
        what = {"Räume": "open", "Nachfolger": "follow", "Dateien": "fetch"}.get(what, what)
        self.bot.refuses[_person(what[1:]) if what.startswith("@") else what] = problem
        return None, []

    async def _allows(self) -> tuple[None, list[Row]]:
        self.bot.refuses = {}
        return None, []

    # what people do

    async def _say(
        self, who: str, sent: str | None, how: str | None, to: str | None, direct: str | None, body: str
    ) -> tuple[Happening, list[Row]]:
        room = self._direct_room(_person(who)) if direct else self.room
        more: dict[str, Any] = {"body": body, "mentions_us": body.startswith((US, "@zwischenstand"))}
        if how == "antwortet":
            more["reply_to"] = (self._post(to, room) if to else self.last_said[room]).event_id
        elif how == "im Thread":
            more["thread"] = self._post(to, room).event_id if to else "$thread"
        return await self._do(Message, who, sent, room, **more)

    async def _tap(self, who: str, sent: str | None, label: str) -> tuple[Happening, list[Row]]:
        poll = self.polls[self.room]
        offered = json.loads(poll.content)["org.matrix.msc3381.poll.start"]["answers"]
        ids = {answer["org.matrix.msc1767.text"]: answer["id"] for answer in offered}
        answers = () if label == "–" else (ids.get(label, label),)
        return await self._do(Vote, who, sent, poll=poll.event_id, answers=answers)

    async def _react(
        self, who: str, sent: str | None, direct: str | None, to: str | None, words: str | None, key: str
    ) -> tuple[Happening, list[Row]]:
        room = self._direct_room(_person(who)) if direct else self.room
        target = self.announcements[to] if to else self._post(words, room) if words else self.last_said[room]
        return await self._do(Reaction, who, sent, room, target=target.event_id, key=key)

    async def _verify(self, who: str, sent: str | None, direct: str | None) -> tuple[Happening, list[Row]]:
        room = self._direct_room(_person(who)) if direct else self.room
        return await self._do(VerificationAsked, who, sent, room)

    async def _take_back(self, who: str, sent: str | None, whose: str | None) -> tuple[Happening, list[Row]]:
        return await self._do(Redacted, who, sent, target=self.last_done[_person(whose or who)])

    async def _come_or_go(self, who: str, sent: str | None, does: str) -> tuple[Happening, list[Row]]:
        state = "leave" if does == "geht" else "join"
        return await self._do(Membership, who, sent, person=_person(who), state=state)

    async def _drop(self, who: str, sent: str | None, direct: str | None, body: str) -> tuple[Happening, list[Row]]:
        name, _, content = body.partition("\n")
        self.bot.files[name] = content.encode()
        room = self._direct_room(_person(who)) if direct else self.room
        return await self._do(Dropped, who, sent, room, name=name, size=len(content), source={"url": name})

    async def _upgrade(self, who: str, sent: str | None, room: str) -> tuple[Happening, list[Row]]:
        self.rooms.setdefault(room, f"!{room.lower()}:example.org")
        return await self._do(Upgraded, who, sent, successor=self.rooms[room])

    async def _rename(self, who: str, sent: str | None, room: str) -> tuple[Happening, list[Row]]:
        return await self._do(Named, who, sent, name=room)

    async def _empower(self, who: str, sent: str | None, powers: str) -> tuple[Happening, list[Row]]:
        lacks = frozenset(POWERS[word] for word in powers.split(", ") if word != "nichts")
        return await self._do(Powers, who, sent, lacks=lacks)

    async def _throw_out(self, who: str, sent: str | None, does: str, reason: str | None) -> tuple[None, list[Row]]:
        banned = does == "sperrt den Bot aus"
        left = Left(room_id=self.room, received_at=self.bot.now, by=_person(who), banned=banned, reason=reason)
        self.last = left
        return None, await self.bot.handle(left)

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

    def _post(self, words: str, room: str) -> Row:
        """The bot's last message in a room that holds these words, and is no answer."""
        here = [row for row in self.said if row.room_id == room and words in plain(row)]
        if not here:
            raise Malformed(f"nothing was said with „{words}“")
        return next((row for row in reversed(here) if "m.in_reply_to" not in row.content), here[-1])

    def _direct_room(self, person: str) -> str:
        if person not in self.directs:
            raise Malformed(f"{person} has no direct chat with the bot")
        return self.directs[person]

    # what the bot does

    def _shown(self, asked: Happening | None, rows: list[Row]) -> Iterator[str]:
        place = asked.room_id if asked else self.room
        for row in rows:
            self._remember(row)
            check_relation(asked, row)
            yield from shown(row, place, {room: name for name, room in self.rooms.items()})
        if isinstance(asked, Message | Dropped) and not rows:
            yield "  = (nichts)"

    def _remember(self, row: Row) -> None:
        room = row.room_id or ""
        if row.person and row.action in ("send", "file"):
            self.directs[row.person] = room
        if row.action == "open" and row.key in self.bot.opened:
            self.rooms[json.loads(row.content)["name"]] = self.bot.opened[row.key]
        if row.event_type == "m.room.message" and row.action == "send":
            self.last_said[room] = row
            if '"m.replace"' not in row.content:  # people answer and react to what was changed, not to the change
                self.said.append(row)
        elif row.event_type == "org.matrix.msc3381.poll.start":
            self.polls[room] = row
        if row.key.endswith("/announcement") and (found := re.match(r"K\d+", plain(row))):
            self.announcements[found[0]] = row


def _person(name: str) -> str:
    return f"@{name}" if ":" in name else f"@{name}:example.org"


assert _person("anna") == ANNA

POWERS = {
    "schreiben": Power.SPEAK,
    "reagieren": Power.REACT,
    "anheften": Power.PIN,
    "einladen": Power.INVITE,
    "umbenennen": Power.NAME,
}
Play_ = Callable[..., Any]
PLAYS: tuple[tuple[re.Pattern[str], Play_], ...] = tuple(
    (re.compile(pattern, flags=re.DOTALL), method)
    for pattern, method in (
        (r"-- (?P<at>.+), nicht erreichbar seit (?P<since>.+)", Play._offline),
        (r"-- (?P<at>.+)", Play._time),
        (r"Im Raum „(?P<room>.+?)“ (?:sind|ist) (?P<people>.+)\.", Play._present),
        (r"Der Bot startet neu", Play._restart),
        (r"Der Server schickt es noch einmal", Play._again),
        (r"Der Server verweigert (?P<what>@[a-z:.]+|[A-Z]\w+): (?P<problem>.+)", Play._refuses),
        (r"Der Server verweigert nichts mehr", Play._allows),
        (rf"{WHO} lädt den Bot ein: „(?P<room>.+)“", Play._invited),
        (rf"{WHO} lädt den Bot zum Direktchat ein", Play._direct_invited),
        (rf"{WHO} zieht den Raum um nach „(?P<room>.+)“", Play._upgrade),
        (rf"{WHO} nennt den Raum „(?P<room>.*)“", Play._rename),
        (rf"{WHO} nimmt dem Bot: (?P<powers>.+)", Play._empower),
        (rf"{WHO} (?P<does>wirft den Bot hinaus|sperrt den Bot aus)(?:: (?P<reason>.+))?", Play._throw_out),
        (rf"{WHO} legt(?P<direct> direkt)? ab: (?P<body>.+)", Play._drop),
        (rf"{WHO} tippt an: (?P<label>.+)", Play._tap),
        (rf"{WHO} reagiert(?P<direct> direkt)?(?: auf (?:(?P<to>K\d+)|„(?P<words>.+?)“))?: (?P<key>.+)", Play._react),
        (rf"{WHO} will(?P<direct> direkt)? Emojis vergleichen", Play._verify),
        (rf"{WHO} nimmt zurück(?:, was @(?P<whose>[a-z]+) tat)?", Play._take_back),
        (rf"{WHO} (?P<does>kommt dazu|geht)", Play._come_or_go),
        (rf"{WHO}(?: (?P<how>antwortet|im Thread){TO})?(?P<direct> direkt)?: (?P<body>.+)", Play._say),
    )
)


async def play(database: Database, script: str) -> str:
    """The transcript as it really goes."""
    return await Play(database).run(script)
