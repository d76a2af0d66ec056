"""How those who vote for organisations are reached: a direct message to each who speaks for one, else a mail to it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.context import Scope
from bot.effects import Direct, Mail
from bot.procedures import electorates
from bot.procedures.asked import Asked
from bot.store import consultations, organisations, rooms, votes
from bot.store.tables import Ballot, Consultation, Elector, Organisation
from bot.texts import Text
from bot.texts.blanks import blanks

ANSWERED_UNTIL = timedelta(days=1)  # after the close; what comes then is told that it is late


@dataclass(frozen=True, slots=True)
class Addressee:
    """One organisation without Matrix, as an elector and as it is now; its mails go to `email`."""

    elector: Elector
    organisation: Organisation
    email: str


@dataclass(frozen=True, slots=True)
class Named:
    """All of an organisation that a letter to many may name."""

    name: str
    email: str


About = tuple[Ballot | None, Text]  # one ballot, and what is said of it
ANY = Named(*blanks(2))  # stands in a text for the organisation that each letter goes to

# by direct message


def directly(
    consultation: Consultation,
    what: str,
    said: Callable[[Sequence[str]], Text],
    scope: Scope,
    *,
    only: Collection[int] | None = None,
    ballot: Ballot | None = None,
    single: Mapping[int, About] | None = None,
    answered: bool = True,
) -> Iterator[Direct]:
    """One message to each person who speaks for an elector (of `only`): nobody speaks for two.

    `said` gets the name of the organisation, as a blank that is filled for each person. `ballot` is the one that the
    message is about, if it is not about all of them; `single` has electors whose message is about one alone.
    """
    speakers = electorates.spokespeople(consultation, scope)
    electors = votes.electors(scope.session, consultation.id or 0)
    own = {elector.person for elector in electors if elector.person}
    language, told = scope.language_of(consultation.room_id), said(blanks(1))
    several = consultations.has_several(scope.session, consultation.id or 0)
    for elector in electors:
        if elector.organisation_id not in speakers or (only is not None and elector.id not in only):
            continue
        for person in speakers[elector.organisation_id]:
            about, text = (single or {}).get(elector.id or 0, (ballot, told))
            asked = Asked(consultation, several, about, elector if person in own else None)
            words = (elector.organisation or "",)
            yield _message(asked, what, person, text, language, answered=answered, words=words)


def own(
    consultation: Consultation,
    what: str,
    only: Collection[int],
    said: Text,
    scope: Scope,
    *,
    single: Mapping[int, About],
) -> Iterator[Direct]:
    """The same to each person who has a vote of their own and is in the room."""
    several = consultations.has_several(scope.session, consultation.id or 0)
    here, language = set(rooms.members(scope.session, consultation.room_id)), scope.language_of(consultation.room_id)
    for elector in votes.electors(scope.session, consultation.id or 0):
        if elector.person in here and elector.id in only:
            ballot, told = single.get(elector.id or 0, (None, said))
            asked = Asked(consultation, several, ballot)
            yield _message(asked, what, elector.person, told, language, answered=True)


def _message(
    asked: Asked,
    what: str,
    person: str,
    said: Text,
    language: str,
    *,
    answered: bool,
    words: tuple[str, ...] = (),
) -> Direct:
    consultation = asked.consultation
    return Direct(
        person=person,
        key=f"consultation/{consultation.id}/{what}{asked.in_key}/{person}",
        text=said,
        resume=asked.resume if answered else None,
        resume_until=consultation.closes_at + ANSWERED_UNTIL if answered else None,
        network_id=consultation.network_id,
        subject=asked.subject if answered else None,
        language=language,
        words=words,
    )


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
    said: Text,
    scope: Scope,
    *,
    only: Collection[int] | None = None,
) -> Iterator[Mail]:
    """The same letter to each of them; `said` names `ANY` for the organisation."""
    for to in by_mail(consultation, scope, only):
        yield mail(consultation, to, what, subject, said)


def mail(consultation: Consultation, to: Addressee, what: str, subject: Text, said: Text) -> Mail:
    """Its key says what it is about: `bot.procedures.undelivered` reads it again."""
    key = f"consultation/{consultation.id}/mail/{to.organisation.id}/{what}"
    return Mail(
        to=to.email,
        key=key,
        subject=subject,
        text=said,
        words=(to.organisation.name, to.email),
        network_id=consultation.network_id,
    )
