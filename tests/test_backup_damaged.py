"""A file that is no backup, or not as it was written: nothing of it is restored."""

import json
import zipfile
from pathlib import Path

import pytest

from bot.backup.archive import DIGITS, Archive, _digest
from bot.errors import OperatorError
from tests.backing_up import Installation, elsewhere, house, kept

assert elsewhere is not house  # fixtures
assert kept is not house


def test_a_file_with_any_byte_changed_or_missing_is_refused(elsewhere: Installation, kept: Path) -> None:
    whole = kept.read_bytes()
    damaged = elsewhere.folder / "damaged"
    for place in (*range(0, len(whole), len(whole) // 41), len(whole) - 1):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(OperatorError, match=r"damaged or incomplete|no backup of Zwischenstand"):
            Archive(damaged)
        damaged.write_bytes(whole[:place])
        with pytest.raises(OperatorError, match=r"damaged or incomplete|no backup of Zwischenstand"):
            Archive(damaged)
    damaged.write_bytes(whole + b"\n")
    assert "damaged" in elsewhere.refusal("restore", str(damaged))
    assert sorted(file.name for file in elsewhere.folder.iterdir()) == ["config.toml", "damaged"]


def forged(kept: Path, to: Path, names: dict[str, str], **told: object) -> None:
    """A backup with right checksums and parts under other names, and other words in its manifest."""
    with zipfile.ZipFile(kept) as source, zipfile.ZipFile(to, "w") as out:
        out.comment = b"0" * DIGITS
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "manifest.json":
                manifest = json.loads(content) | told
                for part in manifest["parts"]:
                    part["name"] = names.get(part["name"], part["name"])
                content = json.dumps(manifest).encode()
            out.writestr(names.get(info.filename, info.filename), content)
    with to.open("r+b") as stream:
        size = to.stat().st_size - DIGITS
        digest = _digest(stream, size)
        stream.seek(size)
        stream.write(digest.encode())


@pytest.mark.parametrize(
    "name", ["../../etc/x", "/etc/x", "keys/../../x", "keys/a/b", "database/..", "other/x", "keys/", "keys/ü\n"]
)
def test_a_part_with_a_name_of_its_own_is_refused(name: str, elsewhere: Installation, kept: Path) -> None:
    forged(kept, elsewhere.folder / "forged", {"keys/1.db": name})
    assert "nothing is restored" in elsewhere.refusal("restore", str(elsewhere.folder / "forged"))
    assert sorted(file.name for file in elsewhere.folder.iterdir()) == ["config.toml", "forged"]


def test_a_newer_programs_backup_is_refused(elsewhere: Installation, kept: Path) -> None:
    forged(kept, elsewhere.folder / "newer", {}, revision="9999", version="99.0")
    assert "Zwischenstand 99.0, which is newer" in elsewhere.refusal("restore", str(elsewhere.folder / "newer"))
    forged(kept, elsewhere.folder / "newer", {}, format=2)
    assert "newer version" in elsewhere.refusal("restore", str(elsewhere.folder / "newer"))


def test_something_else_is_no_backup(elsewhere: Installation, tmp_path: Path) -> None:
    for content in (b"", b"PK", b"x" * 1000, b"PK\x03\x04" + b"0" * 1000):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(OperatorError, match=r"no backup|damaged"):
            elsewhere.run("restore", str(tmp_path / "other"))
    assert "cannot be read" in elsewhere.refusal("restore", str(tmp_path / "nothing"))
