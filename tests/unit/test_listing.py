"""What is listed of a folder or an archive, and what is not."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from sparring.data._listing import listed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "folder" / "real"
    inside.mkdir(parents=True)
    for name in ("b", "a", ".hidden", "Thumbs.db"):
        (inside / name).write_text(name)
    return tmp_path / "folder"


def test_files_come_in_order_and_can_be_read(folder: Path) -> None:
    (folder / "Licence.md").write_text("CC0")
    with listed(folder) as listing:
        assert [entry.name for entry in listing.entries] == ["Licence.md", "real/a", "real/b"]
        assert [entry.num_bytes for entry in listing.entries] == [3, 1, 1]
        assert [entry.read() for entry in listing.entries] == [b"CC0", b"a", b"b"]
        assert listing.licence == "Licence.md"


def test_an_archive_is_listed_like_its_folder(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.mkdir("real")
        for name in ("real/b", "real/a", "real/.hidden", "__MACOSX/real/a"):
            archive.writestr(name, name[-1])
    with listed(tmp_path / "a.zip") as packed, listed(folder) as plain:
        assert [(e.name, e.read()) for e in packed.entries] == [
            (e.name, e.read()) for e in plain.entries
        ]


def test_links_are_followed_only_within_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (folder / "real" / "out").symlink_to(tmp_path / "secret")
    (folder / "real" / "in").symlink_to("a")
    (folder / "real" / "lost").symlink_to("nowhere")
    (folder / "real" / "loop").symlink_to("loop")
    (folder / "real" / "up").symlink_to(folder)
    (folder / "away").symlink_to(tmp_path)
    os.mkfifo(folder / "real" / "pipe")
    with listed(folder) as listing:
        assert [entry.name for entry in listing.entries] == ["real/a", "real/b", "real/in"]
        refused = dict(listing.refused)
    assert refused.pop("real/out") == "a link that leads out of the folder"
    assert refused.pop("away") == "a link that leads out of the folder"
    assert refused.pop("real/up") == "a link to a folder, which is not followed"
    assert refused.pop("real/pipe") == "no regular file"
    assert refused.keys() == {"real/lost", "real/loop"}


def test_names_that_are_no_text_are_shown_safely(folder: Path) -> None:
    (folder / "real" / "new\nline\x1b[31m").write_text("x")
    Path(os.fsdecode(bytes(folder) + b"/\xff\xfe")).write_text("y")
    with listed(folder) as listing:
        assert len(listing.entries) == 4
        assert all(entry.name.isprintable() for entry in listing.entries)
        assert sorted(entry.read() for entry in listing.entries) == [b"a", b"b", b"x", b"y"]
