"""Mail to organisations that vote without Matrix: a vote opens, is extended, called off, decided.

And what becomes of mail that does not arrive, theirs and that of followers.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping

from bot.context import Scope
from bot.domain.consultation import Cast, Tally
from bot.effects import Direct, Effect, Mail
from bot.events import Failed
from bot.language.names import fold
from bot.post import UNCONFIRMED
from bot.procedures import standing
from bot.store import consultations, groups, networks, organisations, participations
from bot.store.tables import Ballot, Consultation, Decision, Elector, Organisation
from bot.texts import text

KEY = re.compile(r"consultation/(?P<consultation>\d+)/mail/(?P<organisation>\d+)/(?P<what>.+)")
DIGEST = re.compile(r"digest/(?P<room>!.+?)/(?P<at>\d{4}-[^/]+)/(?P<reader>@.+)")  # see `bot.procedures.digest`
REPLY = re.compile(r"\d{3} ")  # what a mail server said, not what we think of it


def opened(consultation: Consultation, ballot: Ballot, scope: Scope) -> tuple[Effect, ...]:
    """Tell them that a vote is open, on what, and how their vote gets in."""
    network = networks.by_id(scope.session, consultation.network_id)
    coordinators = standing.coordinators(consultation.network_id, scope)
    return tuple(
        Mail(
            to=address,
            key=_key(consultation, organisation, "opened"),
            subject=text("notices.opened_subject", consultation=consultation),
            text=text(
                "notices.opened",
                network=network,
                organisation=organisation,
                consultation=consultation,
                ballot=ballot,
                coordinators=coordinators,
            ),
        )
        for _, organisation, address in _electors(consultation, scope)
    )


def extended(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Tell them of a later close: what stands in a mail cannot be edited."""
    network = networks.by_id(scope.session, consultation.network_id)
    coordinators = standing.coordinators(consultation.network_id, scope)
    return tuple(
        Mail(
            to=address,
            key=_key(consultation, organisation, f"until {consultation.closes_at.isoformat()}"),
            subject=text("notices.extended_subject", consultation=consultation),
            text=text(
                "notices.extended",
                network=network,
                organisation=organisation,
                consultation=consultation,
                coordinators=coordinators,
            ),
        )
        for _, organisation, address in _electors(consultation, scope)
    )


def cancelled(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Tell them that a vote is called off."""
    network = networks.by_id(scope.session, consultation.network_id)
    return tuple(
        Mail(
            to=address,
            key=_key(consultation, organisation, "cancelled"),
            subject=text("notices.cancelled_subject", consultation=consultation),
            text=text("notices.cancelled", network=network, organisation=organisation, consultation=consultation),
        )
        for _, organisation, address in _electors(consultation, scope)
    )


def published(
    consultation: Consultation,
    ballot: Ballot,
    tally: Tally,
    decision: Decision,
    votes: Mapping[int, Cast],
    scope: Scope,
) -> tuple[Effect, ...]:
    """Tell them the result, and what counted for them. `votes` are those that count, by elector."""
    network = networks.by_id(scope.session, consultation.network_id)
    return tuple(
        Mail(
            to=address,
            key=_key(consultation, organisation, "result"),
            subject=text("notices.result_subject", consultation=consultation, decision=decision),
            text=text(
                "notices.result",
                network=network,
                organisation=organisation,
                consultation=consultation,
                ballot=ballot,
                tally=tally,
                decision=decision,
                vote=votes.get(elector.id or 0),
            ),
        )
        for elector, organisation, address in _electors(consultation, scope)
    )


def not_delivered(failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    """Tell whom it concerns that an address does not work."""
    copy = DIGEST.fullmatch(failure.key)
    return _digest_not_delivered(copy["room"], copy["reader"], failure, scope) if copy else _mail_lost(failure, scope)


def _mail_lost(failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    """Tell the coordinators that an organisation's address does not work: once per address and day."""
    named = KEY.fullmatch(failure.key)
    if named is None:
        return ()
    consultation = consultations.by_id(scope.session, int(named["consultation"]))
    organisation = organisations.by_id(scope.session, int(named["organisation"]))
    network_id = organisation.network_id
    day = scope.now.astimezone(scope.house.zone).date().isoformat()
    key = f"network/{network_id}/mail to {organisation.email}/{day}"
    return tuple(
        Direct(
            person=person,
            key=f"{key}/{person}",
            text=text(
                "notices.not_delivered",
                organisation=organisation,
                consultation=consultation,
                **_said(failure),
            ),
            network_id=network_id,
        )
        for person in standing.coordinators(network_id, scope)
    )


def _digest_not_delivered(room_id: str, reader: str, failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    """Tell a follower, and who entered the address for them: once per address."""
    group = groups.of_room(scope.session, room_id)
    entry = participations.current(scope.session, group.id or 0, reader) if group else None
    if group is None or entry is None or not entry.email:
        return ()
    address = hashlib.sha256(entry.email.encode()).hexdigest()[:12]  # a key outlives the address

    def told(person: str, about: str | None) -> Direct:
        said = text(
            "notices.digest_not_delivered",
            group=group,
            email=entry.email,
            person=about,
            prefix=scope.house.prefix,
            **_said(failure),
        )
        key = f"participation/{entry.id}/mail to {address}/{person}"
        return Direct(person=person, key=key, text=said, network_id=group.network_id, language=group.language)

    entered = () if entry.entered_by == reader else (told(entry.entered_by, reader),)
    return (told(reader, None), *entered)


def _said(failure: Failed) -> dict[str, object]:
    """What a mail server said, word for word; or that it said nothing."""
    problem = failure.problem
    return {"reply": problem if REPLY.match(problem) else None, "unsure": problem.startswith(UNCONFIRMED)}


def _key(consultation: Consultation, organisation: Organisation, what: str) -> str:
    """What a mail is about; `not_delivered` reads it again."""
    return f"consultation/{consultation.id}/mail/{organisation.id}/{what}"


def _electors(consultation: Consultation, scope: Scope) -> Iterator[tuple[Elector, Organisation, str]]:
    """The organisations that are electors, and their address now; none where mail is not set up.

    Who has been given a mandate since is still written to: this vote goes on as it began.
    """
    if not scope.house.mail:
        return
    for elector in consultations.electors(scope.session, consultation.id or 0):
        folded = fold(elector.organisation or "")
        found = organisations.by_folded(scope.session, consultation.network_id, folded) if folded else None
        if found is not None and found.email:
            yield elector, found, found.email
