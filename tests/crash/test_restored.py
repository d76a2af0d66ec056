"""A backup is taken while the bot works, the work goes on, the backup is restored: nothing is lost, nothing twice."""

import pytest

from tests.crash import restoring
from tests.crash.conftest import NewGroup


@pytest.mark.timeout(400)
async def test_what_was_done_after_the_backup_is_not_done_again(new_group: NewGroup) -> None:
    await restoring.play(await new_group(3))
