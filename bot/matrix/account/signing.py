"""Our device, cross-signed before it joins or says anything: clients refuse a device that its owner has not signed.

(https://spec.matrix.org/latest/client-server-api/#cross-signing; why it must be: MSC4153)

A restart costs one /keys/query: what the homeserver publishes is checked, signature by signature, against our seeds.
Everything that can be broken off is taken up by the next start from what the seeds' file and the homeserver hold.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from bot.clean import one_line
from bot.config import Matrix
from bot.errors import OperatorError, Rejected, TryAgain, Unreachable, Unsigned
from bot.matrix.account import generation, secret_storage
from bot.matrix.account.identity import MASTER, ROLES, SELF_SIGNING, Identity, genuine, key_of
from bot.matrix.account.interactive import confirmed
from bot.matrix.account.seeds import Kept, Seeds
from bot.matrix.account.store import Store
from bot.matrix.asking import accepted, told
from bot.matrix.crypto.identities import Public
from bot.matrix.safe import SafeClient
from bot.post import Fingerprints

Json = dict[str, Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Published:
    """What the homeserver publishes of us: the cross-signing keys by role, and our device's keys."""

    keys: Mapping[str, Json]
    device: Json | None

    @classmethod
    async def ask(cls, client: SafeClient) -> Self:
        """Ask for ourselves, past nio, which drops the signatures. Raises TryAgain or Rejected."""
        us = client.user_id
        answer = await told(client, "POST", "keys", "query", body={"device_keys": {us: [client.device_id]}})
        keys = {role: found for role in ROLES if (found := _within(answer, f"{role}_keys", us))}
        return cls(keys, _within(answer, "device_keys", us, client.device_id))

    def holds(self, identity: Identity) -> bool:
        """Whether it is this identity that is published, as far as any is; a publication may have been broken off."""
        return MASTER in self.keys and all(key_of(key) == identity.public(role) for role, key in self.keys.items())

    def lacks(self, identity: Identity) -> list[str]:
        """The roles whose key is not this identity's, or not signed by its master key."""
        us, master = identity.user_id, identity.public(MASTER)
        return [
            role
            for role in ROLES
            if key_of(self.keys.get(role)) != identity.public(role)
            or (role != MASTER and not genuine(self.keys[role], us, master, master))
        ]

    def vouches(self, client: SafeClient, identity: Identity) -> bool:
        """Whether all is complete, our device signed by our self-signing key, and the master key by our device."""
        us, own, ssk = identity.user_id, client.olm.account.identity_keys["ed25519"], identity.public(SELF_SIGNING)
        return (
            not self.lacks(identity)
            and self.device is not None
            and genuine(self.device, us, ssk, ssk)
            and genuine(self.keys[MASTER], us, client.device_id, own)
        )


async def ensure(client: SafeClient, settings: Matrix, store: Store) -> None:
    """See to it that our device keys are published and cross-signed by the identity whose seeds we keep.

    Raises Unsigned when only a person can mend it; Unreachable when the caller should try again later.
    """
    with plainly(settings):
        await _ensure(client, settings, store)


@contextmanager
def plainly(settings: Matrix) -> Iterator[None]:
    """What goes wrong in the block, in the words of a sign-in: Unreachable or Unsigned."""
    try:
        yield
    except TryAgain as problem:
        raise Unreachable(str(problem), problem.after) from problem
    except OperatorError as problem:
        raise Unsigned(str(problem)) from problem
    except Rejected as problem:
        raise Unsigned(f"{settings.homeserver} does not take the keys of {settings.user_id}: {problem}") from problem


async def _ensure(client: SafeClient, settings: Matrix, store: Store) -> None:
    seeds, published = store.seeds, await Published.ask(client)
    kept = await _ours(client, settings, seeds, published)  # or nothing of this device is published
    published = await _with_device(client, settings, store, published)
    if not published.vouches(client, kept.identity):
        await publish(client, settings, kept.identity, published)
        await _sign(client, kept.identity, published)
        if not (await Published.ask(client)).vouches(client, kept.identity):
            raise OperatorError(
                f"{settings.homeserver} took the signatures of {settings.user_id} but does not publish them; "
                "ask its administrators"
            )
        values = {"device_id": client.device_id, "master_key": kept.identity.public(MASTER)}
        log.info("cross-signed: device %(device_id)s, master key %(master_key)s", values)
    ours = Public(kept.identity.public(MASTER), kept.identity.public(SELF_SIGNING))
    client.store.identities.is_ours(settings.user_id, ours)
    if kept.recovery_key and not kept.stored:
        await secret_storage.store(client, kept.identity, kept.recovery_key)
        seeds.update(kept.identity, stored=True)
    if kept.recovery_key:
        log.warning("a recovery key waits to be written down: `zwischenstand check` shows it, once")


async def publish(client: SafeClient, settings: Matrix, identity: Identity, published: Published) -> None:
    """Make this our account's identity, as far as it is not. Its seeds must be on disk.

    Only what lacks is uploaded: Synapse fails on a master key that it has. Raises OperatorError, TryAgain, Rejected.
    """
    if lacks := published.lacks(identity):
        body = {f"{role}_key": identity.key_object(role) for role in lacks}
        await confirmed(client, settings, "keys/device_signing/upload", body)


