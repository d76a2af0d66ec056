"""Tasks: what a decision leads to, who is asked, who may settle it, and where it stays visible until it is done."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.context import Scope
from bot.domain.consultation import State
from bot.domain.deciding import Outcome
from bot.domain.task import State as Standing
from bot.events import Invited, Members, Reaction
from bot.language.task_words import read_state
from bot.posting import Posting
from bot.procedures import tasks
from bot.store import Session, consultations, decisions, projects
from bot.store import tasks as stored
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Ballot, Consultation, Decision, Task
from tests.fakes import ANNA, BEN, CEM, DEVICE, ROOM, TEXTS, US, Bot, plain
from tests.mydata import erased, lived

OFFICE = "!amt:example.org"


@pytest.fixture
async def bot(database: Database) -> Bot:
    """A bot in one room of Anna's network, where Ben owns eAkte, and nobody the Portal."""
    made = Bot(database)
    await made.enter()
    await made.say(ANNA, f"!projekt neu eAkte\nTitel: Elektronische Akte\nVerantwortlich: {BEN}")
    await made.say(ANNA, "!projekt neu Portal")

    def nobodys(session: Session) -> None:
        portal = projects.by_folded(session, 1, "portal")
        assert portal is not None
        portal.owner = None

    await database.run(nobodys)
    return made


def decided(session: Session, bot: Bot, keys: Sequence[str], outcomes: Sequence[Outcome]) -> Consultation:
    """A consultation that touches these projects, with one ballot for each outcome."""
    consultation = consultations.add(
        session,
        Consultation(
            network_id=1,
            number=3,
            room_id=ROOM,
            title="Open-Government-Definition",
            state=State.PUBLISHED,
            opens_at=bot.now - timedelta(days=7),
            closes_at=bot.now,
            grace_seconds=60,
            created_by=ANNA,
            created_at=bot.now - timedelta(days=8),
        ),
    )
    for position, outcome in enumerate(outcomes, 1):
        question = f"Stimmen Sie Fassung {position} zu?"
        ballot = Ballot(
            consultation_id=consultation.id or 0, position=position, question=question, text=f"Wortlaut {position}."
        )
        ballot = consultations.add_ballot(session, ballot)
        decision = Decision(network_id=1, number=position + 1, ballot_id=ballot.id or 0, outcome=outcome, at=bot.now)
        decisions.add_decision(session, decision)
    touched = [projects.by_folded(session, 1, key.casefold()) for key in keys]
    consultations.touch(session, consultation.id or 0, [one.id or 0 for one in touched if one])
    return consultation


async def revised(bot: Bot, *keys: str, outcomes: Sequence[Outcome] = (Outcome.ACCEPTED,)) -> list[Row]:
    """What follows from such decisions: each is handed on in its turn, with all ballots."""

    def work(session: Session) -> None:
        scope = Scope(session, bot.now, bot.house)
        consultation = decided(session, bot, keys, outcomes)
        ballots = consultations.ballots(session, consultation.id or 0)
        for ballot in ballots:
            decision = decisions.decision(session, ballot.id or 0)
            assert decision is not None
            effects = tasks.revise_plans(decision, consultation, ballots, scope)
            bot._offer(Posting(TEXTS, DEVICE).store(scope, effects, f"result {ballot.id}"))

    await bot.database.run(work)
    return await bot._sent()


async def all_tasks(bot: Bot) -> list[Task]:
    return await bot.database.run(lambda session: list(stored.listed(session, 1)))


async def test_the_owner_of_a_touched_project_is_asked_once_to_revise_its_plan(bot: Bot) -> None:
    rows = await revised(bot, "eAkte", "Portal")
    assert [row.person for row in rows] == [BEN]
    said = plain(rows[0])
    for words in ("A1 · Projektplan anpassen: eAkte (Beschluss B2)", "K3", "angenommen", "Wortlaut 1.", "„erledigt“"):
        assert words in said
    made = await all_tasks(bot)
    assert [(task.title, task.owner, task.state, task.room_id) for task in made] == [
        ("Projektplan anpassen: eAkte (Beschluss B2)", BEN, "open", ROOM),
        ("Projektplan anpassen: Portal (Beschluss B2)", None, "open", ROOM),
    ]
    assert all(task.decision_id and task.project_id for task in made)


