"""Files that survive power cuts, full disks, second trainers and bad mirrors."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import json
import os
import platform
import secrets
import shutil
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from sparring.core.errors import BadData, OutOfResources, UserError

FULL = {errno.ENOSPC, errno.EFBIG, *([errno.EDQUOT] if sys.platform != "win32" else [])}
CHUNK = 1 << 20
PATIENCE = 30  # seconds without an answer before the next mirror is asked


def cache_dir() -> Path:
    """Where downloads and packed data are kept: SPARRING_CACHE, else the platform's cache."""
    chosen = os.environ.get("SPARRING_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "sparring"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/sparring"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sparring"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_space(folder: Path, num_bytes: int) -> None:
    """Make sure that `num_bytes` more fit beneath `folder`, which need not exist yet.

    Raises:
        OutOfResources: they do not; the message names the folder, the need and what is free.
    """
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < num_bytes:
        raise OutOfResources(
            f"{folder} needs {num_bytes:,} bytes but only {free:,} are free; make room there "
            "or choose another disk."
        )


@contextlib.contextmanager
def writing(path: Path, num_bytes: int) -> Iterator[None]:
    """What goes wrong while `num_bytes` are written to `path`, said in our own words.

    Raises:
        OutOfResources: the disk or the quota is full, or the file system takes no larger file.
        UserError: the path cannot be written for another reason, such as its permissions.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise OutOfResources(
                f"{path} could not be written: {num_bytes:,} bytes are needed and the disk has "
                f"no room for them ({error.strerror})."
            ) from error
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power cut (where the system can)."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def temporary(path: Path) -> Path:
    """A fresh name beside `path` under which it can be prepared."""
    return path.with_name(f"{path.name}.tmp-{os.getpid()}-{secrets.token_hex(4)}")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """An open file that takes the place of `path` once the block ends well, and not before.

    For what is too large to be held as a whole; missing folders are made.

    Raises:
        OSError: it cannot be written; `writing` says that in our own words.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = temporary(path)
    try:
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def atomic_write(path: Path, content: bytes) -> None:
    """Write `content` wholly or not at all; what stood at `path` before stands until then.

    Missing folders are made; the file can be read by everyone (mode 0644).

    Raises:
        OutOfResources: the disk is full; the message names the path and the bytes needed.
        UserError: the path cannot be written.
    """
    with writing(path, len(content)), replacing(path) as file:
        file.write(content)


def download(
    urls: Sequence[str],
    path: Path,
    *,
    digest: str,
    num_bytes: int,
    announce: Callable[[str], None],
) -> None:
    """Fetch one file of known content to `path`, asking the mirrors in order.

    Args:
        urls: where the very same bytes lie; http or https.
        path: written atomically, and only after the content was verified.
        digest: "sha256:" or "md5:" and the hexadecimal digest that the content must have.
        num_bytes: the exact size, which is also the most that is read.
        announce: told what comes from where and how large, before the first byte is asked for.

    Raises:
        BadData: no mirror gave the right bytes; the message says what each one did.
        OutOfResources: the disk is full.
    """
    algorithm, _, expected = digest.partition(":")
    assert algorithm in ("sha256", "md5"), f"{digest!r} is no digest with its algorithm"

    def copy(answer: http.client.HTTPResponse, file: BinaryIO) -> None:
        _verified_copy(answer, file, algorithm, expected, num_bytes)

    _fetch(urls, path, f"{num_bytes / 1e6:.1f} MB", num_bytes, announce, copy)


def download_checked(
    urls: Sequence[str],
    path: Path,
    *,
    check: Callable[[Path], None],
    most: int,
    announce: Callable[[str], None],
) -> None:
    """Fetch one file whose bytes nobody can foretell, as archives that are packed on demand.

    Args:
        urls: where it lies; http or https.
        path: written atomically, and only after `check` has passed.
        check: looks at the file and raises BadData where it does not hold what it should.
        most: the most bytes that are read.
        announce: told what comes from where and how large, before the first byte is asked for.

    Raises:
        BadData: no mirror gave a file that passes; the message says what each one did.
        OutOfResources: the disk is full.
    """

    def copy(answer: http.client.HTTPResponse, file: BinaryIO) -> None:
        for chunk in _chunks(answer, most):
            file.write(chunk)
        file.flush()
        try:
            check(Path(file.name))
        except BadData as error:
            raise _WrongContent(str(error)) from error

    _fetch(urls, path, f"at most {most / 1e6:.0f} MB", most, announce, copy)


def _fetch(
    urls: Sequence[str],
    path: Path,
    size: str,
    most: int,
    announce: Callable[[str], None],
    copy: Callable[[http.client.HTTPResponse, BinaryIO], None],
) -> None:
    require_space(path.parent, most)
    failures = []
    for url in urls:
        assert url.startswith(("http://", "https://")), f"{url} is no web address"
        announce(f"Downloading {path.name} ({size}) from {url} to {path.parent}")
        try:
            with (
                urllib.request.urlopen(url, timeout=PATIENCE) as answer,
                writing(path, most),
                replacing(path) as file,
            ):
                copy(answer, file)
            return
        except (OSError, http.client.HTTPException, _WrongContent) as error:
            failures.append(f"{url}: {error}")
            announce(f"That failed: {error}")
    raise BadData(
        f"{path.name} could not be downloaded ({'; '.join(failures)}). "
        f"Fetch it by hand and put it at {path}."
    )


class _WrongContent(Exception):
    """A mirror answered, but not with the expected bytes."""


def _verified_copy(
    answer: http.client.HTTPResponse, file: BinaryIO, algorithm: str, expected: str, num_bytes: int
) -> None:
    hasher = hashlib.new(algorithm, usedforsecurity=False)
    received = 0
    for chunk in _chunks(answer, num_bytes):
        received += len(chunk)
        hasher.update(chunk)
        file.write(chunk)
    if received < num_bytes:
        raise _WrongContent(f"only {received:,} of {num_bytes:,} bytes")
    if hasher.hexdigest() != expected:
        raise _WrongContent(f"its {algorithm} is {hasher.hexdigest()}, not {expected}")


def _chunks(answer: http.client.HTTPResponse, most: int) -> Iterator[bytes]:
    received = 0
    while chunk := _read(answer):
        received += len(chunk)
        if received > most:
            raise _WrongContent(f"more than the expected {most:,} bytes")
        yield chunk


def _read(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        # A lost connection must not look like a disk that cannot be written.
        raise _WrongContent(f"the connection broke ({error or type(error).__name__})") from error


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a `metrics.jsonl`; what is none, as a line cut off by a crash, is left out.

    In those of a training all values are numbers, but for a list of names under "findings" where
    something began to go wrong. A file that is not there has no rows.
    """
    rows: list[dict[str, Any]] = []
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict):
                    rows.append(row)
    return rows


class Lock:
    """A lock file that keeps a second process out of the same work.

    The file says who holds it: process, its start time, boot and host. A lock is taken over where
    its holder cannot be alive any more: its process is gone, another process has its number since,
    or the machine was started anew. The lock of another host stays, as nobody here can know.

    Args:
        path: the lock file; its folder is made where missing.
        what: what is being protected, as the complaint names it, such as "the run digits-3".
    """

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        self.what = what
        self._mine: dict[str, object] = {}

    def __enter__(self) -> Lock:
        """Take the lock.

        Raises:
            BadData: a living process holds it; the message names its number and the file.
        """
        me = _holder(os.getpid())
        with writing(self.path, CHUNK):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _alone_in(self.path.parent):
                held = self._stored()
                if held and _may_live(held, me):
                    raise BadData(
                        f"{self.what} is in use by process {held['pid']} on {held['host']} "
                        f"({self.path}); wait for it, or delete that file if it is gone for sure."
                    )
                atomic_write(self.path, json.dumps(me).encode())
        self._mine = me
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back, unless somebody else has taken it meanwhile."""
        if self._stored() == self._mine:
            self.path.unlink(missing_ok=True)

    def _stored(self) -> dict[str, object]:
        try:
            stored = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            return {}  # locks are written atomically, so a torn one has outlived its machine
        fields = {"pid": int, "started": str, "boot": str, "host": str}
        fits = isinstance(stored, dict) and all(
            isinstance(stored.get(name), kind) for name, kind in fields.items()
        )
        return stored if fits else {}


def _holder(pid: int) -> dict[str, object]:
    boot = Path("/proc/sys/kernel/random/boot_id")
    return {
        "pid": pid,
        "started": _started(pid),
        "boot": boot.read_text().strip() if boot.is_file() else "",
        "host": platform.node(),
    }


def _started(pid: int) -> str:
    """When a process began, in ticks since the start of the machine; "" where nobody says."""
    try:
        # The name in parentheses may itself hold blanks and parentheses.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _may_live(held: dict[str, object], me: dict[str, object]) -> bool:
    if held["host"] != me["host"]:
        return True
    if held["boot"] != me["boot"]:
        return False
    pid = held["pid"]
    assert isinstance(pid, int)
    now = _started(pid)
    if now and held["started"]:
        return now == held["started"]
    if sys.platform == "win32":
        return True  # asking with signal 0 would end the process there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One process at a time looks at and takes over locks in `folder`."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems know no such lock
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
