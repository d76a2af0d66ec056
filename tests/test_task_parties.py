"""Measures of several: who may settle them, who may name whom, what is shown of who has left, and what it costs."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from bot.context import Scope
from bot.domain.task import State
from bot.events import Invited, Members, Membership
from bot.procedures.responsible import of_person, waiting
from bot.store import Session
from bot.store import tasks as stored
from bot.store.database import Database
from bot.store.tables import Task, TaskParty
from tests.fakes import ANNA, BEN, CEM, ROOM, US, Bot, plain
from tests.mydata import DIRECT, erased

DORA, MIA, GUEST = "@dora:example.org", "@mia:example.org", "@gast:example.org"


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Cem holds Lindenstadt's mandate, Dora is his deputy; Mia moderates the room."""
    made = Bot(database)
    await made.enter(ROOM, ANNA, BEN, CEM, DORA, MIA, GUEST)
    await made.say(ANNA, f"!organisation neu Lindenstadt\nEbene: Stadt\nMandat: {CEM}\nVertretung: {DORA}")
    await made.say(ANNA, "!organisation neu Erlenbrück")
    await made.say(ANNA, f"!rolle {MIA} Moderation")
    await made.say(ANNA, f"!rolle {GUEST} Gast")
    return made


async def state(bot: Bot, number: int = 1) -> State:
    return await bot.database.run(lambda session: State(_task(session, number).state))


def _task(session: Session, number: int) -> Task:
    found = stored.by_number(session, 1, number)
    assert found is not None
    return found


async def scoped(bot: Bot, work: Callable[[Scope], Any]) -> Any:
    return await bot.database.run(lambda session: work(Scope(session, bot.now, bot.house)))


async def open_chat(bot: Bot) -> None:
    await bot.handle(
        Invited(room_id=DIRECT, inviter=BEN, direct=True, received_at=bot.now),
        Members(room_id=DIRECT, joined=frozenset({US, BEN})),
    )


@pytest.mark.parametrize("person", [BEN, CEM, DORA, MIA, ANNA])
async def test_everybody_in_charge_may_settle_it_and_who_leads(person: str, bot: Bot) -> None:
    await bot.say(MIA, f"!aufgabe neu Plan\nVerantwortlich: {BEN}, Stadt Lindenstadt")
    assert "erledigt" in await bot.hear(person, "!aufgabe A1 erledigt")
    assert await state(bot) is State.DONE


async def test_nobody_else_may_and_is_told_who_does(bot: Bot) -> None:
    await bot.say(MIA, "!aufgabe neu Plan\nVerantwortlich: Lindenstadt")
    said = await bot.hear(BEN, "!aufgabe A1 in Arbeit")
    assert "nur die Verantwortlichen (Lindenstadt)" in said
    assert MIA in said
    assert "Mitglied" in await bot.hear(GUEST, "!aufgabe A1 erledigt")
    assert await state(bot) is State.OPEN


async def test_to_take_part_makes_nobody_responsible(bot: Bot) -> None:
    await bot.say(MIA, f"!aufgabe neu Plan\nVerantwortlich: {BEN}\nBeteiligt: Lindenstadt")
    assert "nur die verantwortliche Person (@ben:example.org)" in await bot.hear(CEM, "!aufgabe A1 erledigt")
    assert "Plan" not in await bot.hear(CEM, "!aufgabe liste meine")
    assert "A1 Plan" in await bot.hear(CEM, "!aufgabe liste Lindenstadt")


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("Verantwortlich: Lindenstadt", True),  # which Cem speaks for
        ("Verantwortlich: ich, Lindenstadt", True),
        ("Beteiligt: Lindenstadt: 500 €", True),
        ("Verantwortlich: Erlenbrück", False),
        (f"Verantwortlich: {CEM}, {BEN}", False),
        ("Beteiligt: Erlenbrück: 500 €", False),
    ],
)
async def test_members_name_themselves_and_their_own_organisation_only(line: str, allowed: bool, bot: Bot) -> None:
    said = await bot.hear(CEM, f"!aufgabe neu Plan\n{line}")
    assert ("Aufgabe angelegt" in said) is allowed
    assert ("Rolle Moderation" in said) is not allowed


async def test_who_is_in_charge_gives_nobody_else_the_sack(bot: Bot) -> None:
    await bot.say(MIA, f"!aufgabe neu Plan\nVerantwortlich: {BEN}, Lindenstadt\nBeteiligt: Erlenbrück: 500 €")
    assert "Rolle Moderation" in await bot.hear(BEN, "!aufgabe A1\nVerantwortlich: ich")
    assert "Rolle Moderation" in await bot.hear(BEN, "!aufgabe A1\nBeteiligt: niemand")
    said = await bot.hear(CEM, f"!aufgabe A1\nVerantwortlich: {BEN}")  # Cem's own organisation steps back
    assert "Verantwortlich: @ben:example.org\n" in said
    assert "Erlenbrück: 500 €" in said


async def test_nobody_is_a_word_for_nobody(bot: Bot) -> None:
    await bot.say(MIA, f"!aufgabe neu Plan\nVerantwortlich: {BEN}\nBeteiligt: Erlenbrück: 500 €")
    said = await bot.hear(MIA, "!aufgabe A1\nVerantwortlich: niemand\nBeteiligt: keine\nGremium: keins")
    assert "noch niemand; zu klären von @mia:example.org" in said
    assert "Beteiligt" not in said


