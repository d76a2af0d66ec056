"""The same as `tests.crash.test_restored`, in encrypted rooms: as a new device, with what a backup has of the keys."""

import pytest

from tests.crash import restoring
from tests.crash.process import PATIENCE
from tests.independent.conftest import NewSealedGroup
from tests.independent.test_new_device import no_warning


@pytest.mark.timeout(400)
async def test_what_was_done_after_the_backup_is_not_done_again(new_sealed_group: NewSealedGroup) -> None:
    group = await new_sealed_group(3)
    ben, us = group.people[1], group.installation.user_id
    async with group.running():
        chat = await ben.create_room("", invite=[us], direct=True)
        await ben.ask(chat, "hilfe", timeout=PATIENCE)
        await ben.do("verify", user=us)
    await restoring.play(group)
    await no_warning(ben, us)
    await group.all_is_readable()
    assert [await person.unread() for person in group.people] == [{}] * len(group.people)
