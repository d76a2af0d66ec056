"""What a homeserver keeps for a client that is cross-signed: keys of device and account, signatures, account data."""

from typing import Any

from aiohttp import web

Json = dict[str, Any]

CLIENT = "/_matrix/client/v3"


class Keys:
    """The keys of one account with one device. Nobody is asked for a password."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.device: Json = {}
        self.roles: Json = {}  # master_key, self_signing_key, user_signing_key
        self.data: Json = {}

    async def login(self, request: web.Request) -> web.Response:
        wanted = (await request.json()).get("device_id", "BENCH")
        return web.json_response({"user_id": self.user, "access_token": "token", "device_id": wanted})

    async def upload(self, request: web.Request) -> web.Response:
        self.device = (await request.json()).get("device_keys") or self.device
        return web.json_response({"one_time_key_counts": {"signed_curve25519": 50}})

    async def sign(self, request: web.Request) -> web.Response:
        """Signatures on the device, by its ID, and on the master key, by its public part."""
        for signed in (await request.json())[self.user].values():
            ours = self.device if "device_id" in signed else self.roles["master_key"]
            by = ours.setdefault("signatures", {}).setdefault(self.user, {})
            by.update(signed["signatures"][self.user])
        return web.json_response({"failures": {}})

    async def publish(self, request: web.Request) -> web.Response:
        self.roles |= {name: key for name, key in (await request.json()).items() if name.endswith("_key")}
        return web.json_response({})

    async def query(self, _request: web.Request) -> web.Response:
        devices = {self.user: {self.device["device_id"]: self.device}} if self.device else {}
        roles = {f"{name}s": {self.user: key} for name, key in self.roles.items()}
        return web.json_response({"device_keys": devices, "failures": {}} | roles)

    async def put_data(self, request: web.Request) -> web.Response:
        self.data[request.match_info["kind"]] = await request.json()
        return web.json_response({})

    async def get_data(self, request: web.Request) -> web.Response:
        if (found := self.data.get(request.match_info["kind"])) is None:
            return web.json_response({"errcode": "M_NOT_FOUND", "error": "none"}, status=404)
        return web.json_response(found)

    def serve(self, app: web.Application) -> None:
        """Answer to what a client asks of this."""
        app.router.add_post(f"{CLIENT}/login", self.login)
        app.router.add_post(f"{CLIENT}/keys/upload", self.upload)
        app.router.add_post(f"{CLIENT}/keys/query", self.query)
        app.router.add_post(f"{CLIENT}/keys/device_signing/upload", self.publish)
        app.router.add_post(f"{CLIENT}/keys/signatures/upload", self.sign)
        app.router.add_put(f"{CLIENT}/user/{{user}}/account_data/{{kind}}", self.put_data)
        app.router.add_get(f"{CLIENT}/user/{{user}}/account_data/{{kind}}", self.get_data)
