"""The wire between a bot and its real homeserver: it notes requests, and breaks some."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import pytest

from bot.demo.connection import Json


@dataclass
class Request:
    """What the bot asked for, and what came of it: `kind` is the part of the path that matters."""

    kind: str
    path: str
    body: Json
    answered: bool = False

    @property
    def devices(self) -> set[tuple[str, str]]:
        """The devices that a claim or a message to devices names."""
        named = self.body.get("messages") or self.body.get("one_time_keys") or {}
        return {(user, device) for user, devices in named.items() for device in devices}


KINDS = ("/keys/query", "/keys/claim", "/sendToDevice/m.room.encrypted", "/sendToDevice/m.room_key.withheld", "/send/")
Rule = Callable[[Request], str | int | Callable[[Json], Json] | None]
"""`lost`: not sent; `unanswered`: its answer is lost; a number: refused with this status; else: changes the answer."""


@dataclass
class Edge:
    """Put in place by `of`; `rule` decides about each request, and may be changed at any time."""

    requests: list[Request] = field(default_factory=list)
    rule: Rule = lambda _request: None

    @classmethod
    def of(cls, client: Any, patch: pytest.MonkeyPatch) -> "Edge":
        edge, real = cls(), client.send

        async def send(method: str, path: str, data: Any = None, *arguments: Any, **options: Any) -> Any:
            kind = next((kind for kind in KINDS if kind in path), None)
            if kind is None:
                return await real(method, path, data, *arguments, **options)
            request = Request(kind, path.partition("?")[0], json.loads(data or "{}"))
            edge.requests.append(request)
            fate = edge.rule(request)
            if fate == "lost":
                raise OSError("broken")
            if isinstance(fate, int):
                return Refused(fate)
            response = await real(method, path, data, *arguments, **options)
            if fate == "unanswered":
                raise OSError("broken")
            request.answered = response.status == 200
            return Altered(response, fate) if callable(fate) else response

        patch.setattr(client, "send", send)
        return edge

    def of_kind(self, kind: str) -> list[Request]:
        """These requests, in order."""
        return [request for request in self.requests if request.kind == kind]


class Altered:
    """An answer of the homeserver with another body."""

    def __init__(self, response: Any, change: Callable[[Json], Json]) -> None:
        self._response = response
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    async def json(self, **options: Any) -> Json:
        return self._change(await self._response.json(**options))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: Any, where: TracebackType | None) -> None:
        self._response.release()


class Refused:
    """What a homeserver answers that has a problem with a request."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.headers: dict[str, str] = {}

    async def json(self, **_options: Any) -> Json:
        return {"errcode": "M_UNKNOWN", "error": "broken"}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: Any, where: TracebackType | None) -> None:
        pass
