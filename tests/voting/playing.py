"""Plays a history on the real bot, at its edge: what people type and tap goes in, what stands in the database comes out."""

import json
import re
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot.events import Happening as Heard
from bot.events import Invited, Members, Membership, Message, Reaction, Redacted, Vote
from bot.store import Session
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Ballot, CastVote, Consultation, Decision, Elector, RecordEntry
from tests.fakes import ROOM, US, Bot, plain
from tests.voting.history import (
    CLOSES,
    COORDINATOR,
    IN_ROOM,
    OPENED,
    ORGANISATIONS,
    Again,
    Clicked,
    ClosedEarly,
    Deputised,
    Event,
    Extended,
    Happening,
    History,
    Mandated,
    Moved,
    Paper,
    Reacted,
    Reworded,
    Ticked,
    TookBack,
    Typed,
    World,
    moment,
)

BERLIN = ZoneInfo("Europe/Berlin")
KINDS = {
    "approval": "Zustimmung", "choice": "Auswahl", "multiple": "Mehrfachauswahl", "ranking": "Rangfolge",
    "points": "Punkte", "resistance": "Widerstand", "dates": "Termin",
}  # fmt: skip
RULES = {
    "simple": "einfache Mehrheit", "absolute": "absolute Mehrheit", "two_thirds": "zwei Drittel",
    "three_quarters": "drei Viertel", "unanimous": "einstimmig", "consent": "Konsent",
}  # fmt: skip
BASES = {"valid": "gültige", "cast": "abgegebene", "all": "alle"}
QUORUM_OF = {"electors": "", "weights": " der Stimmgewichte", "classes": " je Größenklasse"}
VISIBILITIES = {"open": "offen", "covered": "verdeckt", "confidential": "vertraulich"}
POST = re.compile(r"ballot/(\d+)/(sheet|poll)(?:/edition (\d+))?")


@dataclass(frozen=True)
class OnRecord:
    """A vote as it stands in the database after the result is out."""

    event: int
    ballot: int
    elector: str | None
    sender: str
    answer: str | None
    rank: int
    verdict: str | None


@dataclass
class Published:
    """What came of it all."""

    rows: list[OnRecord] = field(default_factory=list)
    electors: dict[str, int] = field(default_factory=dict)
    results: dict[int, dict[str, Any]] = field(default_factory=dict)  # as in the record
    outcomes: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    message: str = ""
    said: list[str] = field(default_factory=list)  # everything, for whoever looks for a mistake


def person(name: str) -> str:
    """A name as a Matrix ID."""
    return f"@{name}:example.org"


def direct(name: str) -> str:
    """The direct chat with somebody."""
    return f"!direct-{name}:example.org"


def local(seconds: int) -> str:
    """A moment as people in Berlin write it."""
    return f"{moment(seconds).astimezone(BERLIN):%d.%m.%Y %H:%M:%S}"


