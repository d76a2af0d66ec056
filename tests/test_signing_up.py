"""Fields of action made of a workshop's results, and who signs up for them: by reaction, in words, and taken back."""

from datetime import timedelta

import pytest

from bot.context import Scope
from bot.domain.groups import Part
from bot.events import Reaction, Redacted
from bot.procedures import clustering
from bot.store import Session, groups, meetings, participations
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Group
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain

DORA = "@dora:example.org"


@pytest.fixture
async def bot(database: Database) -> Bot:
    """A bot in a room with a workshop of three results and two fields."""
    made = Bot(database)
    await made.enter(ROOM, ANNA, BEN, CEM, DORA)
    await made.say(ANNA, "!treffen neu Werkstatt\nBeginn: 20.11.2026 9:00")
    for words in ("Ein DigiLab", "Schulungen", "Strategie je Gemeinde"):
        await made.say(ANNA, f"!ergebnis Idee: {words}")
    await made.say(ANNA, "!treffen T1 bündeln DigiLab: E1")
    await made.say(ANNA, "!treffen T1 bündeln Menschen mitnehmen: E2")
    return made


async def offered(bot: Bot) -> tuple[Row, Row]:
    _, active, followers = await bot.say(ANNA, "!treffen T1 handlungsfelder")
    return active, followers


async def react(bot: Bot, person: str, to: Row, key: str, room_id: str = ROOM) -> tuple[Reaction, list[Row]]:
    bot.now += timedelta(seconds=1)
    sent = bot.message(person, "")
    reaction = Reaction(
        room_id=room_id,
        event_id=sent.event_id,
        sender=person,
        sent_at=bot.now,
        received_at=bot.now,
        target=to.event_id or "",
        key=key,
    )
    return reaction, await bot.handle(reaction)


async def take_back(bot: Bot, person: str, what: Reaction) -> list[Row]:
    bot.now += timedelta(seconds=1)
    return await bot.handle(
        Redacted(
            room_id=ROOM,
            event_id=f"{what.event_id}-back-{person}",
            sender=person,
            sent_at=bot.now,
            received_at=bot.now,
            target=what.event_id,
        )
    )


async def people(bot: Bot) -> dict[str, tuple[list[str], list[str]]]:
    def work(session: Session) -> dict[str, tuple[list[str], list[str]]]:
        meeting = meetings.by_number(session, 1, 1)
        assert meeting is not None
        found, _ = clustering.fields(meeting, Scope(session, bot.now, bot.house))
        return {field.cluster.name: (list(field.active), list(field.followers)) for field in found}

    return await bot.database.run(work)


async def test_a_number_signs_up_and_several_are_several(bot: Bot) -> None:
    active, followers = await offered(bot)
    await react(bot, BEN, active, "1️⃣")
    await react(bot, BEN, active, "②")
    await react(bot, CEM, followers, "2️⃣")
    assert await people(bot) == {"DigiLab": ([BEN], []), "Menschen mitnehmen": ([BEN], [CEM])}


async def test_who_wants_both_is_what_they_said_last(bot: Bot) -> None:
    active, followers = await offered(bot)
    first, _ = await react(bot, BEN, active, "1️⃣")
    await react(bot, BEN, followers, "1️⃣")
    assert (await people(bot))["DigiLab"] == ([], [BEN])
    await take_back(bot, BEN, first)  # replaced before
    assert (await people(bot))["DigiLab"] == ([], [BEN])


async def test_a_reaction_taken_back_signs_off_by_its_own_author_alone(bot: Bot) -> None:
    active, _ = await offered(bot)
    reaction, _ = await react(bot, BEN, active, "1️⃣")
    await take_back(bot, ANNA, reaction)
    assert (await people(bot))["DigiLab"] == ([BEN], [])
    rows = await take_back(bot, BEN, reaction)
    assert (await people(bot))["DigiLab"] == ([], [])
    assert "Noch ohne Aktive: DigiLab, Menschen mitnehmen" in plain(rows[0])


@pytest.mark.parametrize("key", ["3️⃣", "👍", "1", "0️⃣", "🔟", "✅", "x" * 100])
async def test_other_signs_mean_nothing_or_what_they_show(bot: Bot, key: str) -> None:
    active, _ = await offered(bot)
    await react(bot, BEN, active, key)
    assert (await people(bot))["DigiLab"] == (([BEN], []) if key == "1" else ([], []))


async def test_the_message_is_edited_only_where_a_field_gains_or_loses_its_last_aktive(bot: Bot) -> None:
    active, followers = await offered(bot)
    assert len((await react(bot, BEN, active, "1️⃣"))[1]) == 1
    assert (await react(bot, CEM, active, "1️⃣"))[1] == []
    assert (await react(bot, DORA, followers, "1️⃣"))[1] == []


