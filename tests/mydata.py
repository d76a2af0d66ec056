"""A network in which one person has done about everything that can be done, to be shown and erased."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, Table, select
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from bot.domain.checkin import Whom
from bot.domain.groups import Part
from bot.domain.project import AimKind
from bot.domain.roles import Role
from bot.effects import Asks
from bot.events import Members
from bot.posting import transaction_id
from bot.store import Session, mydata, networks, questions, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import (
    Aim,
    Board,
    CheckIn,
    CheckInAnswer,
    CheckInAsk,
    CheckInRound,
    CounterPosition,
    DigestPlan,
    Group,
    GroupName,
    HandledEvent,
    LoginLink,
    OpenQuestion,
    OutboxRow,
    Participation,
    PendingImport,
    Person,
    ProjectChange,
    ProjectShare,
    Room,
    SealedEvent,
    SealedSession,
    Seat,
    Subscriber,
    Survey,
    SurveyAsk,
    SurveyEntry,
    SurveyTemplate,
    Synergy,
    Unread,
    WebSession,
)
from bot.store.tables.columns import Erasure
from tests.fakes import ANNA, BEN, CEM, DEVICE, ROOM, START, US, Bot, plain

LONGER = "@ben:example.org.invalid"  # begins like Ben, and is somebody else
DIRECT = "!direct-ben:example.org"
LATER = START + timedelta(days=3)

# Text in which people may name whomever they like. Nobody searches what others wrote; the question says so.
FREE = {
    ("project", "goal"): "what a project is about, in its owner's words",
    ("project", "partners"): "partners as somebody typed them",
}


def texts() -> Iterator[tuple[Table, Any]]:
    for table in SQLModel.metadata.sorted_tables:
        for column in table.c:
            if isinstance(column.type, AutoString | String):
                yield table, column


def places(session: Session, person: str) -> set[tuple[str, str]]:
    """The columns in which a Matrix ID stands, by itself or within a text."""
    names = mydata.pattern(person)
    found = set()
    for table, column in texts():
        values = session.connection().execute(select(column).where(column.is_not(None))).scalars()
        if any(names.search(value) for value in values):
            found.add((table.name, column.name))
    return found


def declared(*erasures: Erasure) -> set[tuple[str, str]]:
    return {(t.name, c.name) for t, c in texts() if (d := mydata.declared(c)) and d.on_erasure in erasures}


async def told(bot: Bot, sender: str, body: str, **more: Any) -> Row:
    (row,) = await bot.say(sender, body, **more)
    return row


async def lived(database: Database) -> Bot:
    """A network in which Ben has done about everything that can be done, and a second one."""
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\nVerantwortlich: {BEN}\nZiel: Fragen an {BEN}\nPartner: {BEN}, {LONGER}")
    await bot.say(ANNA, f"!rolle {BEN} Moderation")
    await bot.say(ANNA, f"!rolle {BEN} Koordination")
    await bot.say(BEN, "!status eAkte gelb 60% Vergabe verzögert sich.")
    await bot.say(BEN, "!projekt neu Karte\nVerantwortlich: @cem:example.org")
    await bot.say(BEN, "!feedback eAkte Lob: Schön.")
    await bot.say(CEM, "!feedback eAkte Frage: Wann?")
    await bot.say(BEN, "!antwort F2 angenommen Bald.")
    await bot.say(BEN, "!idee Ein Kalender für alle")
    await bot.say(BEN, "!ergebnis Leitsatz: Offen für alle")
    await bot.say(BEN, "!treffen neu Auftakt\nBeginn: 3.12.2026 10:00")
    await bot.say(BEN, "!aufgabe neu Satzung entwerfen")
    await bot.say(ANNA, f"!aufgabe A1\nBeteiligt: {BEN}: 2 Tage")
    await bot.say(BEN, "!aufgabe neu Satzung drucken")
    await bot.say(BEN, "!aufgabe A2 erledigt")
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}")
    await bot.say(BEN, f"!organisation neu Erlenau\nMandat: {CEM}")
    await bot.say(BEN, f"!rolle {CEM} Moderation")
    await bot.say(BEN, f"!rolle {CEM} entziehen")
    await bot.say(BEN, "!abwesend von 1.8. bis 15.8.")
    await bot.say(ANNA, "!konsultation neu Leitbild\nFrage: Zustimmen?\nSchluss: in 1 Tag\nErinnerung: 12 Stunden")
    await bot.say(BEN, "!stimme K1 nein weil die Fristen fehlen")
    await bot.say(CEM, "!stimme K1 ja")
    for hours in (22, 33, 34):
        bot.now = START + timedelta(hours=hours)
        await bot.tick()
    fields = "Frage: Zustimmen?\nSchluss: in 2 Tagen\nErinnerung: 1 Tag\nWahlberechtigt: Personen"
    await bot.say(BEN, f"!konsultation neu Satzung\n{fields}")
    await bot.say(BEN, "!stimme K2 ja")
    await bot.say(BEN, "!treffen neu Rundgang\nBeginn: heute 9:00")
    await bot.say(BEN, "!rückblick T2 Gut war es.")
    for words in ("dabei", "werkstatt 1 Runde, 1 Tisch", "bündeln Digitale Schule"):
        await bot.say(BEN, f"!treffen T2 {words}")
    await bot.say(BEN, "!mitmachen Digitale Schule")
    database.run_now(lambda session: _more(session, bot))
    database.run_now(lambda session: _portfolio(session, bot.now))
    await bot.handle(Members(room_id=DIRECT, joined=frozenset({US, BEN})))
    return bot


def _portfolio(session: Session, at: datetime) -> None:
    """What comes of surveys, synergies, boards and the overview pages, put there by hand."""
    here: Any = {"network_id": 1, "created_by": BEN, "created_at": at}
    session.add(Aim(kind=AimKind.GOAL, name="Bürgernähe", folded="bürgernähe", **here))
    template = SurveyTemplate(name="Erfassung", folded="erfassung", version=1, questions="[]", **here)
    session.add(template)
    session.flush()
    of: Any = {"network_id": 1, "template_id": template.id, "room_id": ROOM, "opened_at": at}
    survey = Survey(number=1, cohort="Staffel 1", opened_by=BEN, **of)
    session.add(survey)
    session.flush()
    for person in (BEN, CEM):
        ask = SurveyAsk(survey_id=survey.id or 0, person=person, asked_at=at)
        session.add(ask)
        session.flush()
        answers = json.dumps({"owner": person}, ensure_ascii=False)
        session.add(SurveyEntry(ask_id=ask.id or 0, position=1, answers=answers, begun_at=at))
    pair: Any = {"network_id": 1, "first_id": 1, "second_id": 2, "score": 0.9, "terms": "[]", "found_at": at}
    asked: Any = {"first_asked": BEN, "second_asked": BEN}
    session.add(Synergy(number=1, first_said="yes", first_by=BEN, second_said="yes", second_by=BEN, **asked, **pair))
    board = Board(room_id=ROOM, network_id=1, set_up_by=BEN, set_up_at=at, post="", shown="", edited_at=at, next_at=at)
    session.add(board)
    change: Any = {"project_id": 1, "at": at, "field": "owner", "cause": "$event"}
    session.add(ProjectChange(by=BEN, before=CEM, after=None, **change))
    session.add(ProjectChange(by=CEM, before=BEN, after=f"{BEN} und {LONGER}", **change))
    link: Any = {"network_id": 1, "expires_at": at + timedelta(minutes=15)}
    for person in (BEN, CEM):
        session.add(LoginLink(digest=f"link {person[1]}", person=person, made_at=at, **link))
        session.add(WebSession(digest=f"session {person[1]}", person=person, opened_at=at, seen_at=at, **link))


def _more(session: Session, bot: Bot) -> None:
    """What comes of commands that other tests play, put there by hand."""
    at = bot.now
    here: Any = {"network_id": 1, "created_at": at}
    rooms.save(session, Room(room_id=DIRECT, direct_with=BEN, invited_by=BEN, since=at))
    rooms.save(session, Room(room_id="!old:example.org", direct_with=BEN, invited_by=BEN, since=at, joined=False))
    old = Room(room_id="!group:example.org", network_id=1, invited_by=ANNA, since=at, successor_by=BEN)
    rooms.save(session, old)
    group = Group(name="Karten", folded="karten", token="k", created_by=BEN, room_id=old.room_id, **here)
    session.add(group)
    session.flush()
    number = group.id or 0
    session.add(GroupName(network_id=1, group_id=number, name="Plan", folded="plan", until=at, changed_by=BEN))
    part: Any = {"network_id": 1, "group_id": number, "since": at}
    session.add(Participation(person=BEN, kind=Part.ACTIVE, email="ben@lindenstadt.example", entered_by=BEN, **part))
    session.add(Participation(person=CEM, kind=Part.FOLLOWER, entered_by=ANNA, until=at, ended_by=BEN, **part))
    session.add(Person(network_id=1, person=BEN, name="Ben Muster", email="b@x.example", added_by=ANNA, added_at=at))
    session.add(Person(network_id=1, person=CEM, name="Cem Muster", added_by=BEN, added_at=at))
    for person, by in ((BEN, ANNA), (CEM, BEN)):
        session.add(ProjectShare(project_id=1, person=person, shared_by=by, shared_at=at))
    gone = ProjectShare(project_id=1, person=CEM, shared_by=ANNA, shared_at=at, withdrawn_by=BEN, withdrawn_at=at)
    session.add(gone)
    rows = json.dumps([["Matrix-ID", "Name"], [BEN, "Ben Muster"], [CEM, "Cem Muster"]])
    for person in (ANNA, BEN):
        session.add(PendingImport(network_id=1, person=person, room_id=ROOM, name="p.csv", rows=rows, at=at))
    session.add(CounterPosition(dissent_id=1, organisation="Erlenau", author=BEN, text="Fristen regelt sie.", at=at))
    session.add(Unread(event_id=f"$of {BEN}", room_id=ROOM, sender=BEN, sent_at=at, received_at=at))
    locked: Any = {"room_id": ROOM, "session_id": "s", "sender": BEN}
    session.add(SealedEvent(event_id=f"$locked of {BEN}", content="{}", sent_at=at, received_at=at, **locked))
    session.add(SealedSession(since=at, **locked))
    second = networks.found(session, "Verbund Süd", ANNA, at)
    second.founder = BEN
    networks.grant(session, second.id or 0, BEN, Role.GUEST, ANNA, at)
    soon = at + timedelta(minutes=20)
    kept = OpenQuestion(outbox_key=f"x/{BEN}", person=ANNA, resume=f"rolle {BEN} {{answer}}", expires_at=soon)
    questions.keep(session, kept, at)
    mine = OpenQuestion(outbox_key="y", person=BEN, resume="status {answer}", asks=Asks.WORDS, expires_at=soon)
    questions.keep(session, mine, at)
    session.add(HandledEvent(event_id=f"Failed invite/{BEN}", at=at))
    message = {"body": f"{BEN} ist neu", "m.mentions": {"user_ids": [BEN, CEM]}}
    mail = {"to": "ben@lindenstadt.example", "plain": "Wochenbericht"}
    outbox: tuple[tuple[str, Any, Any], ...] = (
        ("in-room", {"room_id": ROOM}, message),
        ("direct", {"person": BEN}, {"body": "Erinnerung"}),
        (f"invite/{BEN}", {"room_id": "!group:example.org", "person": BEN}, {}),
        ("mail", {}, mail),
    )
    for key, where, content in outbox:
        for state in ("sent", "waiting"):
            action = "mail" if key == "mail" else "send"
            more: Any = {"action": action, "content": json.dumps(content), "state": state, **where}
            session.add(outbox_row(f"{key}/{state}", **more))
    _asked_again(session, here)
    session.add(outbox_row("edit", room_id=ROOM, action="send", refers_to=f"board/{BEN}", state="parked"))
    session.add(outbox_row("parked", room_id=ROOM, action="send", problem=f"no {BEN} here", state="parked"))
    session.flush()


def _asked_again(session: Session, here: dict[str, Any]) -> None:
    """A check-in that asked Ben, in Cem's place, too; when a digest comes, and who gets it by mail."""
    at = here["created_at"]
    ours: Any = here | {"created_by": BEN, "rule": "FREQ=WEEKLY;BYDAY=MO", "first": "2026-11-23T09:00", "zone": "UTC"}
    session.add(CheckIn(number=1, room_id=ROOM, title="Stand", whom=Whom.LIST, questions="[]", **ours))
    session.flush()
    session.add(CheckInRound(check_in_id=1, number=1, due_at=at, opened_at=at, deadline=at))
    session.flush()
    session.add(CheckInAsk(round_id=1, person=BEN, instead_of=CEM))
    session.add(CheckInAsk(round_id=1, person=CEM, instead_of=BEN))
    session.flush()
    session.add(CheckInAnswer(ask_id=1, author=BEN, at=at, text="Es läuft.", event_id="$answer"))
    session.add(Seat(meeting_id=1, round=1, person=BEN, table_number=1))
    session.add(DigestPlan(room_id=ROOM, **ours))
    session.add(Subscriber(network_id=1, email="presse@lindenstadt.example", added_by=BEN, added_at=at))


def outbox_row(key: str, **more: Any) -> OutboxRow:
    times: Any = {"first_attempt_at": START, "created_at": START}
    return OutboxRow(key=key, transaction=transaction_id("send", key), device_id=DEVICE, **times, **more)


async def erased(bot: Bot) -> str:
    """Ben asks for it and agrees; what he is told in the end."""
    asked = await told(bot, BEN, "meinedaten löschen", room_id=DIRECT)
    answer, *_ = await bot.say(BEN, "ja", room_id=DIRECT, reply_to=asked.event_id)
    return plain(answer)
