"""Row 15: a bot's whole life, with everything that goes wrong in it. Its secrets stay where they belong."""

import asyncio
import contextlib
import json
import re
import secrets
import sqlite3
import stat
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import psycopg
import pytest
from psycopg import sql

from bot.demo.homeserver import Homeserver
from bot.demo.person import Person
from bot.demo.sealed import sealed
from tests.conftest import Newcomer
from tests.crash.process import PATIENCE, Bot
from tests.faults.canaries import Search, watching
from tests.faults.house import House
from tests.faults.proxy import How, Proxy
from tests.faults.row import Row
from tests.mailserver import MailServer, serving

SAID = "Kanarienwort, das jemand im Raum schrieb"
BELONGS = {  # what may stand where, by the file's name
    "config.toml": ("password", "mail password", "PostgreSQL password", "wrong password"),
    "session.json": ("token",),
    "crypto.key": ("pickle key",),
    "elsewhere.key": ("pickle key",),
    "crypto.signing": ("seed", "recovery key"),
}


@pytest.mark.row(15, small=480, full=1200)
async def test_no_secret_gets_anywhere(
    homeserver: Homeserver, newcomer: Newcomer, postgres_database: str, tmp_path: Path, row: Row
) -> None:
    """Two bots, one on each database: work, every kind of error, a crash; then every byte of it is looked through."""
    search, seen = Search(), dict[str, bytes]()
    anna = await newcomer("anna", auto_join=True)
    mail = MailServer(password="another one")
    async with watching(seen), serving(mail), Proxy.before(homeserver.url, row.chance) as proxy:
        house = await _house(tmp_path / "sqlite", homeserver, proxy, mail, anna, search)
        await _works_and_is_killed(house, proxy, homeserver, anna)
        await _is_logged_out(house, homeserver)
        await _breaks(house, row)
        await _is_told_wrong_things(house, row)
        other = await _house(tmp_path / "postgres", homeserver, proxy, mail, anna, search, postgres_database)
        await _lives_on_postgresql(other, anna, postgres_database)
    for place, content in seen.items():
        search.look(place, content)
    for each in (house, other):
        _look_at_output(each, search)
        search.look_through(each.folder, BELONGS | _in_backups(each, search))
        _look_at_modes(each)
    await _look_at_rooms(search, anna, homeserver)
    row.count("places", search.places)
    row.count("megabytes", round(search.size / 1e6))
    row.count("secrets", len(search.canaries))
    row.count("processes seen", sum(place.startswith("command line") for place in seen))
    print("\n".join(search.hits))
    row.must("hits", len(search.hits))
    words = [what for each in (house, other) for what, said in each.said.items() if SAID.encode() in said]
    print(words)
    row.must("hits of what people wrote in the log", len(words))


async def _house(
    folder: Path, homeserver: Homeserver, proxy: Proxy, mail: MailServer, anna: Person, search: Search, url: str = ""
) -> House:
    """A bot's account and configuration, each password one that must be escaped wherever it is written."""
    password = f'Kanari/„Wort“ "mit+allem" {secrets.token_hex(8)}'
    post = f"post/kanari ä{secrets.token_hex(8)}"
    base = f"base+kanari:{secrets.token_hex(8)}"
    search.know("password", password)
    search.know("mail password", post)
    search.know("PostgreSQL password", base)
    user_id = await homeserver.register(f"zwischenstand-{secrets.token_hex(4)}", password)
    database = url.replace("postgres:@", f"postgres:{quote(base, safe='')}@") or f"sqlite:///{folder}/zwischenstand.db"
    return House.built(
        folder,
        search,
        anna=anna.user_id,
        homeserver=proxy.url,
        user_id=user_id,
        password=password,
        database=database,
        smtp=f"smtp://bot:{quote(post, safe='')}@127.0.0.1:{mail.port}",
    )


# the life


