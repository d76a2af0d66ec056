"""The records move to PostgreSQL, where two bots run; the one that leads dies (kill -9), the other one goes on."""

import re
import signal
import time
from collections.abc import Callable

from bot.demo.cast import BEN, FATMA, FILES
from bot.demo.machine import Machine
from bot.demo.performance import Performance, Scene
from bot.demo.person import relates_to
from bot.demo.scenes.checkin import NEWS

QUESTION = "!status eAkte"
KNOWN = ("eAkte · Elektronische Akte", "🟢 grün", "75 %", NEWS)
PATIENCE = 60.0  # seconds for a takeover on a slow machine; on a quiet one it takes six
MOVED = re.compile(r"moved: (\d+) rows in \d+ tables, every checksum is the same on both sides")


async def struck(play: Performance) -> None:
    """The real command, two bots, and a kill -9 to the one that leads."""
    first = await moved(play)
    await takeover(play, first.kill)


async def moved(play: Performance) -> Machine:
    """All records, into a real PostgreSQL; one bot leads then, on the machine that this returns, and one stands by."""
    first, said = await play.stage.move_to_postgresql()
    found = MOVED.search(said)
    play.check("Der Umzug nach PostgreSQL kam nicht ans Ende", holds=found is not None, seen=said)
    play.note(
        f"zwischenstand move-database: {found[1] if found else '?'} Zeilen, auf beiden Seiten dieselbe Prüfsumme."
    )
    await first.run()
    await play.stage.stand_by()
    play.note("Zwei Bots laufen mit demselben Konto: Einer führt, einer steht bereit.")
    return first


async def takeover(play: Performance, kill: Callable[[], int | None]) -> None:
    """Whoever asked as it died, and whoever asks meanwhile, has one answer; it rests on what was moved."""
    asked = {BEN: await play.says(BEN, FILES, QUESTION)}
    code, died_at = kill(), time.monotonic()
    play.check("Der Bot, der führt, lebt noch", holds=code == -signal.SIGKILL, seen=code)
    play.note("kill -9, mitten in Bens Frage: Wer führte, ist tot. Auch Fatma fragt.")
    asked[FATMA] = await play.says(FATMA, FILES, QUESTION)
    for who, said in asked.items():
        await play.answer(who, FILES, said, QUESTION, *KNOWN, patience=PATIENCE)
    seconds = f"{time.monotonic() - died_at:.1f}".replace(".", ",")
    play.check("Der andere Bot hat nicht übernommen", holds=play.stage.has_taken_over(), seen=play.stage.end_of_log())
    # Fatma asked last and is answered last: whatever is said to Ben, once or twice, stands there by now.
    history = await play.person(BEN).history(play.room(FILES))
    for who, said in asked.items():
        answers = sum(event["sender"] == play.stage.us and said in relates_to(event) for event in history)
        play.check(f"{who.first_name} bekam nicht genau eine Antwort", holds=answers == 1, seen=answers)
    play.note(f"Nach {seconds} Sekunden hat der andere übernommen und geantwortet: beiden, jedem einmal.")


SCENES = (
    Scene(
        "Der Bot stirbt, ein anderer übernimmt",
        "Wer nicht ausfallen darf, zieht nach PostgreSQL um und stellt einen zweiten Bot daneben.",
        struck,
    ),
)
