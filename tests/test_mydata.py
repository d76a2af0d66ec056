"""What is stored about somebody: no column is forgotten, nobody else sees it, nobody else is shown."""

import base64
import json
import re

from bot.events import Members
from bot.store import mydata
from bot.store.database import Database
from bot.store.tables.columns import Erasure
from tests.fakes import ANNA, BEN, ROOM, START, US, Bot
from tests.mydata import DIRECT, FREE, LONGER, declared, lived, places, texts

BERTA = "@berta:example.org"
NAMED_LIKE_A_PERSON = re.compile(r"(^|_)(by|person|owner|author|sender|founder|with|email|user_id)$")
NOBODY = {
    ("organisation", "email"): "an organisation's address, no person's",
    ("account", "user_id"): "our own account",
    ("outbox", "sender"): "another account of ours",
    ("subscriber", "email"): "of somebody without a Matrix ID; taken off the list, the whole row goes",
}


async def test_no_column_with_a_matrix_id_is_forgotten(database: Database) -> None:
    """Whoever makes a new table declares what it holds of people (`columns.person_id`), or says here why not."""
    await lived(database)
    found = database.run_now(lambda session: places(session, BEN))
    assert found - declared(*Erasure) == set(FREE)
    ids = {(t.name, c.name) for t, c in texts() if (d := mydata.declared(c)) and d.is_id}
    assert ids <= found  # and the story above has something of everything that is declared


def test_a_column_that_is_named_like_a_person_says_what_it_holds() -> None:
    silent = {(t.name, c.name) for t, c in texts() if NAMED_LIKE_A_PERSON.search(c.name) and not mydata.declared(c)}
    assert silent == set(NOBODY)


def test_an_id_is_not_found_in_a_longer_one() -> None:
    names = mydata.pattern(BEN)
    assert names.search(f"Fragen an {BEN}.")
    assert names.search('<a href="https://matrix.to/#/@ben:example.org">')
    assert not names.search(LONGER)
    assert not names.search("@ben:example.org:8448")
    assert mydata.pattern("@a=b/c:x.org").search("https://matrix.to/#/@a%3Db%2Fc:x.org")


# Shown


async def test_everything_is_sent_to_the_asker_alone(database: Database) -> None:
    bot = await lived(database)
    reply, file = await bot.say(BEN, "!meinedaten")
    assert (reply.room_id, file.action) == (ROOM, "file")
    assert (file.person, file.room_id) == (BEN, DIRECT)
    spec = json.loads(file.content)
    assert (spec["name"], spec["mimetype"]) == ("meine-daten-2026-11-21.json", "application/json")
    content = json.loads(base64.b64decode(spec["content"]))
    assert next(iter(content)) == "erläuterung"
    assert [network["name"] for network in content["networks"]] == ["Verbund Anna", "Verbund Süd"]
    first = content["networks"][0]["data"]
    assert {"role_grant", "mandate", "absence", "person", "participation", "project", "status_update"} <= set(first)
    assert {"feedback", "idea", "result_version", "cast_vote", "project_share", "pending_import"} <= set(first)
    (update,) = first["status_update"]
    assert (update["text"], update["project"], update["at"]) == ("Vergabe verzögert sich.", "eAkte", START.isoformat())
    assert [vote["reason"] for vote in first["cast_vote"]] == ["weil die Fristen fehlen", None]
    assert first["person"][0]["name"] == "Ben Muster"
    outside = content["outside_networks"]
    assert {row["content"].get("body") for row in outside["outbox"] if row["content"]} >= {"Erinnerung"}
    assert [question["resume"] for question in outside["open_question"]] == ["status …"]


async def test_an_answer_that_waits_is_shown_without_our_marks(database: Database) -> None:
    """The number of a question counts those of all networks on this bot."""
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\nVerantwortlich: {BEN}")
    await bot.say(ANNA, "!checkin neu Stand\nWen: Verantwortliche\nWann: jeden Montag 9:00")
    root = next(row for row in await bot.say(ANNA, "!checkin C1 jetzt") if row.key == "checkin/1")
    await bot.say(BEN, "fast 60 %", reply_to=root.event_id)
    file = (await bot.say(BEN, "!meinedaten"))[1]
    found = base64.b64decode(json.loads(file.content)["content"]).decode()
    assert '"resume": "fast 60 % ⟶ …"' in found
    assert "\\u001a" not in found


async def test_others_are_named_only_where_they_acted_on_the_asker(database: Database) -> None:
    bot = await lived(database)
    entries = database.run_now(lambda session: list(mydata.entries(session, BEN)))
    of = [entry.values for entry in entries if entry.table == "mandate"]
    assert [(v["person"], v["given_by"]) for v in of] == [(BEN, ANNA), (mydata.ANOTHER, BEN)]
    answered = [e.values for e in entries if e.table == "feedback" and e.values["answered_by"] == BEN]
    assert [values["author"] for values in answered] == [mydata.ANOTHER]
    listed = {e.values["person"] for e in entries if e.table == "person"}
    assert listed == {BEN, mydata.ANOTHER}
    imports = [entry.values for entry in entries if entry.table == "pending_import"]
    assert [values["rows"] for values in imports] == [[[BEN, "Ben Muster"]]] * 2
    assert [values["person"] for values in imports] == [mydata.ANOTHER, BEN]
    assert bot.now > START


async def test_somebody_of_whom_nothing_is_known_may_ask(database: Database) -> None:
    bot = await lived(database)
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BERTA})))
    _, file = await bot.say(BERTA, "!mydata")
    content = json.loads(base64.b64decode(json.loads(file.content)["content"]))
    (network,) = content["networks"]
    assert list(network["data"]) == ["room_member"]
    assert network["data"]["room_member"][0]["person"] == BERTA
