"""The mailing list of a network (Verteiler): people without Matrix who get its digest by mail.

Modellkommunen Open Government, 2017: communication rests on the platform, a mailing list and single consultations.
Replies are read by nobody here, and every letter says so; mail programs offer to unsubscribe by a mail to whoever the
operator named (`[mail] contact`), and a coordinator takes the address off the list.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from bot.context import Scope
from bot.effects import Direct, Effect, Mail
from bot.events import Failed
from bot.post import UNCONFIRMED, UNREACHED
from bot.procedures import standing
from bot.store import networks, outbox, subscribers
from bot.store.tables import Group, Network, Subscriber
from bot.texts import Text, text

KEY = re.compile(r"list/(?P<subscriber>\d+)/(?P<letter>.+)")


def label(of: Network | Group) -> str:
    """What mail programs know the list of a network or a group by; it stays when that is renamed.

    Its number would tell strangers how many networks or groups there are on this bot.
    """
    founded = f"{of.id} {of.created_at.isoformat()}"
    kind = "gruppe" if isinstance(of, Group) else "verbund"
    return f"{kind}-{hashlib.sha256(founded.encode()).hexdigest()[:16]}"


def to_list(network_id: int, key: str, subject: Text, said: Text, scope: Scope) -> tuple[Mail, ...]:
    """A letter to everybody on a network's list who can be reached; none where no mail is sent at all.

    `key` tells this letter from the others of the network.
    """
    if not scope.house.mail:
        return ()
    network = networks.by_id(scope.session, network_id)
    return tuple(
        _letter(each, network, key, subject, said) for each in subscribers.reachable(scope.session, network_id)
    )


def welcome(subscriber: Subscriber, scope: Scope) -> tuple[Mail, ...]:
    """Tell somebody that they are on the list, by whom, and how they get off it."""
    if not scope.house.mail:
        return ()
    network = networks.by_id(scope.session, subscriber.network_id)
    coordinators = standing.coordinators(subscriber.network_id, scope)
    said = text("mailing.welcome", network=network, subscriber=subscriber, coordinators=coordinators)
    subject = text("mailing.welcome_subject", network=network)
    return (_letter(subscriber, network, f"welcome {subscriber.added_at.isoformat()}", subject, said),)


def take_off(subscriber: Subscriber, scope: Scope) -> None:
    """Take somebody off the list; letters that still wait for the mail server are not sent."""
    outbox.withdraw(scope.session, f"list/{subscriber.id}/")
    subscribers.remove(scope.session, subscriber)


def _letter(subscriber: Subscriber, network: Network, key: str, subject: Text, said: Text) -> Mail:
    return Mail(
        to=subscriber.email,
        key=f"list/{subscriber.id}/{key}",
        subject=subject,
        text=said,
        language=subscriber.language,
        listed=(label(network), network.name),
        network_id=network.id,
    )


def not_delivered(failure: Failed, reason: Mapping[str, Any], scope: Scope) -> tuple[Effect, ...]:
    """An address that the mail server refuses gets nothing more; the coordinators learn it once, with the `reason`.

    What is the server's own trouble strikes nobody off, and is told once for all to whom the letter went.
    """
    named = KEY.fullmatch(failure.key)
    found = subscribers.find(scope.session, int(named["subscriber"])) if named else None
    if named is None or found is None or found.refused_at is not None:
        return ()
    if failure.problem.startswith((UNCONFIRMED, UNREACHED)):
        network = networks.by_id(scope.session, found.network_id)
        said = text("mailing.not_sent", network=network, unsure=reason["unsure"])
        return _to_coordinators(network.id or 0, f"list/not sent/{network.id}/{named['letter']}", said, scope)
    found.refused_at, found.refusal = scope.now, failure.problem
    said = text("mailing.refused", subscriber=found, prefix=scope.house.prefix, reply=reason["reply"])
    return _to_coordinators(found.network_id, f"list/{found.id}/refused {scope.now.isoformat()}", said, scope)


def _to_coordinators(network_id: int, key: str, said: Text, scope: Scope) -> tuple[Effect, ...]:
    return tuple(
        Direct(person=person, key=f"{key}/{person}", text=said, network_id=network_id)
        for person in standing.coordinators(network_id, scope)
    )
