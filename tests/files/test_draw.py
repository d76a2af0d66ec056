"""The picture of a ballot: what it shows, and that the process which draws it leaves nothing behind."""

import asyncio
import io
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil  # type: ignore[import-untyped]  # has no stubs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from bot.domain.chart import Bar, BarChart
from bot.files.bars import LABEL_WIDTH, ROW
from bot.files.draw import SIGNATURE, NotDrawn, draw, from_json, to_json
from bot.files.layout import TONES, number
from bot.files.png import Typeface, render

BALLOT = BarChart(
    "K3 · Open-Government-Definition, Fassung 2",
    (Bar("Ja", 4, "yes"), Bar("Nein", 2, "no"), Bar("Enthaltung", 1, "abstain"), Bar("ohne Stimme", 3)),
    "4 Ja, 2 Nein, 1 Enthaltung, 3 ohne Stimme",
)


def chart(*bars: Bar, title: str = "Titel") -> BarChart:
    return BarChart(title, bars, "alt")


def pixels(png: bytes) -> npt.NDArray[np.uint8]:
    with Picture.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def length(png: bytes, colour: str) -> int:
    """How many columns show exactly this colour."""
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return int((pixels(png) == wanted).all(axis=2).any(axis=0).sum())


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


async def test_a_ballot_becomes_a_png_of_the_announced_size() -> None:
    image = await draw(BALLOT)
    assert image.png.startswith(SIGNATURE)
    with Picture.open(io.BytesIO(image.png)) as picture:
        assert picture.size == (image.width, image.height) == (900, 120 + 4 * ROW)
        assert not {"Software", "Creation Time"} & set(picture.info)
    assert image.name == "K3-Open-Government-Definition-Fassung-2.png"


async def test_the_child_draws_the_same_bytes_as_we_do_and_every_time() -> None:
    assert (await draw(BALLOT)).png == render(BALLOT) == render(BALLOT)


async def test_the_bot_itself_never_loads_matplotlib() -> None:
    code = (
        "import asyncio, sys; from bot.domain.chart import *; from bot.files.draw import draw;"
        "asyncio.run(draw(BarChart('t', (Bar('Ja', 1),), 'a'))); print('matplotlib' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert (process.returncode, out.strip()) == (0, b"False")


async def test_a_matplotlibrc_in_the_surroundings_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "matplotlibrc").write_text("savefig.dpi: 30\ntext.usetex: True\nfigure.facecolor: black\n")
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path))
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    assert (await draw(BALLOT)).png == render(BALLOT)


async def test_too_slow_is_an_error_and_leaves_no_process_behind() -> None:
    before = children()
    with pytest.raises(NotDrawn, match=r"within 0\.05 seconds"):
        await draw(BALLOT, patience=0.05)
    assert children() == before


async def test_a_cancelled_drawing_leaves_no_process_behind() -> None:
    before = children()
    task = asyncio.create_task(draw(BALLOT))
    while children() == before:  # noqa: ASYNC110  (a process being there is nobody's event)
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == before


async def test_a_failing_child_says_why() -> None:
    with pytest.raises(NotDrawn, match=r"exit status 1\): .*Error"):
        await draw(chart(Bar("Ja", "viele")))  # type: ignore[arg-type]  # what the child must stumble over


def test_bars_are_as_long_as_their_values() -> None:
    png = render(BALLOT)
    unit = length(png, TONES["abstain"])
    assert unit > 50
    for tone, value in (("yes", 4), ("no", 2), ("neutral", 3)):
        assert length(png, TONES[tone]) == pytest.approx(value * unit, abs=value + 2)


def test_no_votes_at_all() -> None:
    png = render(chart(*(Bar(word, 0, tone) for word, tone in (("Ja", "yes"), ("Nein", "no")))))
    assert [length(png, colour) for colour in TONES.values()] == [0, 0, 0, 0]
    assert len(pixels(png)) == 120 + 2 * ROW


def test_no_bars_and_no_title() -> None:
    assert render(chart(title="")).startswith(SIGNATURE)


def test_twenty_bars() -> None:
    png = render(chart(*(Bar(f"Gemeinde Ahornfeld {n}", n) for n in range(20))))
    assert pixels(png).shape == (120 + 20 * ROW, 900, 3)


def test_an_unknown_tone_is_drawn_as_neutral() -> None:
    assert render(chart(Bar("Ja", 1, "purple"))) == render(chart(Bar("Ja", 1, "neutral")))


@pytest.mark.parametrize("title", ["$x$", "100 $ oder 200 $", r"$\frac{$", r"\$x\$"])
def test_dollar_signs_stay_dollar_signs(title: str) -> None:
    ink = np.flatnonzero((pixels(render(chart(title=title))) < 128).all(axis=2).any(axis=0))
    assert ink[-1] - ink[0] == pytest.approx(Typeface("DejaVuSans-Bold").width(title, 32), rel=0.04, abs=8)


def test_what_the_font_lacks_is_left_out() -> None:
    plain = chart(Bar("Ja", 3, "yes"), Bar("Nein", 1), title="Ergebnis")
    decorated = chart(Bar("🟢 Ja \u200d\ufe0f", 3, "yes"), Bar("Nein\u202e 投票", 1), title="🗳️ Ergebnis\n")
    assert render(decorated) == render(plain)


def test_options_of_emoji_alone_are_told_apart_by_their_number() -> None:
    assert render(chart(Bar("🟢", 1), Bar("", 1))) == render(chart(Bar("1.", 1), Bar("2.", 1)))


@pytest.mark.parametrize(
    "text",
    [
        "Ein sehr langes Etikett, das niemand gekürzt hat, obwohl es für ein Telefon zu lang ist und kein Ende hat",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        "W" * 5000,
    ],
)
def test_long_labels_keep_to_their_column(text: str) -> None:
    face = Typeface("DejaVuSans")
    lines = face.fit(face.clean(text), 20, LABEL_WIDTH, 3)
    assert 2 <= len(lines) <= 3
    assert all(face.width(line, 20) <= LABEL_WIDTH for line in lines)
    assert length(render(chart(Bar(text, 1))), TONES["neutral"]) > 300


def test_what_is_shortened_says_so() -> None:
    face = Typeface("DejaVuSans")
    assert face.fit("eins zwei drei", 20, 60, 2)[-1].endswith("…")
    assert face.fit("eins zwei drei", 20, 60, 3) == ["eins", "zwei", "drei"]


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (5, "5"), (120, "120"), (2.5, "2,5"), (1 / 3, "0,33"), (7.0, "7")]
)
def test_numbers(value: float, shown: str) -> None:
    assert number(value) == shown


def contrast(colour: str, against: str = "#ffffff") -> float:
    """The contrast ratio of WCAG 2.2."""

    def luminance(code: str) -> float:
        channels = [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(colour), luminance(against)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_have_contrast_and_yes_differs_from_no_in_lightness() -> None:
    assert all(contrast(colour) >= 4.5 for colour in TONES.values())
    assert contrast(TONES["yes"], TONES["no"]) >= 1.4


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=400), st.lists(st.builds(Bar, st.text(max_size=80), st.floats(0, 1e9)), max_size=4))
def test_no_text_and_no_value_breaks_the_picture(title: str, bars: list[Bar]) -> None:
    assert render(from_json(to_json(chart(*bars, title=title)))).startswith(SIGNATURE)


def test_json_there_and_back() -> None:
    assert from_json(to_json(BALLOT)) == BALLOT
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json(chart(Bar("Ja", float("nan"))))
