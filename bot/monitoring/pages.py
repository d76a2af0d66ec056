"""The two pages, served beside everything else in the event loop. There is nothing on them that names anybody."""

import errno
import logging
import time
from datetime import UTC, datetime

from aiohttp import web

from bot.config import Monitoring
from bot.errors import OperatorError
from bot.monitoring import metrics
from bot.monitoring.figures import Figures, Gathering
from bot.vitals import Vitals

log = logging.getLogger(__name__)


class Pages:
    """`/health` (JSON: 200 when well or standing by, else 503 with reasons) and `/metrics` (for Prometheus)."""

    def __init__(self, settings: Monitoring, vitals: Vitals, gathering: Gathering) -> None:
        self._settings = settings
        self._vitals = vitals
        self._gathering = gathering
        application = web.Application()
        application.router.add_get("/health", self._health)
        application.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)

    async def open(self) -> None:
        """Open the port. Raises OperatorError where that is impossible."""
        address, port = self._settings.address, self._settings.port
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, address, port).start()
        except OSError as error:
            await self._runner.cleanup()
            if error.errno == errno.EADDRINUSE:
                raise OperatorError(
                    f"monitoring.port: another program has port {port} on {address}; give another one, or leave it out"
                ) from error
            raise OperatorError(
                f"monitoring.address, monitoring.port: {address}, {port} cannot be opened: {error.strerror or error}"
            ) from error
        log.info("monitoring: http://%s:%s/health and /metrics", address, port)

    async def close(self) -> None:
        """Close the port."""
        await self._runner.cleanup()

    async def _figures(self) -> Figures:
        return await self._gathering.figures(datetime.now(UTC), time.monotonic())

    async def _health(self, _request: web.Request) -> web.Response:
        figures = await self._figures()
        signs, reasons = figures.signs, list(figures.reasons())
        told = {
            "status": "standby" if figures.standby else "degraded" if reasons else "ok",
            "reasons": reasons,
            "last_sync": _written(self._vitals.synced_at),
            "oldest_unsent": _written(signs.oldest_unsent),
            "outbox": figures.rows,
            "clock_lag_seconds": round(figures.lag, 1),
            "clock_skew_seconds": round(signs.skew.total_seconds(), 1) if signs.skew is not None else None,
        }
        return web.json_response(told, status=503 if reasons else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        body = metrics.page(self._vitals, await self._figures())
        return web.Response(body=body, headers={"Content-Type": metrics.CONTENT_TYPE})


def _written(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
