"""What becomes of mail that does not arrive (organisations', followers', the mailing list's), and of lost files."""

import hashlib
import re

from bot.context import Scope
from bot.effects import Direct, Effect
from bot.events import Failed
from bot.post import UNCONFIRMED
from bot.procedures import mailing, standing
from bot.store import consultations, groups, organisations, participations
from bot.texts import text

KEY = re.compile(r"consultation/(?P<consultation>\d+)/mail/(?P<organisation>\d+)/(?P<what>.+)")
DIGEST = re.compile(r"digest/(?P<room>!.+?)/(?P<at>\d{4}-[^/]+)/(?P<reader>@.+)")  # see `bot.procedures.digest`
REPLY = re.compile(r"\d{3} ")  # what a mail server said, not what we think of it


def not_delivered(failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    """Tell whom it concerns that an address does not work."""
    if mailing.KEY.fullmatch(failure.key):
        return mailing.not_delivered(failure, words_of(failure), scope)
    copy = DIGEST.fullmatch(failure.key)
    return _digest_not_delivered(copy["room"], copy["reader"], failure, scope) if copy else _mail_lost(failure, scope)


def not_sent(failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    """Tell whoever waits for a file that it does not come; those who run the bot hear of it besides."""
    if failure.person is None:
        return ()
    said = text("notices.file_lost")
    return (Direct(person=failure.person, key=f"{failure.key}/lost", text=said),)


def _mail_lost(failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    """Tell the coordinators that an organisation's address does not work: once per address and day."""
    named = KEY.fullmatch(failure.key)
    consultation = consultations.find(scope.session, int(named["consultation"])) if named else None
    organisation = organisations.find(scope.session, int(named["organisation"])) if named else None
    if consultation is None or organisation is None:
        return ()  # its network has gone to another account meanwhile
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
                **words_of(failure),
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
            **words_of(failure),
        )
        key = f"participation/{entry.id}/mail to {address}/{person}"
        return Direct(person=person, key=key, text=said, network_id=group.network_id, language=group.language)

    entered = () if entry.entered_by == reader else (told(entry.entered_by, reader),)
    return (told(reader, None), *entered)


def words_of(failure: Failed) -> dict[str, object]:
    """What a mail server said, word for word; or that it said nothing."""
    problem = failure.problem
    return {"reply": problem if REPLY.match(problem) else None, "unsure": problem.startswith(UNCONFIRMED)}
