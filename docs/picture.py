"""Make docs/conversation.png anew: `uv run python docs/picture.py` (needs Chromium; looks best with the font Inter).

People write, the bot answers: every word of the bot in the picture comes out of the inbox and the clock, as it would go
to the homeserver. Only what a client adds is drawn here: bubbles, names, and the counts under a native poll.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from PIL import Image, ImageChops

from bot.clock import Clock
from bot.command import Commands
from bot.context import House
from bot.domain.chart import Bar, BarChart
from bot.events import Batch, Happening, Invited, Members, Message, Related, Relations, Vote
from bot.files.draw import draw
from bot.inbox import Inbox
from bot.posting import Posting
from bot.procedures import votes
from bot.store import outbox
from bot.store.database import Database
from bot.store.outbox import Row
from bot.texts import Texts
from commands import ALL
from schedules import JOBS

HERE = Path(__file__).parent
ZONE = ZoneInfo("Europe/Berlin")
ROOM, ROOM_NAME = "!digital:netz.example", "AG Digitale Verwaltung"
US = "@zwischenstand:netz.example"
ANNA, BEN, CEM, DANA = (f"@{name}:netz.example" for name in ("anna", "ben", "cem", "dana"))
NAMES = {  # display name, colour of the avatar: as Element's light theme has them
    US: ("Zwischenstand", "green"),
    ANNA: ("Anna (Tannengrund)", "lime"),
    BEN: ("Ben (Lindenstadt)", "fuchsia"),
    CEM: ("Cem (Erlenbrück)", "orange"),
    DANA: ("Dana (Ahornfeld)", "blue"),
}
READER = BEN  # whose phone this is
POLL = "org.matrix.msc3381.poll.start"
SHARPNESS = 1.5  # pixels of the picture for one of the layout
MARGIN = 39  # pixels of the picture below the screens
TALLEST = 3000  # pixels of layout, cut to what is used
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Bubble:
    """One message on the screen; `reactions` are added later."""

    sender: str
    at: datetime
    html: str
    answers: tuple[str, str] | None = None  # who is quoted, and what
    reactions: list[str] = field(default_factory=list)


@dataclass
class Phone:
    """The room on one screen, fed with what people do."""

    inbox: Inbox
    clock: Clock
    database: Database
    rows: list[Row]
    now: datetime
    bubbles: dict[str, Bubble] = field(default_factory=dict)
    polls: dict[str, dict[str, str]] = field(default_factory=dict)  # poll, person, answer
    clicks: set[str] = field(default_factory=set)
    second_screen: str = ""  # the event it begins with: the vote is announced
    count: int = 0

    async def feed(self, *happenings: Happening) -> None:
        """One batch from the homeserver, and what the bot posts upon it."""
        self.count += 1
        await self.inbox.handle(Batch(happenings, f"s{self.count}", self.now))
        await self.take()

    async def say(self, sender: str, body: str) -> None:
        """Somebody writes."""
        self.now += timedelta(minutes=1)
        event_id = f"$said{self.count}"
        self.bubbles[event_id] = Bubble(sender, self.now, escape(body).replace("\n", "<br>"))
        await self.feed(
            Message(room_id=ROOM, event_id=event_id, sender=sender, sent_at=self.now, received_at=self.now, body=body)
        )

    async def click(self, sender: str, answer: str) -> None:
        """Somebody taps an answer of the latest poll."""
        self.now += timedelta(hours=1)
        poll = list(self.polls)[-1]
        self.polls[poll][sender] = answer
        vote = Vote(
            room_id=ROOM,
            event_id=f"$click{self.count}",
            sender=sender,
            sent_at=self.now,
            received_at=self.now,
            poll=poll,
            answers=(answer,),
        )
        self.clicks.add(vote.event_id)
        await self.feed(vote)

    async def tick(self, now: datetime) -> None:
        """The clock strikes."""
        self.now = now
        await self.clock.tick()
        await self.take()

    async def take(self) -> None:
        """What the outbox would send: shown, and confirmed with an event ID."""
        new, self.rows[:] = list(self.rows), []
        for row in new:
            row.event_id = f"$sent{row.id}"
        await self.database.run(lambda session: outbox.confirm(session, new))
        for row in new:
            if row.action == "reread":  # the list of votes, read again at the close: nothing was missed
                found = Relations(listed=frozenset(self.clicks))
                await self.inbox.came(Related(key=row.key, found=found, redacted=(), received_at=self.now))
            if row.action == "chart" or (row.action == "send" and row.room_id == ROOM):
                await self.show(row, json.loads(row.content))
        if self.rows:  # what came of reading again
            await self.take()

    async def show(self, row: Row, content: dict[str, Any]) -> None:
        """One post of the bot, as a client would show it."""
        event_id = f"$sent{row.id}"
        related = content.get("m.relates_to", {})
        if row.action == "chart":
            chart = BarChart(content["title"], tuple(Bar(**bar) for bar in content["bars"]), content["alt"])
            data = b64encode((await draw(chart)).png).decode()
            image = f'<img class="chart" src="data:image/png;base64,{data}" alt="{escape(chart.alt)}">'
            self.bubbles[event_id] = Bubble(US, self.now, image)
        elif row.event_type == POLL:
            self.polls[event_id] = {}
            self.bubbles[event_id] = Bubble(US, self.now, json.dumps(content[POLL]))
        elif row.event_type == "m.reaction":
            self.bubbles[related["event_id"]].reactions.append(related["key"])
        elif row.event_type == "m.room.message":
            asked = self.bubbles.get(related.get("m.in_reply_to", {}).get("event_id", ""))
            quoted = (asked.sender, asked.html) if asked else None
            self.bubbles[event_id] = Bubble(US, self.now, content["formatted_body"], quoted)
            if row.key.endswith("/announcement"):
                self.second_screen = event_id


async def played(database: Database) -> Phone:
    """The conversation."""
    rows: list[Row] = []
    house = House(US, "!", "de", ZONE, 60, (ANNA,), ("netz.example",))
    posting = Posting(Texts(), "PICTURE")
    inbox = Inbox(database, Commands(ALL), posting, house, votes.on_event, rows.extend)
    clock = Clock(database, JOBS, posting, house, rows.extend, _settled, lambda: phone.now)
    phone = Phone(inbox, clock, database, rows, datetime(2026, 11, 26, 9, 3, tzinfo=ZONE).astimezone(UTC))
    await phone.feed(Invited(room_id=ROOM, inviter=ANNA, direct=False, received_at=phone.now))
    await phone.feed(Members(room_id=ROOM, joined=frozenset(NAMES)))
    await phone.say(
        ANNA,
        f"!projekt neu eAkte\nTitel: Elektronische Akte\nZiel: papierlose Bauakten bis Ende 2027\n"
        f"Verantwortlich: {BEN}\nOrganisation: Stadt Lindenstadt\nProjektstatus: in Umsetzung\n"
        "Finanzierung: teilweise finanziert",
    )
    for name, holder in (("Tannengrund", ANNA), ("Lindenstadt", BEN), ("Erlenbrück", CEM), ("Ahornfeld", DANA)):
        await phone.say(ANNA, f"!organisation neu {name}\nMandat: {holder}")
    await phone.say(BEN, "!status eAkte grün 40 % Pilot in zwei Ämtern läuft")
    phone.bubbles.clear()  # the screen begins here
    await phone.say(BEN, "!status eAkte gelb 60 % Vergabe verzögert sich um zwei Wochen")
    await phone.say(DANA, "!feedback eAkte Frage: Bleibt es beim Start im Februar?")
    await phone.say(CEM, "!status eAkte")
    await phone.say(
        ANNA,
        "!konsultation neu Gemeinsame Schnittstelle\nFrage: Beauftragen wir die Schnittstelle zur eAkte gemeinsam?\n"
        "Schluss: 4.12.2026 12:00",
    )
    await phone.click(BEN, "yes")
    await phone.click(DANA, "yes")
    await phone.say(CEM, "!stimme K1 nein, weil die Fristen fehlen")
    await phone.click(ANNA, "yes")
    closes = datetime(2026, 12, 4, 12, 0, tzinfo=ZONE).astimezone(UTC)
    await phone.tick(closes)
    await phone.tick(closes + timedelta(seconds=60))
    return phone


async def _settled(_until: datetime) -> bool:
    return True


def named(html: str) -> str:
    """Links to people as pills with their display names, as clients show them."""
    pill = r'<a href="https://matrix\.to/#/[^"]+">(@[^<]+)</a>'
    return re.sub(pill, lambda found: f'<span class="pill">{NAMES[found[1]][0]}</span>', html)


def avatar(person: str) -> str:
    """The initial in a coloured circle."""
    name, colour = NAMES[person]
    return f'<div class="avatar {colour}">{name[0]}</div>'


def poll(start: dict[str, Any], chosen: dict[str, str]) -> str:
    """A native poll after its end: the counts come from the clicks alone."""
    options = []
    for answer in start["answers"]:
        count = list(chosen.values()).count(answer["id"])
        first = " most" if count == max(map(list(chosen.values()).count, chosen.values())) else ""
        share = 100 * count / len(chosen)
        label = escape(answer["org.matrix.msc1767.text"])
        counted = f"{count} {'Stimme' if count == 1 else 'Stimmen'}"
        options.append(
            f'<li class="{first}"><i></i><div><p>{label}<span>{counted}</span></p>'
            f'<div class="bar"><b style="width:{share:.0f}%"></b></div></div></li>'
        )
    question = escape(start["question"]["org.matrix.msc1767.text"])
    return f'<p class="question">{question}</p><ul class="poll">{"".join(options)}</ul>'


def drawn(phone: Phone) -> list[list[str]]:
    """Two screens: every message as HTML, with the days between them. The second begins with the vote."""
    screens: list[list[str]] = [[]]
    day, before = None, None
    for event_id, bubble in phone.bubbles.items():
        if event_id == phone.second_screen:
            screens.append([])
            day = None
        parts = screens[-1]
        local = bubble.at.astimezone(ZONE)
        if local.date() != day:
            day, before = local.date(), None
            parts.append(f'<p class="day">{format_date(day, "EEEE, d. MMMM y", "de")}</p>')
        body = bubble.html
        if event_id in phone.polls:
            body = poll(json.loads(body), phone.polls[event_id])
        parts.append(_message(bubble, named(body), f"{local:%H:%M}", first=bubble.sender != before))
        before = bubble.sender
    return screens


def _message(bubble: Bubble, body: str, time: str, *, first: bool) -> str:
    mine = bubble.sender == READER
    name, colour = NAMES[bubble.sender]
    head = "" if mine or not first else f'{avatar(bubble.sender)}<p class="name {colour}">{name}</p>'
    quoted = ""
    if bubble.answers:
        (who, tint), what = NAMES[bubble.answers[0]], bubble.answers[1].partition("<br>")[0]
        quoted = f'<div class="quoted"><b class="{tint}">{who}</b><p>{what}</p></div>'
    reactions = "".join(f'<span class="reaction">{key} <small>1</small></span>' for key in bubble.reactions)
    classes = f"message{' mine' if mine else ''}{' follows' if not first else ''}"
    text = f'<div class="bubble">{quoted}<div class="body">{body}</div><time>{time}</time></div>'
    return f'<div class="{classes}">{head}{text}{reactions}</div>'


def page(screens: list[list[str]]) -> str:
    """The screens side by side."""
    style = (HERE / "picture.css").read_text(encoding="utf-8")
    header = (
        f'<header><span class="back">‹</span><div class="avatar room">{ROOM_NAME[3]}</div><div><h1>{ROOM_NAME}</h1>'
        f"<p>{', '.join(NAMES[person][0].partition(' ')[0] for person in NAMES)}</p></div></header>"
    )
    footer = '<footer><span class="plus">+</span><span class="composer">Nachricht …</span></footer>'
    phones = "".join(
        f'<section class="phone">{header}<main>{"".join(parts)}</main>{footer}</section>' for parts in screens
    )
    return f'<!doctype html><html lang="de"><meta charset="utf-8"><style>{style}</style><body>{phones}</body></html>'


def photographed(html: str, folder: Path) -> Image.Image:
    """What Chromium makes of the page, cut to what is used. Raises SystemExit where no Chromium is installed."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"this needs one of: {', '.join(BROWSERS)}")
    source, shot = folder / "page.html", folder / "shot.png"
    source.write_text(html, encoding="utf-8")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars")
    size = (
        f"--force-device-scale-factor={SHARPNESS}",
        f"--window-size=880,{TALLEST}",
        f"--user-data-dir={folder / 'profile'}",
    )
    command = (browser, *flags, *size, f"--screenshot={shot}", source.as_uri())
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own page
    image = Image.open(BytesIO(shot.read_bytes())).convert("RGB")
    background = Image.new("RGB", image.size, image.getpixel((0, 0)))
    used = ImageChops.difference(image, background).getbbox() or (0, 0, *image.size)
    return image.crop((0, 0, image.width, min(used[3] + MARGIN, image.height)))


async def main() -> None:
    """Play it, draw it, write it."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/picture.db")
        database.migrate()
        try:
            phone = await played(database)
        finally:
            database.close()
        html = page(drawn(phone))
        image = await asyncio.to_thread(photographed, html, Path(folder))
    image.save(HERE / "conversation.png", optimize=True)


if __name__ == "__main__":
    asyncio.run(main())
