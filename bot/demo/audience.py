"""What the audience sees: the rooms as they happen, in the terminal. Where there is none, the same as plain lines."""

import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from io import TextIOWrapper
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.demo.connection import Json
from bot.demo.rendering import Barred, Renderer

POLL = "org.matrix.msc3381.poll."
PLAIN_TEXT = "org.matrix.msc1767.text"
NARROW = 72
SPEAKER_WIDTH = 20
QUOTED = 50
FEW_LINES = 4  # a shorter message is shown whole, whatever was said before


class Audience:
    """Prints. Everything that happens is told here once, whoever heard it first."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._names: dict[str, str] = {}
        self._rooms: dict[str, str] = {}
        self._us = ""
        self._renderer = Renderer(self._names)
        self._heard: set[str] = set()
        self._said: set[str] = set()  # lines by the bot, to show the same words once
        self._gist: dict[str, str] = {}  # event ID to its first words
        self._answers: dict[tuple[str, str], str] = {}  # poll and answer ID to the answer's label
        self._room = ""
        self._started = time.monotonic()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[step]}"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            refresh_per_second=5,
        )
        self._task = self._progress.add_task("Die Bühne wird aufgebaut", total=None, step="")

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._started

    def knows(self, names: Mapping[str, str], us: str) -> None:
        """Learn the display names by Matrix ID, and which of them is the bot."""
        self._names.update(names)
        self._us = us

    def enters(self, room_id: str, name: str) -> None:
        """Learn a room's name."""
        self._rooms[room_id] = name

    # Between the acts

    def scene(self, number: int, total: int, title: str, watch: str) -> None:
        """A heading, and what there is to see."""
        self._room = ""
        step = f"Schritt {number} von {total}"
        self._progress.update(self._task, description=title, completed=number - 1, total=total, visible=True, step=step)
        heading = f"[bold]{number} von {total} · {title}[/bold] [dim]{self.seconds:.0f} s[/dim]"
        self.console.print("", Rule(heading, align="left", style="yellow", characters="━"))
        self.console.print(Text(watch, style="italic"))

    def note(self, words: RenderableType) -> None:
        """Something about the play, not in it."""
        shown = Text(words, style="italic dim") if isinstance(words, str) else words
        self.console.print(Padding(shown, (0, 0, 0, 2)))

    def closing(self) -> None:
        """The play is over; what follows is no step of it."""
        self._progress.stop()

    # The rooms

    def heard(self, event: Json) -> None:
        """Somebody's client got an event."""
        if event["event_id"] in self._heard:
            return
        self._heard.add(event["event_id"])
        shown = self._shown(event)
        if shown is None:
            return
        room = self._rooms.get(event["room_id"], "Direktchat")
        if room != self._room:
            self._room = room
            self.console.print("", Rule(Text(room, style="bold magenta"), align="left", style="dim"))
        self.console.print(self._line(event["sender"], shown))

    def _line(self, sender: str, shown: RenderableType) -> RenderableType:
        by_us = sender == self._us
        name, comma, place = self._names.get(sender, sender).partition(",")
        speaker = Text.assemble((name, "bold green" if by_us else "bold"), (comma + place, "dim"))
        said = Barred(shown) if by_us else Barred(shown, "│ ", "dim")
        if self.console.width < NARROW:
            return Group(speaker, said)
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=SPEAKER_WIDTH)
        grid.add_column(ratio=1, overflow="fold")
        grid.add_row(speaker, said)
        return grid

    def _shown(self, event: Json) -> RenderableType | None:
        """How an event looks; None for what clients do not show either."""
        content, kind = event["content"], event["type"]
        match kind.removeprefix(POLL):
            case "m.room.message":
                return self._message(event)
            case "m.reaction":
                relation = content["m.relates_to"]
                return Text(f"{relation['key']} auf {self._gist.get(relation['event_id'], 'eine Nachricht')}")
            case "start":
                return self._poll(event)
            case "response":
                return self._click(content)
            case "end":
                return Text(f"■ Abstimmung beendet. {content.get(PLAIN_TEXT, '')}")
            case _:
                return None

    def _message(self, event: Json) -> RenderableType:
        content = event["content"]
        body = str(content.get("body", ""))
        self._gist[event["event_id"]] = _quoted(body)
        if content.get("msgtype") == "m.image":
            info = content.get("info", {})
            picture = f"▦ {content.get('filename')} ({info.get('w')} × {info.get('h')} Bildpunkte)"
            return Group(Text(picture, style="bold"), Text(f"Alternativtext: {body}"))
        if "m.new_content" in content:
            content, body = content["m.new_content"], str(content["m.new_content"].get("body", ""))
        if event["sender"] == self._us:
            html = str(content.get("formatted_body") or "")
            return self._repeated(body) or (self._renderer.render(html) if html else Text(body))
        return Text(body, style="cyan" if body.startswith("!") else "")

    def _repeated(self, body: str) -> Text | None:
        """Only what is new in a message that was told before for the most part: to somebody else, or before an edit."""
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        fresh = [line for line in lines if line not in self._said]
        self._said.update(fresh)
        if not fresh and len(lines) > 1:
            return Text("(dieselbe Nachricht wie oben)", style="dim")
        if len(lines) < FEW_LINES or 2 * len(fresh) > len(lines):
            return None
        return Text.assemble(("(wie oben, neu ist:)", "dim"), *(f"\n{line}" for line in fresh))

    def _poll(self, event: Json) -> RenderableType:
        poll = event["content"][f"{POLL}start"]
        question = poll["question"][PLAIN_TEXT]
        self._gist[event["event_id"]] = _quoted(question)
        lines = Text(f"▣ {question}", style="bold")
        for answer in poll["answers"]:
            self._answers[event["event_id"], answer["id"]] = answer[PLAIN_TEXT]
            lines.append(f"\n  ○ {answer[PLAIN_TEXT]}", style="not bold")
        return lines

    def _click(self, content: Json) -> RenderableType:
        poll = content["m.relates_to"]["event_id"]
        chosen = content[f"{POLL}response"].get("answers", [])
        labels = ", ".join(self._answers.get((poll, answer), answer) for answer in chosen)
        return Text(f"● {labels}") if labels else Text("○ Stimme zurückgezogen")

    # The end

    def failed(self, misses: Iterable[str], log: str) -> None:
        """Name what did not come, and show the end of the bot's log."""
        self.console.print("", Rule("[bold]Nicht wie erwartet[/bold]", align="left", style="red", characters="━"))
        for miss in misses:
            self.console.print(Padding(Text(f"✗ {miss}", style="red"), (0, 0, 0, 2)))
        if log:
            self.console.print(Text("\nDas Ende des Protokolls des Bots:", style="bold"))
            self.console.print(Text(log, style="dim"), soft_wrap=True)

    def succeeded(self, checked: int) -> None:
        """Everything came."""
        done = f"✓ Alles kam wie erwartet: {checked} Angaben geprüft, {self.seconds:.0f} Sekunden."
        self.console.print()
        self.console.print(Text(done, style="bold green"))

    def invitation(self, homeserver: str, logins: Iterable[tuple[str, str, str]]) -> None:
        """How to log in and look around."""
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, style="bold")
        table.add_row("Heimserver", homeserver)
        for user_id, password, what in logins:
            table.add_row(what, user_id)
            table.add_row("", Text(f"Passwort {password}"))
        self.console.print("", Rule("[bold]Sehen Sie sich um[/bold]", align="left", style="yellow", characters="━"))
        self.console.print("Heimserver und Bot laufen weiter. Melden Sie sich mit einem beliebigen Matrix-Client an:")
        self.console.print(Padding(table, (1, 0, 1, 2)))
        self.console.print("Probieren Sie im Raum „Plenum der Kommunen“ zum Beispiel [cyan]!hilfe[/cyan].")
        self.console.print("[bold]Strg+C[/bold] beendet alles und löscht die Daten.")


def to_terminal() -> Audience:
    """The audience at standard output."""
    if isinstance(sys.stdout, TextIOWrapper):
        with suppress(ValueError):
            sys.stdout.reconfigure(errors="replace")  # a terminal without emoji shall not end the play
    return Audience(Console(highlight=False, emoji=False, force_terminal=sys.stdout.isatty()))


def _quoted(words: str) -> str:
    first = words.strip().splitlines()[0] if words.strip() else ""
    return f"„{first[:QUOTED].rstrip()}{' …' if len(first) > QUOTED or chr(10) in words.strip() else ''}“"
