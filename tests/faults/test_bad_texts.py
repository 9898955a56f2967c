"""Texts as a careless or malicious user gives them: one sentence, and nothing half-written."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import sparring
from sparring import cli
from sparring.core import mark, weights
from sparring.core.recipe import Recipe, to_toml
from sparring.generation.model_file import MODEL_FILE, SHIPPED
from sparring.modalities._tokens import MADE_FROM, Tokeniser

Refused = Callable[..., str]
PEAK = Path("/proc/self/status")
"""Where Linux tells the most memory that a process has had."""


@pytest.fixture
def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Refused:
    """Type a command that must fail with one sentence; returns that, nothing else is left."""
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)

    def run(*words: object, codes: Sequence[int] = (2, 3)) -> str:
        monkeypatch.setattr(sys, "argv", ["sparring", *(str(word) for word in words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capsys.readouterr()
        assert end.value.code in codes, err
        assert not out
        told = [line for line in err.splitlines() if not line.startswith("Packed ")]
        assert len(told) == 1, err
        assert told[0].startswith("sparring: ")
        assert "Traceback" not in err
        assert not list(place.rglob("*")), "nothing is left behind"
        return told[0]

    return run


@pytest.fixture
def recipe(writing: Recipe, tmp_path: Path) -> Path:
    path = tmp_path / "writing.toml"
    path.write_text(to_toml(writing), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"good\nb\xe4d", "byte 7 (line 2) is not UTF-8 (0xe4)"),
        ("gut\nschön".encode("utf-16"), "it is UTF-16; save it as UTF-8"),
        (b"\xef\xbb\xbfgood\nba\0d", "is the control 0x00"),
        (b"good\nb\xed\xa0\x80d\n", "is not UTF-8"),  # half of a surrogate pair
        (b"x" * 3_000_000, "line 1 has more than 1,000,000 bytes; break it up"),
        (b"", "holds no text"),
        (b"\xef\xbb\xbf", "holds no text"),
        (b" \n\n", "holds no text"),
        (b"one line\n", "holds only 1 line"),
        (b"same\n" * 9, "are the same; 2 different ones are needed"),
        (b"this one is too long\n" * 9, "more than 16 characters; set data.length to 20 or more"),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else "",
)
def test_a_file_that_cannot_be_learned_from(
    refused: Refused, recipe: Path, tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "own.txt").write_bytes(content)
    said = refused("train", recipe, f"data.path={tmp_path / 'own.txt'}", codes=(3,))
    assert told in said


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("data.path=nowhere.txt", "There is no file or folder"),
        ("data.length=2", "data.length = 2: it must be at least 4"),
        ("data.most=1", "data.most = 1: it must be at least 8"),
        ("data.symbols=letters", "it must be 'characters', 'words', 'pieces' or 'tokens'"),
        ("data.label=mood", "lines of .txt have no columns"),
    ],
)
def test_settings_that_cannot_be(refused: Refused, recipe: Path, data: str, told: str) -> None:
    assert told in refused("train", recipe, data)


@pytest.mark.skipif(not PEAK.exists(), reason="needs the peak memory that Linux tells")
def test_a_line_of_a_gigabyte_takes_little_memory(recipe: Path, tmp_path: Path) -> None:
    with (tmp_path / "huge.txt").open("wb") as file:
        file.write(b"x")
        file.truncate(2**30)  # sparse: no byte more is stored
    program = (
        "from sparring import cli\n"
        "try:\n    cli.main()\nfinally:\n"
        # Not ru_maxrss: a new process inherits that of the one which started it.
        "    print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "train", recipe, "data.path=huge.txt"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "line 1 has more than 1,000,000 bytes" in done.stderr
    assert int(done.stdout) < 700 * 1024, "KiB, most of which is torch"
    assert not (tmp_path / "runs").exists()


ASKED: list[tuple[tuple[str, ...], str]] = [
    (("--prefix", "we Ä"), "does not know Ä of 'we Ä'"),
    (("--prefix", "we \udce4"), "holds bytes or halves that are no characters"),
    (("--prefix", "\ud83d"), "holds bytes or halves that are no characters"),
    (("--prefix", "a □ b"), "which a prefix cannot have; use repair"),
    (("--prefix", "we rest here " * 3), "has 39 symbols; this model writes"),
    (("--prefix", "we" * 50_000), "this model writes at most 16"),
    (("--repair", "we rest"), "has no gap"),
    (("--repair", "□" * 17), "has 17 symbols"),
    (("--repair", "we □", "--prefix", "we"), "continued or mended, not both"),
    (("--verse", "six"), "five or seven is needed"),
    (("--verse", "five,rime"), "five or seven is needed"),
    (("--verse", "seven,rhyme"), "does not write Chinese verse"),
    (("--candidates", "0"), "candidates = 0: 1 to 256"),
    (("--candidates", "1000000"), "candidates = 1000000"),
    (("--by", "me"), "discriminator or likelihood chooses"),
    (("--temperature", "-1"), "temperature = -1.0: 0 to 10"),
    (("--temperature", "nan"), "temperature = nan"),
    (("--temperature", "inf"), "temperature = inf"),
    (("--top-p", "2"), "top_p = 2.0"),
    (("--top-p", "-1"), "top_p = -1.0"),
    (("--stream", "--candidates", "2"), "leave out what chooses among several"),
    (("--stream", "--repair", "we □est"), "leave repair or stream out"),
    (("--stream", "--count", "2"), "--stream shows one text"),
    (("--stream", "--json"), "--stream shows one text"),
    (("--stream", "--out", "elsewhere"), "--stream writes no file"),
    (("--stream", "--form", "md"), "--stream writes no file"),
    (("--stream", "--between", "0,1"), "--stream shows one text"),
    (("--stream", "--seed", "-1"), "seed = -1"),
    (("--stream", "--truncation", "2"), "truncation = 2.0"),
    (("--stream", "--label", "loud"), "heeds no labels"),
]


@pytest.mark.parametrize(("words", "told"), ASKED, ids=[" ".join(w)[:40] for w, _ in ASKED])
def test_wishes_that_cannot_be_fulfilled(
    refused: Refused, wrote: sparring.Run, words: tuple[str, ...], told: str
) -> None:
    assert told in refused("generate", wrote.folder, "--device", "cpu", *words)


@pytest.mark.parametrize("words", [["--temperature", "0.5"], ["--prefix", "a"], ["--stream"],
                                   ["--verse", "five"], ["--candidates", "2"]])  # fmt: skip
def test_pictures_are_not_worded(refused: Refused, trained: sparring.Run, words: list[str]) -> None:
    assert "makes image and writes no texts" in refused("generate", trained.folder, *words)


def _other_vocabulary(stored: str) -> str:
    """A tokeniser of other texts, with fewer symbols."""
    return Tokeniser.learn(["abc"], "characters").stored


def _swapped(change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    def changed(stored: str) -> str:
        kind, _, packed = stored.partition(":")
        model = change(zlib.decompress(base64.b64decode(packed)))
        return f"{kind}:{base64.b64encode(zlib.compress(model)).decode()}"

    return changed


TOKENISERS: dict[str, Callable[[str], str]] = {
    "another": _other_vocabulary,
    "none of a known kind": lambda stored: stored.replace("characters", "runes"),
    "no base64": lambda stored: stored + "!",
    "cut off": lambda stored: stored[: len(stored) // 2],
    "nothing": lambda stored: "characters:",
    "random bytes": _swapped(lambda model: b"\x0a\xff\xff\xff\xff" + model),
    "a bomb": _swapped(lambda model: bytes(30_000_000)),
    "cut inside": _swapped(lambda model: model[:-9]),
}


@pytest.mark.parametrize("name", TOKENISERS)
def test_a_tokeniser_that_does_not_fit_its_weights(
    refused: Refused, wrote: sparring.Run, tmp_path: Path, name: str
) -> None:
    tensors, header = weights.read(wrote.folder / "model" / MODEL_FILE)
    header["spec"]["tokeniser"] = TOKENISERS[name](header["spec"]["tokeniser"])
    path = tmp_path / "model.safetensors"
    weights.write(path, tensors, header)
    assert "not the one that was stored with it" in refused("generate", path, codes=(3,))
    header["spec"].pop("tokeniser_sha256")  # models written before it was kept have none
    weights.write(path, tensors, header)
    assert "okeniser" in refused("generate", path, codes=(3,))


def _of_other_symbols(stored: str) -> str:
    """A tokeniser of as many symbols, which are rare characters from 㐀 on."""
    own = Tokeniser(stored)
    rare = "".join(chr(0x3400 + place) for place in range(own.symbols - MADE_FROM - 1))
    other = Tokeniser.learn([rare], "characters")
    assert other.symbols == own.symbols
    return other.stored


@pytest.mark.parametrize("which", ["trained", "shipped"])
def test_a_tokeniser_of_the_same_size_is_not_taken_for_the_models_own(
    refused: Refused, wrote: sparring.Run, tmp_path: Path, which: str
) -> None:
    place = SHIPPED / "quatrains" if which == "shipped" else wrote.folder / "model"
    tensors, header = weights.read(place / MODEL_FILE)
    path = tmp_path / MODEL_FILE
    weights.write(path, tensors, header)
    sparring.load(path, "cpu")
    header["spec"]["tokeniser"] = _of_other_symbols(header["spec"]["tokeniser"])
    weights.write(path, tensors, header)
    told = refused("generate", path, codes=(3,))
    assert "tokeniser" in told
    assert "not the one that was stored with it" in told


def test_a_model_written_before_tokenisers_were_compared_still_loads(
    wrote: sparring.Run, tmp_path: Path
) -> None:
    tensors, header = weights.read(wrote.folder / "model" / MODEL_FILE)
    header["spec"].pop("tokeniser_sha256")
    weights.write(tmp_path / MODEL_FILE, tensors, header)
    own, older = sparring.load(wrote.folder, "cpu"), sparring.load(tmp_path, "cpu")
    assert older.model_hash == own.model_hash
    assert older.spec == own.spec


@pytest.mark.parametrize(
    ("keys", "value", "told"),
    [
        (("spec", "symbols"), 20_000, "they do not belong together"),
        (("spec", "symbols"), None, "have a shape (tokens,) and symbols"),
        (("spec", "symbols"), -1, "they do not belong together"),
        (("spec", "symbols"), 10**18, "they do not belong together"),
        (("spec", "shape"), [10**12], "up to 65,536 symbols"),
        (("spec", "shape"), [10**8], "up to 65,536 symbols"),
        (("spec", "shape"), [0], "have a shape (tokens,) and symbols"),
        (("spec", "shape"), [4, 4], "have a shape (tokens,) and symbols"),
        (("recipe", "networks", "generator", "name"), "transformer", "does not fit this network"),
        (("recipe", "networks", "generator", "width"), 10**9, "impossible sizes"),
        (
            ("recipe", "networks", "generator", "name"),
            "mlp",
            "no setting 'networks.gen",
        ),
    ],
    ids=str,
)
def test_a_header_of_texts_that_cannot_be(
    refused: Refused,
    wrote: sparring.Run,
    tmp_path: Path,
    keys: tuple[str, ...],
    value: Any,
    told: str,
) -> None:
    tensors, header = weights.read(wrote.folder / "model" / MODEL_FILE)
    table = header
    for key in keys[:-1]:
        table = table[key]
    table[keys[-1]] = value
    weights.write(tmp_path / "model.safetensors", tensors, header)
    assert told in refused("generate", tmp_path / "model.safetensors", codes=(3,))


def test_lines_with_recipes_lead_to_files_with_one(
    refused: Refused, wrote: sparring.Run, tmp_path: Path
) -> None:
    wrote.sampler().generate(2).save(tmp_path)
    said = refused("generate", wrote.folder, "--like", tmp_path / "samples.jsonl", codes=(3,))
    assert said.endswith(
        "cannot be made again: each of its lines has a recipe of its own; give the file of one of "
        "these samples, or samples.md beside it."
    )


def test_what_can_be_is_written(
    wrote: sparring.Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)

    def says(*words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["sparring", "generate", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == 0, capsys.readouterr().err
        return capsys.readouterr().out

    options = ("--temperature", 0.8, "--top-p", 0.9, "--prefix", "they ", "--seed", 4)
    shown = says(wrote.folder, "--stream", *options)
    assert shown.startswith("they ")
    assert not list(tmp_path.iterdir())
    told = json.loads(says(wrote.folder, "--count", 1, "--json", *options))
    (sample,) = told["samples"]
    text = Path(sample["file"]).read_text(encoding="utf-8")
    assert text.startswith(shown.removesuffix("\n")), (
        "a stream ends as the file does, but its recipe"
    )
    assert shown.endswith(f"{mark.VISIBLE}\n")
    says(wrote.folder, "--candidates", 2, "--by", "likelihood", "--out", "chosen", "--count", 2)
    says(wrote.folder, "--repair", "we □est h□re", "--out", "mended", "--count", 2)
    assert len(list(Path("mended").glob("0*.txt"))) == 2
