"""`!verteiler`: who without Matrix gets the network's digest by mail."""

from dataclasses import dataclass

from bot.command import Command, Form, Nothing, W, line, rest
from bot.context import Context
from bot.domain.digest import Audience, weekly
from bot.domain.roles import Role
from bot.effects import Answer, Mail, Reply
from bot.errors import UserError
from bot.language.names import fold
from bot.language.organisations import read_email
from bot.procedures import digest_plans, mailing
from bot.procedures.digest_plans import Timing
from bot.store import subscribers
from bot.store.tables import Subscriber
from bot.texts import text

MOST = 200  # addresses in one message
LONGEST_NAME = 120
LANGUAGES = {"de": "de", "deutsch": "de", "german": "de", "en": "en", "englisch": "en", "english": "en"}


@dataclass(frozen=True, kw_only=True)
class Add:
    """One address with a name, or many."""

    words: str = rest(W("name@example.org …", "name@example.org …"))
    name: str | None = line(W("Name", "Name"))
    language: str | None = line(W("Sprache", "Language"), sample=W("Deutsch", "English"))


@dataclass(frozen=True)
class Remove:
    """Addresses to take off."""

    words: str = rest(W("name@example.org …", "name@example.org …"))


def listing(args: Nothing, ctx: Context) -> Answer:
    """Everybody on the list."""
    found = subscribers.listed(ctx.session, ctx.network_id)
    timing = digest_plans.of_audience(ctx.network_id, Audience.MAILING_LIST, ctx)
    return text(
        "mailinglist.list",
        network=ctx.network,
        subscribers=found,
        timing=timing,
        mail=ctx.house.mail,
        prefix=ctx.house.prefix,
    )


def add(args: Add, ctx: Context) -> Answer:
    """Put addresses on the list; who is new gets a letter that says so. One that was refused is tried again."""
    if not ctx.house.mail:
        raise UserError("mailinglist.no_mail")
    addresses = _addresses(args.words)
    if args.name is not None and len(args.name) > LONGEST_NAME:
        raise UserError("inbox.too_long", length=len(args.name), longest=LONGEST_NAME, what="text")
    if args.name is not None and len(addresses) > 1:
        raise UserError("mailinglist.one_name")
    language = _language(args.language)
    new, known = list[Subscriber](), list[Subscriber]()
    letters: tuple[Mail, ...] = ()
    for email in addresses:
        entry = subscribers.with_address(ctx.session, ctx.network_id, email)
        if entry is None:
            entry = subscribers.add(ctx.session, _entry(email, ctx))
            new.append(entry)
        else:
            known.append(entry)
        entry.name, entry.language = args.name or entry.name, language or entry.language
        entry.refused_at = entry.refusal = None
        if entry in new:
            letters += mailing.welcome(entry, ctx)
    timing = _planned(ctx)
    said = text("mailinglist.added", network=ctx.network, new=new, known=known, timing=timing, prefix=ctx.house.prefix)
    return (Reply(said), *letters)


def _planned(ctx: Context) -> Timing:
    """When the digest goes to the list: on Mondays at 8:00 from the first address on, unless something else was set."""
    timing = digest_plans.of_audience(ctx.network_id, Audience.MAILING_LIST, ctx)
    if timing.recurrence is not None:
        return timing
    usual = weekly(ctx.network_zone(ctx.network_id))
    return digest_plans.set_audience(ctx.network_id, Audience.MAILING_LIST, usual, ctx.person, ctx)


def _entry(email: str, ctx: Context) -> Subscriber:
    return Subscriber(network_id=ctx.network_id, email=email, added_by=ctx.person, added_at=ctx.now)


def remove(args: Remove, ctx: Context) -> Answer:
    """Take addresses off the list."""
    gone, unknown = [], []
    for email in _addresses(args.words):
        entry = subscribers.with_address(ctx.session, ctx.network_id, email)
        if entry is None:
            unknown.append(email)
        else:
            mailing.take_off(entry, ctx)
            gone.append(email)
    return text("mailinglist.removed", network=ctx.network, gone=gone, unknown=unknown)


def _addresses(words: str) -> list[str]:
    """The addresses that were written, each once, in small letters. Raises UserError for anything else among them."""
    found = []
    for written in words.replace(",", " ").replace(";", " ").split():
        email = read_email(written.strip("<>").lower())
        if email is None:
            raise UserError("mailinglist.no_address", written=written)
        found.append(email)
    if not found:
        raise UserError("mailinglist.no_address", written=words)
    if len(found) > MOST:
        raise UserError("mailinglist.too_many", longest=MOST)
    return list(dict.fromkeys(found))


def _language(words: str | None) -> str | None:
    if words is None:
        return None
    language = LANGUAGES.get(fold(words).strip(" ."))
    if language is None:
        raise UserError("mailinglist.bad_language", written=words)
    return language


COMMAND = Command(
    W("verteiler", "mailinglist", ("mailverteiler", "mailing")),
    (
        Form(
            verb=W("aufnehmen", "add", ("neu", "new", "hinzufügen")),
            args=Add,
            run=add,
            needs=Role.COORDINATOR,
            does=W("nimmt Adressen in den Verteiler auf", "puts addresses on the mailing list"),
            examples=(
                W(
                    "verteiler aufnehmen presse@lindenstadt.example\nName: Pressestelle Lindenstadt",
                    "mailinglist add press@lindenstadt.example\nName: Press office of Lindenstadt",
                ),
            ),
        ),
        Form(
            verb=W("entfernen", "remove", ("abmelden", "unsubscribe", "löschen", "delete")),
            args=Remove,
            run=remove,
            needs=Role.COORDINATOR,
            does=W("nimmt Adressen aus dem Verteiler", "takes addresses off the mailing list"),
            examples=(
                W("verteiler entfernen presse@lindenstadt.example", "mailinglist remove press@lindenstadt.example"),
            ),
        ),
        Form(
            args=Nothing,
            run=listing,
            needs=Role.COORDINATOR,
            does=W(
                "zeigt, wer ohne Matrix den Bericht des Verbunds per E-Mail erhält",
                "shows who without Matrix gets the network's digest by mail",
            ),
            examples=(W("verteiler", "mailinglist"),),
        ),
    ),
)
