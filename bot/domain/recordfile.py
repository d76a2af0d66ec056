"""The file that a record is exported to: JSON, one entry a line, written in one way only.

```
{"format":"zwischenstand-record",
"version":1,
"network":…, "consultation":"K3", "title":…, "head":…, "published_head":{"digest":…,"position":…} or null,
"entries":[
{"digest":…,"entry":{…}},
…
],
"secrets":{
"1":{"fields":{…},"salt":…},
…
},
"checksum":…}
```

`checksum` is SHA-256 over all text before its own line. Whoever changes the file can make a new one; it is for
accidents, and for single bytes. What nobody can make anew is the head that stands in the result message.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain import record

FORMAT = "zwischenstand-record"
VERSION = 1
KEYS = frozenset({"network", "consultation", "title", "format", "version", "head", "published_head"}) | frozenset(
    {"entries", "secrets", "checksum"}
)
LINE_KEYS = frozenset({"digest", "entry"})
SECRET_KEYS = frozenset({"fields", "salt"})


@dataclass(frozen=True, slots=True)
class Header:
    """What the record is of: names as they are now, the last digest, and that of the entry „published“."""

    network: str
    consultation: str
    title: str
    head: str
    published_head: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was read, with the digest that the file gives for it."""

    digest: str
    position: int
    kind: str
    previous: str
    body: Mapping[str, Any]
    commitments: Mapping[str, str]
    content: Mapping[str, Any]

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> "Entry":
        """One element of `entries`. Raises KeyError or TypeError for what is none."""
        content = line["entry"]
        return cls(
            line["digest"],
            content["position"],
            content["kind"],
            content["previous"],
            content["body"],
            content["commitments"],
            content,
        )

    @property
    def is_confidential(self) -> bool:
        """Whether it is a vote of which only commitments are known."""
        return self.kind == record.VOTE and "choice" not in self.body


def written(header: Header, entries: Iterable[tuple[str, str]], secrets: Iterable[tuple[int, str, str]]) -> str:
    """The file. `entries` are digests and bodies, `secrets` positions, salts and fields; all of it canonical JSON."""
    lines = [f'{{"digest":"{digest}","entry":{body}}}' for digest, body in entries]
    opened = [f'"{position}":{{"fields":{fields},"salt":"{salt}"}}' for position, salt, fields in secrets]
    return _assembled(header, lines, opened)


def _assembled(header: Header, entries: list[str], secrets: list[str]) -> str:
    published = header.published_head
    head = {
        "network": header.network,
        "consultation": header.consultation,
        "title": header.title,
        "head": header.head,
        "published_head": {"digest": published[1], "position": published[0]} if published else None,
    }
    first = "".join(f'"{name}":{_json(value)},\n' for name, value in head.items())
    text = (
        f'{{"format":"{FORMAT}",\n"version":{VERSION},\n{first}"entries":[\n'
        + ",\n".join(entries)
        + '\n],\n"secrets":{\n'
        + ",\n".join(secrets)
        + "\n},\n"
    )
    return f'{text}"checksum":"{record.digest(text)}"}}\n'


def written_again(document: Mapping[str, Any]) -> str:
    """A file as it would be written with this content.

    Raises KeyError, TypeError or ValueError for what is no such document.
    """
    published = document["published_head"]
    header = Header(
        str(document["network"]),
        str(document["consultation"]),
        str(document["title"]),
        str(document["head"]),
        (published["position"], published["digest"]) if published else None,
    )
    entries = [_json(each) for each in document["entries"]]
    secrets = [f"{_json(position)}:{_json(each)}" for position, each in document["secrets"].items()]
    return _assembled(header, entries, secrets)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