async def test_an_owner_who_left_is_shown_as_such_and_who_leads_the_room_is_named(bot: Bot) -> None:
    """Bad input of the issue: an owner who left."""
    await bot.say(BEN, "!aufgabe neu Plan")
    left = Membership(
        room_id=ROOM, event_id="$left", sender=BEN, sent_at=bot.now, received_at=bot.now, person=BEN, state="leave"
    )
    await bot.handle(left)
    for words in ("!aufgabe A1", "!aufgabe", "!maßnahmenplan"):
        said = plain((await bot.say(ANNA, words))[0])
        assert "@ben:example.org (nicht im Verbund); zu klären von @mia:example.org" in said


async def test_whoever_had_their_data_erased_has_no_part_any_more(bot: Bot) -> None:
    await bot.say(MIA, f"!aufgabe neu Plan\nVerantwortlich: {CEM}, {BEN}\nBeteiligt: {BEN}: 2 Tage")
    assert "@ben" in await bot.hear(MIA, "!aufgabe A1")
    await open_chat(bot)
    await erased(bot)
    assert "@ben" not in await bot.hear(MIA, "!aufgabe A1")
    assert await bot.database.run(lambda session: [row.person for row, _ in stored.parties(session, [1])]) == []


async def test_nothing_of_another_network_is_an_origin_or_a_party(bot: Bot) -> None:
    said = await bot.hear(BEN, "!aufgabe neu Plan aus F7")
    assert "Das Feedback „F7“ gibt es hier nicht" in said
    said = await bot.hear(MIA, "!aufgabe neu Plan\nVerantwortlich: Bielefeld")
    assert "„Bielefeld“ kenne ich hier nicht" in said
    assert await bot.database.run(lambda session: stored.listed(session, 1)) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Beteiligt: Lindenstadt: -500 €", "kann ich nicht sicher als Betrag"),
        ("Beteiligt: Lindenstadt: 10.000 bis 20.000 €", "kann ich nicht sicher als Betrag"),
        ("Beteiligt: Lindenstadt: 5 € und 6 €", "sind mehrere Beträge"),
        ("Beteiligt: " + "; ".join(f"Ort {n}" for n in range(51)), "51 Beteiligte sind zu viele"),
        ("Beteiligt: Lindenstadt: " + "x" * 301, "301"),
        ("Gremium: " + "x" * 201, "201"),
        ("Gremium: Rat 32.1.", "gibt es nicht. Bitte prüfen Sie Tag"),
        ("Herkunft: X1", "verstehe ich nicht als Herkunft"),
        ("Verantwortlich: Ben Muster", "Personen nennen Sie bitte mit ihrer Matrix-Kennung"),
        ("Verantwortlich: @ben", "keine Matrix-Kennung"),
        ("Wann: morgen", "Wann"),
    ],
)
async def test_bad_input_changes_nothing_and_says_what_to_do(line: str, said: str, bot: Bot) -> None:
    assert said in await bot.hear(MIA, f"!aufgabe neu Plan\n{line}")
    assert await bot.database.run(lambda session: stored.listed(session, 1)) == []


async def test_a_long_list_is_shortened_and_shows_the_way_to_the_rest(bot: Bot) -> None:
    def fill(session: Session) -> None:
        for number in range(1, 66):
            stored.add(
                session,
                Task(network_id=1, number=number, room_id=ROOM, title=f"Nr {number}", owner=BEN, created_at=bot.now),
            )

    await bot.database.run(fill)
    said = await bot.hear(BEN, "!aufgabe liste")
    assert "(30 von 65)" in said
    assert "35 weitere: !aufgabe liste ab 31" in said
    assert "A31 Nr 31" not in said
    said = await bot.hear(BEN, "!aufgabe liste meine ab 31")
    assert "(ab der 31. von 65)" in said
    assert "5 weitere: !aufgabe liste meine ab 61" in said
    assert "A65 Nr 65" in await bot.hear(BEN, "!task list all from 61")


async def test_as_many_questions_for_many_tasks_as_for_one(bot: Bot) -> None:
    def fill(session: Session, count: int) -> None:
        before = len(stored.listed(session, 1))
        for number in range(before + 1, before + count + 1):
            task = Task(
                network_id=1,
                number=number,
                room_id=ROOM,
                title="x",
                owner=(BEN, None, "@fort:example.org")[number % 3],
                due_at=bot.now,
                created_at=bot.now,
            )
            stored.add(session, task)
            stored.add_party(session, TaskParty(task_id=task.id or 0, organisation_id=1, responsible=number % 2 == 0))

    def cost(session: Session) -> list[int]:
        scope = Scope(session, bot.now, bot.house)
        counts, count = [], 0

        def note(*_: object) -> None:
            nonlocal count
            count += 1

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        works: tuple[Callable[[], object], ...] = (
            lambda: waiting(stored.open_of_room(session, ROOM), scope),
            lambda: waiting(of_person(CEM, 1, scope), scope),
        )
        for work in works:
            session.expire_all()
            count = 0
            work()
            counts.append(count)
        event.remove(connection, "before_cursor_execute", note)
        return counts

    await bot.database.run(lambda session: fill(session, 6))
    few = await bot.database.run(cost)
    await bot.database.run(lambda session: fill(session, 294))
    assert await bot.database.run(cost) == few
    assert max(few) <= 8


async def test_in_a_direct_chat_the_tasks_of_all_rooms_are_listed(bot: Bot) -> None:
    other = "!klima:example.org"
    await bot.enter(other, ANNA, BEN, CEM)
    await bot.say(BEN, "!aufgabe neu Hier")
    await bot.say(BEN, "!aufgabe neu Dort", room_id=other)
    await bot.say(CEM, "!aufgabe neu Fremd", room_id=other)
    await open_chat(bot)
    said = await bot.hear(BEN, "aufgabe", room_id=DIRECT)
    assert "A1 Hier" in said
    assert "A2 Dort" in said
    assert "Fremd" not in said
