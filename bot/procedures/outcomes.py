"""What came of the things we did on the homeserver, back in a transaction: who waits for it goes on here."""

from bot.context import Scope
from bot.effects import Effect
from bot.events import Compared, Failed, Fetched, Moved, Opened, Outcome, Related, Weighed
from bot.procedures import bulk, closing, groups, spaces, succession, synergy_search, undelivered


def came(outcome: Outcome, scope: Scope) -> tuple[Effect, ...]:
    """Go on where the effect was asked for. The beginning of its key says by whom."""
    match outcome:
        case Moved():
            return succession.moved(outcome, scope)
        case Fetched():
            return bulk.fetched(outcome, scope)
        case Related():
            return closing.related(outcome, scope)
        case Compared():
            return synergy_search.found(outcome, scope)
        case Weighed():
            return bulk.weighed(outcome.key, outcome.room_id, outcome.found, scope)
        case Opened() if outcome.key.startswith(spaces.KEY):
            return spaces.opened(outcome, scope)
        case Opened():
            return groups.opened(outcome, scope)
        case Failed():
            return _failed(outcome, scope)


def _failed(failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    match failure.action:
        case "mail":
            return undelivered.not_delivered(failure, scope)
        case "file":
            return undelivered.not_sent(failure, scope)
        case "follow":
            return succession.not_followed(failure, scope)
        case "fetch":
            return bulk.not_fetched(failure, scope)
        case "reread":
            return closing.not_related(failure, scope)
        case "compare":
            return synergy_search.failed(failure, scope)
        case "weigh":
            return bulk.weighed(failure.key, failure.room_id or "", None, scope)
        case "open" if failure.key.startswith(spaces.KEY):
            return spaces.not_opened(failure, scope)
        case "open":
            return groups.not_opened(failure, scope)
        case _ if failure.key.startswith(spaces.KEY):
            return spaces.not_invited(failure, scope)
        case _:
            return groups.not_invited(failure, scope)
