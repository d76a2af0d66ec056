"""From JSON to our words: a table of what clients send, and everything that strangers might."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import Echo, Event, Membership, Message, Named, Reaction, Redacted, Undecryptable, Vote
from bot.matrix.clean import clean
from bot.matrix.decode import decode

US = "@zwischenstand:netz.example"
ANNA = "@anna:netz.example"
ROOM = "!runde:netz.example"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POLL = {"rel_type": "m.reference", "event_id": "$poll"}
REPLY = {"m.in_reply_to": {"event_id": "$frage"}}

Json = dict[str, Any]


def event(kind: str, content: Any, **more: Any) -> Json:
    base = {"type": kind, "event_id": "$e", "sender": ANNA, "origin_server_ts": 1_767_225_600_000, "content": content}
    return base | more


def read(source: object, *, decrypted: bool = False) -> Event | None:
    return decode(source, ROOM, us=US, received_at=NOW, offline_since=None, decrypted=decrypted)


def text(body: object, **more: Any) -> Json:
    return event("m.room.message", {"msgtype": "m.text", "body": body} | more)


def message(source: Json) -> Message:
    found = read(source)
    assert isinstance(found, Message)
    return found


def test_a_message_keeps_its_frame() -> None:
    away = datetime(2026, 3, 1, tzinfo=UTC)
    found = decode(text("!help"), ROOM, us=US, received_at=NOW, offline_since=away, decrypted=False)
    assert found == Message(
        room_id=ROOM,
        event_id="$e",
        sender=ANNA,
        sent_at=datetime(2026, 1, 1, tzinfo=UTC),
        received_at=NOW,
        offline_since=away,
        body="!help",
    )


@pytest.mark.parametrize(
    ("body", "cleaned"),
    [
        ("Grüße", "Grüße"),
        ("Gru\u0308\u00dfe", "Grüße"),
        ("eins\r\nzwei\rdrei\u2028vier", "eins\nzwei\ndrei\nvier"),
        ("Spalte\tSpalte", "Spalte\tSpalte"),
        ("ab\u0000\u0007\u009bc", "abc"),
        ("gut\u202enegeg\u202c\u2066x\u2069\u200e\u200f\u061c", "gutnegegx"),
        ("ge\u200bheim\u2060\ufeff\u00ad", "geheim"),
        ("👩\u200d💻 ❤️\u200d🔥 👩🏽\u200d🔧", "👩\u200d💻 ❤️\u200d🔥 👩🏽\u200d🔧"),
        ("a\u200db \u200d", "ab "),
        ("\ud800", "\ufffd"),
    ],
)
def test_text_is_cleaned(body: str, cleaned: str) -> None:
    assert clean(body) == cleaned
    assert message(text("x" + body)).body == "x" + cleaned


def test_the_quotation_before_a_reply_is_dropped() -> None:
    quoted = "> <@boris:x.example> Wer?\n> noch eine Zeile\n\nIch.\n> und das bleibt"
    found = message(text(quoted, **{"m.relates_to": REPLY}))
    assert (found.body, found.reply_to, found.thread) == ("Ich.\n> und das bleibt", "$frage", None)
    assert message(text(quoted)).body == quoted
    assert message(text("> Zitat\n\nIch.", **{"m.relates_to": REPLY})).body == "> Zitat\n\nIch."


@pytest.mark.parametrize(("falling_back", "reply_to"), [(True, None), (False, "$frage")])
def test_a_thread(falling_back: bool, reply_to: str | None) -> None:
    relation = REPLY | {"rel_type": "m.thread", "event_id": "$faden", "is_falling_back": falling_back}
    found = message(text("ja", **{"m.relates_to": relation}))
    assert (found.thread, found.reply_to) == ("$faden", reply_to)


@pytest.mark.parametrize(
    ("source", "mentioned"),
    [
        (text("hallo"), False),
        (text("hallo", **{"m.mentions": {"user_ids": [ANNA, US]}}), True),
        (text("hallo", **{"m.mentions": {"user_ids": [ANNA]}}), False),
        (text("hallo", **{"m.mentions": {"user_ids": US}}), False),
        (text("hallo", formatted_body=f'<a href="https://matrix.to/#/{US}">Bot</a> hallo'), True),
        (text("hallo", formatted_body='<a href="https://matrix.to/#/%40zwischenstand%3Anetz.example">B</a>'), True),
        (text("hallo", formatted_body=f'<a href="https://matrix.to/#/{ANNA}">Anna</a>'), False),
        (text(f"{US}: hallo"), True),
    ],
)
def test_mentions(source: Json, mentioned: bool) -> None:
    assert message(source).mentions_us is mentioned


@pytest.mark.parametrize(
    "source",
    [
        event("m.room.message", {"msgtype": "m.notice", "body": "!help"}),
        event("m.room.message", {"msgtype": "m.emote", "body": "!help"}),
        event("m.room.message", {"msgtype": "m.image", "body": "bild.png"}),
        text("* !help", **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$a"}, "m.new_content": {}}),
        text("\u200b \n"),
        event("m.room.message", {}),
        event("org.matrix.msc3381.poll.response", {}),
        event("m.reaction", {}),
        event("m.room.encrypted", {}),
        event("m.room.topic", {"topic": "x"}, state_key=""),
        event("m.room.member", {"membership": "join"}),
        event("m.room.member", {"membership": "fly"}, state_key=ANNA),
        event("m.room.name", {"name": "falsch"}, state_key="x"),
        text("hallo") | {"origin_server_ts": True},
        text("hallo") | {"origin_server_ts": "1"},
        text("hallo") | {"sender": None},
        text("hallo") | {"event_id": "$" * 300},
        text("hallo") | {"sender": US},
        [],
        None,
    ],
    ids=repr,
)
def test_what_does_not_interest_us(source: object) -> None:
    assert read(source) is None


def test_our_own_events_come_back_as_echoes() -> None:
    ours = {"sender": US}
    assert read(text("x") | ours | {"unsigned": {"transaction_id": "t1"}}) == _echo("t1")
    assert read(text("x", **{"zwischenstand.key": "t2"}) | ours) == _echo("t2")
    assert isinstance(read(text("x", **{"zwischenstand.key": "t2"})), Message)


def _echo(transaction: str) -> Echo:
    sent = datetime(2026, 1, 1, tzinfo=UTC)
    return Echo(room_id=ROOM, event_id="$e", sender=US, sent_at=sent, received_at=NOW, transaction=transaction)


@pytest.mark.parametrize("kind", ["org.matrix.msc3381.poll.response", "m.poll.response"])
@pytest.mark.parametrize(
    ("part", "answers"),
    [
        ({"org.matrix.msc3381.poll.response": {"answers": ["a1"]}}, ("a1",)),
        ({"m.selections": ["a1", "a2"]}, ("a1", "a2")),
        ({"org.matrix.msc3381.poll.response": {}}, ()),
        ({"m.selections": []}, ()),
        ({"m.selections": "a1"}, ()),
        ({"m.selections": ["a1", 2]}, ()),
        ({"m.selections": ["a\ud800"]}, ()),
    ],
)
def test_votes(kind: str, part: Json, answers: tuple[str, ...]) -> None:
    found = read(event(kind, {"m.relates_to": POLL} | part))
    assert isinstance(found, Vote)
    assert (found.poll, found.answers) == ("$poll", answers)


def test_a_reaction() -> None:
    found = read(event("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$x", "key": "👍"}}))
    assert isinstance(found, Reaction)
    assert (found.target, found.key) == ("$x", "👍")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (event("m.room.redaction", {"redacts": "$neu"}), "$neu"),
        (event("m.room.redaction", {}, redacts="$alt"), "$alt"),
        (event("m.room.redaction", {"redacts": "$untergeschoben"}, redacts="$alt"), "$alt"),
    ],
)
def test_a_redaction_in_old_and_new_rooms(source: Json, target: str) -> None:
    found = read(source)
    assert isinstance(found, Redacted)
    assert found.target == target


def test_state() -> None:
    joined = read(event("m.room.member", {"membership": "join"}, state_key="@boris:x.example"))
    assert isinstance(joined, Membership)
    assert (joined.person, joined.state, joined.sender) == ("@boris:x.example", "join", ANNA)
    named = read(event("m.room.name", {"name": " Netz\nwerk\u202e "}, state_key=""))
    assert isinstance(named, Named)
    assert named.name == "Netz werk"


@pytest.mark.parametrize(
    "source",
    [
        event("m.room.member", {"membership": "join"}, state_key="@boris:x.example"),
        event("m.room.name", {"name": "falsch"}, state_key=""),
        event("m.room.redaction", {"redacts": "$x"}, redacts="$x"),
        event("m.room.encrypted", {"session_id": "s"}),
        event("m.room.power_levels", {"events_default": 50}, state_key=""),
        event("m.room.power_levels", {"events_default": 50}, state_key="", sender=US),
        event("m.room.tombstone", {"replacement_room": "!neu:x.example"}, state_key=""),
    ],
)
def test_nothing_encrypted_passes_for_state(source: Json) -> None:
    assert read(source) is not None
    assert read(source, decrypted=True) is None


def test_an_unreadable_event_names_its_session() -> None:
    found = read(event("m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "s1"}))
    assert isinstance(found, Undecryptable)
    assert found.session_id == "s1"


@pytest.mark.parametrize(("claimed", "year"), [(10**30, 2100), (-5, 1970), (0, 1970)])
def test_absurd_times_are_bounded(claimed: int, year: int) -> None:
    assert message(text("x") | {"origin_server_ts": claimed}).sent_at.year == year


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.sampled_from(
        [
            US,
            ANNA,
            "$e",
            "!neu",
            "m.text",
            "m.file",
            "join",
            "m.thread",
            "m.reference",
            "m.annotation",
            "m.replace",
            "x" * 65_536,
        ]
    )
)
KEYS = st.sampled_from([
    "m.relates_to", "rel_type", "event_id", "m.in_reply_to", "is_falling_back", "key", "body", "msgtype", "m.mentions",
    "formatted_body", "user_ids", "org.matrix.msc3381.poll.response", "answers", "m.selections", "redacts",
    "membership", "name", "session_id", "zwischenstand.key", "transaction_id", "replacement_room", "filename", "url",
    "info", "size", "file", "users", "users_default", "events", "events_default", "state_default", "invite", US,
])  # fmt: skip
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))
TYPES = st.sampled_from([
    "m.room.message", "m.reaction", "m.poll.response", "org.matrix.msc3381.poll.response", "m.room.redaction",
    "m.room.member", "m.room.name", "m.room.encrypted", "m.room.power_levels", "m.room.tombstone",
])  # fmt: skip
EVENTS = st.fixed_dictionaries(
    {"type": TYPES | VALUES, "content": st.dictionaries(KEYS, VALUES, max_size=6) | VALUES},
    optional={
        "sender": st.sampled_from([ANNA, US]) | VALUES,
        "event_id": st.just("$e") | VALUES,
        "origin_server_ts": st.just(1) | VALUES,
        "state_key": st.sampled_from(["", ANNA]) | VALUES,
        "unsigned": VALUES,
        "redacts": VALUES,
    },
)


@given(source=EVENTS | VALUES, decrypted=st.booleans())
def test_nothing_that_strangers_send_raises(source: object, decrypted: bool) -> None:
    found = read(source, decrypted=decrypted)
    if found is not None:
        repr(found).encode()  # every text in it can be stored


@given(st.text(st.characters(exclude_categories=())))
def test_cleaning_is_done_after_one_pass(body: str) -> None:
    once = clean(body)
    assert clean(once) == once
    once.encode()


BEN_PILL = '<a href="https://matrix.to/#/@ben:example.org">Ben</a>'


@pytest.mark.parametrize(
    ("body", "formatted", "expected"),
    [
        (
            "Verantwortlich: Ben Muster",
            'Verantwortlich: <a href="https://matrix.to/#/@ben:netz.example">Ben Muster</a>',
            "Verantwortlich: @ben:netz.example",
        ),
        (
            "Ben und Ben",
            '<a href="https://matrix.to/#/%40ben%3Aa.example">Ben</a> und <a href="https://matrix.to/#/@ben:b.example">Ben</a>',
            "@ben:a.example und @ben:b.example",
        ),
        ("Ben", '<a href="https://example.org/@ben:netz.example">Ben</a>', "Ben"),
        (
            "!projekt neu Ben-Portal\nVerantwortlich: Ben",
            f"!projekt neu Ben-Portal<br>Verantwortlich: {BEN_PILL}",
            "!projekt neu Ben-Portal\nVerantwortlich: @ben:example.org",
        ),
        (
            "!projekt neu Ben-Portal\nVerantwortlich: @ben:example.org",
            f"!projekt neu Ben-Portal<br/>Verantwortlich: {BEN_PILL}",
            "!projekt neu Ben-Portal\nVerantwortlich: @ben:example.org",
        ),
        (
            "Ben: **Fett &\nKursiv** _und_ [Ben](https://matrix.to/#/@ben:example.org), Ben Ben",
            f"<p>Ben: <strong>Fett &amp; Kursiv</strong> <em>und</em> {BEN_PILL}, Ben {BEN_PILL}</p>",
            "Ben: **Fett &\nKursiv** _und_ @ben:example.org, Ben @ben:example.org",
        ),
        ("xBen Ben", f"x{BEN_PILL} Ben", "x@ben:example.org Ben"),
        ("Gru\u0308\u00dfe an Ben Ben", f"Gru\u0308&szlig;e an Ben {BEN_PILL}", "Grüße an Ben @ben:example.org"),
        ("etwas anderes Ben", f"dies hier {BEN_PILL}", "etwas anderes Ben"),
        ("etwas Ben", BEN_PILL, "etwas Ben"),
        ("Ben", '<a href="https://matrix.to/#/@ben:\u202ex">Ben</a>', "Ben"),
        ("@ben:x", '<a href="https://matrix.to/#/@ben:x">@ben:x</a>', "@ben:x"),
    ],
)
def test_a_pill_is_read_as_its_matrix_id(body: str, formatted: str, expected: str) -> None:
    """Element puts the display name into the plain body; what counts is the ID behind it."""
    content = {"msgtype": "m.text", "body": body, "formatted_body": formatted}
    event = {
        "type": "m.room.message",
        "event_id": "$1",
        "sender": "@anna:x",
        "origin_server_ts": 1_795_000_000_000,
        "content": content,
    }
    message = decode(event, "!r:x", us="@bot:x", received_at=datetime.now(UTC), offline_since=None, decrypted=False)
    assert isinstance(message, Message)
    assert message.body == expected


@pytest.mark.parametrize(
    "unit",
    [
        "<a ",
        "<a href='https://matrix.to/#/@",
        "<a href='https://matrix.to/#/@" + "a" * 520,
        "https://matrix.to/#/",
        "> <@",
        "<a href='https://matrix.to/#/@a:b'>B</a>",
        "B <a href='https://matrix.to/#/@a:b'>B</a>",
        "<a href='https://matrix.to/#/@" + "a" * 300 + "'" + "b" * 200,
        "<",
        "&",
        "&#",
        "B",
        "ü ",
        "[B](https://matrix.to/#/",
    ],
)
def test_a_hostile_message_does_not_hold_up_the_loop(unit: str) -> None:
    long = unit * (64_000 // len(unit))
    pills = "<a href='https://matrix.to/#/@a:b'>B</a>" * 60
    for body, formatted in ((long, long), (long, long + pills), (long, pills + long), ("B" * 64_000, long + pills)):
        started = time.process_time()
        read(text(body, formatted_body=formatted, **{"m.relates_to": REPLY}))
        assert time.process_time() - started < 0.3  # measured: below 0.1


@pytest.mark.parametrize(
    "link", ["https://matrix.to/#/&#{};", "<a href='https://matrix.to/#/@a:b'>&#{};</a>", "&#x{};"]
)
def test_numbers_without_end_are_left_alone(link: str) -> None:
    long = link.format("1" * 5_000) + BEN_PILL
    assert message(text("Ben", formatted_body=long)).body == "Ben"


def test_a_pill_in_a_reply_is_not_looked_for_in_the_quotation() -> None:
    quoted = "> <@boris:x.example> Wer macht es, Ben?\n\nVerantwortlich: Ben"
    boris = '<a href="https://matrix.to/#/@boris:x.example">Boris</a>'
    formatted = f"<mx-reply><blockquote>In reply to {boris}<br>Wer?</blockquote></mx-reply>Verantwortlich: {BEN_PILL}"
    found = message(text(quoted, formatted_body=formatted, **{"m.relates_to": REPLY}))
    assert found.body == "Verantwortlich: @ben:example.org"