async def test_a_guest_and_a_reaction_from_elsewhere_sign_up_for_nothing(bot: Bot) -> None:
    active, _ = await offered(bot)
    await bot.say(ANNA, f"!rolle {DORA} Gast")
    await react(bot, DORA, active, "1️⃣")
    await react(bot, BEN, active, "1️⃣", room_id="!fern:example.org")
    assert (await people(bot))["DigiLab"] == ([], [])


async def test_a_field_without_aktive_is_named_and_founded_as_a_resting_group(bot: Bot) -> None:
    active, followers = await offered(bot)
    await react(bot, BEN, active, "1️⃣")
    await react(bot, CEM, followers, "2️⃣")
    assert "Menschen mitnehmen: noch ohne Aktive · 1 interessierte Person" in await bot.hear(
        BEN, "!treffen T1 handlungsfelder"
    )
    said = plain((await bot.say(ANNA, "!treffen T1 gründen Menschen mitnehmen"))[0])
    assert "Aktive: keine" in said

    def kept(session: Session) -> tuple[int, list[str]]:
        group = groups.by_folded(session, 1, "menschen mitnehmen")
        assert group is not None
        following = participations.followers(session, group.id or 0)
        return len(participations.active(session, group.id or 0)), [row.person for row in following]

    assert await bot.database.run(kept) == (0, [CEM])


async def test_a_group_of_that_name_is_taken_instead_of_a_second_one(bot: Bot) -> None:
    await bot.say(ANNA, "!gruppe neu DigiLab")
    active, _ = await offered(bot)
    await react(bot, BEN, active, "1️⃣")
    said = plain((await bot.say(ANNA, "!treffen T1 gründen digilab"))[0])
    assert "wird eröffnet" not in said

    def work(session: Session) -> tuple[int, str | None]:
        (group,) = groups.of_network(session, 1)
        row = participations.current(session, group.id or 0, BEN)
        return len(groups.of_network(session, 1)), row.kind if row else None

    assert await bot.database.run(work) == (1, Part.ACTIVE)


async def test_reactions_after_the_founding_take_part_in_the_group_and_leave_it(bot: Bot) -> None:
    active, _ = await offered(bot)
    await bot.say(ANNA, "!treffen T1 gründen DigiLab")
    reaction, rows = await react(bot, BEN, active, "1️⃣")
    assert [row.action for row in rows][:1] == ["invite"]
    await take_back(bot, BEN, reaction)

    def standing(session: Session) -> object:
        group = groups.by_folded(session, 1, "digilab")
        assert isinstance(group, Group)
        return participations.current(session, group.id or 0, BEN)

    assert await bot.database.run(standing) is None


async def test_a_result_is_in_one_field_at_most_and_moving_it_is_said(bot: Bot) -> None:
    said = await bot.hear(ANNA, "!treffen T1 bündeln DigiLab: E1 E2")
    assert "1. DigiLab, 2 Ergebnisse: E1, E2." in said
    assert "E2 gehörte bisher zu Menschen mitnehmen." in said
    again = await bot.hear(ANNA, "!treffen T1 bündeln DigiLab: E1 E2")
    assert "Daran hat sich nichts geändert." in again


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("bündeln DigiLab: E99", "E99"),
        ("bündeln E1 E2", "Bitte nennen Sie das Handlungsfeld und die Ergebnisse"),
        ("bündeln DigiLap: E3", "Gehört „DigiLap“ dazu?"),
        (f"bündeln {'x' * 200}: E3", "zu lang"),
        ("bündeln liste: E3", "liste"),
        ("lösen E1 und Kuchen", "Bitte nennen Sie nur Ergebnisse"),
        ("lösen E3", "Das gehörte zu keinem Handlungsfeld."),
        ("gründen Nichts", "hat kein Handlungsfeld „Nichts“"),
    ],
)
async def test_bad_input(bot: Bot, words: str, answer: str) -> None:
    assert answer in await bot.hear(ANNA, f"!treffen T1 {words}")
    assert list(await people(bot)) == ["DigiLab", "Menschen mitnehmen"]


async def test_a_result_of_another_meeting_is_not_put_into_this_ones_fields(bot: Bot) -> None:
    bot.now += timedelta(days=1)
    await bot.say(ANNA, "!treffen neu Zweites\nBeginn: 21.11.2026 9:00")
    await bot.say(ANNA, "!ergebnis Idee: Von morgen")
    assert "E4 gehört nicht zu T1." in await bot.hear(ANNA, "!treffen T1 bündeln DigiLab: E4")


async def test_there_cannot_be_more_fields_than_a_message_can_hold(bot: Bot) -> None:
    for number in range(clustering.MOST_FIELDS - 2):
        await bot.say(ANNA, f"!treffen T1 bündeln neu Feld mit Nummer {number}")
    assert "Mehr als 20 Handlungsfelder" in await bot.hear(ANNA, "!treffen T1 bündeln neu Noch eines")
