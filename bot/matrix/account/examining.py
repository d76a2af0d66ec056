"""What `zwischenstand check` tells of our identity, by what the homeserver publishes and keeps; nothing is changed.

It needs no crypto store, which the running bot holds: `glance` looks at it from beside, with the bot's access token.
"""

from dataclasses import dataclass

from bot.config import Matrix
from bot.matrix.account import secret_storage, signing
from bot.matrix.account.identity import MASTER, SELF_SIGNING, genuine
from bot.matrix.account.seeds import Seeds
from bot.matrix.account.signing import Published
from bot.matrix.account.store import Store
from bot.matrix.safe import SafeClient


@dataclass(frozen=True, slots=True)
class Examined:
    """`unsigned` and `unrecoverable` say why, or are None: our device is cross-signed; a recovery key can be of use."""

    device_id: str
    master_key: str
    unsigned: str | None
    one_time_keys: int
    unrecoverable: str | None


async def examine(client: SafeClient, settings: Matrix, seeds: Seeds) -> Examined:
    """Look at our account through this client. Raises OperatorError for what is wrong with the seeds.

    Raises TryAgain or Rejected when the homeserver does not tell.
    """
    kept = seeds.read()
    if kept is None:
        raise signing.lost(settings, seeds)
    published, identity, device_id = await Published.ask(client), kept.identity, str(client.device_id)
    ssk = identity.public(SELF_SIGNING)
    unsigned = None
    if not published.holds(identity):
        unsigned = str(signing.replaced(settings, seeds, kept))
    elif published.lacks(identity) or not genuine(published.device or {}, settings.user_id, ssk, ssk):
        unsigned = f"device {device_id} is not signed: start the bot anew"
    return Examined(
        device_id=device_id,
        master_key=identity.public(MASTER),
        unsigned=unsigned,
        one_time_keys=await signing.one_time_keys(client),
        unrecoverable=await secret_storage.missing(client),
    )


async def glance(settings: Matrix, store: Store) -> Examined | None:
    """The same beside the running bot; None while it has no session. Raises as `examine` does."""
    session = store.session()
    if session is None or session.access_token is None:
        return None
    client = SafeClient(settings.homeserver, settings.user_id, session.device_id, settings.store, "")
    client.user_id, client.access_token = settings.user_id, session.access_token
    try:
        return await examine(client, settings, store.seeds)
    finally:
        await client.close()
