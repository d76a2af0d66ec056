"""One request of the client-server API, and what became of it.

`ask` goes past nio: for what nio has no call for, or of whose answer it drops the interesting half.
(https://spec.matrix.org/latest/client-server-api/)
"""

import json
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from bot.errors import TryAgain
from bot.matrix.answers import NETWORK_ERRORS, Refusal, no_answer, not_sent, refusal, refusal_of

if TYPE_CHECKING:
    from bot.matrix.safe import SafeClient

Json = dict[str, Any]


async def ask(
    client: "SafeClient",
    method: str,
    *path: str,
    body: Json | None = None,
    query: Sequence[tuple[str, str]] = (),
    version: str = "v3",
) -> Json | Refusal:
    """The answer, or why there is none. Raises TryAgain when the homeserver does not answer sensibly."""
    address = f"/_matrix/client/{version}/" + "/".join(quote(part, safe="") for part in path)
    if query:
        address += "?" + urlencode(query)
    data = None if body is None else json.dumps(body)
    headers = authorised(client) | {"Content-Type": "application/json"}
    try:
        async with await client.send(method, address, data=data, headers=headers) as response:
            if response.status >= 400:
                return await refusal_of(response)
            answer = await response.json(content_type=None)
    except NETWORK_ERRORS as error:
        raise no_answer(error) from error
    except ValueError as error:
        raise TryAgain("the answer is no JSON", ours=True) from error
    if not isinstance(answer, dict):
        raise TryAgain("the answer is no Matrix", ours=True)
    return answer


async def told(
    client: "SafeClient",
    method: str,
    *path: str,
    body: Json | None = None,
    query: Sequence[tuple[str, str]] = (),
    version: str = "v3",
) -> Json:
    """The answer. Raises TryAgain or Rejected."""
    answer = await ask(client, method, *path, body=body, query=query, version=version)
    if isinstance(answer, Refusal):
        raise not_sent(answer)
    return answer


async def answered(request: Awaitable[Any]) -> Any:
    """What nio's call answers, a refusal perhaps. Raises TryAgain when the homeserver does not answer."""
    try:
        return await request
    except NETWORK_ERRORS as error:
        raise no_answer(error) from error


async def accepted(request: Awaitable[Any]) -> Any:
    """What nio's call answers. Raises TryAgain or Rejected."""
    answer = await answered(request)
    if refused := refusal(answer):
        raise not_sent(refused)
    return answer


def authorised(client: "SafeClient") -> dict[str, str]:
    """The header that says who we are; none before the login."""
    return {"Authorization": f"Bearer {client.access_token}"} if client.access_token else {}


def server_of(identifier: str) -> str:
    """The server in a Matrix ID or alias; "" in the ID of a room from version 12 on."""
    return identifier.partition(":")[2]
