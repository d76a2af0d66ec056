"""What the bot posts as HTML, as the demo shows it in a terminal."""

import io

from rich.console import Console

from bot.demo.rendering import Renderer, table_rows

TABLE = (
    "<table><thead><tr><th>Wer</th><th>Stimme</th></tr></thead>"
    '<tbody><tr><td><a href="https://matrix.to/#/@ben:x">@ben:x</a></td><td>Ja</td></tr></tbody></table>'
)


def shown(html: str, width: int = 40) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(Renderer({"@ben:x": "Ben, Lindenstadt"}).render(html))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_words_run_on_and_break_where_the_message_says() -> None:
    html = "<p><b>eAkte</b> · Elektronische <i>Akte</i><br> Ziel: <code>x &lt; y</code></p><p>Ende</p>"
    assert shown(html) == ["eAkte · Elektronische Akte", "Ziel: x < y", "Ende"]


def test_brackets_in_a_message_are_words_and_no_markup() -> None:
    assert shown("<p>[bold]laut[/bold] [x]</p>") == ["[bold]laut[/bold] [x]"]


def test_lists_hang_and_are_numbered() -> None:
    assert shown("<ul><li>Ein langer Punkt</li><li>Kurz</li></ul>", 12) == ["• Ein langer", "  Punkt", "• Kurz"]
    assert shown("<ol><li>Eins<ul><li>Innen</li></ul></li><li>Zwei</li></ol>") == ["1. Eins", "   • Innen", "2. Zwei"]


def test_quotations_details_and_code_blocks() -> None:
    assert shown("<blockquote>Oben<br>unten</blockquote>") == ["▏ Oben", "▏ unten"]
    assert shown("<details><summary>Verlauf (2)</summary><p>alt</p></details>") == ["▾ Verlauf (2)", "  alt"]
    assert shown("<pre><code>!status\n  eAkte</code></pre>") == ["  !status", "    eAkte"]


def test_a_table_shows_names_for_pills_and_gives_its_rows() -> None:
    lines = shown(TABLE)
    assert [line.split("│")[1:-1] for line in lines if "│" in line][-1] == [" Ben, Lindenstadt ", " Ja     "]
    assert table_rows(TABLE) == [("Wer", "Stimme"), ("@ben:x", "Ja")]


def test_a_wide_sign_costs_no_letters() -> None:
    """Rich cuts a line that a wide character filled to the brim, where columns end in an ellipsis."""
    html = "<ul><li>eAkte — ⚪ ohne Ampel · in Umsetzung · offen</li></ul>"
    for width in range(12, 50):
        assert "".join(shown(html, width)).replace(" ", "") == "•eAkte—⚪ohneAmpel·inUmsetzung·offen"


def test_what_is_not_closed_ends_with_the_message() -> None:
    assert shown("<p>Offen <b>fett <unbekannt>innen</p></b><p>danach") == ["Offen fett innen", "danach"]
