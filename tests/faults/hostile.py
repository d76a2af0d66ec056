"""What people with bad intentions send: words that want to be markup, code, a formula or a ping, and broken events.

Made by dice from a grammar. Every word that wants to be an element holds `RAW` at its beginning, every template would
count to `COUNTED`: so it shows wherever it has come true (`tests.faults.looking`).
"""

import copy
import random
import re
from typing import Any

from tests.crowd import examples

Json = dict[str, Any]

RAW = "zzraw"
COUNTED = "905373049"  # what the templates below come to
SUM = "{{ 30089*30089 }}"
MARKUP = (
    f"<b>{RAW}</b>",
    f"<script>{RAW}</script>",
    f'<img src="mxc://example.org/a" onerror="{RAW}">',
    f'<a href="javascript:{RAW}">{RAW}</a>',
    f'<a href="data:text/html,{RAW}">{RAW}</a>',
    f'<a href="https://matrix.to/#/@anna:example.org">{RAW}</a>',
    f"</p></li></ul></table></code><h1>{RAW}</h1>",
    f"<mx-reply>{RAW}</mx-reply>",
    f"<details open><summary>{RAW}",
    f"&lt;b&gt;{RAW}&lt;/b&gt;",
    f'"><svg/onload={RAW}>',
    f"<!-- {RAW} -->",
    f"]]><![CDATA[<b>{RAW}</b>",
    f"**{RAW}** [x](javascript:alert) `y`",
)
CODE = (
    SUM,
    "{{config}}",
    "{% for x in range(9) %}{{ x }}{% endfor %}",
    "{% raise %}",
    "{# weg #}",
    "{{ ''.__class__.__mro__ }}",
    "{answer}",
    "{0}",
    "{scope.session}",
    "%s %(name)s %d",
    "${HOME}",
    "'; DROP TABLE project; --",
    "\\u0000\\n",
)
FORMULAS = (
    '=HYPERLINK("http://boese.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "=cmd|'/C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "'=1+1",
    "＝1+1",
)
PINGS = ("@room", "@room alle her!", "@anna:example.org", "matrix.to/#/@ben:example.org", "@here @channel")
SIGNS = (
    "\u202egnp.eteb\u202c",
    "\u2066verkehrt\u2069",
    "a\u200bb\ufeffc\u00add",
    "\u200f\u061cx",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A͔̝͓",
    "\x00\x07\x1b[31mrot",
    "\ud800",
    "👩‍💻🏳️‍🌈",
    "﷽" * 20,
    "\u2028\u2029\x85",
    "ＡＢＣ",
    "ß" * 300,
    "\ue000\U000e0041",
)
LONG = ("A" * 5000, "<b>" * 2000, "ü " * 8000, "🂡" * 15000, "\n" * 3000, "- x\n" * 4000, "> " * 3000, "(" * 4000)
NUMBERS = ("9" * 400, "-1", "0", "1e999", "NaN", "٣", "²", "½", "K99999999999", "E1/0", "00", "inf", "31.02.2026")
WORD = re.compile(r"[^\s:!,;=>]+")


def words(dice: random.Random) -> str:
    """One to three hostile things, perhaps with something harmless between."""
    kinds = (MARKUP, CODE, FORMULAS, PINGS, SIGNS, NUMBERS)
    found = [dice.choice(dice.choice(kinds)) for _ in range(dice.choice((1, 1, 2, 3)))]
    if dice.random() < 0.03:
        found.append(dice.choice(LONG))
    return dice.choice((" ", "", " und ", "\n")).join(found)


def command(dice: random.Random, keys: tuple[str, ...]) -> str:
    """An example of one of the commands, with some of its arguments replaced; `keys` are names that there are."""
    said = dice.choice(examples())
    first, _, rest = said.partition(" ")
    if dice.random() < 0.15:
        return f"!{first} {words(dice)}"
    if dice.random() < 0.05:
        return f"!{words(dice)} {rest}"

    def replaced(found: re.Match[str]) -> str:
        throw = dice.random()
        if throw < 0.15:
            return words(dice)
        return dice.choice(keys) if throw < 0.22 else found[0]

    rest = "\n".join(_line(line, dice) for line in rest.split("\n"))
    return f"!{first} {WORD.sub(replaced, rest)}"


