"""The search finds what it is to find, however it is written."""

import base64
import gzip
import io
import json
import zipfile
from urllib.parse import quote

import pytest

from tests.faults.canaries import Search

SECRET = 'Kanari/„Wort“ "mit+allem" 6744cc0ba62e182f'


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/sharedStrings.xml", content)
    return out.getvalue()


@pytest.mark.parametrize(
    "written",
    [
        SECRET.encode(),
        SECRET.encode("utf-16"),
        SECRET.encode()[::-1],
        SECRET.encode().hex().encode(),
        repr(SECRET.encode()).encode(),
        json.dumps({"password": SECRET}).encode(),
        quote(f"postgresql://bot:{SECRET}@host", safe=":/@").encode(),
        base64.b64encode(f"bot:{SECRET}".encode()),
        base64.urlsafe_b64encode(f"\0bot\0{SECRET}".encode()),
        (SECRET[:25] + "\n  " + SECRET[25:]).encode(),
        gzip.compress(SECRET.encode()),
        zipped(SECRET.encode()),
    ],
    ids=range(12),
)
def test_it_is_found(written: bytes) -> None:
    search = Search()
    search.know("password", SECRET)
    search.look("a place", written)
    assert search.hits
    search.hits.clear()
    search.look("where it belongs", written, ("password",))
    assert not search.hits


def test_nothing_is_found_where_nothing_is() -> None:
    search = Search()
    search.know("password", SECRET)
    search.look("a place", b"Kanari/Wort mit allem, und sonst nichts")
    assert not search.hits
    assert search.places == 1
