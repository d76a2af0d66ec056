"""Mail to organisations that vote without Matrix: a vote opens, is extended, called off, decided."""

import re
from collections.abc import Iterator, Mapping

from bot.context import Scope
from bot.domain.consultation import Cast, Tally
from bot.effects import Direct, Effect, Mail
from bot.events import Failed
from bot.language.names import fold
from bot.store import consultations, networks, organisations
from bot.store.tables import Ballot, Consultation, Decision, Elector, Organisation
from bot.texts import text

KEY = re.compile(r"consultation/(?P<consultation>\d+)/mail/(?P<organisation>\d+)/(?P<what>.+)")
REPLY = re.compile(r"\d{3} ")  # what a mail server said, not what we think of it


def opened(consultation: Consultation, ballot: Ballot, scope: Scope) -> tuple[Effect, ...]:
    """Tell them that a vote is open, on what, and how their vote gets in."""
    network = networks.by_id(scope.session, consultation.network_id)
    coordinators = networks.coordinators(scope.session, consultation.network_id)
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
    coordinators = networks.coordinators(scope.session, consultation.network_id)
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
                reply=failure.problem if REPLY.match(failure.problem) else None,
            ),
            network_id=network_id,
        )
        for person in networks.coordinators(scope.session, network_id)
    )


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
