"""Minutes as somebody gets them: three files that agree, that prove themselves, and that forget whom they must."""

import base64
import csv
import gzip
import io
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import col, select
from typer.testing import CliRunner

from bot.__main__ import app
from bot.context import Scope
from bot.domain.verifying import Mark, verify_file
from bot.effects import Document
from bot.errors import UserError
from bot.events import Members
from bot.procedures import minutes, mydata
from bot.store import Session, consultations, records
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import CastVote, Consultation, RecordEntry, RecordSecret
from tests.fakes import ANNA, BEN, CEM, HOUSE, START, US, Bot, plain


async def held(database: Database, *fields: str) -> Bot:
    """Two organisations and a consultation, voted on and published but for the clock's last ticks."""
    bot = Bot(database)
    await bot.enter()
    for name, person in (("Lindenstadt", BEN), ("Erlenbrück", CEM)):
        await bot.say(ANNA, f"!organisation neu {name}\nEbene: Stadt\nEinwohner: 26000\nMandat: {person}")
    head = "!konsultation neu Satzung\nFrage: Stimmen Sie der Satzung zu?\nSchluss: in 2 Tagen\nText: =Paragraf 1"
    await bot.say(ANNA, "\n".join((head, *fields)))
    return bot


async def published(bot: Bot) -> list[Row]:
    bot.now = START + timedelta(days=2, hours=9, seconds=5)
    rows = await bot.tick()
    bot.now += timedelta(minutes=5)
    return rows + await bot.tick()


async def voted(database: Database, *fields: str) -> Bot:
    bot = await held(database, *fields)
    await bot.say(BEN, "!stimme K1 nein")
    await bot.say(BEN, "!stimme K1 ja Begründung: =SUMME(A1)")
    await bot.say(CEM, "!stimme K1 nein weil die <b>Fristen</b> fehlen")
    await bot.say(ANNA, "!stimme K1 für Lindenstadt nein (telefonisch, Fr. Huber)")
    await bot.say("@gast:example.org", "!stimme K1 ja")
    return bot


def written(bot: Bot, language: str = "de") -> tuple[str, list[list[str]], bytes]:
    """The minutes of K1 as they would be attached now: HTML, rows, and the record."""

    def work(session: Session) -> Sequence[Document]:
        return minutes.documents(consultations.by_id(session, 1), Scope(session, bot.now, HOUSE), language)

    page, table, proof = bot.database.run_now(work)
    assert table.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    return page.content.decode(), rows, proof.content


async def test_three_files_are_attached_and_prove_themselves(database: Database, tmp_path: Path) -> None:
    bot = await voted(database)
    await published(bot)
    rows = await bot.say(BEN, "!konsultation K1 protokoll")
    files = {
        (spec := json.loads(row.content))["name"]: base64.b64decode(spec["content"])
        for row in rows
        if row.action == "file"
    }
    assert list(files) == ["protokoll-K1.html", "protokoll-K1.csv", "protokoll-K1.json"]
    file = tmp_path / "minutes.json"
    file.write_bytes(files["protokoll-K1.json"])
    ran = CliRunner().invoke(app, ["verify", str(file)])
    assert ran.exit_code == 0, ran.output
    assert "✓ result: ballot 1: 2 votes counted again, the numbers follow from them" in ran.output
    file.write_bytes(gzip.compress(files["protokoll-K1.json"]))
    assert CliRunner().invoke(app, ["verify", str(file)]).exit_code == 0
    changed = files["protokoll-K1.json"].replace(b'"choice":"no"', b'"choice":"na"', 1)
    file.write_bytes(changed)
    ran = CliRunner().invoke(app, ["verify", str(file)])
    assert ran.exit_code == 1
    assert re.search(r"✗ entries: entry \d+ \(vote\) was changed: it does not match its digest", ran.output)


async def test_the_head_in_the_result_message_is_that_of_the_minutes(database: Database, tmp_path: Path) -> None:
    bot = await voted(database)
    (result,) = [row for row in await published(bot) if row.key == "consultation/1/result"]
    file = tmp_path / "minutes.json"
    _, _, content = written(bot)
    file.write_bytes(content)
    told = [digits for digits in re.findall(r"\b[0-9a-f]{8,64}\b", plain(result)) if digits in content.decode()]
    assert told
    ran = CliRunner().invoke(app, ["verify", str(file), "--head", f"{told[0][:16]}…"])
    assert ran.exit_code == 0, ran.output
    assert "✓ your head: is entry" in ran.output
    assert CliRunner().invoke(app, ["verify", str(file), "--head", "0" * 64]).exit_code == 1


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["verify", str(tmp_path / "none.json")]).exit_code == 1


