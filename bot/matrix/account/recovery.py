"""`zwischenstand recover`: the bot's identity brought back by its recovery key, or given up for a new one.

Works while the bot is stopped: it signs in as the bot does, and whoever holds the lock of the crypto store is alone
with the file of seeds. Ends as a start of the bot would, with our device signed and that verified.
"""

from collections.abc import Callable
from contextlib import suppress

from bot.config import Matrix
from bot.errors import OperatorError, Unreachable
from bot.matrix.account import secret_storage, signing
from bot.matrix.account.identity import MASTER, Identity
from bot.matrix.account.seeds import Damaged, Kept, Seeds
from bot.matrix.account.session import Finish, forget, sign_in
from bot.matrix.account.signing import Published, ensure, plainly, publish
from bot.matrix.account.store import Store, store_of
from bot.matrix.safe import SafeClient
from bot.post import Fingerprints
from bot.store.lease import Lease


async def recover(settings: Matrix, ask: Callable[[], str], lease: Lease | None = None) -> Fingerprints:
    """Fetch the seeds from secret storage and keep them. `ask` gets the recovery key from a person.

    With PostgreSQL whoever calls must lead, and gives the `lease`; so with the others here. Raises OperatorError: the
    bot runs, the key fits nothing, or another identity has taken the place of what it opens.
    """

    async def work(client: SafeClient, settings: Matrix, store: Store) -> None:
        with plainly(settings):
            await _bring_back(client, settings, store, written)

    store = store_of(settings, lease=lease)
    store.open()
    try:
        _readable(store.seeds)
        written = ask()
        settings.redaction.hide(written.strip())
        secret_storage.storage_key(written)
        return await _signed_in(settings, store, work)
    finally:
        store.close()


async def renew(settings: Matrix, lease: Lease | None = None) -> Fingerprints:
    """A new identity in place of the account's, for when seeds and recovery key are lost. Its recovery key waits.

    Raises OperatorError: the bot runs, or the homeserver demands more than the password.
    """

    async def work(client: SafeClient, settings: Matrix, store: Store) -> None:
        with plainly(settings):
            await _replace(client, settings, store)

    store = store_of(settings, lease=lease)
    store.open()
    try:
        _readable(store.seeds)
        return await _signed_in(settings, store, work)
    finally:
        store.close()


async def new_key(settings: Matrix, lease: Lease | None = None) -> Fingerprints:
    """Another recovery key for the identity that we have; the one before opens nothing any more. The new one waits.

    Raises OperatorError: the bot runs, or the seeds are not there.
    """

    async def work(client: SafeClient, settings: Matrix, store: Store) -> None:
        await ensure(client, settings, store)
        kept = store.seeds.read()
        if kept is not None:
            store.seeds.write(Kept(kept.identity, secret_storage.new_recovery_key(), stored=False))
        await ensure(client, settings, store)

    store = store_of(settings, lease=lease)
    store.open()
    try:
        return await _signed_in(settings, store, work)
    finally:
        store.close()


def set_aside(settings: Matrix, url: str = "") -> str | None:
    """Where that went which lay in the place of the seeds; None where nothing was displaced. `url`: as `store_of`."""
    return store_of(settings, url).seeds.set_aside()


async def _bring_back(client: SafeClient, settings: Matrix, store: Store, written: str) -> None:
    identity = await secret_storage.load(client, written)
    published = await Published.ask(client)
    if MASTER in published.keys and not published.holds(identity):
        raise OperatorError(
            f"the recovery key opens signing keys that {settings.homeserver} does not publish for {settings.user_id} "
            "any more: somebody has made new ones since, and what brings those back is their recovery key"
        )
    store.seeds.write(Kept(identity))
    await ensure(client, settings, store)


async def _replace(client: SafeClient, settings: Matrix, store: Store) -> None:
    """The new seeds lie beside the old ones until they are published: refused, or killed, the old ones hold."""
    seeds, begun = store.seeds, None
    with suppress(Damaged):
        begun = seeds.read_next()
    if begun is None:
        begun = Kept(Identity.new(settings.user_id), secret_storage.new_recovery_key(), stored=False)
        seeds.begin(begun)
    await publish(client, settings, begun.identity, await Published.ask(client))
    seeds.promote()
    await ensure(client, settings, store)


def _readable(seeds: Seeds) -> None:
    """Whatever is in the place of the seeds may be displaced, unless they are another account's."""
    with suppress(Damaged):
        seeds.read()


async def _signed_in(settings: Matrix, store: Store, work: Finish) -> Fingerprints:
    try:
        client = await sign_in(settings, store, work)
    except Unreachable as problem:
        raise OperatorError(
            f"{settings.homeserver} does not answer ({problem}); run the same once more when it does"
        ) from problem
    try:
        return signing.fingerprints(client, settings, store.seeds)
    finally:
        await client.close()
        forget(client)