async def _works_and_is_killed(house: House, proxy: Proxy, homeserver: Homeserver, anna: Person) -> None:
    proxy.breaks(How.STATUS, times=3, status=500)
    async with house.bot() as bot:
        await bot.said.until("the homeserver does not answer")
        room = await _opened(bot, house, anna)
        await anna.ask(room, "!organisation neu Lindenstadt\nEbene: Stadt\nE-Mail: rathaus@lindenstadt.example")
        await anna.ask(room, "!konsultation neu Fassung\nFrage: Ja?\nSchluss: in 3 Tagen", timeout=PATIENCE)
        await bot.said.until("mail server")
        answer = await anna.ask(room, f"!idee {SAID}", timeout=PATIENCE)
        assert "Nummer" in answer["content"]["body"]  # of the reference, and nothing else
        await bot.said.until("reference ")
        proxy.breaks(How.STATUS, lambda asked: asked.sends, times=3, status=500)
        await anna.ask(room, "!hilfe", timeout=PATIENCE)
        await _in_an_encrypted_chat(house, homeserver)
        await anna.ask(room, "!export personen", timeout=PATIENCE)
        await anna.ask(room, "!meinedaten", timeout=PATIENCE)
        await _beside_the_bot(house)
        with contextlib.closing(sqlite3.connect(house.installation.database, isolation_level=None)) as held:
            held.execute("BEGIN EXCLUSIVE")
            await anna.say(room, f"!idee {SAID}")
            await bot.said.until("the database does not take anything")
            held.execute("ROLLBACK")
        await anna.ask(room, "!hilfe", timeout=PATIENCE)
        await bot.kill()


async def _opened(bot: Bot, house: House, anna: Person) -> str:
    await bot.ready()
    house.learn()
    room = await anna.create_room("eAkte", invite=[house.installation.user_id])
    await anna.wait_for(room, lambda event: event["sender"] == house.installation.user_id, timeout=PATIENCE)
    await anna.ask(room, f"!projekt neu eAkte\nVerantwortlich: {anna.user_id}", timeout=PATIENCE)
    return room


async def _in_an_encrypted_chat(house: House, homeserver: Homeserver) -> None:
    password = secrets.token_hex(8)
    ben = await homeserver.register(f"ben-{secrets.token_hex(4)}", password)
    async with sealed(homeserver, ben, password) as person:
        room = await person.open_chat(house.installation.user_id)
        await person.ask(room, "hilfe")
        await person.ask(room, f"idee {SAID}")


async def _beside_the_bot(house: House) -> None:
    """What an operator does while it runs. The recovery key is shown, once."""
    status, said = await house.command("check")
    assert status == 1  # the mail server does not take the password
    [key] = re.findall(rb"recovery key: ([A-Za-z0-9 ]+) \(shown this once", said)
    house.search.know("recovery key", key.decode())  # on PostgreSQL it is nowhere to be read in a file
    house.search.know("recovery key without spaces", key.decode().replace(" ", ""))
    _, again = await house.command("check")
    assert key not in again
    for words in (
        ("backup", "kept.zip"),
        ("export", "personen", "personen.csv"),
        ("export", "personen", "personen.xlsx"),
    ):
        status, said = await house.command(*words[:-1], str(house.folder / words[-1]))
        assert status == 0, said


async def _is_logged_out(house: House, homeserver: Homeserver) -> None:
    """By an administrator, say; it comes back as a new device. Now as JSON."""
    house.set(format="json")
    async with house.bot() as bot:
        await bot.said.until("ready: ")
        token = json.loads((house.folder / "crypto" / "session.json").read_text())["access_token"]
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
            await session.post(f"{homeserver.url}/_matrix/client/v3/logout", json={})
        assert await bot.ended() == 1
        assert all(json.loads(line)["level"] for line in bot.said.lines)
    async with house.bot() as bot:
        await bot.said.until("ready: ")
        bot.process.terminate()
        assert await bot.ended() == 0


async def _breaks(house: House, row: Row) -> None:
    """In a way that nobody foresaw, with every secret in the exception's words; also where those are asked for."""
    ways = (("text", "info"), ("json", "debug"), ("json", "info"), ("text", "debug"))
    for style, level in ways[: row.pick(2, 4)]:
        house.set(format=style, level=level)
        words = SAID if level == "info" else "whatever"
        status, said = await house.command("run", module=("tests.faults.breaking", words))
        assert status == 1
        assert b"in follow" in said
        assert (b"whatever" in said) == (level == "debug")
    house.set(format="text", level="info")


