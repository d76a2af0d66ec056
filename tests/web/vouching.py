"""A homeserver that knows whose tokens these are (Matrix OpenID), and answers nothing else."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from tests.web.serving import free_port

USERINFO = "/_matrix/federation/v1/openid/userinfo"


@asynccontextmanager
async def vouching(tokens: Mapping[str, object]) -> AsyncIterator[str]:
    """Its address. The tokens `redirect`, `down` and `html` are answered with just that."""

    async def userinfo(request: web.Request) -> web.Response:
        token = request.query["access_token"]
        if token == "redirect":
            raise web.HTTPFound(f"{USERINFO}?access_token={next(iter(tokens))}")
        if token in ("down", "html"):
            return web.Response(status=502 if token == "down" else 200, text="<html>")
        if token not in tokens:
            return web.json_response({"errcode": "M_UNKNOWN_TOKEN", "error": "?"}, status=401)
        return web.json_response({"sub": tokens[token]})

    application, port = web.Application(), free_port()
    application.router.add_get(USERINFO, userinfo)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        await runner.cleanup()
