"""What people write when they mean a vote: several at once, a changed mind, a reply in the room, taking it back."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.answers import Kind, Option, Sheet
from bot.domain.consultation import Franchise, State, Visibility
from bot.store.database import Database
from tests.ballotbox import APPROVAL, COLOURS, DORA, EMIL, FRITZ, Box, direct, opened
from tests.fakes import ANNA, BEN, CEM, plain

RANKING = Sheet(Kind.RANKING, COLOURS)
MONEY = Sheet(Kind.CHOICE, (Option("20 €"), Option("30 €")))
HUBER = "(telefonisch, Fr. Huber)"


async def said(box: Box, words: str, who: str = BEN, **more: Any) -> str:
    rows = [row for row in await box.bot.say(who, words, **more) if row.person is None]
    return " / ".join(plain(row) for row in rows)


async def directly(box: Box, words: str, who: str = BEN, **more: Any) -> str:
    return await said(box, words, who, room_id=direct(who), **more)


@pytest.mark.parametrize(
    ("typed", "first", "second", "reasons"),
    [
        ("!stimme K1.1 ja\nK1.2 nein", "yes", "no", [None, None]),
        ("!stimme K1.1 ja, K1.2 nein", "yes", "no", [None, None]),
        ("!stimme K1.1 ja weil gut, und K1.2: nein, weil teuer", "yes", "no", ["weil gut", "weil teuer"]),
        ("!stimme K1.1 ja weil K1.2 teuer ist", "yes", None, ["weil K1.2 teuer ist", None]),
    ],
)
async def test_several_votes_in_one_message(
    typed: str, first: str, second: str | None, reasons: list[str | None], database: Database
) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    assert await said(box, typed) == "✅"
    assert (box.counts(1).get("Lindenstadt"), box.counts(2).get("Lindenstadt")) == (first, second)
    assert [box.rows(1)[0].reason, box.rows(2)[0].reason if second else None] == reasons


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("!stimme K1.1 ja K1.2 nein", "Ist K1.2 in Ihrer Nachricht eine zweite Stimme?"),
        ("!stimme K1.1 ja, K1.2 war auch gut", "Ist K1.2 in Ihrer Nachricht eine zweite Stimme?"),
        ("!stimme K1.1 vielleicht, K1.2 nein", "„K1.1 vielleicht“ verstehe ich nicht. Gezählt habe ich deshalb noch"),
    ],
)
async def test_what_names_a_ballot_never_becomes_a_reason(typed: str, says: str, database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    assert says in await said(box, typed)
    assert (box.rows(1), box.rows(2)) == ([], [])


async def test_a_changed_mind_in_the_direct_chat(database: Database) -> None:
    box = await opened(database, APPROVAL)
    assert await directly(box, "stimme K1 ja") == "✅"
    told = await directly(box, "nein, weil uns das Geld fehlt")
    assert "K1 · Grundsätze: Ihre Stimme ist jetzt Nein (vorher: Ja). Begründung: weil uns das Geld fehlt" in told
    assert box.counts() == {"Lindenstadt": "no"}
    assert "Ihre Stimme ist jetzt Ja (vorher: Nein)" in await directly(box, "Ja.")
    assert await directly(box, "okay") == "", "that may mean anything"
    assert await directly(box, "Vielen Dank!") == ""
    assert box.counts() == {"Lindenstadt": "yes"}
    assert "kenne ich nicht" in await directly(box, "nein", FRITZ), "who has no vote changes none"
    box.bot.now += timedelta(days=7, minutes=2)
    await box.change(state=State.PUBLISHED)
    assert "K1 · Grundsätze ist beendet" in await directly(box, "nein")
    assert box.counts() == {"Lindenstadt": "yes"}


async def test_a_changed_mind_among_several_ballots_is_for_the_one_it_fits(database: Database) -> None:
    box = await opened(database, RANKING, MONEY)
    assert "Ihre Stimme ist jetzt 1 · 20 €" in await directly(box, "20 €")
    assert (box.rows(1), box.counts(2)) == ([], {"Lindenstadt": "1"})


async def test_who_voted_for_the_same_organisation_is_named_before_it_is_replaced(database: Database) -> None:
    box = await opened(database, APPROVAL)
    assert await directly(box, "stimme K1 ja") == "✅"
    assert "@ben:example.org hat schon abgestimmt" in await directly(box, "nein", DORA)
    assert box.counts() == {"Lindenstadt": "yes"}


@pytest.mark.parametrize("typed", ["K1 nein", "K1: nein", "k 1 Nein."])
async def test_a_key_and_an_answer_are_a_vote_in_the_direct_chat(typed: str, database: Database) -> None:
    box = await opened(database, APPROVAL)
    assert await directly(box, typed) == "✅"
    (asked,) = await box.directly(BEN, "stimme K1 vielleicht")
    assert await directly(box, "K1: ja", reply_to=asked.event_id) == "✅"
    assert [row.choice for row in box.rows()] == ["no", "yes"]


@pytest.mark.parametrize(
    ("typed", "choice"),
    [
        ("Lindenstadt: nein", "no"),
        ("Lindenstadt stimmt zu", "yes"),
        ("Guten Tag, wir stimmen mit Ja. Viele Grüße", "yes"),
    ],
)
async def test_in_whose_name_it_is_said(typed: str, choice: str, database: Database) -> None:
    box = await opened(database, APPROVAL)
    assert await said(box, f"!stimme K1 {typed}") == "✅"
    assert box.counts() == {"Lindenstadt": choice}
    refused = await said(box, f"!stimme K1 {typed}", EMIL)
    if "Lindenstadt" in typed:
        assert "Koordination" in refused, "nobody votes in another's name"
        assert box.counts() == {"Lindenstadt": choice}


async def test_a_reply_in_the_room_that_is_purely_an_answer_is_a_vote(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    assert await said(box, "Ja", reply_to=box.posts["sheet 1"]) == "✅"
    assert await said(box, "nein, weil teuer", reply_to=box.posts["poll 2"]) == "✅"
    assert (box.counts(1), box.counts(2)) == ({"Lindenstadt": "yes"}, {"Lindenstadt": "no"})
    assert "Gilt das für alle?" in await said(box, "ja", EMIL, reply_to=box.posts["announcement"])
    for talk in ("Ja, das sehe ich auch so", "Danke!", "Wann ist Schluss?", "ja oder nein"):
        assert await said(box, talk, reply_to=box.posts["sheet 2"]) == ""
    assert await said(box, "Ja") == "", "not as a reply: talk"
    assert len(box.rows(1)) + len(box.rows(2)) == 2


async def test_a_reply_in_the_room_on_what_is_confidential_is_warned_of(database: Database) -> None:
    box = await opened(database, APPROVAL, visibility=Visibility.CONFIDENTIAL)
    assert "Bitte löschen Sie Ihre Nachricht" in await said(box, "ja", reply_to=box.posts["announcement"])
    assert box.counts() == {}


@pytest.mark.parametrize("typed", ["!stimme ja", "!stimme nein weil teuer"])
async def test_a_vote_without_a_key_is_for_the_only_open_one(typed: str, database: Database) -> None:
    box = await opened(database, APPROVAL)
    assert await said(box, typed) == "✅"
    assert len(box.counts()) == 1
    assert "gibt es hier nicht" in await said(box, "!stimme X1 ja") or box.rows()[1:] == []


@pytest.mark.parametrize(
    "typed",
    [
        f"ja für Erlenbrück {HUBER}",
        "für Erlenbrück ja, telefonisch, Fr. Huber",
        "für Erlenbrück ja telefonisch, Fr. Huber",
        f"Erlenbrück: ja {HUBER}",
    ],
)
async def test_a_recorded_vote_in_whatever_order(typed: str, database: Database) -> None:
    box = await opened(database, APPROVAL)
    assert (await said(box, f"!stimme K1 {typed}", ANNA)).startswith("Eingetragen für Erlenbrück: Ja (telefonisch, Fr.")
    (row,) = box.rows()
    assert (row.choice, row.informant, row.reason) == ("yes", "telefonisch, Fr. Huber", None)


async def test_a_recorded_vote_on_all_ballots(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    assert "K1.2: Ja" in await said(box, f"!stimme K1 für Erlenbrück alle ja {HUBER}", ANNA)
    assert (box.counts(1), box.counts(2)) == ({"Erlenbrück": "yes"}, {"Erlenbrück": "yes"})


async def test_the_coordinator_is_shown_how_and_not_sent_to_herself(database: Database) -> None:
    box = await opened(database, RANKING)
    told = await said(box, "!stimme K1 1 > 2 > 3", ANNA)
    assert "!stimme K1 für … 2 > 1 > 3 (telefonisch, Fr. Huber)" in told
    assert ANNA not in told


async def test_withdrawing_in_words(database: Database) -> None:
    box = await opened(database, APPROVAL)
    assert "keine Stimme vor" in await said(box, "!stimme K1 zurückziehen")
    await said(box, "!stimme K1 ja")
    assert "Ihre Stimme ist zurückgezogen" in await said(box, "!vote K1 withdraw")
    assert box.counts() == {}
    await said(box, f"!stimme K1 für Erlenbrück nein {HUBER}", ANNA)
    assert "keine Stimme eingetragen" in await said(box, "!stimme K1 für Lindenstadt zurückziehen", ANNA)
    assert "Die Stimme für Erlenbrück ist zurückgezogen" in await said(
        box, "!stimme K1 für Erlenbrück zurückziehen", ANNA
    )
    assert box.counts() == {}
    assert [row.withdraws for row in box.rows()] == [None, None, None, 3]


async def test_withdrawing_shows_what_counts_instead(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await said(box, "!stimme K1 ja", CEM)
    await said(box, "!stimme K1 nein")
    assert "Damit zählt jetzt die Stimme, die sonst noch vorliegt" in await said(box, "!stimme K1 zurücknehmen")
    assert box.counts() == {"Lindenstadt": "yes"}


@pytest.mark.parametrize("typed", ["Danke", "Wann ist Schluss?", "Das muss erst in den Rat"])
async def test_talk_is_told_what_is_open_until_when(typed: str, database: Database) -> None:
    box = await opened(database, APPROVAL)
    told = await said(box, f"!stimme K1 {typed}")
    assert "Bedingung" not in told
    assert "Offen ist „Grundsätze“ bis Freitag, 27. November 2026" in told
    assert "Möglich sind ja, nein und enthaltung" in told


@pytest.mark.parametrize(
    ("kind", "example"), [(Kind.POINTS, "1=7 2=3"), (Kind.RESISTANCE, "1=0 2=7 3=3"), (Kind.RANKING, "2 > 1 > 3")]
)
async def test_examples_are_of_the_kind(kind: Kind, example: str, database: Database) -> None:
    box = await opened(
        database, Sheet(kind, COLOURS, 10 if kind is Kind.POINTS else None), franchise=Franchise.ORGANISATIONS
    )
    told = await said(box, "!stimme K1 Gelb: 3")
    assert example in told
    assert "Option 1" not in told
