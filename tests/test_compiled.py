"""A statement is compiled once for all databases of a process of tests (`tests.compiled`)."""

import logging
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlmodel import select

from bot.store import Session
from bot.store.database import Database
from bot.store.tables import Network


def test_what_one_database_has_compiled_the_next_one_uses(
    new_url: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sqlalchemy.engine")

    def ask(session: Session) -> None:
        session.exec(select(Network)).all()

    for _ in range(2):
        caplog.clear()
        with closing(Database(new_url())) as database:
            database.run_now(ask)
    assert "[cached since " in caplog.text
