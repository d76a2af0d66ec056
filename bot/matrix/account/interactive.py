"""User-interactive authentication, as far as a program can go: its password, and a clear word where more is demanded.

(https://spec.matrix.org/latest/client-server-api/#user-interactive-authentication-api)
"""

import json
from typing import Any

from bot.clean import one_line
from bot.config import Matrix
from bot.errors import OperatorError, TryAgain
from bot.matrix.answers import NETWORK_ERRORS, no_answer, not_sent, refusal_of
from bot.matrix.asking import authorised
from bot.matrix.safe import SafeClient

Json = dict[str, Any]

PASSWORD = "m.login.password"  # noqa: S105 - the name of a stage
APPROVALS = ("m.oauth", "org.matrix.cross_signing_reset")  # stages that a person goes through in a browser (MSC4312)
BY_ELEMENT = (
    "sign in to the bot's account with Element, set up recovery there (Settings, Encryption), "
    "then run `zwischenstand recover` with the recovery key that Element shows"
)


async def confirmed(client: SafeClient, settings: Matrix, path: str, body: Json) -> None:
    """POST what the homeserver may want confirmed by password.

    Raises OperatorError when the password is wrong or does not suffice, TryAgain, Rejected.
    """
    asked = await _post(client, path, body)
    if asked is None:
        return
    answer = await _post(client, path, {**body, "auth": _with_password(settings, asked)})
    if answer is None:
        return
    if answer.get("errcode") == "M_FORBIDDEN":
        raise OperatorError(
            f"{settings.homeserver} refuses the password of {settings.user_id} for publishing its signing keys; "
            "mend matrix.password"
        )
    raise _more_demanded(settings, answer)


def _with_password(settings: Matrix, asked: Json) -> Json:
    """The password's stage, where that is all that is demanded."""
    flows = asked.get("flows")
    stages = [flow.get("stages") for flow in flows if isinstance(flow, dict)] if isinstance(flows, list) else []
    if [PASSWORD] not in stages:
        raise _more_demanded(settings, asked)
    if settings.password is None:
        raise OperatorError(
            f"{settings.homeserver} wants the password of {settings.user_id} before it takes its signing keys: "
            f"set matrix.password, at least for this start; or {BY_ELEMENT}"
        )
    return {
        "type": PASSWORD,
        "identifier": {"type": "m.id.user", "user": settings.user_id},
        "password": settings.password.get_secret_value(),
        "session": asked.get("session"),
    }


def _more_demanded(settings: Matrix, asked: Json) -> OperatorError:
    """A stage that only a person can go through; the way around it is the recovery key."""
    flows = asked.get("flows")
    found = [flow.get("stages") for flow in flows if isinstance(flow, dict)] if isinstance(flows, list) else []
    named = one_line(" or ".join(" + ".join(map(str, stages)) for stages in found if isinstance(stages, list)))
    return OperatorError(
        f"{settings.homeserver} demands more than a password before it takes the signing keys of {settings.user_id} "
        f"({named or 'nothing that a program can do'}){_approval(asked)}: {BY_ELEMENT}"
    )


def _approval(asked: Json) -> str:
    """The page on which a person may approve it, if the homeserver names one."""
    params = asked.get("params")
    for stage in APPROVALS:
        named = params.get(stage) if isinstance(params, dict) else None
        url = named.get("url") if isinstance(named, dict) else None
        if isinstance(url, str) and url.startswith("https://"):
            return f"; approve it at {one_line(url)} and start again, or"
    return ""


async def _post(client: SafeClient, path: str, body: Json) -> Json | None:
    """None when it is done; what is demanded (401) otherwise."""
    headers = authorised(client) | {"Content-Type": "application/json"}
    address = f"/_matrix/client/v3/{path}"
    try:
        async with await client.send("POST", address, data=json.dumps(body), headers=headers) as response:
            if response.status < 400:
                return None
            refused = await refusal_of(response)
            asked = await response.json(content_type=None) if response.status == 401 else None
    except NETWORK_ERRORS as error:
        raise no_answer(error) from error
    except ValueError as error:
        raise TryAgain("the answer is no JSON", ours=True) from error
    if isinstance(asked, dict) and isinstance(asked.get("flows"), list):
        return asked
    raise not_sent(refused)