async def test_a_project_touched_by_several_ballots_gets_one_task_and_hears_of_all(bot: Bot) -> None:
    rows = await revised(bot, "eAkte", outcomes=(Outcome.REJECTED, Outcome.ACCEPTED, Outcome.CHOSEN))
    assert [task.title for task in await all_tasks(bot)] == ["Projektplan anpassen: eAkte (Beschluss B3)"]
    assert len(rows) == 1
    assert "B3 (K3.2)" in plain(rows[0])
    assert "B4 (K3.3)" in plain(rows[0])
    assert "K3.1" not in plain(rows[0])


@pytest.mark.parametrize("outcome", [one for one in Outcome if one not in (Outcome.ACCEPTED, Outcome.CHOSEN)])
async def test_nothing_is_to_be_revised_for_what_was_not_carried(outcome: Outcome, bot: Bot) -> None:
    assert await revised(bot, "eAkte", outcomes=(outcome,)) == []
    assert await all_tasks(bot) == []


async def test_an_archived_project_has_no_plan_to_revise(bot: Bot) -> None:
    await bot.say(ANNA, "!projekt eAkte archivieren")
    assert await revised(bot, "eAkte") == []


async def test_the_title_is_in_the_language_of_the_project_s_room(bot: Bot) -> None:
    await bot.say(ANNA, "!sprache en")
    rows = await revised(bot, "eAkte")
    assert "A1 · Revise the plan: eAkte (decision B2)" in plain(rows[0])
    assert "reply “done”" in plain(rows[0])


@pytest.mark.parametrize("answer", ["erledigt", "Erledigt!", "done", "ist erledigt"])
async def test_a_bare_answer_settles_it_and_the_digest_forgets_it(answer: str, bot: Bot) -> None:
    rows = await revised(bot, "eAkte")
    assert "A1 Projektplan anpassen: eAkte" in await bot.hear(CEM, "!bericht vorschau")
    assert "Offen: A1 Projektplan anpassen: eAkte (Beschluss B2)" in await bot.hear(CEM, "!status eAkte")
    said = await bot.hear(BEN, answer, room_id=rows[0].room_id or "")
    assert "A1 · Projektplan anpassen: eAkte (Beschluss B2): erledigt" in said
    task = (await all_tasks(bot))[0]
    assert (task.state, task.done_by, task.done_at) == (Standing.DONE, BEN, bot.now)
    assert "A1" not in await bot.hear(CEM, "!bericht vorschau")
    assert "A1" not in await bot.hear(CEM, "!status eAkte")


@pytest.mark.parametrize("words", ["ja", "das ist noch nicht erledigt", "erledigt ist das noch nicht"])
async def test_other_talk_in_the_direct_chat_is_not_taken_for_an_answer(words: str, bot: Bot) -> None:
    rows = await revised(bot, "eAkte")
    said = await bot.hear(BEN, words, room_id=rows[0].room_id or "")
    assert "A1" not in said
    assert (await all_tasks(bot))[0].state == "open"


async def test_a_reply_that_says_nothing_certain_is_asked_back(bot: Bot) -> None:
    rows = await revised(bot, "eAkte")
    chat = rows[0].room_id or ""
    asked = await bot.say(BEN, "kommt im Dezember", room_id=chat, reply_to=f"$bot{rows[0].id}")
    assert "„entfällt“ oder „offen“" in plain(asked[0])
    assert "erledigt. Vielen Dank" in await bot.hear(BEN, "erledigt", room_id=chat)


async def test_of_two_tasks_the_answer_must_say_which(bot: Bot) -> None:
    await bot.say(ANNA, f"!projekt Portal\nVerantwortlich: {BEN}")
    rows = await revised(bot, "eAkte", "Portal")
    chat = rows[0].room_id or ""
    assert [row.person for row in rows] == [BEN], "one message names both"
    assert "A1 · Projektplan anpassen: eAkte" in plain(rows[0])
    assert "Ihre Projekte eAkte" in plain(rows[0])
    which = await bot.hear(BEN, "erledigt", room_id=chat)
    assert "A1 Projektplan anpassen: eAkte" in which
    assert "A2 Projektplan anpassen: Portal" in which
    assert "A2 · Projektplan anpassen: Portal (Beschluss B2): erledigt" in await bot.hear(BEN, "A2", room_id=chat)
    assert [task.state for task in await all_tasks(bot)] == ["open", "done"]
    assert "eAkte" in await bot.hear(BEN, "erledigt", room_id=chat)  # one is left
    assert [task.state for task in await all_tasks(bot)] == ["done", "done"]