async def test_the_page_has_everything(database: Database) -> None:
    bot = await voted(database)
    await published(bot)
    page, _, _ = written(bot)
    for said in (
        "Protokoll K1 · Satzung", "Stimmen Sie der Satzung zu?", "=Paragraf 1", "einfache Mehrheit", "Lindenstadt",
        "Erlenbrück", "die &lt;b&gt;Fristen&lt;/b&gt; fehlen", "telefonisch, Fr. Huber",
        "durch eine spätere Stimme ersetzt",
        "eine andere Stimme für dieselbe Organisation geht vor", "nicht stimmberechtigt", "@gast:example.org",
        "B1 (nichts beschlossen)",
        "V1: Erlenbrück", "eröffnet", "Ergebnis veröffentlicht", "nach Zeitplan", "Prüfsumme am Ende", "26.000",
    ):  # fmt: skip
        assert said in page, said
    assert "<b>Fristen" not in page


async def test_the_table_has_every_vote_and_calculates_nothing(database: Database) -> None:
    bot = await voted(database)
    await published(bot)
    _, (header, *rows), _ = written(bot)
    assert header[2:5] == ["Stimmberechtigt", "Gewicht", "Antwort"]
    assert [(row[2], row[4], row[15]) for row in rows] == [
        ("Lindenstadt", "Nein", "durch eine spätere Stimme ersetzt"),
        ("Lindenstadt", "Ja", "zählt"),
        ("Erlenbrück", "Nein", "zählt"),
        ("Lindenstadt", "Nein", "eine andere Stimme für dieselbe Organisation geht vor"),
        ("", "Ja", "nicht stimmberechtigt"),
    ]
    assert rows[1][5] == "'=SUMME(A1)"
    assert rows[1][7] == "'@ben:example.org"
    assert rows[1][12] == "2026-11-20 09:00:00"


async def test_english(database: Database) -> None:
    bot = await voted(database)
    await published(bot)
    page, (header, *_), _ = written(bot, "en")
    assert '<html lang="en">' in page
    assert header[:3] == ["Ballot", "Entry", "Elector"]
    assert "replaced by a later vote" in page


async def test_before_the_result_only_open_ones_have_minutes(database: Database) -> None:
    bot = await voted(database)
    page, rows, content = written(bot)
    assert "Noch nicht entschieden" in page
    assert len(rows) == 6
    found = verify_file(content)
    assert found.good
    assert [each.says for each in found.findings if each.mark is Mark.OPEN] == [
        "there is none: no result was published"
    ]


@pytest.mark.parametrize("visibility", ["verdeckt", "vertraulich"])
async def test_what_is_not_open_is_in_no_minutes_before_the_result(database: Database, visibility: str) -> None:
    bot = await held(database, f"Sichtbarkeit: {visibility}")
    with pytest.raises(UserError) as refused:
        written(bot)
    assert refused.value.text == "minutes.not_yet"


async def test_of_confidential_ones_the_minutes_have_sums(database: Database) -> None:
    bot = await held(database, "Sichtbarkeit: vertraulich")
    for person, answer in ((BEN, "ja weil geheim-eins"), (CEM, "nein weil geheim-zwei")):
        direct = f"!direct-{person[1:4]}:example.org"
        await bot.handle(Members(room_id=direct, joined=frozenset({US, person})))
        await bot.say(person, f"stimme K1 {answer}", room_id=direct)
    await published(bot)
    page, rows, content = written(bot)
    assert "Die Abstimmung war vertraulich" in page
    assert rows[1:] == [
        ["K1", "Ja", "1", "1", "1", "0"],
        ["K1", "Nein", "1", "1", "1", "0"],
        ["K1", "Enthaltung", "0", "0", "", ""],
        ["K1", "ohne Stimme", "0", "0", "", ""],
    ]
    for told in (page, str(rows), content.decode()):
        assert "geheim" not in told
        assert BEN not in told
        assert '"choice":"' not in re.sub(r'"choice":"[0-9a-f]{64}"', "", told)
    found = verify_file(content)
    assert found.good
    assert "ballot 1: not counted again, the votes are confidential" in {each.says for each in found.findings}


async def test_who_is_erased_is_gone_from_the_minutes_and_the_chain_holds(database: Database) -> None:
    bot = await voted(database)
    await published(bot)
    _, before, first = written(bot)
    database.run_now(lambda s: mydata.erase(BEN, Scope(s, bot.now, HOUSE)))
    page, after, content = written(bot)
    assert BEN not in page + content.decode() + str(after)
    assert re.search(r"gelöscht-\w{12}", page)
    assert [row[:7] + row[8:] for row in before] == [row[:7] + row[8:] for row in after]
    was, now = json.loads(first), json.loads(content)
    assert was["entries"] == now["entries"]
    assert was["head"] == now["head"]
    gone = was["secrets"].keys() - now["secrets"].keys()
    assert gone
    found = verify_file(content)
    assert found.good
    erased = sum(len(was["secrets"][position]["fields"]) for position in gone)
    said = f"{erased} values were erased at somebody's request; the chain holds without"
    assert said in {each.says for each in found.findings}
    assert "2 votes counted again" in str(found.findings)