def _line(line: str, dice: random.Random) -> str:
    """A field keeps its name now and then, and gets another value."""
    name, colon, _ = line.partition(":")
    return f"{name}: {words(dice)}" if colon and dice.random() < 0.3 else line


ANYTHING: tuple[Any, ...] = (
    None,
    [],
    {},
    [[]],
    {"a": None},
    True,
    0,
    -1,
    2**63,
    2**200,
    1.5,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\x00",
    "$" * 300,
    ["x"] * 50,
    {"user_ids": "nobody"},
)


def broken(event: Json, dice: random.Random) -> Json:
    """The same event with one to three of its fields, anywhere in it, replaced, left out, or nested too deeply."""
    event = copy.deepcopy(event)
    for _ in range(dice.choice((1, 1, 2, 3))):
        place: Any = event
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = dice.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and dice.random() < 0.7:
                place = place[key]
                continue
            throw = dice.random()
            if throw < 0.15:
                del place[key]
            elif throw < 0.2:
                place[key] = _deep(dice.choice((50, 300)))
            else:
                place[key] = copy.deepcopy(dice.choice(ANYTHING))
            break
    return event


def _deep(levels: int) -> Json:
    made: Json = {}
    for _ in range(levels):
        made = {"m.relates_to": made}
    return made


def content(dice: random.Random, keys: tuple[str, ...], posts: list[str], polls: list[str]) -> tuple[str, Json]:
    """The type and content of something that somebody sends. `posts` and `polls` are what the bot has posted."""
    post, poll = dice.choice(posts or ["$none"]), dice.choice(polls or posts or ["$none"])
    throw = dice.random()
    if throw < 0.55:
        said = command(dice, keys) if dice.random() < 0.85 else words(dice)
        return "m.room.message", _message(dice, said, post)
    if throw < 0.63:
        return "m.room.message", _message(dice, words(dice), post) | {"msgtype": dice.choice(("m.notice", "m.emote"))}
    if throw < 0.70:
        return "m.room.message", _edit(command(dice, keys), post)
    if throw < 0.78:
        relation = {"rel_type": "m.annotation", "event_id": post, "key": dice.choice((words(dice), "👍", "✅", "1️⃣"))}
        return "m.reaction", {"m.relates_to": relation}
    if throw < 0.86:
        answers = [dice.choice(("yes", "no", "1", words(dice))) for _ in range(dice.choice((0, 1, 1, 2, 60)))]
        relation = {"rel_type": "m.reference", "event_id": poll}
        kind = dice.choice(("org.matrix.msc3381.poll.response", "m.poll.response"))
        return kind, {"m.relates_to": relation, kind: {"answers": answers}, "m.selections": answers}
    if throw < 0.92:
        name = words(dice) + dice.choice((".csv", ".xlsx", ""))
        file = {"url": "mxc://example.org/file", "info": {"size": 10, "mimetype": words(dice)}}
        return "m.room.message", {"msgtype": "m.file", "body": words(dice), "filename": name} | file
    return "m.room.redaction", {"redacts": post, "reason": words(dice)}


def state(dice: random.Random, person: str) -> tuple[str, str, Json]:
    """The type, key and content of a piece of a room's state."""
    return dice.choice(
        (
            ("m.room.member", person, {"membership": "join", "displayname": words(dice), "reason": words(dice)}),
            ("m.room.name", "", {"name": words(dice)}),
            ("m.room.topic", "", {"topic": words(dice)}),
        )
    )


def _message(dice: random.Random, said: str, post: str) -> Json:
    made: Json = {"msgtype": "m.text", "body": said}
    throw = dice.random()
    if throw < 0.15:
        made["m.relates_to"] = {"m.in_reply_to": {"event_id": post}}
    elif throw < 0.22:
        made["m.relates_to"] = {"rel_type": "m.thread", "event_id": post}
    if dice.random() < 0.2:
        made |= {"format": "org.matrix.custom.html", "formatted_body": said + dice.choice(MARKUP)}
    if dice.random() < 0.2:
        made["m.mentions"] = {"room": True, "user_ids": ["@anna:example.org", words(dice)]}
    return made


def _edit(said: str, post: str) -> Json:
    new = {"msgtype": "m.text", "body": said}
    return {
        **new,
        "body": f"* {said}",
        "m.new_content": new,
        "m.relates_to": {"rel_type": "m.replace", "event_id": post},
    }
