"""Which network a key or a schedule is about, told by what it begins with."""

import pytest

from bot.store.relocation.named import Names, is_known, read

READ = {
    "consultation/12/announcement/in !room:x": ("consultation", "12"),
    "consultation.remind 12 BW": ("consultation", "12"),
    "ballot/3/poll/edition 2": ("ballot", "3"),
    "review/7/card/9": ("meeting", "7"),
    "meeting 7": ("meeting", "7"),
    "survey/over/5/@ben:x": ("survey", "5"),
    "survey.close 5": ("survey", "5"),
    "survey/8/1.goal/$event": ("survey_ask", "8"),
    "synergy/offered/3+4/@ben:x/2026": ("synergy", "3"),
    "synergies.search 1": ("network", "1"),
    "checkin.put 6": ("check_in", "6"),
    "checkin.close 16": ("check_in_round", "16"),
    "checkin/told/which tap/26/@ben:x": ("check_in_ask", "26"),
    "checkin/16/to/1": ("check_in_round", "16"),
    "task/reminded/1/2026/@ben:x": ("network", "1"),
    "task/11/given/$event/@ben:x": ("task", "11"),
    "group/0a1b/invite/@ben:x": ("token", "0a1b"),
    "list/not sent/1/digest": ("network", "1"),
    "list/4/digest 2026": ("subscriber", "4"),
    "digest/1/coordination/2026/@ben:x": ("network", "1"),
    "digest plan 2": ("digest_plan", "2"),
    "import/9/$event/preview": ("pending_import", "9"),
    "import/1/2026-11-23T08:00:00/0": ("network", "1"),
}


@pytest.mark.parametrize("name", READ)
def test_a_name_says_of_which_table_its_id_is(name: str) -> None:
    assert read(name) == READ[name]
    table, number = READ[name]
    assert Names(frozenset(), {table: {number}}).hold(name)
    assert not Names(frozenset(), {table: {f"{number}0"}, "other": {number}}).hold(name)


def test_what_names_a_room_is_about_that_rooms_network() -> None:
    ours = Names(frozenset(("!a:x",)), {})
    for name in (
        "digest !a:x",
        "board/!a:x/$event/edit 3",
        "whose !a:x 2026",
        "follow !b:x !a:x $event",
        "digest/!a:x/2026/@b:x",
    ):
        assert ours.hold(name)
        assert is_known(name)
        assert not Names(frozenset(("!a",)), {}).hold(name)


def test_what_says_nothing_is_of_nobody_or_not_settled() -> None:
    for name in (
        "$event/0",
        "incident/4/began",
        "mydata/$event",
        "checkin/ticked/$event",
        "housekeeping",
        "health store",
    ):
        assert (read(name), is_known(name)) == (None, True)
    for name in ("something/4", "summary of 4", "consultations"):
        assert (read(name), is_known(name)) == (None, False)