async def _is_told_wrong_things(house: House, row: Row) -> None:
    right = dict(house.values)
    wrong = f"falsches/Kanari-Wort {secrets.token_hex(8)}"
    house.search.know("wrong password", wrong)
    house.set(password=wrong, store="elsewhere")
    status, said = await house.command("run")
    assert (status, b"mend matrix.password" in said) == (1, True)
    for key, mistake in (
        ("database", f"postgresql://bot:{wrong}@mehr@host/db"),
        ("database", f"postgresql://bot:{wrong.replace(' ', '')}@127.0.0.1:1/db?password={quote(wrong)}"),
        ("smtp", f"smtp://bot:{wrong.replace(' ', '')}#@host"),
        ("homeserver", f"https://bot:{wrong}@host"),
        ("level", wrong),
    ):
        house.set(**right)
        house.set(**{key: mistake})
        for command in ("check", "run", "backup")[: row.pick(1, 3)]:
            status, _ = await house.command(command, *(["kept-too.zip"] if command == "backup" else []))
            assert status == 1
    house.set(**right)


async def _lives_on_postgresql(house: House, anna: Person, url: str) -> None:
    async with house.bot() as bot:
        room = await _opened(bot, house, anna)
        await anna.ask(room, f"!idee {SAID}", timeout=PATIENCE)
        await bot.said.until("reference ")
        await _beside_the_bot(house)
        _hang_up(url)
        await anna.ask(room, "!hilfe", timeout=PATIENCE)
        bot.process.terminate()
        assert await bot.ended() == 0
    _dump(house, url)


def _hang_up(url: str) -> None:
    """The database throws the bot out."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _dump(house: House, url: str) -> None:
    """Every row of every table, as text."""
    with psycopg.connect(url) as connection:
        for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            rows = connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))).fetchall()
            (house.folder / f"table-{name}.txt").write_text("\n".join(text for (text,) in rows))
            (house.folder / f"table-{name}.txt").chmod(0o600)


# the search


def _look_at_output(house: House, search: Search) -> None:
    shown = 0
    for what, said in house.said.items():
        showing = " check" in what and b"shown this once" in said
        shown += showing
        search.look(f"{house.folder.name}, {what}", said, ("recovery key",) if showing else ())
    assert shown == 1


def _in_backups(house: House, search: Search) -> dict[str, tuple[str, ...]]:
    """A backup holds the keys, in their place, and no way into the account besides."""
    with zipfile.ZipFile(house.folder / "kept.zip") as zipped:
        for name in zipped.namelist():
            allowed = ("pickle key", "seed") if name.startswith("keys/") else ()
            search.look(f"{house.folder.name}, backup, {name}", zipped.read(name), allowed)
    return {"kept.zip": ("pickle key", "seed")}


def _look_at_modes(house: House) -> None:
    """For the bot's eyes only, each file by itself or by its folder."""
    for file in (path for path in house.folder.rglob("*") if path.is_file() and "templates" not in path.parts):
        private = [path for path in (file, *file.parents) if not stat.S_IMODE(path.stat().st_mode) & 0o077]
        assert any(path == file or path.is_relative_to(house.folder) for path in private), file


async def _look_at_rooms(search: Search, anna: Person, homeserver: Homeserver) -> None:
    """What was said and uploaded, and what the homeserver keeps: it knows tokens; what it stores for us is sealed."""
    for room in anna.rooms():
        history = await anna.history(room)
        search.look(f"room {room}", json.dumps(history, ensure_ascii=False).encode())
        for event in history:
            if event["content"].get("msgtype") in ("m.file", "m.image"):
                search.look(f"upload {event['event_id']}", await anna.attachment(event))
    tokens = dict.fromkeys(("homeserver.db", "homeserver.db-wal", "homeserver.db-shm"), ("token",))
    await asyncio.to_thread(search.look_through, homeserver.folder, tokens)
    with contextlib.closing(sqlite3.connect(f"file:{_database(homeserver)}?mode=ro", uri=True)) as database:
        for table in ("event_json", "account_data", "e2e_device_keys_json", "devices"):
            rows: list[Any] = database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - names of ours
            search.look(f"the homeserver's {table}", "\n".join(map(str, rows)).encode())


def _database(homeserver: Homeserver) -> Path:
    return next(homeserver.folder.glob("*.db"))
