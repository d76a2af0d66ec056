"""The compiled validators against nio's own, on the same events."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import nio.schemas  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nio.schemas import Schemas

from bot.matrix import schemas

ITSELF = nio.schemas.Validator, nio.schemas.Checker
NAMES = sorted(name for name, schema in vars(Schemas).items() if isinstance(schema, dict))
MEMBER = {
    "type": "m.room.member", "event_id": "$e", "sender": "@anna:x.example", "origin_server_ts": 1,
    "state_key": "@anna:x.example", "content": {"membership": "join"}, "unsigned": {},
}  # fmt: skip
LEVELS = {
    "type": "m.room.power_levels", "event_id": "$e", "sender": "@anna:x.example", "origin_server_ts": 1,
    "state_key": "", "content": {"users": {"@anna:x.example": 100}},
}  # fmt: skip
MESSAGE = {
    "type": "m.room.message", "event_id": "$e", "sender": "@anna:x.example", "origin_server_ts": 1,
    "content": {"msgtype": "m.text", "body": "x"},
}  # fmt: skip
SYNC = {"next_batch": "s1", "rooms": {"join": {"!a:x.example": {"timeline": {"events": []}}}}}
SAMPLES = {
    "room_event": MESSAGE, "room_message": MESSAGE, "room_message_text": MESSAGE, "room_membership": MEMBER,
    "room_power_levels": LEVELS, "sync": SYNC, "error": {"errcode": "M_X", "error": "x"},
}  # fmt: skip

Validate = Callable[[Any, Any], None]


def originals(instance: Any, schema: Any) -> None:
    validator, checker = ITSELF
    validator(schema, format_checker=checker).validate(instance)


def verdict(validate: Validate, instance: Any, schema: Any) -> tuple[str, Any]:
    """Good or bad, and what became of the instance."""
    mine = copy.deepcopy(instance)
    try:
        validate(mine, copy.deepcopy(schema))
    except (jsonschema.ValidationError, jsonschema.SchemaError):
        return "bad", None
    return "good", mine


def variants(sample: Any) -> Iterator[Any]:
    """The sample, and the sample with each of its parts missing or of another type."""
    yield sample
    yield from (None, 3, True, "x", [], {})
    if isinstance(sample, dict):
        for key, value in sample.items():
            yield {k: v for k, v in sample.items() if k != key}
            for other in variants(value):
                yield sample | {key: other}


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_of_nio_compiles(name: str) -> None:
    schemas._compile(getattr(Schemas, name))


@pytest.mark.parametrize("name", SAMPLES)
def test_both_judge_alike_and_set_the_same_defaults(name: str) -> None:
    schema, judged = getattr(Schemas, name), set()
    for variant in variants(SAMPLES[name]):
        theirs, ours = verdict(originals, variant, schema), verdict(schemas.validate_json, variant, schema)
        assert ours == theirs, variant
        judged.add(ours[0])
    assert judged == {"good", "bad"}


@pytest.mark.parametrize("sender", ["@anna:x.example", "anna:x.example", "@anna", "", "@:", "@anna:x\n"])
def test_formats(sender: str) -> None:
    event = MESSAGE | {"sender": sender}
    ours = verdict(schemas.validate_json, event, Schemas.room_event)
    assert ours == verdict(originals, event, Schemas.room_event)


@settings(max_examples=200)
@given(
    name=st.sampled_from(NAMES),
    instance=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["content", "sender", "type", "rooms", "events", "@a:b", "body"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    ),
)
def test_both_judge_alike_on_nonsense(name: str, instance: Any) -> None:
    schema = getattr(Schemas, name)
    try:
        theirs = verdict(originals, instance, schema)
    except (AttributeError, TypeError):
        return  # nio's own crashes on this one
    assert verdict(schemas.validate_json, instance, schema) == theirs


def test_an_error_does_not_quote_the_event() -> None:
    with pytest.raises(jsonschema.ValidationError) as caught:
        schemas.validate_json(MESSAGE | {"content": "vertraulich"}, Schemas.room_message)
    assert "vertraulich" not in caught.value.message


def test_a_schema_is_compiled_once_and_late(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []
    compile_one = schemas._compile

    def noting(schema: Any) -> Any:
        compiled.append(schema)
        return compile_one(schema)

    monkeypatch.setattr(schemas, "_compile", noting)
    monkeypatch.setattr(schemas, "_compiled", {})
    schemas.install()
    assert compiled == []
    for _ in range(2):
        nio.schemas.validate_json({"errcode": "M_X", "error": "x"}, Schemas.error)
    assert compiled == [Schemas.error]
