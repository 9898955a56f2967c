"""Small files of every kind that carries labels, as they are before anybody labels them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from unlabelled_files import music, picture, sound


@pytest.fixture(scope="session")
def plain() -> Mapping[str, bytes]:
    """Files by name."""
    page = b"<!doctype html>\n<html>\n<head>\n<title>x</title>\n</head>\n<body>hi</body>\n</html>\n"
    return {
        "a.png": picture("PNG"),
        "a.jpeg": picture("JPEG"),
        "a.gif": picture("GIF"),
        "a.wav": sound("WAV", "PCM_16"),
        "a.flac": sound("FLAC", "PCM_16"),
        "a.ogg": sound("OGG", "VORBIS"),
        "a.mid": music(),
        "a.txt": "白日依山尽\nthe end\n".encode(),
        "a.md": b"# A title\n\nand words\n",
        "a.html": page,
        "a.json": '{"text": "春"}\n'.encode(),
        "a.jsonl": b'{"text": "one"}\n{"text": "two"}\n',
    }