async def test_the_key_may_stand_behind_or_before(bot: Bot) -> None:
    await bot.say(ANNA, f"!projekt Portal\nVerantwortlich: {BEN}")
    chat = (await revised(bot, "eAkte", "Portal"))[0].room_id or ""
    assert "A2 · Projektplan" in await bot.hear(BEN, "erledigt A2", room_id=chat)
    assert "A1 · Projektplan" in await bot.hear(BEN, "!aufgabe A1 erledigt", room_id=chat)
    assert [task.state for task in await all_tasks(bot)] == ["done", "done"]


async def test_who_is_not_responsible_any_more_is_not_heard(bot: Bot) -> None:
    rows = await revised(bot, "eAkte")
    await bot.say(ANNA, f"!aufgabe A1\nVerantwortlich: {CEM}")
    said = await bot.hear(BEN, "erledigt", room_id=rows[0].room_id or "")
    assert "A1" not in said
    refused = await bot.hear(BEN, "!aufgabe A1 erledigt")
    assert "nur die verantwortliche Person (@cem:example.org)" in refused
    assert "@anna:example.org" in refused


async def test_without_an_owner_the_digest_names_who_leads_the_room(bot: Bot) -> None:
    await revised(bot, "Portal")
    assert "noch niemand; zu klären von @anna:example.org" in await bot.hear(CEM, "!bericht vorschau")
    await bot.say(ANNA, f"!rolle {CEM} Moderation")
    assert "noch niemand; zu klären von @cem:example.org" in await bot.hear(BEN, "!bericht vorschau")
    assert "erledigt" in await bot.hear(CEM, "!aufgabe A1 erledigt")


async def test_whoever_had_their_data_erased_is_responsible_for_nothing(database: Database) -> None:
    bot = await lived(database)
    await erased(bot)
    assert [(task.owner, task.state) for task in await all_tasks(bot)] == [(None, "open"), (None, "done")]
    assert "A1 Satzung entwerfen: noch niemand" in await bot.hear(ANNA, "!bericht vorschau")


async def test_it_stands_in_every_digest_until_it_is_done(bot: Bot) -> None:
    await revised(bot, "eAkte")
    for _ in range(2):
        bot.now += timedelta(days=7)
        assert "A1 Projektplan anpassen" in await bot.hear(ANNA, "!bericht jetzt")
    await bot.say(BEN, "!aufgabe A1 erledigt")
    bot.now += timedelta(days=7)
    assert "nichts Offenes" in await bot.hear(ANNA, "!bericht jetzt")


async def test_a_thumb_on_the_question_settles_nothing(bot: Bot) -> None:
    rows = await revised(bot, "eAkte")
    thumb = Reaction(
        room_id=rows[0].room_id or "",
        event_id="$thumb",
        sender=BEN,
        sent_at=bot.now,
        received_at=bot.now,
        target=f"$bot{rows[0].id}",
        key="✅",
    )
    assert await bot.handle(thumb) == []
    assert (await all_tasks(bot))[0].state == "open"


async def test_a_task_goes_along_with_its_project(bot: Bot) -> None:
    everybody = frozenset({US, ANNA, BEN, CEM})
    await bot.handle(
        Invited(room_id=OFFICE, inviter=ANNA, direct=False, received_at=bot.now),
        Members(room_id=OFFICE, joined=everybody),
    )
    await bot.say(ANNA, "!gruppe neu Amt\nRaum: hier", room_id=OFFICE)
    await revised(bot, "eAkte")
    await bot.say(ANNA, "!projekt eAkte\nGruppe: Amt")
    assert [task.room_id for task in await all_tasks(bot)] == [OFFICE]


@pytest.mark.parametrize(
    ("words", "state", "remark"),
    [
        ("erledigt", Standing.DONE, ""),
        ("Fertig.", Standing.DONE, ""),
        ("erledigt, siehe Fassung 3", Standing.DONE, "siehe Fassung 3"),
        ("wieder offen", Standing.OPEN, ""),
        ("nicht erledigt", Standing.OPEN, ""),
        ("offen", Standing.OPEN, ""),
        ("ja", None, ""),
        ("", None, ""),
        ("erledigt ist das nicht", None, ""),
        ("bald", None, ""),
    ],
)
def test_what_is_said_of_a_task_is_never_guessed(words: str, state: Standing | None, remark: str) -> None:
    assert read_state(words) == (state, remark)