async def prepare(file: Path) -> None:
    """Everything that is so before K1 opens, in the database `file`: room, direct chats, organisations, mandates."""
    database = Database(f"sqlite:///{file}")
    bot = Bot(database, now=datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
    await bot.enter(ROOM, *map(person, IN_ROOM))
    for name in IN_ROOM:
        invited = Invited(room_id=direct(name), inviter=person(name), direct=True, received_at=bot.now)
        await bot.handle(invited, Members(room_id=direct(name), joined=frozenset({US, person(name)})))
    for name, (holders, deputies, inhabitants) in ORGANISATIONS.items():
        lines = [f"!organisation neu {name}", f"Einwohner: {inhabitants}"]
        lines += [f"{word}: {_ids(people)}" for word, people in (("Mandat", holders), ("Vertretung", deputies)) if people]
        await bot.say(person(COORDINATOR), "\n".join(lines))
    database.close()


def opening(world: World) -> str:
    """The command that puts it to the vote."""
    lines = ["!konsultation neu Abstimmung", f"Schluss: {local(CLOSES)}", "Erinnerung: keine"]
    lines.append(f"Sichtbarkeit: {VISIBILITIES[world.visibility]}")
    if world.franchise == "list":
        named = (each if each in ORGANISATIONS else person(each) for each in world.electors)
        lines.append(f"Wahlberechtigt: {', '.join(named)}")
    elif world.franchise == "persons":
        lines.append("Wahlberechtigt: Personen")
    for number, paper in enumerate(world.papers, 1):
        lines += ([f"Vorlage {number}"] if number > 1 else []) + _paper_lines(number, paper)
    return "\n".join(lines)


def _paper_lines(number: int, paper: Paper) -> list[str]:
    lines = [f"Frage: Frage {number}?", f"Text: Text 1 von {number}.", f"Art: {KINDS[paper.kind]}"]
    if paper.kind == "dates":
        lines += ["Optionen:", *(f"- {10 + day}.1.2027 10:00" for day in range(1, paper.options + 1))]
    elif paper.options:
        lines += ["Optionen:", *(f"- {name}" for name in ("Birke", "Linde", "Esche", "Ulme")[: paper.options])]
    if paper.points:
        lines.append(f"Punkte: {paper.points}")
    lines += [f"Regel: {RULES[paper.rule]}", f"Basis: {BASES[paper.base]}"]
    # a further ballot takes over what the first one says, unless it says something itself
    lines.append(f"Quorum: {paper.quorum} %{QUORUM_OF[paper.quorum_of]}" if paper.quorum else "Quorum: keins")
    return lines


def _ids(people: tuple[str, ...]) -> str:
    return ", ".join(map(person, people)) or "keine"


class Play:
    """A history being played on a bot of its own."""

    def __init__(self, database: Database, history: History) -> None:
        self.bot = Bot(database, now=OPENED)
        self.history = history
        self.posts: dict[tuple[int, str, int], str] = {}  # ballot, sheet or poll, edition
        self.notices: dict[str, str] = {}
        self.heard: dict[int, Heard] = {}
        self.published = Published()

    async def run(self) -> Published:
        """Open K1, let everything happen, and read what came of it."""
        for name, weight in self.history.world.weights:
            await self._do(self._message(COORDINATOR, f"!organisation {name}\nStimmgewicht: {weight}"))
        await self._do(self._message(COORDINATOR, opening(self.history.world)))
        assert (1, "sheet", 1) in self.posts, "\n".join(self.published.said)
        for happening in self.history.happenings:
            await self._happens(happening)
        await self.bot.database.run(self._read)
        return self.published

    async def _happens(self, happening: Happening) -> None:
        self.bot.now = moment(happening.at)
        match happening:
            case Ticked():
                self._keep(await self.bot.tick())
            case Again(target=target):
                await self._do(self.heard[target])
            case Event():
                heard = self._event(happening)
                self.heard[happening.id] = heard
                if not happening.unheard:
                    await self._do(heard)
                elif isinstance(heard, Redacted):
                    self.bot.redacted[heard.target] = heard
                elif isinstance(heard, Vote | Reaction):
                    self.bot.missed.append(heard)

    async def _do(self, heard: Heard) -> None:
        if isinstance(heard, Message):
            self.published.said.append(f"> {heard.sender}: {heard.body}")
        self._keep(await self.bot.handle(heard))

    # what people do

    def _event(self, event: Event) -> Heard:
        match event:
            case Typed():
                body = ("" if event.direct else "!") + spoken(event, len(self.history.world.papers))
                return self._message(event.who, body, event)
            case Clicked():
                poll = self.posts[event.ballot, "poll", event.edition]
                return Vote(poll=poll, answers=event.answers, **self._values(event))
            case Reacted():
                on = self.notices[event.who] if event.direct else self.posts[event.ballot, "sheet", event.edition]
                return Reaction(target=on, key=event.emoji, **self._values(event))
            case TookBack():
                return Redacted(target=f"$e{event.target}", **self._values(event, self._room_of(event.target)))
            case Moved():
                state = "leave" if event.leaves else "join"
                return Membership(person=person(event.who), state=state, **self._values(event))
            case _:
                return self._message(event.who, command(event), event)

    def _room_of(self, event: int) -> str:
        heard = self.heard[event]
        assert isinstance(heard, Message | Vote | Reaction)
        return heard.room_id

    def _values(self, event: Event, room_id: str = "") -> dict[str, Any]:
        apart = isinstance(event, Typed | Reacted) and event.direct
        return {
            "room_id": room_id or (direct(event.who) if apart else ROOM),
            "event_id": f"$e{event.id}",
            "sender": person(event.who),
            "sent_at": moment(event.sent),
            "received_at": moment(event.at),
            "offline_since": None if event.away_since is None else moment(event.away_since),
        }

    def _message(self, who: str, body: str, event: Event | None = None) -> Message:
        if event is None:
            return self.bot.message(person(who), body)
        return Message(body=body, **self._values(event))

    # what the bot does

    def _keep(self, rows: list[Row]) -> None:
        for row in rows:
            self.published.said.append(f"  {row.key}: {plain(row)}")
            if row.action != "send" or not row.event_id or "m.replace" in row.content:
                continue
            several = len(self.history.world.papers) > 1
            if found := POST.fullmatch(row.key):
                self.posts[int(found[1]), found[2], int(found[3] or 1)] = row.event_id
            elif row.key == "consultation/1/announcement" and not several:
                self.posts[1, "sheet", 1] = row.event_id
            elif row.person and row.key.startswith("consultation/1/notice/opened"):
                self.notices[row.person[1:].partition(":")[0]] = row.event_id
            elif row.key == "consultation/1/result":
                self.published.message = plain(row)

    def _read(self, session: Session) -> None:
        consultation, published = session.get_one(Consultation, 1), self.published
        assert consultation.state == "published", f"it is {consultation.state}"
        names = {each.id: each.organisation or (each.person or "")[1:].partition(":")[0] for each in session.exec(select(Elector))}
        published.electors = {names[each.id]: each.weight for each in session.exec(select(Elector))}
        positions = {each.id: each.position for each in session.exec(select(Ballot))}
        for row in session.exec(select(CastVote).order_by(col(CastVote.id))):
            published.rows.append(
                OnRecord(
                    int(row.event_id.removeprefix("$e")),
                    positions[row.ballot_id],
                    names[row.elector_id] if row.elector_id else None,
                    row.sender[1:].partition(":")[0],
                    row.choice,
                    row.rank,
                    row.verdict,
                )
            )
        for entry in session.exec(select(RecordEntry)):
            body = json.loads(entry.body)
            if body.get("kind") == "result":
                published.results[body["body"]["ballot"]] = body["body"]
        for decision in session.exec(select(Decision)):
            published.outcomes[positions[decision.ballot_id]] = decision.outcome, decision.chosen


def spoken(event: Typed, ballots: int) -> str:
    """A typed vote in words."""
    short = "K1" if ballots == 1 else f"K1 alle" if event.ballot is None else f"K1.{event.ballot}"
    named = f" für {event.for_whom}" if event.for_whom else ""
    reason = f" weil {event.reason}" if event.reason else ""
    told = f" ({event.informant})" if event.informant else ""
    return f"stimme {short}{named} {event.words}{reason}{told}"


def command(event: Event) -> str:
    """What leads to it."""
    match event:
        case Mandated():
            word = "Vertretung" if event.deputies else "Mandat"
            return f"!organisation {event.organisation}\n{word}: {_ids(event.people)}"
        case Deputised(withdrawn=True):
            return f"!vertretung {person(event.person)} entziehen"
        case Deputised(start=None):
            return f"!vertretung {person(event.person)}"
        case Deputised(start=int(start), end=int(end)):
            return f"!vertretung {person(event.person)} von {local(start)} bis {local(end)}"
        case Reworded():
            votes = "übernehmen" if event.carried else "verfallen"
            return f"!konsultation K1.{event.ballot} fassung\nText: Text {event.id + 1}.\nStimmen: {votes}"
        case Extended():
            return f"!konsultation K1 verlängern {local(event.until)}"
        case ClosedEarly():
            return "!konsultation K1 schließen"
    raise TypeError(type(event))


class Table:
    """Where one history is played after the other: a database that is as `prepare` left it, each time anew.

    The engine stays, and what it has compiled: that saves half of the time.
    """

    def __init__(self, template: Path, folder: Path) -> None:
        self.template = template
        self.file = folder / "history.db"
        shutil.copyfile(template, self.file)
        self.database = Database(f"sqlite:///{self.file}")

    async def play(self, history: History) -> Published:
        """Play it, from the beginning."""
        self.database._engine.dispose()
        for name in ("-wal", "-shm"):
            self.file.with_name(self.file.name + name).unlink(missing_ok=True)
        shutil.copyfile(self.template, self.file)
        return await Play(self.database, history).run()

    def close(self) -> None:
        """Done."""
        self.database.close()
