"""When the homeserver wants to know more before it takes signing keys: the password, or what no program can give."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.config import Matrix
from bot.demo.homeserver import Homeserver
from bot.errors import OperatorError, Unsigned
from tests.matrix.edge import Edge, edge_of
from tests.matrix.identities import Session, signed_in

NewSettings = Callable[[], Awaitable[Matrix]]

UPLOAD = "keys/device_signing/upload"


@pytest.fixture
async def edge(homeserver: Homeserver) -> AsyncIterator[Edge]:
    async with edge_of(homeserver.url) as edge:
        yield edge


@pytest.mark.parametrize(
    ("flows", "params", "said"),
    [
        ([["m.login.password", "m.login.email.identity"]], {}, r"m\.login\.password \+ m\.login\.email\.identity"),
        ([["m.login.sso"], ["org.example.card"]], {}, r"m\.login\.sso or org\.example\.card"),
        (
            [["m.oauth"]],
            {"m.oauth": {"url": "https://konto.example/reset"}},
            "approve it at https://konto.example/reset",
        ),
        ([], {}, "nothing that a program can do"),
    ],
)
async def test_more_than_a_password_is_demanded(
    new_settings: NewSettings, edge: Edge, flows: list[list[str]], params: dict[str, Any], said: str
) -> None:
    settings = edge.before(await new_settings())
    asked = {"session": "s", "flows": [{"stages": stages} for stages in flows], "params": params}
    edge.instead[UPLOAD] = lambda _body: web.json_response(asked, status=401)
    with pytest.raises(Unsigned, match=said) as refused:
        await signed_in(settings)
    assert "set up recovery there" in str(refused.value)
    assert "zwischenstand recover" in str(refused.value)
    assert edge.seen.count(UPLOAD) == 1  # no guessing


async def test_the_password_is_given_where_it_is_demanded(new_settings: NewSettings, edge: Edge) -> None:
    settings = edge.before(await new_settings())
    asked = {"session": "s7", "flows": [{"stages": ["m.login.sso"]}, {"stages": ["m.login.password"]}]}
    given: list[dict[str, Any]] = []

    def confirm(body: dict[str, Any]) -> web.Response | None:
        if "auth" not in body:
            return web.json_response(asked, status=401)
        given.append(body["auth"])
        return None

    edge.instead[UPLOAD] = confirm
    device = await signed_in(settings)
    assert (await (await Session.of(settings)).known()).trusts(device)
    ((stage, user, session),) = [(auth["type"], auth["identifier"]["user"], auth["session"]) for auth in given]
    assert (stage, user, session) == ("m.login.password", settings.user_id, "s7")


async def test_a_demanded_password_that_is_not_configured(new_settings: NewSettings, edge: Edge) -> None:
    settings = edge.before(await new_settings())
    asked = {"session": "s", "flows": [{"stages": ["m.login.password"]}]}
    edge.instead[UPLOAD] = lambda _body: web.json_response(asked, status=401)
    session = await Session.of(settings)
    by_token = settings.model_copy(
        update={"password": None, "access_token": SecretStr(session.token), "device_id": session.device_id}
    )
    with pytest.raises(Unsigned, match=r"set matrix\.password, at least for this start"):
        await signed_in(by_token)


async def test_a_changed_password(new_settings: NewSettings) -> None:
    settings = await new_settings()
    first = await signed_in(settings)
    changed = await (await Session.of(settings)).change_password("ganz-neu-1", log_others_out=False)
    assert await signed_in(settings) == first  # the session is good still
    await (await Session.of(changed)).change_password("ganz-neu-2", log_others_out=True)
    with pytest.raises(OperatorError, match=r"refuses the password .* mend matrix\.password"):
        await signed_in(settings)
    mended = settings.model_copy(update={"password": SecretStr("ganz-neu-2")})
    device = await signed_in(mended)
    assert (await (await Session.of(mended)).known()).trusts(device)
