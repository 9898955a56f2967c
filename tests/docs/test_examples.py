"""Every teaching script runs as its first lines say."""

from __future__ import annotations

import gzip
import struct
import subprocess
import sys
from pathlib import Path

from PIL import Image

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-W", "error", str(EXAMPLES / "gan_in_one_page.py"), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_the_page_learns_a_ring(tmp_path: Path) -> None:
    said = run(tmp_path, "--steps", "30")
    assert "step 30:" in said
    clouds = said.partition("eight clouds: [")[2].partition("]")[0]
    assert sum(int(dots) for dots in clouds.split(",")) == 1000
    assert size(tmp_path / "made.png") == (400, 400)


def test_the_page_reads_digits(tmp_path: Path) -> None:
    pixels = bytes(range(256)) * (28 * 28 * 64 // 256)
    with gzip.open(tmp_path / "digits.gz", "wb") as file:
        file.write(struct.pack(">4I", 2051, 64, 28, 28) + pixels)
    run(tmp_path, "--steps", "2", "--images", "digits.gz", "--out", "digits.png")
    assert size(tmp_path / "digits.png") == (112, 112)
