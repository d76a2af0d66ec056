"""Every page there is, and who sees it."""

import re

from bot.domain.roles import Role, suffices
from bot.web.views import ROUTES
from tests.browser.story import LONGEST_KEY

EXAMPLES = {
    "/": ("/",),
    "/projekte": ("/projekte", "/projekte?text=gibt-es-nicht", "/projekte?status=running&sortierung=-fortschritt"),
    "/projekt/{key}": ("/projekt/eAkte", f"/projekt/{LONGEST_KEY}", "/projekt/Altvorhaben"),
    "/konsultationen": ("/konsultationen",),
    "/konsultation/K{number}": tuple(f"/konsultation/K{number}" for number in range(1, 6)),
    "/treffen": ("/treffen",),
    "/treffen/T{number}": ("/treffen/T1", "/treffen/T2"),
    "/aufgaben": ("/aufgaben", "/aufgaben?stand=erledigt"),
    "/beteiligung": ("/beteiligung",),
    "/gesundheit": ("/gesundheit",),
}
ROLES = {"coordinator": Role.COORDINATOR, "member": Role.MEMBER, "guest": Role.GUEST}
NOT_SHARED = frozenset({f"/projekt/{LONGEST_KEY}", "/projekt/Altvorhaben"})  # with the guest
WORDLESS = re.compile(r"\.(svg|\{kind\})$")  # pictures and files


def of(reader: str) -> list[str]:
    """The addresses of all pages that somebody sees. A page without an example is a page that nobody tests."""
    role = ROLES[reader]
    found: list[str] = []
    for page in ROUTES:
        if suffices(role, page.needs) and not WORDLESS.search(page.path):
            found += EXAMPLES[page.path]
    return [path for path in found if role is not Role.GUEST or path not in NOT_SHARED]
