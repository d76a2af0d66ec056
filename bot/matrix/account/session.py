"""Signing in: as the device that we were or, when its keys or its session are gone, as a new one that takes its place.

A device that was logged out is never taken up again under its ID. Other people's clients remember it as deleted and
share no more keys with it (nio does), and the homeserver forgets which transactions it has sent, so that a post would
be sent twice (Synapse does). As a new device the bot loses nothing: it carries its room keys over (`carrying`), is
signed by the same identity (`signing`), and looks for what an earlier device of its began to send before it sends that
again (`bot.sending`). A session that has merely expired (soft logout) leaves the device in place, and is renewed.

The device ID is written down before the login, so that a process killed in between comes back as the same device.
"""

import asyncio
import contextlib
import secrets
import string
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.config import Matrix
from bot.errors import Fenced, NotSent, OperatorError, Problem, TryAgain, Unreachable
from bot.matrix.account import generation, signing
from bot.matrix.account.generation import Keeper
from bot.matrix.account.store import Session, Store
from bot.matrix.answers import NETWORK_ERRORS, TOKEN_GONE, Refusal, account_gone, refusal, unreachable
from bot.matrix.asking import ask, told
from bot.matrix.crypto.storage import STORE_DOWN
from bot.matrix.safe import SafeClient

DEVICE_NAME = "Zwischenstand"
DEVICE_LETTERS = string.ascii_uppercase

Finish = Callable[[SafeClient, Matrix, Store], Awaitable[None]]


async def sign_in(settings: Matrix, store: Store, then: Finish = signing.ensure) -> SafeClient:
    """A client that is logged in, has its keys loaded, and whose device is cross-signed: what `then` sees to.

    Raises OperatorError when only a person can mend it, Unreachable when the caller should try again later.
    """
    if store.lease is None:
        store.open()
    else:
        await asyncio.to_thread(store.open)  # may carry all keys over, while the loop has to turn (`bot.standby`)
    session, key = store.session(), store.pickle_key()
    if session and session.displaced_by:
        raise generation.displaced(store, settings, session.displaced_by)
    client = SafeClient(settings.homeserver, settings.user_id, "", settings.store, key, store.lease, store.open_keys)
    client.user_id = settings.user_id  # nio's own is empty until the login
    try:
        session = await _taken_up(client, settings, store, session) or await _begun(client, settings, store)
        device = session.device_id
        await asyncio.to_thread(store.carry, device, key)
        _restore(client, settings, store, session)
        await then(client, settings, store)
        await Keeper(client, store, settings).enter(session, datetime.now(UTC))
    except BaseException as error:
        await client.close()
        forget(client)
        if isinstance(error, STORE_DOWN) and not isinstance(error, Fenced):
            raise store.down(error) from error
        raise
    return client


async def _taken_up(client: SafeClient, settings: Matrix, store: Store, session: Session | None) -> Session | None:
    """The session to go on with, its token accepted; None if a new device is to be made."""
    for known in _known(settings, session):
        if not await _accepted(client, settings, store, known):
            continue
        if not store.has_keys(known.device_id) and await _has_keys_there(client, known):
            if settings.password is None:
                raise _keys_lost(settings, store, known)
            return None
        generation.check(await generation.read(client), known, store, settings)
        store.save(known)
        return known
    return None


def _known(settings: Matrix, session: Session | None) -> list[Session]:
    """The sessions worth trying: that of our last login, then the configured one.

    With a password, a configured session is for the first start: a device of our own making may have followed it.
    """
    kept = session if session and session.access_token else None
    if settings.access_token is None or settings.device_id is None:
        return [kept] if kept else []
    token = settings.access_token.get_secret_value()
    if session is not None and session.device_id == settings.device_id:
        return list(dict.fromkeys([*([kept] if kept else []), replace(session, access_token=token)]))
    if session is not None and settings.password is not None:
        return [kept] if kept else []
    before = session.device_id if session else None
    return [Session(settings.user_id, settings.device_id, token, before=before)]


async def _accepted(client: SafeClient, settings: Matrix, store: Store, session: Session) -> bool:
    """Ask the homeserver whose token this is. False when it was revoked, or has expired: that is noted."""
    client.access_token = session.access_token or ""
    try:
        answer = await client.whoami()
    except NETWORK_ERRORS as error:
        raise _no_answer(settings, error) from error
    if refused := refusal(answer):
        if refused.code in TOKEN_GONE:
            if answer.soft_logout and settings.password is not None:
                store.save(replace(session, access_token=None))
            return False
        raise _problem(settings, refused)
    if answer.user_id != settings.user_id:
        raise OperatorError(f"the access token belongs to {answer.user_id}, but matrix.user_id is {settings.user_id}")
    if answer.device_id and answer.device_id != session.device_id:
        raise OperatorError(f"the access token belongs to the device {answer.device_id}; set matrix.device_id to it")
    return True


