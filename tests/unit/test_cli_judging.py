"""`sparring evaluate` and `sparring compare` as people type them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import sparring
from sparring import cli
from sparring.core.recipe import Recipe

Says = Callable[..., tuple[int, str, str]]


@pytest.fixture
def says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Says:
    """Type a command in a folder of its own: its code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sparring", *(str(word) for word in words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert isinstance(end.value.code, int)
        return end.value.code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[sparring.Run]:
    """Two short runs with two seeds."""
    networks = {
        "generator": {"name": "mlp", "latent": 8, "widths": [16]},
        "discriminator": {"name": "mlp", "widths": [16]},
    }
    table = {
        "samples": 160,
        "data": {"name": "mnist_5k", "batch": 16},
        "networks": networks,
        "objective": {"name": "hinge"},
    }
    root = tmp_path_factory.mktemp("pair")
    return [
        sparring.train(
            Recipe.from_json({**table, "seed": seed}), out=root / f"seed-{seed}", quiet=True
        )
        for seed in (0, 1)
    ]


LOOKED = r"Measured by plain/mnist [0-9a-f]{12}, confirmed by residual/mnist [0-9a-f]{12}\."
FAST = ("--quick", "-n", "200", "--device", "cpu")


def test_a_run_keeps_its_report(pair: list[sparring.Run], says: Says, tmp_path: Path) -> None:
    code, out, err = says("evaluate", pair[0].folder, *FAST)
    assert code == 0, err
    assert "Fréchet distance" in out
    assert "95 % interval" in out
    assert re.search(LOOKED, out)
    assert "Looking at 200 held-out samples" in err
    assert (pair[0].folder / "report" / "report.html").is_file()
    assert not list(tmp_path.iterdir())
    assert pair[0].sampler()  # a run with a report is still a model


def test_json_is_the_report_alone(pair: list[sparring.Run], says: Says) -> None:
    words = ("evaluate", pair[0].folder, *FAST, "--json", "--quiet", "--out", "there")
    code, out, err = says(*words)
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads(Path("there/report.json").read_text(encoding="utf-8"))


def test_several_seeds_are_summed_up(pair: list[sparring.Run], says: Says) -> None:
    code, out, err = says("evaluate", *(run.folder for run in pair), *FAST)
    assert code == 0, err
    assert "over 2 seeds." in out
    assert Path("report/seeds.html").is_file()


def test_a_report_is_kept_where_the_next_one_fails(
    pair: list[sparring.Run], says: Says, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    words = (pair[0].folder, tmp_path / "empty", "--data", "mnist_5k", "--out", "there")
    code, out, err = says("evaluate", *words, *FAST)
    assert (code, out) == (3, "")
    assert "holds no samples" in err
    assert Path("there/seed-0/report.html").is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="only there lies /proc, where nobody writes")
@pytest.mark.parametrize("verb", ["evaluate", "compare"])
def test_a_place_where_no_folder_can_be_made_is_refused_at_once(
    verb: str, pair: list[sparring.Run], says: Says
) -> None:
    folders = [run.folder for run in pair]
    code, out, err = says(verb, *folders, *FAST, "--out", "/proc/xx/deep")
    assert (code, out) == (2, "")
    assert "cannot be written" in err
    assert "Looking at" not in err


@pytest.mark.parametrize("verb", ["evaluate", "compare"])
def test_a_place_that_cannot_be_written_is_refused_at_once(
    verb: str, pair: list[sparring.Run], says: Says, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    folders = [run.folder for run in pair]
    code, out, err = says(verb, *folders, *FAST, "--out", "taken/deep")
    assert (code, out) == (2, "")
    assert "taken is no folder" in err
    assert "Looking at" not in err


def test_models_are_compared(pair: list[sparring.Run], says: Says) -> None:
    code, out, err = says("compare", *(run.folder for run in pair), *FAST)
    assert code == 0, err
    assert "seed-0" in out
    assert "floor" in out
    assert re.search(LOOKED, out)
    assert "Each is judged by 200 samples." in out
    assert sorted(path.name for path in Path("report").iterdir()) == [
        "compare.html", "compare.json", "compare.md",
    ]  # fmt: skip


def test_different_data_are_no_comparison(
    pair: list[sparring.Run], trained: sparring.Run, says: Says, tmp_path: Path
) -> None:
    code, out, err = says("compare", pair[0].folder, trained.folder, *FAST)
    assert (code, out) == (2, "")
    assert "learned from mnist_5k and run from image_folder" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--data", "mnits"], "Did you mean 'mnist'?"),
        (["--set", "nonsense"], "is not a setting"),
        (["--set", "colour=1"], "There is no setting 'data.colour'"),
        (["-n", "-5"], "count = -5"),
    ],
)
def test_mistakes_get_a_sentence(
    words: list[str], sentence: str, pair: list[sparring.Run], says: Says, tmp_path: Path
) -> None:
    code, out, err = says("evaluate", pair[0].folder, *words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("extractor", "code", "part"),
    [("incepton", 2, "There is no extractor 'incepton'"), ("inception", 3, "extractor inception")],
)
def test_an_extractor_that_is_not_there_is_named(
    pair: list[sparring.Run], says: Says, tmp_path: Path,
    extractor: str, code: int, part: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "empty"))
    ended, _, err = says("evaluate", pair[0].folder, *FAST, "--extractor", extractor)
    assert ended == code
    assert part in err
    assert "Traceback" not in err


def test_the_shipped_extractors_are_listed_with_their_hashes(says: Says) -> None:
    code, out, _ = says("extractors", "list", "--json")
    cards = json.loads(out)
    assert code == 0
    assert {(card["data"], card["architecture"]) for card in cards} == {
        *((data, look) for data in ("mnist", "fashion_mnist") for look in ("plain", "residual")),
        *(("spoken_digits", look) for look in ("temporal", "spectral")),
    }
    assert all(len(card["sha256"]) == 64 for card in cards)


def test_an_extractor_is_trained_told_about_and_looks(
    says: Says, pair: list[sparring.Run], tmp_path: Path
) -> None:
    code, out, err = says(
        "extractors", "train", "mnist_5k", "channels=4", "--passes", "1", "--out", tmp_path / "own"
    )
    assert code == 0, err
    assert "pass 1 of 1" in err
    assert "accuracy: digit" in out
    card = json.loads((tmp_path / "own" / "plain.json").read_text())
    file = tmp_path / "own" / "plain.safetensors"
    code, out, err = says("evaluate", pair[0].folder, *FAST, "--extractor", file, "--json")
    assert code == 0, err
    assert [look["sha256"] for look in json.loads(out)["extractors"]] == [card["sha256"]]


def test_a_wrong_setting_of_an_extractor_is_named(says: Says) -> None:
    code, _, err = says("extractors", "train", "mnist_5k", "chanels=4", "--passes", "1")
    assert code == 2
    assert "Did you mean 'channels'?" in err
