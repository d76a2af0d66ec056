"""Row 4: the homeserver has forgotten what it took, or another device of ours asks again. Nothing stands twice.

Each post has reached the homeserver, and the bot is killed before it hears so. Half of the rooms are encrypted: there
the administrator sees what a post answers, not what it says.
"""

import pytest

from tests.faults.conftest import NewWorld
from tests.faults.row import Row
from tests.faults.unheard import AT_ONCE, DAY, cut_off, end_session, forget, judged, rooms, session, taken_up


@pytest.mark.row(4, small=150, full=1200)
async def test_after_25_hours_nothing_stands_twice(new_world: NewWorld, row: Row) -> None:
    """The homeserver's memory is emptied while both are off; by its clock the bot comes back a day later."""
    async with new_world() as world, world.nest() as nest:
        made = await rooms(world, nest)
        for spell, _ in row.spells(1, 13):
            await cut_off(world, nest, made, clock=spell * DAY)
            await forget(world.homeserver)
            await taken_up(world, nest, clock=(spell + 1) * DAY)
            row.count("posts, half of them encrypted, forgotten", AT_ONCE)
        await judged(world, row)


@pytest.mark.row(4, small=150, full=600)
async def test_a_new_device_repeats_nothing(new_world: NewWorld, row: Row) -> None:
    """The session is ended while the bot is off: it comes back as a device of which nothing is known."""
    async with new_world() as world, world.nest() as nest:
        made = await rooms(world, nest)
        for _ in range(row.pick(1, 3)):
            before = session(world.installation)["device_id"]
            await cut_off(world, nest, made)
            await end_session(world)
            await taken_up(world, nest)
            assert session(world.installation)["device_id"] != before
            row.count("asked again by a new device", AT_ONCE)
        await judged(world, row)