async def _has_keys_there(client: SafeClient, session: Session) -> bool:
    """Whether the homeserver publishes keys of this device. If they are not ours, a client of somebody's has them."""
    body = {"device_keys": {session.user_id: [session.device_id]}}
    try:
        answer = await told(client, "POST", "keys", "query", body=body)
    except NotSent as problem:
        raise Unreachable(str(problem)) from problem
    ours = (answer.get("device_keys") or {}).get(session.user_id) or {}
    return session.device_id in ours


async def _begun(client: SafeClient, settings: Matrix, store: Store) -> Session:
    """Log in: as the device that we had begun with, if that is still there, or as a new one."""
    session = store.session()
    if session is not None and session.access_token is None:
        session = await _logged_in(client, settings, store, session)
        if bool(store.generation(session.device_id)) == await _has_keys_there(client, session):
            return session  # both of us know its keys, or it has none yet
    before = session.device_id if session else None
    recorded = session is not None and session.recorded
    new = Session(settings.user_id, _new_device(), before=before, recorded=recorded)
    return await _logged_in(client, settings, store, new)


async def _logged_in(client: SafeClient, settings: Matrix, store: Store, begun: Session) -> Session:
    """The same session with an access token, unless another bot has taken our place meanwhile."""
    if settings.password is None:
        raise OperatorError(
            "the homeserver does not know our access token (any more); "
            "set matrix.access_token and matrix.device_id anew, or give matrix.password"
        )
    store.save(begun)
    token = await _log_in(client, settings, begun.device_id, settings.password.get_secret_value())
    settings.redaction.hide(token)
    client.access_token = token
    record = await generation.read(client)
    if record and generation.is_displaced(record, begun):
        with contextlib.suppress(NotSent):
            await told(client, "POST", "logout", body={})
        by = generation.named(record)
        store.save(replace(begun, device_id=begun.before or begun.device_id, before=None, displaced_by=by))
        raise generation.displaced(store, settings, by)
    generation.check(record, begun, store, settings)
    session = replace(begun, access_token=token)
    store.save(session)
    return session


async def _log_in(client: SafeClient, settings: Matrix, device: str, password: str) -> str:
    """The access token. Past nio, which would open its keys at once: whether we may use them is not known yet."""
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": settings.user_id},
        "password": password,
        "device_id": device,
        "initial_device_display_name": DEVICE_NAME,
    }
    client.access_token = ""
    try:
        answer = await ask(client, "POST", "login", body=body)
    except TryAgain as problem:
        raise Unreachable(f"{settings.homeserver} does not answer: {problem}", problem.after) from problem
    if isinstance(answer, Refusal):
        raise _problem(settings, answer)
    user_id, token = answer.get("user_id"), answer.get("access_token")
    if user_id != settings.user_id:
        raise OperatorError(f"the homeserver logged us in as {user_id}; set matrix.user_id to it")
    if answer.get("device_id") != device or not isinstance(token, str):
        raise Unreachable(f"{settings.homeserver} answers a login with something else")
    return token


def _restore(client: SafeClient, settings: Matrix, store: Store, session: Session) -> None:
    try:
        client.restore_login(settings.user_id, session.device_id, session.access_token or "")
    except (*STORE_DOWN, Problem):
        raise
    except Exception as error:
        raise _wrong_key(settings, store) from error


def _keys_lost(settings: Matrix, store: Store, session: Session) -> OperatorError:
    return OperatorError(
        f"the keys of device {session.device_id} are not in {store.place}, and without them it cannot be taken up "
        "again. Log in once more for the bot and set matrix.access_token and matrix.device_id to the new session "
        "(one that no other program uses); or give matrix.password: the bot then starts as a new device by itself"
    )


def _wrong_key(settings: Matrix, store: Store) -> OperatorError:
    return OperatorError(
        f"the keys in {store.place} cannot be opened with {settings.key_file}; restore both from the same backup"
    )


def _no_answer(settings: Matrix, error: BaseException) -> Unreachable:
    return Unreachable(f"{settings.homeserver} does not answer: {type(error).__name__} {error}".strip())


def _problem(settings: Matrix, refused: Refusal) -> OperatorError | Unreachable:
    if gone := account_gone(refused, settings.user_id):
        return gone
    if refused.code == "M_FORBIDDEN":
        return OperatorError(f"{settings.homeserver} refuses the password of {settings.user_id}; mend matrix.password")
    if refused.status == 404 or (refused.code and not refused.passing):
        return OperatorError(
            f"{settings.homeserver} does not accept a login ({refused}); "
            "is matrix.homeserver its client address, and are logins by password allowed?"
        )
    return unreachable(refused)


def _new_device() -> str:
    return "ZS" + "".join(secrets.choice(DEVICE_LETTERS) for _ in range(8))


def forget(client: Any) -> None:
    """Close nio's database; nothing is told to the homeserver."""
    if isinstance(client.store, nio.store.MatrixStore):
        client.store.database.close()
