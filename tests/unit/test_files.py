"""Files: atomic writes, full disks, locks and verified downloads."""

from __future__ import annotations

import errno
import hashlib
import http.server
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparring.core import files, places
from sparring.core.errors import BadData, OutOfResources, UserError

CONTENT = b"twenty-eight by twenty-eight" * 1000


def test_cache_dir_obeys_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "kept"))
    assert files.cache_dir() == tmp_path / "kept"
    monkeypatch.delenv("SPARRING_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert files.cache_dir() == tmp_path / "sparring"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert files.cache_dir() == Path.home() / ".cache" / "sparring"


def test_atomic_write_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.bin"
    files.atomic_write(path, b"old")
    files.atomic_write(path, CONTENT)
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o644
    assert [p.name for p in path.parent.iterdir()] == ["file.bin"]
    assert files.sha256(path) == hashlib.sha256(CONTENT).hexdigest()


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    files.atomic_write(path, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutOfResources, match=r"file\.bin.*28,000 bytes"):
            files.atomic_write(path, CONTENT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.bin"]


def test_a_path_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="cannot be written"):
        files.atomic_write(tmp_path / "file" / "inside", b"x")


def test_require_space_names_folder_and_bytes(tmp_path: Path) -> None:
    files.require_space(tmp_path / "not" / "yet", 1)
    with pytest.raises(OutOfResources, match=r"not/yet needs 1,000,000,000,000,000,000 bytes"):
        files.require_space(tmp_path / "not" / "yet", 10**18)


def test_a_second_holder_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with files.Lock(path, "the run"):
        held = json.loads(path.read_text())
        assert held["pid"] == os.getpid()
        with pytest.raises(BadData, match=rf"the run is in use by process {os.getpid()}.*lock"):
            files.Lock(path, "the run").__enter__()
        assert path.exists()
    assert not path.exists()


def dead_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.mark.parametrize(
    "change",
    [
        {"pid": dead_process(), "started": "1"},
        {"boot": "another boot"},
        {"started": "1"},  # our number, but begun at another time: it was given out again
    ],
    ids=["dead", "another boot", "number reused"],
)
def test_a_stale_lock_is_taken_over(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "lock"
    path.write_text(json.dumps(files._holder(os.getpid()) | change))
    with files.Lock(path, "the run"):
        assert json.loads(path.read_text()) == files._holder(os.getpid())


@pytest.mark.parametrize("torn", ["", "{", "[]", '{"pid": "1"}'])
def test_a_torn_lock_is_taken_over(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "lock"
    path.write_text(torn)
    with files.Lock(path, "the run"):
        assert json.loads(path.read_text()) == files._holder(os.getpid())


def test_the_lock_of_another_host_stays(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(json.dumps(files._holder(dead_process()) | {"host": "elsewhere"}))
    with pytest.raises(BadData, match="on elsewhere"):
        files.Lock(path, "the run").__enter__()


def test_a_lock_taken_over_by_another_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with files.Lock(path, "the run"):
        path.write_text("somebody else's")
    assert path.read_text() == "somebody else's"


def test_only_one_of_many_processes_gets_the_lock(tmp_path: Path) -> None:
    stale = files._holder(os.getpid()) | {"boot": "before"}
    (tmp_path / "lock").write_text(json.dumps(stale))
    script = (
        "import sys, pathlib, importlib.util\n"
        "from sparring.core import files\n"
        "from sparring.core.errors import BadData\n"
        "try:\n"
        "    files.Lock(pathlib.Path(sys.argv[1]), 'it').__enter__()\n"
        "    print('mine', flush=True)\n"
        "    sys.stdin.read()\n"
        "except BadData:\n"
        "    print('taken', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "lock")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    answers = [child.stdout.readline().strip() for child in children if child.stdout]
    for child in children:
        child.communicate("")
    assert sorted(answers) == ["mine", "taken", "taken", "taken"]


class Mirror(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = {
            "/good": CONTENT,
            "/wrong": CONTENT[:-1] + b"!",
            "/long": CONTENT + b"!",
            "/short": CONTENT[:-1],
            "/torn": CONTENT[:100],
        }.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        promised = len(CONTENT) if self.path == "/torn" else len(content)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def mirror() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_download_asks_the_mirrors_in_order(tmp_path: Path, mirror: str, algorithm: str) -> None:
    said: list[str] = []
    urls = [f"{mirror}/{name}" for name in ("none", "wrong", "long", "short", "torn", "good")]
    digest = f"{algorithm}:{hashlib.new(algorithm, CONTENT).hexdigest()}"
    path = tmp_path / "data" / "file.gz"
    files.download(urls, path, digest=digest, num_bytes=len(CONTENT), announce=said.append)
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["file.gz"]
    assert [line for line in said if "good" in line]
    assert "file.gz (0.0 MB) from" in said[0]


def test_download_says_what_every_mirror_did(tmp_path: Path, mirror: str) -> None:
    digest = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    urls = [f"{mirror}/wrong", f"{mirror}/none", "http://nowhere.invalid/x"]
    with pytest.raises(BadData, match=r"wrong.*none.*404.*nowhere.*Fetch it by hand"):
        files.download(
            urls,
            tmp_path / "file",
            digest=digest,
            num_bytes=len(CONTENT),
            announce=lambda line: None,
        )
    assert not list(tmp_path.iterdir())


def whole(path: Path) -> None:
    if not path.read_bytes().endswith(CONTENT[-9:]):
        raise BadData("its end is missing")


def test_a_download_of_unknown_bytes_is_kept_once_its_content_passes(
    tmp_path: Path, mirror: str
) -> None:
    said: list[str] = []
    urls = [f"{mirror}/{name}" for name in ("none", "wrong", "torn", "short", "good")]
    path = tmp_path / "data" / "file.gz"
    files.download_checked(urls, path, check=whole, most=len(CONTENT), announce=said.append)
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["file.gz"]
    assert "file.gz (at most 0 MB) from" in said[0]
    assert "its end is missing" in " ".join(said)


def test_a_download_of_unknown_bytes_is_bounded(tmp_path: Path, mirror: str) -> None:
    with pytest.raises(BadData, match="more than the expected 100 bytes"):
        files.download_checked(
            [f"{mirror}/good"], tmp_path / "file", check=whole, most=100, announce=lambda line: None
        )
    assert not list(tmp_path.iterdir())


def test_a_full_disk_while_downloading_asks_no_other_mirror(tmp_path: Path, mirror: str) -> None:
    digest = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutOfResources, match="28,000 bytes"):
            files.download(
                [f"{mirror}/good"] * 2,
                tmp_path / "file",
                digest=digest,
                num_bytes=len(CONTENT),
                announce=lambda line: None,
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_can_be_made_is_tried_and_nothing_stays(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "kept").write_text("mine")
    for folder in ("new/deep/er", "there", "there/new", "new/../other"):
        places.require_writable(tmp_path / folder)
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == [
        "there", "there/kept",
    ]  # fmt: skip


def test_a_folder_that_cannot_be_made_is_refused_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file")
    for folder in ("taken", "taken/deep"):
        with pytest.raises(UserError, match="taken is no folder"):
            places.require_writable(tmp_path / folder)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(places.tempfile, "TemporaryFile", full)
    with pytest.raises(OutOfResources):
        places.require_writable(tmp_path / "new" / "deep")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
