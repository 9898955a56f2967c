"""Whatever the documents tell a reader to type runs, at tiny size.

Each document is followed from top to bottom in a folder of its own: its files are saved, its
Python runs, its commands run. Commands of Sparring run inside the test's process, which saves the
seconds of starting one. Trainings are made short by further settings at the end of the command.
`git`, `make` and `pip` are left out; the house's own checks begin with them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from reading import DOCUMENTS, ROOT, Block, blocks
from served import USUAL, Served

import sparring
from sparring import cli
from sparring.core.errors import UserError
from sparring.core.recipe import Recipe
from sparring.data.captions import Captions
from sparring.data.quatrains import Quatrains
from sparring.data.spoken_digits import SpokenDigits
from sparring.training import session

# Two documents of one name, such as the READMEs, hold the same commands (test_documents.py).
FOLLOWED = [document for document in DOCUMENTS if ".zh." not in document.name]
ELSEWHERE = ("git", "make", "pip")
SHORT: dict[str, Any] = {
    "samples": 16, "data.batch": 8, "training.preview_count": 4, "training.log_every": 8,
    "training.threads": 1,
}  # fmt: skip
NO_DOWNLOAD = {"data.name": "mnist_5k"}
SMALL = {"data.size": 16, "networks.generator.name": "mlp", "networks.discriminator.name": "mlp"}
FURTHER: dict[str, dict[str, Any]] = {
    "mnist": NO_DOWNLOAD, "fashion_mnist": NO_DOWNLOAD, "image_folder": SMALL,
}  # fmt: skip
SCRIPTS = {"gan_in_one_page.py": ["--steps", "2"], "drums.py": ["--count", "60"],
           "potions.py": []}  # fmt: skip
RECORDINGS, TEXTS = "recordings", "mine.txt"
LINES = {"data.name": "text_file", "data.path": TEXTS}
# In place of data that are not here; the classes of recordings are the digits.
STAND_INS: dict[str, tuple[Callable[[], bool], dict[str, Any]]] = {
    "spoken_digits": (
        lambda: SpokenDigits().is_here,
        {"data.name": "sound_folder", "data.path": RECORDINGS, "data.seconds": 0.64},
    ),
    "captions": (lambda: Captions().is_here, LINES),
    "quatrains": (lambda: Quatrains().is_here, LINES),
}


def shortened(recipe: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that make a training tiny and need no download."""
    data = Recipe.read(recipe, given).data["name"]
    if data in STAND_INS and not STAND_INS[data][0]():
        return {**given, **SHORT, **STAND_INS[data][1]}
    return {**given, **SHORT, **FURTHER.get(data, {})}


def as_overrides(settings: Mapping[str, Any]) -> list[str]:
    return [f"{key}={value}" for key, value in settings.items()]


