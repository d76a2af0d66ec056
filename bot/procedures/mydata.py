"""What is stored about somebody: shown to them alone, and erased when they want it (DSGVO Art. 15, 17, 20)."""

import hashlib
import json
import re
from dataclasses import dataclass, replace

from bot.context import Context, Scope
from bot.effects import Document, Effect
from bot.language.kept import completed
from bot.procedures import participation, standing
from bot.store import boards, erasure, holdings, mydata, networks, organisations, participations
from bot.store.tables import Network
from bot.store.tables.columns import Erasure

MARKS = re.compile(r"\x1a(?:checkin [\d,]+|\w+) ")
EXPLAINED = {
    "de": "Das ist alles, was Zwischenstand über Sie gespeichert hat, nach Verbünden geordnet. Wo Sie nur an anderen "
    "gehandelt haben, steht statt deren Kennung „another person“: das sind Daten der anderen. Zeiten sind in UTC. "
    "Die Nachrichten in den Matrix-Räumen selbst liegen auf den Matrix-Servern, nicht hier.",
    "en": "This is all that Zwischenstand has stored about you, by network. Where you only acted on others, their ID "
    'is given as "another person": that is data of theirs. Times are in UTC. The messages in the Matrix rooms '
    "themselves are kept by the Matrix servers, not here.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What an erasure would do, in numbers: what ends, what goes, what stays and how."""

    mandates: int
    participations: int
    groups_left: int
    roles: int
    shares: int
    projects: int
    votes: int
    running: int
    under_pseudonym: int
    deleted: int
    messages: int
    memberships: int
    guest: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: rows that went, and rows that stay under a pseudonym. `effects` is what others must learn."""

    gone: int
    under_pseudonym: int
    effects: tuple[Effect, ...] = ()


def document(ctx: Context) -> Document:
    """Everything about the asker, of all networks, as a file for them alone."""
    language = "de" if ctx.language == "de" else "en"
    inside: dict[tuple[int, str], dict[str, list[object]]] = {}
    outside: dict[str, list[object]] = {}
    for entry in mydata.entries(ctx.session, ctx.person):
        tables = inside.setdefault(entry.network, {}) if entry.network else outside
        kept = entry.values.get("resume")  # a command that waits for its answer, with marks of our own in it
        values = entry.values | {"resume": _readable(kept)} if isinstance(kept, str) else entry.values
        tables.setdefault(entry.table, []).append(values)
    content = {
        "erläuterung" if language == "de" else "explanation": EXPLAINED[language],
        "person": ctx.person,
        "created_at": ctx.now.isoformat(),
        "networks": [{"name": name, "data": tables} for (_, name), tables in sorted(inside.items(), key=_by_name)],
        "outside_networks": outside,
    }
    name = "meine-daten" if language == "de" else "my-data"
    return Document(
        person=ctx.person,
        key=f"mydata/{ctx.message.event_id}",
        name=f"{name}-{ctx.now.astimezone(ctx.house.zone).date().isoformat()}.json",
        mimetype="application/json",
        content=json.dumps(content, ensure_ascii=False, indent=2).encode(),
    )


def _readable(kept: str) -> str:
    """A command that waits, without our marks: the numbers behind one count questions of all networks."""
    return MARKS.sub("", completed(kept, "…"))


def _by_name(network: tuple[tuple[int, str], object]) -> tuple[str, int]:
    (number, name), _ = network
    return name, number


def held(person: str, scope: Scope) -> Holdings:
    """What an erasure would do now."""
    session = scope.session
    confined = holdings.confining(session, person)
    return Holdings(
        mandates=len(holdings.mandates(session, person, scope.now)),
        participations=len(holdings.participations(session, person)),
        groups_left=holdings.groups_of_nobody_else(session, person),
        roles=len(holdings.roles(session, person)),
        shares=len(holdings.shares(session, person)),
        projects=holdings.projects(session, person),
        votes=holdings.votes(session, person),
        running=holdings.running_consultations(session, person),
        under_pseudonym=mydata.counts(session, person, Erasure.PSEUDONYM) - len(confined),
        deleted=mydata.counts(session, person, Erasure.DELETE_ROW),
        messages=mydata.messages(session, person),
        memberships=holdings.memberships(session, person),
        guest=len(confined),
    )


def fingerprint(found: Holdings, person: str) -> str:
    """Says what was confirmed: whoever agrees to less than there is by then is asked again.

    What we say to the person meanwhile is left out: our own question would be news.
    """
    told = replace(found, deleted=0, messages=0)
    return hashlib.sha256(repr((person, told)).encode()).hexdigest()[:8]


def coordinated_alone(person: str, scope: Scope) -> list[Network]:
    """The networks that would have no coordinator."""
    found = networks.coordinated_by(scope.session, person, founder=person in scope.house.coordinators)
    return [network for network in found if set(standing.coordinators(network.id or 0, scope)) == {person}]


def erase(person: str, scope: Scope) -> Erased:
    """End properly what is open, then erase. All of it in the transaction of the caller.

    Roles end before participations: who is told of a group without Aktive is who coordinates from now on. A guest who
    stays in a room stays a guest: nobody may gain by being forgotten.
    """
    session, now = scope.session, scope.now
    for organisation_id in holdings.mandates(session, person, now):
        organisations.end_mandate(session, organisation_id, person, now)
    for role in holdings.roles(session, person):
        networks.withdraw(session, role, person, now)
    for share in holdings.shares(session, person):
        share.withdrawn_by, share.withdrawn_at = person, now
    effects: list[Effect] = []
    for part, group in holdings.participations(session, person):
        if group.ended_at is None:
            effects += participation.leave(group, part, person, scope)
        else:
            participations.end(session, part, person, now)
    kept = holdings.set_aside(session, holdings.confining(session, person))
    under_pseudonym = mydata.counts(session, person, Erasure.PSEUDONYM)
    boards.want_all(session, scope.now)  # one may name them as responsible
    gone = erasure.erase(session, person)
    holdings.put_back(session, kept)
    return Erased(gone, under_pseudonym, tuple(effects))