async def test_mydata_shows_what_the_record_keeps_without_the_databases_numbers(database: Database) -> None:
    bot = await voted(database)
    await published(bot)
    rows = await bot.say(BEN, "!meinedaten")
    (file,) = [row for row in rows if row.action == "file"]
    content = json.loads(base64.b64decode(json.loads(file.content)["content"]))
    data = content["networks"][0]["data"]
    assert [row["fields"].get("reason") for row in data["record_secret"]] == [None, "=SUMME(A1)"]
    assert {"sender", "event"} <= data["record_secret"][0]["fields"].keys()
    shown = {name for table in data.values() for row in table for name in row}
    assert not {"id", "salt", "withdraws", "ballot_id", "consultation_id", "elector_id", "decision_id"} & shown


async def test_an_entry_costs_the_same_however_long_the_record_is(database: Database) -> None:
    bot = await voted(database)
    counted: list[str] = []

    def append(session: Session) -> int:
        consultation = consultations.by_id(session, 1)
        before = len(counted)
        records.append(session, consultation, "vote", bot.now, {"ballot": 1}, private={"sender": BEN}, person=BEN)
        return len(counted) - before

    def lengthen(session: Session) -> None:
        consultation = consultations.by_id(session, 1)
        for _ in range(500):
            records.append(session, consultation, "vote", bot.now, {"ballot": 1})

    def listen(session: Session) -> None:
        event.listen(session.get_bind(), "before_cursor_execute", lambda *call: counted.append(call[2]))

    database.run_now(listen)
    first = database.run_now(append)
    database.run_now(lengthen)
    assert database.run_now(append) == first <= 3


async def test_the_record_in_the_database_is_the_record_in_the_file(database: Database) -> None:
    bot = await voted(database)
    await published(bot)
    _, _, content = written(bot)
    document = json.loads(content)

    def look(session: Session) -> None:
        row = session.get_one(Consultation, 1)
        assert (row.record_length, row.record_head) == (len(document["entries"]), document["head"])
        entries = session.exec(select(RecordEntry).order_by(col(RecordEntry.position))).all()
        assert [each.digest for each in entries] == [line["digest"] for line in document["entries"]]
        assert len(session.exec(select(RecordSecret)).all()) == len(document["secrets"])
        for vote in session.exec(select(CastVote)):
            entry = document["entries"][(vote.record_position or 0) - 1]["entry"]
            assert (entry["kind"], entry["body"]["choice"]) == ("vote", vote.choice)

    database.run_now(look)


class Outline(HTMLParser):
    """What a reader with a screen reader goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


async def test_the_page_is_accessible_and_needs_nothing_else(database: Database) -> None:
    """WCAG 2.1: language, title, headings in order, tables with captions and scopes, labelled regions that exist."""
    bot = await voted(database)
    await published(bot)
    page, _, _ = written(bot)
    assert page.startswith('<!DOCTYPE html>\n<html lang="de">')
    outline = Outline()
    outline.feed(page)
    tags = [tag for tag, _ in outline.tags]
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert tags.count("caption") == tags.count("table") > 0
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in outline.tags if tag == "th")
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {attributes["aria-labelledby"] for _, attributes in outline.tags if "aria-labelledby" in attributes}
    links = {(attributes["href"] or "")[1:] for tag, attributes in outline.tags if tag == "a"}
    assert labelled | links <= set(ids)
    assert {"main", "title", "header"} <= set(tags)
    assert not {"script", "img", "link", "iframe"} & set(tags)
    assert "http" not in page
    assert "url(" not in page


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


async def test_all_colours_are_legible(database: Database) -> None:
    """WCAG 1.4.3: every text colour has a contrast of 4.5 to 1 with every background; lines 3 to 1 (1.4.11)."""
    bot = await voted(database)
    page, _, _ = written(bot)
    style = page.partition("<style>")[2].partition("</style>")[0]
    texts = re.findall(r"[{;] ?color: (#\w{6})", style)
    backgrounds = re.findall(r"background: (#\w{6})", style)
    lines = re.findall(r"(?:solid|border) (#\w{6})", style)
    assert texts
    assert backgrounds
    for front, needed in [*((each, 4.5) for each in texts), *((each, 3.0) for each in lines)]:
        for back in backgrounds:
            light, dark = sorted((luminance(front), luminance(back)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= needed
