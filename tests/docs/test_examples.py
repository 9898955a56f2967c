"""Every teaching script runs as its first lines say."""

from __future__ import annotations

import gzip
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(folder: Path, *arguments: str, script: str = "gan_in_one_page.py") -> str:
    command = [sys.executable, "-W", "error", str(EXAMPLES / script), *arguments]
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


def test_drums_are_hits_of_ten_kinds(tmp_path: Path) -> None:
    assert "60 hits of 10 kinds: drums" in run(tmp_path, "--count", "6", script="drums.py")
    hits = sorted((tmp_path / "drums").glob("*/*.wav"))
    assert len(hits) == 60
    assert (tmp_path / "drums" / "LICENSE").is_file()
    bright = {kind.name: np.mean([centre(p) for p in kind.glob("*.wav")])
              for kind in (tmp_path / "drums").iterdir() if kind.is_dir()}  # fmt: skip
    assert list(sorted(bright, key=bright.__getitem__))[:3] == ["kick", "tom", "conga"]
    assert set(sorted(bright, key=bright.__getitem__)[-2:]) == {"hat", "cymbal"}


def test_drums_can_be_made_again(tmp_path: Path) -> None:
    for seed, out in (("1", "a"), ("1", "b"), ("2", "c")):
        run(tmp_path, "--count", "1", "--seed", seed, "--out", out, script="drums.py")
    waves = [(tmp_path / out / "snare" / "0000.wav").read_bytes() for out in "abc"]
    assert waves[0] == waves[1] != waves[2]


def test_potions_keep_their_rules(tmp_path: Path) -> None:
    assert "2,000 recipes: potions" in run(tmp_path, script="potions.py")
    folder = tmp_path / "potions"
    lines = (folder / "potions.txt").read_text().splitlines()
    assert len(lines) == len(set(lines)) == 2_000
    assert (folder / "LICENSE").is_file()
    said = run(tmp_path, "--check", str(folder / "potions.txt"), script="potions.py")
    assert said.strip() == "2,000 texts: 2,000 keep the rules, 0 of these are new"


def test_potions_notice_what_breaks_a_rule(tmp_path: Path) -> None:
    run(tmp_path, script="potions.py")
    right = "Stir one drop of ink and two acorns in the well twice; the king will shrink."
    texts = [
        right,
        right.replace("one drop", "two drop"),
        right.replace("one drop", "one pinch"),
        right.replace("shrink", "taste iron"),
        right.replace("the well", "the sea"),
        (tmp_path / "potions" / "potions.txt").read_text().splitlines()[0],
    ]
    rows = "".join(f"{json.dumps({'text': text})}\n" for text in texts)
    (tmp_path / "made.jsonl").write_text(rows)
    said = run(tmp_path, "--check", "made.jsonl", script="potions.py")
    assert said.strip() == "6 texts: 2 keep the rules, 1 of these are new"


def centre(path: Path) -> float:
    """The mean frequency in Hz, by power."""
    wave, rate = soundfile.read(path)
    assert 0.05 < len(wave) / rate <= 0.5
    assert 0.2 < np.abs(wave).max() < 1
    power = np.square(np.abs(np.fft.rfft(wave)))
    return float(power @ np.fft.rfftfreq(len(wave), 1 / rate) / power.sum())
