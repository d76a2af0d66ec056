"""Lines and stacks: drawn as PNG and as SVG by the same layout, nothing said by colour alone."""

import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # no types
from PIL import Image as Picture

from bot.domain.chart import Bar, BarChart, Chart, Line, LineChart, Mark, Point, Stack, StackedChart
from bot.files.draw import draw, from_json, to_json
from bot.files.layout import DARK, LIGHT, WIDTH, Pen
from bot.files.pictures import drawn
from bot.files.png import Typeface, render
from bot.files.svg import Sheet, svg
from tests.files.test_draw import contrast

PROGRESS = LineChart(
    "Fortschritt · eAkte",
    (Line("gemeldet", (Point(0, 10, "green"), Point(50, 60, "yellow"), Point(80, 55, "red"), Point(100, 70))),),
    (Mark(0, "1.9.", "2"), Mark(100, "1.12.", "12")),
    "Alles in Worten <b>.",
    "Projekte mit Angabe",
    (("green", "grün"), ("yellow", "gelb"), ("red", "rot")),
)
TURNOUT = LineChart(
    "Beteiligung",
    (Line("Stimmen", (Point(0, 78), Point(9, 60))), Line("Antworten", (Point(1, 50), Point(9, 60)), "second")),
    (Mark(0, "Mai"), Mark(9, "Juni")),
    "alt",
)
PHASES = StackedChart(
    "Projektstatus",
    tuple((tone, tone) for tone in ("future", "planned", "running", "done", "paused", "unknown")),
    (Stack("Daten", (2, 3, 5, 1, 1, 2)), Stack("Netze", (0, 0, 0, 0, 0, 1))),
    "alt",
)
BARS = BarChart("K3", (Bar("Ja", 4, "yes"), Bar("Nein", 2, "no")), "4 Ja, 2 Nein")
ALL = pytest.mark.parametrize("chart", [PROGRESS, TURNOUT, PHASES, BARS], ids=lambda chart: chart.title)
SVG = "{http://www.w3.org/2000/svg}"


@ALL
def test_json_there_and_back(chart: Chart) -> None:
    assert from_json(to_json(chart)) == chart


async def test_the_child_draws_the_same_bytes_as_we_do() -> None:
    image = await draw(TURNOUT)
    assert image.png == render(TURNOUT)
    with Picture.open(io.BytesIO(image.png)) as picture:
        assert picture.size == (WIDTH, image.height)
        assert image.height < 700


def shades(chart: Chart) -> set[str]:
    """The colours that cover more than a few pixels."""
    with Picture.open(io.BytesIO(render(chart))) as picture:
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    return {
        "#" + "".join(f"{part:02x}" for part in colour) for colour, n in zip(colours, counts, strict=True) if n > 60
    }


def test_lights_lines_and_phases_have_their_colours() -> None:
    assert {LIGHT[tone] for tone in ("green", "yellow", "red", "neutral", "grid", "axis", "paper")} <= shades(PROGRESS)
    assert {LIGHT["neutral"], LIGHT["second"]} <= shades(TURNOUT)
    assert {LIGHT[tone] for tone, _ in PHASES.parts} <= shades(PHASES)


@ALL
def test_svg_is_the_same_every_time_and_readable_by_a_strict_page(chart: Chart) -> None:
    made = svg(chart)
    assert made == svg(from_json(to_json(chart)))
    root = etree.fromstring(made)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert (root[0].text, root[1].text) == (chart.title, chart.alt)
    used = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert used <= {"svg", "title", "desc", "g", "rect", "text", "circle", "polygon", "polyline"}
    names = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in names if name == "style" or name.startswith("on") or "href" in name or name == "class"}
    assert "url(" not in made


@ALL
def test_dark_is_the_same_in_other_colours(chart: Chart) -> None:
    def bare(text: str) -> str:
        return re.sub(r"#[0-9a-f]{6}", "#", text)

    assert bare(svg(chart, dark=True)) == bare(svg(chart))
    assert DARK["paper"] in svg(chart, dark=True)
    assert LIGHT["paper"] not in svg(chart, dark=True)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_what_must_be_told_apart_has_contrast(colours: dict[str, str]) -> None:
    paper = colours["paper"]
    assert contrast(colours["ink"], paper) >= 7
    assert all(contrast(colours[tone], paper) >= 4.5 for tone in ("yes", "no", "abstain", "neutral", "second", "axis"))
    assert all(contrast(colours["ink"], colours[tone]) >= 3 for tone in ("future", "planned", "paused")), "its pattern"
    assert contrast(colours["paper"], colours["done"]) >= 3


def test_each_light_and_phase_is_told_by_shape_or_pattern_too() -> None:
    root = etree.fromstring(svg(PROGRESS))
    by_colour = {
        (element.get("fill"), element.tag.removeprefix(SVG), len((element.get("points") or "").split()))
        for element in root.iter()
        if element.get("stroke") == LIGHT["ink"]
    }
    assert by_colour == {
        (LIGHT["green"], "circle", 0),
        (LIGHT["yellow"], "polygon", 3),
        (LIGHT["red"], "polygon", 4),
        (LIGHT["neutral"], "circle", 0),
    }
    assert 'stroke-dasharray="' in svg(TURNOUT)
    patterns = {}
    for name, _ in PHASES.parts:
        only = StackedChart("", ((name, name),), (Stack("x", (5,)),), "")
        patterns[name] = len(svg(only)) // 40
    assert len({patterns[name] for name in ("future", "planned", "running", "done")}) == 4


def test_text_of_people_stays_text() -> None:
    nasty = "</text><script>alert(1)</script>\u202e & \x00 \ufffe \ud7ff"
    made = svg(StackedChart(nasty, ((nasty, "running"),), (Stack(nasty, (1,)),), nasty))
    etree.fromstring(made)
    assert "<script" not in made
    assert "\u202e" not in made


@settings(max_examples=50, deadline=None)
@given(
    st.text(max_size=80),
    st.lists(st.builds(Point, st.floats(0, 1e6), st.floats(-10, 1e6)), max_size=5),
    st.lists(st.tuples(st.text(max_size=60), st.integers(0, 10**6)), max_size=4),
)
def test_no_text_and_no_value_breaks_a_picture(name: str, points: list[Point], stacks: list[tuple[str, int]]) -> None:
    line = LineChart(name, (Line(name, tuple(points)), Line(name, (), "second")), (Mark(1, name, name),), name, name)
    stack = StackedChart(name, ((name, "done"),), tuple(Stack(label, (value,)) for label, value in stacks), name)
    faces = Typeface("DejaVuSans"), Typeface("DejaVuSans-Bold")
    for chart in (line, stack):
        etree.fromstring(svg(chart))
        drawn(
            chart, Pen(lambda height: Sheet(height, LIGHT), *faces)
        )  # measured as for the PNG: the warning is an error