async def one_time_keys(client: SafeClient) -> int:
    """How many keys for new conversations the homeserver still has of our device. Raises TryAgain or Rejected."""
    answer = await told(client, "POST", "keys", "upload", body={})
    counts = answer.get("one_time_key_counts")
    count = counts.get("signed_curve25519") if isinstance(counts, dict) else None
    return count if isinstance(count, int) else 0


def fingerprints(client: SafeClient, settings: Matrix, seeds: Seeds) -> Fingerprints:
    """What a person compares. After `ensure`: by our seeds the homeserver's keys were checked."""
    kept = seeds.read()
    if kept is None:
        raise lost(settings, seeds)
    own = client.olm.account.identity_keys["ed25519"]
    return Fingerprints(str(client.device_id), str(own), kept.identity.public(MASTER))


async def _with_device(client: SafeClient, settings: Matrix, store: Store, published: Published) -> Published:
    """What is published, our device's keys included: these are uploaded if the homeserver does not have them.

    Only by who can sign them: while an account has a device that is not signed, some clients send it nothing at all.
    After an upload whose answer we never saw, they go out once more, the same one-time keys (`Machine.share_keys`).
    """
    account = client.olm.account
    if published.device is not None:
        _check_device(client, settings, store, published.device)
    if published.device is None or not account.shared:
        account.shared = False
        await accepted(client.keys_upload())
        published = await Published.ask(client)
        _check_device(client, settings, store, published.device or {})
    return published


def _check_device(client: SafeClient, settings: Matrix, store: Store, device: Json) -> None:
    """What is published as our device must be our keys."""
    own, us, device_id = client.olm.account.identity_keys, settings.user_id, str(client.device_id)
    if device.get("keys") != {f"{kind}:{device_id}": own[kind] for kind in ("curve25519", "ed25519")}:
        raise OperatorError(
            f"{settings.homeserver} has other keys for our device {device_id} than {store.place}: "
            f"put the latest store and its key back from the backup, or {store.way_out} and "
            "start as a new device (with matrix.access_token: of a new session)"
        )
    if not genuine(device, us, device_id, own["ed25519"]):
        raise OperatorError(f"{settings.homeserver} has changed the keys of our device; ask its administrators")


async def _ours(client: SafeClient, settings: Matrix, seeds: Seeds, published: Published) -> Kept:
    """The identity that is published or, if none is, the one to publish; on disk when this returns."""
    kept = seeds.read()
    if MASTER not in published.keys:
        if kept is None:
            if await generation.read(client) is not None:
                raise vanished(settings, seeds)
            kept = Kept(Identity.new(settings.user_id), secret_storage.new_recovery_key(), stored=False)
            seeds.write(kept)
        return kept
    if kept is not None and published.holds(kept.identity):
        return kept
    begun = seeds.read_next()
    if begun is not None and published.holds(begun.identity):  # a new identity, and we were killed before the end
        seeds.promote()
        return begun
    raise lost(settings, seeds) if kept is None else replaced(settings, seeds, kept)


def lost(settings: Matrix, seeds: Seeds) -> OperatorError:
    """Our account has an identity, and we have no seeds."""
    return OperatorError(
        f"{settings.user_id} has signing keys, but {seeds.place} ({seeds.setting}) is missing: {_WAYS}"
    )


def vanished(settings: Matrix, seeds: Seeds) -> OperatorError:
    """A bot ran with this account, so it had an identity; nothing is left of it. A homeserver may err for a while."""
    return OperatorError(
        f"{settings.homeserver} publishes no signing keys of {settings.user_id}, though a bot ran with it before, and "
        f"{seeds.place} ({seeds.setting}) is missing: {_WAYS}"
    )


def replaced(settings: Matrix, seeds: Seeds, kept: Kept) -> OperatorError:
    """Our account has another identity than our seeds'."""
    return OperatorError(
        f"{settings.homeserver} publishes other signing keys for {settings.user_id} than {seeds.place} "
        f"({seeds.setting}, master key {kept.identity.public(MASTER)}) holds; somebody has reset them, "
        f"or the file is another one: {_WAYS}"
    )


_WAYS = (
    "put the file back from the backup, or run `zwischenstand recover` with the recovery key; "
    "as a last resort `zwischenstand recover --new-identity` (people who verified the bot then see a warning)"
)


async def _sign(client: SafeClient, identity: Identity, published: Published) -> None:
    """Our self-signing key signs the device; the device signs the master key, as other clients do."""
    us, device_id = identity.user_id, str(client.device_id)
    master = identity.key_object(MASTER)
    by_device = {us: {f"ed25519:{device_id}": client.olm.sign_json(master)}}
    signed = {
        device_id: identity.signed(SELF_SIGNING, published.device or {}),
        identity.public(MASTER): {**master, "signatures": by_device},
    }
    answer = await told(client, "POST", "keys", "signatures", "upload", body={us: signed})
    if failures := answer.get("failures"):
        raise OperatorError(f"the homeserver refuses the signatures of {us}: {one_line(str(failures))}")


def _within(content: object, *path: str) -> Json | None:
    """What stands there, if it is an object."""
    for name in path:
        content = content.get(name) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else None
