"""The last line of defence: what is about to be logged, without our secrets. Nothing should ever have to be taken out.

Whoever loads a secret hides it here: the configuration its passwords and tokens, the account its session, its keys and
its recovery key. The register goes along with `Matrix`, the settings that all of them are handed.
"""

import base64
import binascii
import json
import re
from urllib.parse import quote

INSTEAD = "[…]"
SHORTEST = 6
"""Characters. What is shorter would take pieces out of innocent words, and so tell what it is."""


class Redaction:
    """Knows our secrets, and takes them out of text. Threads may share one."""

    def __init__(self) -> None:
        """Knows none yet."""
        self._forms: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def hide(self, *secrets: str | None) -> None:
        """From now on these are taken out, also as they stand in an address, in JSON, or in a program's text."""
        forms = self._forms.union(*(_forms(secret) for secret in secrets if secret))
        if forms != self._forms:
            self._forms = forms
            longest_first = sorted(forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def __eq__(self, other: object) -> bool:
        """Whether both know the same: two readings of one configuration are the same settings."""
        return isinstance(other, Redaction) and self._forms == other._forms

    __hash__ = None  # type: ignore[assignment]  # what it knows changes

    def __call__(self, text: str) -> str:
        """The same text without secrets."""
        return self._pattern.sub(INSTEAD, text) if self._pattern else text


def _forms(secret: str) -> set[str]:
    in_base64 = base64.b64encode(secret.encode()).decode().rstrip("=")
    forms = {
        secret,
        secret.replace(" ", ""),
        quote(secret),
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        in_base64,
        in_base64.translate(str.maketrans("+/", "-_")),
        secret.encode().hex(),
        *_bytes_forms(secret),
    }
    return {form for form in forms if len(form) >= SHORTEST}


def _bytes_forms(secret: str) -> set[str]:
    """Seeds are kept as base64; as bytes they would be shown in hexadecimal or escaped."""
    try:
        content = base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True)
    except (binascii.Error, ValueError):
        return set()
    return {content.hex(), repr(content)[2:-1]}
