"""The whole case of the demo, as a stranger runs it. Longer than all else: left out unless it is asked for by name."""

import re
import time
from pathlib import Path

import pytest

from tests.demo.playing import DEMO, demo

pytestmark = pytest.mark.usefixtures("homeserver")  # it belongs to the slow layer


@pytest.mark.timeout(180)
def test_the_whole_case(tmp_path: Path) -> None:
    started = time.monotonic()
    with demo(tmp_path, *DEMO, "--no-wait") as run:
        output, _ = run.process.communicate(timeout=150)
    assert run.process.returncode == 0, output
    assert time.monotonic() - started < 120
    assert run.remains() == []
    for words in ("Meinten Sie", "7 Ja, 1 Nein, 1 Enthaltung", "die Fristen fehlen", "✓ Alles kam wie erwartet"):
        assert words in output
    assert re.search(r"Nach \d+,\d Sekunden hat der andere übernommen", output)
    assert "\x1b" not in output  # no terminal: no colours, no cursor tricks