class Reader:
    """Someone who does what one document says, in order."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        self.names: dict[str, Any] = {"__name__": "reader"}
        self.served: Served | None = None

    def follow(self, block: Block) -> None:
        """Save, run or type one block; other blocks are only for reading."""
        if block.file:
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            text = block.text.replace(USUAL, self.served.port) if self.served else block.text
            exec(compile(text, "document", "exec"), self.names)
        elif block.language in ("sh", "bash"):
            for words in block.commands:
                self.type(words)

    def type(self, words: Sequence[str]) -> None:
        """Run one command."""
        match words:
            case ["sparring", "serve", *models]:
                self.served = Served(models)
            case ["curl", *_]:
                assert self.served is not None, "nobody serves yet"
                self.served.curl(words)
            case ["sparring", *rest] | ["python", "-m", "sparring", *rest]:
                self.sparring(rest)
            case ["torchrun", *options, "-m", "sparring", "train", recipe, _, _]:
                more = as_overrides(shortened(recipe, {}))
                start = [sys.executable, "-m", "torch.distributed.run", *options]
                spawn([*start, *words[len(options) + 1 :], *more])
            case ["tensorboard", *_]:
                spawn([*words, "--inspect"])  # reads the events and ends, where it would serve
            case ["python", script, *rest]:
                more = rest or SCRIPTS[Path(script).name]
                spawn([sys.executable, str(ROOT / script), *more])
            case [tool, *_]:
                assert tool in ELSEWHERE, f"nobody has taught this test to run {tool}"

    def sparring(self, words: Sequence[str]) -> None:
        """Run the command line in this process; 0 is the only good end."""
        if words[0] == "evaluate" and "spoken" in words[1] and not SpokenDigits().is_here:
            return  # there is nothing to compare with
        if words[0] == "studio":
            opened(words)
            return
        if words[0] == "train":
            given = dict(cli_overrides(words))
            words = [*words, *as_overrides(shortened(words[1], given))]
        self.patch.setattr(sys, "argv", ["sparring", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
            sys.exit(0)
        assert end.value.code in (0, None), f"sparring {' '.join(words)} ended with {end.value}"


def cli_overrides(words: Sequence[str]) -> list[tuple[str, Any]]:
    from sparring.core.recipe import parse_override

    return [parse_override(word) for word in words if "=" in word and word[0] != "-"]


def opened(words: Sequence[str]) -> None:
    """Open the studio, look that it answers, and end it as people do."""
    pytest.importorskip("nicegui")
    command = [sys.executable, "-m", "sparring", *words, "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            address = started.stdout.readline().strip()
            for _ in range(300):
                with (
                    contextlib.suppress(OSError),
                    urllib.request.urlopen(address, timeout=10) as ok,
                ):
                    assert ok.status == 200
                    break
                time.sleep(0.2)
            else:
                raise AssertionError(f"nothing answers at {address}")
        finally:
            started.send_signal(signal.SIGINT)
    assert started.returncode == 0


def spawn(command: Sequence[str]) -> None:
    tools = Path(sys.executable).parent
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"


def put_photos(folder: Path) -> None:
    """A folder of pictures that `sparring data check` has nothing to say against."""
    chance = np.random.default_rng(0)
    for label in ("cats", "dogs"):
        (folder / label).mkdir(parents=True)
        for number in range(300):
            noise = chance.integers(0, 256, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / label / f"{number}.png")
    (folder / "LICENSE").write_text("CC0 1.0\n")


def put_recordings(folder: Path) -> None:
    """The same of sounds, in ten classes that are called like digits."""
    chance = np.random.default_rng(0)
    for label in "0123456789":
        (folder / label).mkdir(parents=True)
        for number in range(60):
            noise = chance.uniform(0.05, 0.1) * chance.standard_normal(1_600)
            soundfile.write(folder / label / f"{number}.wav", noise, 8_000)
    (folder / "LICENSE").write_text("CC0 1.0\n")


def put_texts(file: Path) -> None:
    """A file of lines, each of six words that nobody knows, and a licence beside it."""
    chance = np.random.default_rng(0)
    syllables = [first + vowel for first in "bdfgklmnprst" for vowel in "aeiou"]
    words = chance.choice(syllables, (600, 6, 3))
    lines = [" ".join("".join(word) for word in line) for line in words]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (file.parent / "LICENSE").write_text("CC0 1.0\n")


@pytest.mark.parametrize("document", FOLLOWED, ids=lambda path: path.name)
def test_a_reader_can_follow(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, surroundings: None
) -> None:
    chapters = [block for block in blocks(document) if block.language]
    if not chapters:
        pytest.skip("nothing to type")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)  # as `python -m` does
    for module in ("my_loss", "my_data", "my_texts", "my_networks"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    if any("photos" in block.text for block in chapters):
        put_photos(tmp_path / "photos")
    if any(RECORDINGS in block.text for block in chapters):
        put_recordings(tmp_path / RECORDINGS)
    if any(TEXTS in block.text for block in chapters):
        put_texts(tmp_path / TEXTS)
    real_train = session.train

    def train(recipe: str, overrides: Mapping[str, Any] | None = None, **rest: Any) -> sparring.Run:
        return real_train(recipe, shortened(recipe, overrides or {}), **rest)

    reader = Reader(monkeypatch)
    threads = torch.get_num_threads()
    try:
        for block in chapters:
            if block.language == "python" and not block.file:
                with monkeypatch.context() as patch:
                    patch.setattr(session, "train", train)
                    reader.follow(block)
            else:
                reader.follow(block)
    finally:
        if reader.served is not None:
            reader.served.end()
    assert torch.get_num_threads() == threads


def test_the_reader_notices_a_wrong_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match="ended with 3"):
        Reader(monkeypatch).type(["sparring", "generate", "runs/nothing"])
    assert "runs/nothing" in capsys.readouterr().err
    with pytest.raises(UserError):
        Reader(monkeypatch).type(["sparring", "train", "digitz"])
    with pytest.raises(AssertionError, match="nobody has taught"):
        Reader(monkeypatch).type(["rm", "-r", "."])
