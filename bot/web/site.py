"""Where the pages are: addresses, cookies, and what a browser may do with them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from bot.config import Web

STATIC: Final = Path(__file__).resolve().parent / "static"
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
WIDGET: Final = "/widget"
"""What the addresses of all pages in Element's frame begin with."""


@dataclass(frozen=True)
class Site:
    """What follows from the settings. `own` is the operator's template folder."""

    settings: Web
    own: Path | None = None

    @cached_property
    def prefix(self) -> str:
        """The path that all addresses begin with, if `web.url` has one: a proxy may leave it away or not."""
        return urlsplit(self.settings.base or "").path.rstrip("/")

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port as browsers name them."""
        return _origin(self.settings.base or "")

    @cached_property
    def secure(self) -> bool:
        """Whether people reach us by HTTPS."""
        return self.origin.startswith("https:")

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """The origins of Element, around whose rooms the pages may be shown."""
        return self.settings.element

    @cached_property
    def hosts(self) -> frozenset[str]:
        """What a request may call us. Another name means that somebody's own domain was pointed at us (DNS rebinding).

        A proxy may hand on what it was asked for, or the address that it found us at.
        """
        return self._here | {urlsplit(self.origin).netloc}

    @cached_property
    def origins(self) -> frozenset[str]:
        """The origins that our own pages have."""
        return frozenset(f"http://{name}" for name in self._here) | {self.origin}

    @cached_property
    def _here(self) -> frozenset[str]:
        """Where we listen, without a proxy."""
        port, address = self.settings.port, self.settings.address
        names = LOOPBACK if address in LOOPBACK else (address,)
        return frozenset(_netloc(name, port) for name in names)

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """Where files stand that are handed out as they are; the operator's own first."""
        own = self.own / "web" / "static" if self.own is not None else None
        return (own, STATIC) if own is not None and own.is_dir() else (STATIC,)

    @cached_property
    def _digests(self) -> Mapping[str, str]:
        files = [file for folder in reversed(self.folders) for file in folder.iterdir() if file.is_file()]
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in files}

    def static(self, name: str) -> str:
        """The address of a file; another one whenever its content changes, so that browsers may keep it."""
        return f"{self.prefix}/static/{name}?v={self._digests[name]}"

    def to(self, path: str, /, base: str = "", **values: object) -> str:
        """The address of a page. What is None is left out of it. `base` is `WIDGET` within Element's frame."""
        given = urlencode({name: value for name, value in values.items() if value is not None})
        return f"{self.prefix}{base}{path}" + (f"?{given}" if given else "")


def is_framed(path: str) -> bool:
    """Whether it is the address of a page in Element's frame."""
    return path == WIDGET or path.startswith(f"{WIDGET}/")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.netloc.lower()
    return f"{parts.scheme}://{host.removesuffix(f':{usual}')}"


def _netloc(host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port != 80 else shown
