"""The result: what it says for each kind of ballot, what it keeps to itself, what is kept of it, what is said to it."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.answers import Kind
from bot.domain.deciding import Quorum, QuorumOf, Rule, Rules
from bot.procedures import charts
from bot.store import Session, consultations, decisions, records
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import CastVote, Consultation, OutboxRow, RecordSecret
from bot.texts import LANGUAGES, text
from tests.fakes import ANNA, BEN, CEM, HOUSE, START, TEXTS, Bot, plain
from tests.samples.publishing import SAID, WHOLE, shown

CLOSE = START + timedelta(hours=2)
DORA = "@dora:example.org"
FORM = f"Erinnerung: keine\nSchluss: {CLOSE.astimezone(HOUSE.zone):%d.%m.%Y %H:%M}"
OPTIONS = "Optionen:\n- Rathaus\n- Schule\n- Park"


async def result(bot: Bot) -> list[Row]:
    """Let the close and the grace time come; what is done then."""
    bot.now = CLOSE
    await bot.tick()
    bot.now = CLOSE + timedelta(seconds=60)
    return await bot.tick()


def said(rows: Sequence[Row], key: str = "/result") -> str:
    return next(plain(row) for row in rows if row.key.endswith(key))


def alts(rows: Sequence[Row]) -> list[str]:
    return [json.loads(row.content)["alt"] for row in rows if row.action == "chart"]


async def organised(bot: Bot, *weights: int) -> None:
    """Lindenstadt (Ben), Erlenbrück (Cem) and Ahornfeld (Dora) vote."""
    await bot.enter("!digitales:example.org", ANNA, BEN, CEM, DORA)
    for name, person, weight in zip(("Lindenstadt", "Erlenbrück", "Ahornfeld"), (BEN, CEM, DORA), weights, strict=True):
        await bot.say(ANNA, f"!organisation neu {name}\nMandat: {person}\nStimmgewicht: {weight}")


async def put(bot: Bot, fields: str, *, title: str = "Ort") -> None:
    rows = await bot.say(ANNA, f"!konsultation neu {title}\n{fields}\n{FORM}")
    assert any(row.key.endswith("/announcement") for row in rows), [plain(row) for row in rows]


@pytest.mark.parametrize(
    ("fields", "votes", "expected", "alt"),
    [
        ("Frage: Gut?", ("ja", "nein", "ja"), "Ort: angenommen · 2 Ja, 1 Nein", "Ja: 2, Nein: 1, Enthaltung: 0"),
        ("Frage: Gut?", ("ja", "nein", "enthaltung"), "nicht angenommen (Stimmengleichheit)", "Enthaltung: 1"),
        ("Frage: Gut?", ("enthaltung",), "Alle Stimmen sind Enthaltungen", "ohne Stimme: 2"),
        ("Frage: Gut?", (), "Niemand hat abgestimmt", "ohne Stimme: 3"),
        ("Frage: Gut?\nQuorum: 60 %", ("ja",), "Quorum 60 % nicht erreicht (1 von 3)", "Ja: 1"),
        ("Frage: Gut?\nRegel: Konsent", ("ja", "nein weil zu teuer"), "begründeter Einwand", "Nein: 1"),
        (f"Frage: Wo?\nArt: Auswahl\n{OPTIONS}", ("2", "2", "1"), "entschieden für „2 · Schule“", "2 · Schule: 2"),
        (f"Frage: Wo?\nArt: Auswahl\n{OPTIONS}", ("2", "1"), "Gleichauf vorn liegen", "3 · Park: 0"),
        (
            f"Frage: Wo?\nArt: Auswahl\nRegel: absolute Mehrheit\n{OPTIONS}",
            ("2", "enthaltung"),
            "doch ohne die verlangte Mehrheit (1 von 3)",
            "Enthaltung: 1",
        ),
        (f"Frage: Wo?\nArt: Mehrfachauswahl\n{OPTIONS}", ("2, 3", "3"), "entschieden für „3 · Park“", "3 · Park: 2"),
        (
            f"Frage: Wo?\nArt: Rangfolge\n{OPTIONS}",
            ("2 > 1 > 3", "2 > 3 > 1", "1 > 2 > 3"),
            "Reihenfolge nach Schulze: 2 · Schule > 1 · Rathaus > 3 · Park",
            "Borda-Punkte",
        ),
        (f"Frage: Wo?\nArt: Punkte\nPunkte: 5\n{OPTIONS}", ("1=3 2=2", "2=5"), "entschieden für „2 · Schule“", ": 7"),
        (
            f"Frage: Wo?\nArt: Widerstand\n{OPTIONS}",
            ("1=0 2=7 3=3", "1=5 2=0 3=3"),
            "entschieden für „1 · Rathaus“",
            "je weniger, desto besser",
        ),
        (
            "Frage: Wann?\nArt: Termin\nOptionen:\n- 11.01.2027 10:00\n- 12.01.2027 10:00",
            ("1 ja, 2 nein", "1 notfalls, 2 ja", "1 ja, 2 nein"),
            "entschieden für „1 · Montag, 11. Januar 2027",
            "2 ja, 1 notfalls, 0 nein",
        ),
    ],
)
async def test_each_kind_of_ballot(
    fields: str, votes: tuple[str, ...], expected: str, alt: str, database: Database
) -> None:
    bot = Bot(database)
    await organised(bot, 1, 1, 1)
    await put(bot, fields)
    for person, vote in zip((BEN, CEM, DORA), votes, strict=False):
        assert await bot.hear(person, f"!stimme K1 {vote}") == "✅"
    rows = await result(bot)
    assert expected in said(rows)
    assert alt in alts(rows)[0]
    assert "Lindenstadt" in said(rows)


async def test_weights(database: Database) -> None:
    bot = Bot(database)
    await organised(bot, 5, 1, 1)
    await put(bot, "Frage: Gut?")
    for person, vote in ((BEN, "nein"), (CEM, "ja"), (DORA, "ja")):
        await bot.say(person, f"!stimme K1 {vote}")
    rows = await result(bot)
    assert "abgelehnt · 2 Ja, 1 Nein" in said(rows)
    assert "nach Stimmgewicht 2 Ja, 5 Nein" in said(rows)
    assert re.search(r"Lindenstadt +5 +Nein", said(rows))
    assert "nach Stimmgewicht. Ja: 2, Nein: 5" in alts(rows)[0]


async def test_a_confidential_one_tells_sums_only(database: Database) -> None:
    bot = Bot(database)
    await organised(bot, 1, 1, 1)
    await put(bot, "Frage: Gut?\nSichtbarkeit: vertraulich")
    for person, vote in ((BEN, "ja"), (CEM, "nein weil Grund")):
        await bot.say(person, f"stimme K1 {vote}", room_id=f"!direct-{person[1:]}")
    await bot.say(DORA, "!stimme K1 ja")  # where all can read it
    whole = said(await result(bot))
    assert "1 Ja, 1 Nein, 0 Enthaltungen, 1 ohne Stimme" in whole
    assert "einmal: öffentlich gesagt" in whole
    for secret in ("Lindenstadt", "Erlenbrück", "Ahornfeld", BEN, CEM, DORA, "Grund", "Sondervotum", "Gruppe"):
        assert secret not in whole


async def test_a_large_electorate_is_in_the_minutes(database: Database) -> None:
    bot = Bot(database)
    people = [f"@p{number}:example.org" for number in range(61)]
    await bot.enter("!digitales:example.org", ANNA, *people)
    await put(bot, "Frage: Gut?\nWahlberechtigt: Personen")
    for person in people[:3]:
        await bot.say(person, "!stimme K1 ja")
    rows = await result(bot)
    assert "Wer wie gestimmt hat, steht im angehängten Protokoll." in said(rows)
    assert people[0] not in said(rows)
    assert sum(row.action == "file" for row in rows) >= 2


@pytest.mark.parametrize(("ballots", "pictures"), [(2, 2), (5, 5), (6, 1)])
async def test_several_ballots(ballots: int, pictures: int, database: Database) -> None:
    """One message; more than five have one chart."""
    bot = Bot(database)
    await organised(bot, 1, 1, 1)
    more = "".join(f"\nVorlage {number}\nFrage: Punkt {number}?" for number in range(2, ballots + 1))
    rows = await bot.say(ANNA, f"!konsultation neu Grundsätze\nFrage: Punkt 1?\n{FORM}{more}")
    assert any(row.key.endswith("/announcement") for row in rows)
    await bot.say(BEN, "!stimme K1.1 ja")
    await bot.say(BEN, "!stimme K1.2 nein")
    rows = await result(bot)
    whole = said(rows)
    assert f"K1 · Grundsätze: Ergebnis ({ballots} Vorlagen)" in whole
    assert "K1.1 · Punkt 1?: angenommen · 1 Ja" in whole
    assert "K1.2 · Punkt 2?: abgelehnt · 0 Ja, 1 Nein" in whole
    assert "Beschluss B2" in whole
    assert (f"B{ballots} (nichts beschlossen)" in whole) is (ballots > 2), "nobody voted on the others"
    assert len(alts(rows)) == pictures
    assert ("in Prozent" in alts(rows)[0]) == (ballots > 5)
    if ballots > 5:
        assert (
            "K1.1 · Punkt 1? – Ja: 100 %; K1.2 · Punkt 2? – Ja: 0 %; K1.3 · Punkt 3? – keine gültige Stimme"
            in alts(rows)[0]
        )


async def test_what_is_kept(database: Database) -> None:
    """Verdicts, decision, dissent, and a record whose last hash stands in the message."""
    bot = Bot(database)
    await organised(bot, 1, 1, 1)
    await put(bot, "Frage: Gut?")
    for person, vote in (
        (BEN, "ja"),
        (BEN, "enthaltung"),
        (CEM, "nein weil die Fristen fehlen"),
        (DORA, "ja"),
        ("@emil:example.org", "ja"),
    ):
        await bot.say(person, f"!stimme K1 {vote}")
    whole = said(await result(bot))

    def look(session: Session) -> tuple[list[str], list[str | None], str, str]:
        consultation = consultations.by_id(session, 1)
        kinds = [json.loads(body)["kind"] for _, body in records.entries(session, 1)]
        verdicts = [session.get_one(CastVote, number).verdict for number in range(1, 6)]
        decision = decisions.decision(session, 1)
        assert decision is not None
        (dissent,) = decisions.dissents(session, decision.id or 0)
        return kinds, verdicts, consultation.record_head, f"{decision.outcome} {dissent.text} {dissent.author}"

    kinds, verdicts, head, kept = await database.run(look)
    assert kinds[-7:] == ["vote", "closed", "reconciled", "verdicts", "result", "dissent", "published"]
    assert verdicts == ["replaced", "counted", "counted", "counted", "not_entitled"]
    assert head in whole
    assert kept == f"tie weil die Fristen fehlen {CEM}"


# counter-positions


async def disputed(bot: Bot) -> list[Row]:
    """Erlenbrück dissents."""
    await organised(bot, 1, 1, 1)
    await put(bot, "Frage: Gut?")
    for person, vote in ((BEN, "ja"), (CEM, "nein weil die Fristen fehlen"), (DORA, "ja")):
        await bot.say(person, f"!stimme K1 {vote}")
    return await result(bot)


def edited(rows: Sequence[Row]) -> str:
    return next(plain(row) for row in rows if "m.replace" in row.content)


async def test_of_each_organisation_the_last_word_counts(database: Database) -> None:
    bot = Bot(database)
    await disputed(bot)
    await bot.say(BEN, "!antwort V1 Erst so.")
    await bot.say(DORA, "!antwort v1 Auch wir nicht.")
    rows = await bot.say(BEN, "!antwort V1 Dann so.")
    assert plain(rows[0]) == "Gegenposition zu V1 für Lindenstadt: „Dann so.“"
    assert "Erst so" not in edited(rows)
    assert "Gegenposition Lindenstadt: „Dann so.“" in edited(rows)
    assert "Gegenposition Ahornfeld: „Auch wir nicht.“" in edited(rows)


async def test_it_enters_the_record_and_can_be_erased(database: Database) -> None:
    bot = Bot(database)
    await disputed(bot)
    await bot.say(BEN, "!answer V1 Fristen regelt die Satzung.")

    def last(session: Session) -> tuple[str, RecordSecret]:
        consultation = session.get_one(Consultation, 1)
        return records.entries(session, 1)[-1][1], session.get_one(RecordSecret, (1, consultation.record_length))

    body, secret = await database.run(last)
    assert json.loads(body)["body"] == {"ballot": 1, "dissent": 1}
    assert json.loads(body)["kind"] == "counter_position"
    assert "Satzung" not in body
    assert "Satzung" in secret.fields
    assert secret.person == BEN


@pytest.mark.parametrize(
    ("person", "words", "answer"),
    [
        (CEM, "!antwort V1 Doch.", "Ihrer eigenen Seite"),
        (BEN, "!antwort V1", "Was ist die Gegenposition zu V1?"),
        (BEN, f"!antwort V1 {'x' * 4001}", "4.000"),
        (BEN, "!antwort V2 Nein.", "gibt es hier nicht"),
        ("@frieda:example.org", "!antwort V1 Nein.", "Eine Gegenposition kann äußern"),
    ],
)
async def test_who_may_not(person: str, words: str, answer: str, database: Database) -> None:
    bot = Bot(database)
    await disputed(bot)
    bot.now += timedelta(minutes=1)
    await bot.enter("!digitales:example.org", ANNA, BEN, CEM, DORA, "@frieda:example.org")
    assert answer in await bot.hear(person, words)


async def test_who_leads_answers_for_nobody_in_particular(database: Database) -> None:
    bot = Bot(database)
    await disputed(bot)
    assert f"Gegenposition {ANNA}: „Im Januar.“" in edited(await bot.say(ANNA, "!antwort V1 Im Januar."))


async def test_a_result_in_parts_is_not_edited(database: Database) -> None:
    """The position is said besides where it was not said in that room anyway."""
    bot = Bot(database)
    await organised(bot, 1, 1, 1)
    await put(bot, "Frage: Gut?")
    long = " ".join(["Wort"] * 790)
    for person, vote in ((BEN, "ja"), (CEM, f"nein weil {long}"), (DORA, "ja")):
        await bot.say(person, f"!stimme K1 {vote}")
    await result(bot)

    def split(session: Session) -> None:
        row = next(r for n in range(1, 99) if (r := session.get(OutboxRow, n)) and r.key.endswith("/result"))
        values = row.model_dump(exclude={"id"}) | {"key": f"{row.key}/1", "transaction": "t", "event_id": "$part"}
        session.add(OutboxRow(**values))

    await database.run(split)
    (answer,) = await bot.say(BEN, "!antwort V1 Hier.")
    assert "Hier." in plain(answer)
    _, posted = await bot.say(BEN, "antwort V1 Anderswo.", room_id=f"!direct-{BEN[1:]}")
    assert posted.room_id == "!digitales:example.org"
    assert "Gegenposition Lindenstadt: „Anderswo.“" in plain(posted)


# texts and charts that are hard to get at otherwise


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("said_", ["some", "none", "abstained"])
def test_every_result_can_be_said(kind: Kind, said_: str, language: str) -> None:
    answers = {"some": SAID[kind], "none": (), "abstained": ("abstain",) * 3}[said_]
    for quorum in (None, *(Quorum(90, of) for of in QuorumOf)):
        part = shown(kind, answers, Rules(quorum=quorum))
        whole = replace(WHOLE, ballots=[part])
        rendered = TEXTS.render(text("publishing.result", whole=whole, prefix="!"), language, HOUSE.zone)
        assert "None" not in rendered.plain
        (chart,) = charts.of(whole, language, HOUSE.zone)
        for line in part.lines if kind is not Kind.APPROVAL else ():
            assert f"{line.answer} · " in chart.alt
        assert chart.alt.endswith(".")
        assert len(chart.bars) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_majority_is_explained(language: str) -> None:
    whole = replace(WHOLE, ballots=[shown(Kind.CHOICE, ("1", "2", "3"), Rules(Rule.TWO_THIRDS))])
    rendered = TEXTS.render(text("publishing.result", whole=whole, prefix="!"), language, HOUSE.zone)
    assert ("verlangte Mehrheit (2 von 4)" if language == "de" else "majority asked for (2 of 4)") in rendered.plain
