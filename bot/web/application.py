"""Everything that answers requests, put together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bot.config import Web
from bot.context import House
from bot.errors import StoreDown, UserError
from bot.store.database import Database
from bot.texts import pages
from bot.web.failures import Failures
from bot.web.gate import Gate
from bot.web.guard import Guard
from bot.web.login import Login
from bot.web.openid import OpenId
from bot.web.page import Absent, Page, Tools
from bot.web.site import WIDGET, Site
from bot.web.views import ROUTES
from bot.web.visits import Visits
from bot.web.widget import Widget


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the pages are put together from. `homeserver` is the address of ours, `clock` tells the time (UTC)."""

    settings: Web
    database: Database
    house: House
    homeserver: str
    clock: Callable[[], datetime] = _now
    routes: tuple[Page, ...] = ROUTES


def application(setting: Setting) -> ASGIApp:
    """Everything that answers requests. Raises OperatorError for words of the operator's that cannot be read."""
    house = setting.house
    site = Site(setting.settings, house.templates)
    tools = Tools(setting.database, pages.of(house.templates), house, setting.clock)
    visits, framed = Visits(tools, site), Visits(tools, site, WIDGET)
    gate, frame = Gate(setting.routes, tools, site, visits), Gate(setting.routes, tools, site, framed, WIDGET)
    failures = Failures(gate, frame)
    routes: list[BaseRoute] = [
        Mount("/static", _static(site), name="static"),
        *Login(tools, site, visits, gate).routes(),
        *_shown(setting.routes, gate),
    ]
    if site.elements:
        openid = OpenId(setting.homeserver, house.us.partition(":")[2])
        inside = [
            Widget(tools, site, framed, openid).route(),
            *Login(tools, site, framed, frame, WIDGET).routes(),
            *_shown(setting.routes, frame),
        ]
        routes.insert(0, Mount(WIDGET, routes=inside))
    handlers = {
        HTTPException: failures.refused,
        Absent: failures.absent,
        UserError: failures.absent,
        StoreDown: failures.away,
        Exception: failures.unexpected,
    }
    made = Starlette(routes=routes, exception_handlers=handlers)
    made.router.redirect_slashes = False
    return Guard(made, site, failures)


def _shown(routes: tuple[Page, ...], gate: Gate) -> list[Route]:
    return [Route(page.path, gate.endpoint(page), methods=["GET"], name=page.name) for page in routes]


def _static(site: Site) -> StaticFiles:
    made = StaticFiles(directory=site.folders[0])
    made.all_directories = list(site.folders)
    return made
