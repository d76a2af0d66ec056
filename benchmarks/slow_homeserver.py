"""The homeserver of `benchmarks.senders`: each request about a room takes a while, as one over a network to a busy one.

`python -m benchmarks.slow_homeserver PORT ROOMS MILLISECONDS`
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from aiohttp import web

from benchmarks.fake_homeserver import CLIENT, Homeserver, application


def slow(seconds: float) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Lets whoever sends to a room, or asks about it, wait."""

    @web.middleware
    async def wait(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path.startswith(f"{CLIENT}/rooms/"):
            await asyncio.sleep(seconds)
        return await handler(request)

    return wait


def main() -> None:
    """Serve until terminated."""
    port, rooms, milliseconds = map(int, sys.argv[1:])

    async def made() -> web.Application:
        app = application(Homeserver(rooms, invited=False))
        app.middlewares.append(slow(milliseconds / 1000))
        return app

    def listening(*_: object) -> None:
        print("listening", flush=True)

    web.run_app(made(), host="127.0.0.1", port=port, print=listening, access_log=None, shutdown_timeout=0.1)


if __name__ == "__main__":
    main()
