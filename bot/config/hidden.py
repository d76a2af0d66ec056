"""Which of the settings are secret, and addresses as they may be shown: without the password in them."""

import re
from urllib.parse import parse_qsl, unquote, urlencode

from bot.config.settings import Settings

LOGIN = re.compile(r"^(?P<scheme>[a-z+]+://)(?P<user>[^:/@?]*):(?P<password>[^@]*)@", re.IGNORECASE)
"""As SQLAlchemy reads an address: everything up to the first @ belongs to the password."""
IN_QUERY = ("password", "sslpassword")  # PostgreSQL takes them there, too


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """What nobody may read anywhere else than where the operator wrote it."""
    of_account = (settings.matrix.password, settings.matrix.access_token)
    addresses = (settings.database.url, *((settings.mail.smtp,) if settings.mail else ()))
    return (
        *(secret.get_secret_value() for secret in of_account if secret),
        *(password for address in addresses for password in _passwords(address)),
    )


def without_password(address: str) -> str:
    """The address as it may be shown; user and password are left out."""
    shown, mark, query = LOGIN.sub(r"\g<scheme>", address).partition("?")
    scheme, at, place = shown.rpartition("@")
    shown = f"{scheme.partition('://')[0]}://{place}" if at and "/" not in scheme.partition("://")[2] else shown
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in IN_QUERY]
    return f"{shown}{mark}{urlencode(kept, safe='/:@')}" if kept else shown


def _passwords(address: str) -> list[str]:
    """As they are written, and as they are meant."""
    found = [match["password"]] if (match := LOGIN.match(address)) else []
    found += [value for name, value in parse_qsl(address.partition("?")[2]) if name in IN_QUERY]
    return [form for password in found for form in (password, unquote(password)) if form]
