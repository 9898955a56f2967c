"""Bytes of people's files as text: UTF-8, strictly and with the place of a fault, or replacing."""

from __future__ import annotations

import codecs
from pathlib import Path

from sparring.core.errors import BadData

REPLACED = "\N{REPLACEMENT CHARACTER}"
ALLOWED = frozenset("\t\n\r\f")
"""Characters below the blank that texts may hold; all others come from files that are none."""

MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def decoded(
    content: bytes, *, replace: bool = False, bytes_before: int = 0, lines_before: int = 0
) -> str:
    """The text in UTF-8 bytes, without a byte order mark and with plain line ends.

    Args:
        content: the bytes.
        replace: whether what cannot be read becomes U+FFFD, where it is otherwise refused.
        bytes_before: of the file that stand before them, so that complaints name the right place.
        lines_before: the same in lines.

    Raises:
        BadData: with the bare reason: other encodings, zeros, or control characters.
    """
    for mark, name in MARKS.items():
        if content.startswith(mark):
            raise BadData(f"it is {name}; save it as UTF-8")
    marks = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    content = content[marks:]
    try:
        text = content.decode("utf-8", errors="replace" if replace else "strict")
    except UnicodeDecodeError as error:
        line = lines_before + content.count(b"\n", 0, error.start) + 1
        at = bytes_before + marks + error.start + 1
        raise BadData(
            f"byte {at:,} (line {line:,}) is not UTF-8 "
            f"(0x{content[error.start]:02x}); save it as UTF-8"
        ) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if replace:
        return without_controls(text)
    _require_no_controls(text, lines_before)
    return text


def read(path: Path, most: int, *, replace: bool = False) -> str:
    """The text in a file of at most so many bytes.

    Raises:
        BadData: it cannot be read, is larger, or holds no such text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror}.") from error
    try:
        if len(content) > most:
            raise BadData(f"it has more than {most:,} bytes")
        return decoded(content, replace=replace)
    except BadData as error:
        raise BadData(f"{path} cannot be used: {error}.") from error


def without_controls(text: str) -> str:
    """The same with U+FFFD in place of control characters that texts may not hold."""
    controls = _controls(text)
    return text.translate({ord(c): REPLACED for c in controls}) if controls else text


def _require_no_controls(text: str, lines_before: int) -> None:
    if controls := _controls(text):
        at = min(text.index(c) for c in controls)
        line = lines_before + text.count("\n", 0, at) + 1
        place = at - text.rfind("\n", 0, at)
        raise BadData(f"character {place:,} of line {line:,} is the control {ord(text[at]):#04x}")


def _controls(text: str) -> set[str]:
    return {c for c in set(text) if (c < " " or c == "\x7f") and c not in ALLOWED}
