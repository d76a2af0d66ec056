"""How those who vote for organisations are reached: a direct message to each who speaks for one, else a mail to it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.context import Scope
from bot.effects import Direct, Mail
from bot.procedures import electorates
from bot.store import organisations, rooms, votes
from bot.store.tables import Consultation, Elector, Organisation
from bot.texts import Text

ANSWERED_UNTIL = timedelta(days=1)  # after the close; what comes then is told that it is late


@dataclass(frozen=True, slots=True)
class Addressee:
    """One organisation without Matrix, as an elector and as it is now; its mails go to `email`."""

    elector: Elector
    organisation: Organisation
    email: str


# by direct message


def directly(
    consultation: Consultation,
    what: str,
    said: Callable[[Sequence[str]], Text],
    scope: Scope,
    *,
    only: Collection[int] | None = None,
    answered: bool = True,
) -> Iterator[Direct]:
    """One message to each person who speaks for electors (of `only`); `said` gets the names of these organisations."""
    speakers = electorates.spokespeople(consultation, scope)
    names: dict[str, list[str]] = {}
    for elector in votes.electors(scope.session, consultation.id or 0):
        if elector.organisation_id in speakers and (only is None or elector.id in only):
            for person in speakers[elector.organisation_id]:
                names.setdefault(person, []).append(elector.organisation or "")
    language = _language(consultation, scope)
    for person, theirs in names.items():
        yield _message(consultation, what, person, said(theirs), language, answered=answered)


def own(consultation: Consultation, what: str, only: Collection[int], said: Text, scope: Scope) -> Iterator[Direct]:
    """The same to each person who has a vote of their own and is in the room."""
    here, language = set(rooms.members(scope.session, consultation.room_id)), _language(consultation, scope)
    for elector in votes.electors(scope.session, consultation.id or 0):
        if elector.person in here and elector.id in only:
            yield _message(consultation, f"reminder/{what}", elector.person, said, language, answered=True)


def _message(
    consultation: Consultation, what: str, person: str, said: Text, language: str, *, answered: bool
) -> Direct:
    return Direct(
        person=person,
        key=f"consultation/{consultation.id}/{what}/{person}",
        text=said,
        resume=f"stimme K{consultation.number} {{answer}}" if answered else None,
        resume_until=consultation.closes_at + ANSWERED_UNTIL if answered else None,
        network_id=consultation.network_id,
        subject=f"consultation/{consultation.id}" if answered else None,
        language=language,
    )


def _language(consultation: Consultation, scope: Scope) -> str:
    room = rooms.find(scope.session, consultation.room_id)
    return (room.language if room else None) or scope.house.language


# by mail


def by_mail(consultation: Consultation, scope: Scope, only: Collection[int] | None = None) -> Iterator[Addressee]:
    """The organisations that are electors (of `only`) and for which nobody in Matrix speaks now, with their address.

    None where mail is not set up.
    """
    if not scope.house.mail:
        return
    speakers = electorates.spokespeople(consultation, scope)
    known = {one.id: one for one in organisations.of_network(scope.session, consultation.network_id)}
    for elector in votes.electors(scope.session, consultation.id or 0):
        found = known.get(elector.organisation_id)
        mute = elector.organisation_id not in speakers and (only is None or elector.id in only)
        if found is not None and found.email and mute:
            yield Addressee(elector, found, found.email)


def mails(
    consultation: Consultation,
    what: str,
    subject: Text,
    said: Callable[[Addressee], Text],
    scope: Scope,
    *,
    only: Collection[int] | None = None,
) -> Iterator[Mail]:
    for to in by_mail(consultation, scope, only):
        yield mail(consultation, to, what, subject, said(to))


def mail(consultation: Consultation, to: Addressee, what: str, subject: Text, said: Text) -> Mail:
    """Its key says what it is about: `bot.procedures.undelivered` reads it again."""
    key = f"consultation/{consultation.id}/mail/{to.organisation.id}/{what}"
    return Mail(to=to.email, key=key, subject=subject, text=said)
