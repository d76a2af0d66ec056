"""`zwischenstand check` on mail: it says whether it can be sent, and sends none."""

import asyncio
from pathlib import Path

from bot.checkup import Finding, check
from tests.mailserver import MailServer, self_signed, serving
from tests.test_mail import ENCODED, PASSWORD, SENDER


def _checked(folder: Path, server: MailServer) -> list[Finding]:
    config = folder / "config.toml"
    config.write_text(
        f"""
        coordinators = ["@anna:example.org"]
        [matrix]
        homeserver = "http://127.0.0.1:9"
        user_id = "@zwischenstand:example.org"
        password = "x"
        [mail]
        smtp = "smtp://bot:{ENCODED}@127.0.0.1:{server.port}"
        sender = "{SENDER}"
        """
    )
    return [finding for finding in check(config) if finding.what == "mail"]


async def test_the_check_says_whether_mail_can_be_sent_and_sends_none(tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    async with serving(MailServer(password=PASSWORD), self_signed(tmp_path / "tls")) as server:
        (good,) = await asyncio.to_thread(_checked, tmp_path, server)
        server.password = "another"
        (bad,) = await asyncio.to_thread(_checked, tmp_path, server)
    where = f"127.0.0.1:{server.port}"
    assert good == Finding("mail", True, f"{where}, encrypted, signed in as bot, from {SENDER}")
    assert (bad.good, bad.says.startswith(f"mail server {where}: 535")) == (False, True)
    assert PASSWORD not in bad.says
    assert server.letters == []
