"""What an operator may set about the overview pages."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Final, Self

from pydantic import Field, field_validator, model_validator

from bot.config.section import Names, Section

ORIGIN: Final = r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?|vector://vector"
"""As browsers name who asks. The last one is Element Desktop."""
ADDRESS: Final = r"https?://[^\s/]+(/\S*)?|mailto:\S+@\S+"


class Web(Section):
    """The overview pages. Without a `port` there are none.

    `url` is where people reach them, in front of a proxy that speaks HTTPS; without it they are for this machine alone.
    `proxies` are the addresses or networks of that proxy: what it says of where a request came from is believed.
    `element` are the origins (scheme, host, port) of Element, where rooms may show the pages as a widget. `links` are
    the names and addresses of what a public body has to offer on each page: imprint, privacy, accessibility (for
    Germany section 5 DDG, article 13 GDPR, section 7 BITV 2.0).
    """

    port: int | None = Field(default=None, ge=1, le=65_535)
    address: str = Field(default="127.0.0.1", pattern=r"^\S+$")
    url: str | None = Field(default=None, pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")
    proxies: Names = ("127.0.0.1", "::1")
    element: Names = ()
    links: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.port is not None and self.url is None and self.address in ("0.0.0.0", "::"):  # noqa: S104 - named to be refused
            raise ValueError("on all addresses, web.url must say which one people use; or give one address")
        return self

    @field_validator("proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            try:
                ip_network(entry, strict=False)
            except ValueError:
                raise ValueError(f"{entry} is neither an IP address nor a network like 172.16.0.0/12") from None
        return value

    @field_validator("element")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [entry for entry in value if not re.fullmatch(ORIGIN, entry)]
        if wrong:
            raise ValueError(f"{wrong[0]} is not an origin: write https://element.example.org, without a path")
        return value

    @field_validator("links")
    @classmethod
    def _addresses_of_links(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        wrong = [entry for entry in value.values() if not re.fullmatch(ADDRESS, entry)]
        if wrong:
            raise ValueError(f"{wrong[0]} is no address: write https://example.org/impressum or mailto:…")
        return value

    @property
    def base(self) -> str | None:
        """What a link to a page begins with, without a slash at its end; None while there are no pages."""
        if self.port is None:
            return None
        host = f"[{self.address}]" if ":" in self.address else self.address
        return (self.url or f"http://{host}:{self.port}").rstrip("/")
