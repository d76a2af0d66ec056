"""`check` says so when passwords would cross a network in clear."""

import pytest

from bot.checkup import reached


@pytest.mark.parametrize("where", ["http://matrix.example.org:8008", "http://10.0.0.7"])
def test_a_password_in_clear_is_pointed_out_but_no_fault(where: str) -> None:
    found = reached(where)
    assert found.good
    assert found.says.startswith(f"{where} (in clear: ")


@pytest.mark.parametrize("where", ["https://matrix.example.org", "http://localhost:8008", "http://[::1]:8008"])
def test_nothing_to_say_about_https_and_this_very_machine(where: str) -> None:
    assert reached(where).says == where
