"""The measurements behind benchmarks/texts.md: the right numbers, kept, and in their places."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import sparring
import text_measures
import text_page
import texts
from sparring.core.errors import BadData
from sparring.core.recipe import Recipe
from sparring.data.quatrains import Quatrains
from sparring.metrics._ngrams import NgramModel
from sparring.metrics._texts import rows_in
from sparring.modalities._tokens import END, MADE_FROM

CHARACTERS = "山水风花月天人春江日生年时来心中行知云去白寒夜秋"
SMALL = ["--count", "200", "--texts", "130", "--gaps", "5", "--rounds", "1"]


@pytest.fixture(scope="module")
def poet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a few steps on quatrains of random characters, that learned to fill gaps."""
    root = tmp_path_factory.mktemp("poet")
    chance = np.random.default_rng(0)
    rows = []
    for number in range(900):
        form, wide = (("five", 5), ("seven", 7))[number % 2]
        lines = ["".join(chance.choice(list(CHARACTERS), wide)) for _ in range(4)]
        text = "".join(line + mark for line, mark in zip(lines, "，。，。", strict=True))
        rows.append(json.dumps({"text": text, "form": form}, ensure_ascii=False))
    (root / "poems.jsonl").write_text("\n".join(rows), encoding="utf-8")
    recipe: dict[str, Any] = {
        "name": "poet", "samples": 128,
        "data": {"name": "text_file", "path": str(root / "poems.jsonl"), "label": "form",
                 "length": 32, "batch": 16, "test_share": 0.4},
        "networks": {"generator": {"name": "transformer", "width": 16, "depth": 1, "heads": 2,
                                   "meaning": 8}},
        "objective": {"name": "likelihood", "gaps": 0.5},
        "training": {"precision": "float32", "threads": 1, "preview_count": 4, "log_every": 32,
                     "preview_every": 128, "checkpoint_every": 128},
    }  # fmt: skip
    run = sparring.train(Recipe.from_json(recipe), out=root / "poet", quiet=True)
    return run.folder


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty page, results and picture of the test's own."""
    path = tmp_path / "texts.md"
    path.write_text(text_page.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(texts, "RESULTS", tmp_path / "texts.json")
    monkeypatch.setattr(text_page, "PAGE", path)
    monkeypatch.setattr(text_page, "PICTURE", tmp_path / "curve.svg")
    return path


def test_everything_is_measured_once_and_drawn(
    poet: Path, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(poet), *SMALL, "--temperatures", "0.7", "1", "--tamely", "0.9"]
    texts.main(asked)
    kept = json.loads(texts.RESULTS.read_text(encoding="utf-8"))
    parts = kept["poet"]["parts"]
    assert set(parts) == {
        "sweep at 0.7", "sweep at 1", "real texts", "figures at 0.9", "verse", "mending", "speed"
    }  # fmt: skip
    assert parts["verse"]["by rule"]["seven"]["poem_tones"]["value"] == 1.0
    assert parts["verse"]["free"]["five"]["texts"] == 100
    assert parts["verse"]["by"] == "likelihood"
    assert parts["figures at 0.9"]["real"]["told_apart"]["value"] == pytest.approx(0.5, abs=0.2)
    assert parts["mending"]["texts"] == 5
    assert parts["speed"]["first_symbol_ms"] > 0
    curves, floor = text_page.curves_of(kept, "text_file")
    assert [len(curve.points) for curve in curves] == [2, 2]
    assert floor is not None and floor.count == 200
    written = page.read_text(encoding="utf-8")
    for words in ("| poet, as drawn | 1 | 0.7 |", "| poet, best of 4 by its likelihood | ",
                  "| text_file | real texts (130) |", "| real test poems |", "| poet | 5 |",
                  "torch"):  # fmt: skip
        assert words in written
    assert ", as published |" not in written
    assert "<svg" in text_page.PICTURE.read_text(encoding="utf-8")
    parts["speed"]["settings"]["rounds"] = 7
    texts.store(kept)
    capsys.readouterr()
    texts.main(asked)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("poet: ")]
    assert [line for line in lines if not line.endswith("there already")] == ["poet: speed"]
    assert page.read_text(encoding="utf-8").count("| poet, as drawn | 1 | 0.7 |") == 1


def test_the_page_is_drawn_from_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = text_page.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(text_page, "PAGE", tmp_path / "texts.md")
    monkeypatch.setattr(text_page, "PICTURE", tmp_path / "curve.svg")
    text_page.PAGE.write_text(before, encoding="utf-8")
    texts.main([])
    assert text_page.PAGE.read_text(encoding="utf-8") == before


def test_other_weights_are_measured_anew(
    poet: Path, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_speed = {"speed": (text_measures.speed, {"rounds": 1, "seed": 0})}
    monkeypatch.setattr(texts, "plan", lambda *_: only_speed)
    before = {"model_sha256": "of other weights", "parts": {"figures at 1": {}}}
    kept: dict[str, Any] = {"poet": before}
    texts.measure(text_measures.material(str(poet), texts.hear), texts.arguments([]), kept)
    assert set(kept["poet"]["parts"]) == {"speed"}
    assert len(kept["poet"]["model_sha256"]) == 64


def test_real_verse_is_read_with_the_characters_that_the_vocabulary_lacks(poet: Path) -> None:
    class Whole(Quatrains):
        @property
        def held_out_texts(self) -> list[str]:
            return ["白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"]

    given = text_measures.material(str(poet), texts.hear)
    assert text_measures.held_out_texts(given) == given.model.sampler.modality.texts(given.held_out)
    quatrains = replace(given, reference=replace(given.reference, dataset=Whole()))
    assert text_measures.held_out_texts(quatrains) == Whole().held_out_texts


def test_what_writes_no_texts_is_refused(trained: sparring.Run) -> None:
    with pytest.raises(BadData, match="is no model that writes texts"):
        text_measures.material(str(trained.folder), texts.hear)


def test_published_tables_stand_beside_captions_alone(page: Path) -> None:
    figures = {name: {"value": 0.5, "low": 0.4, "high": 0.6} for name in text_page.BLEU}
    part = {"settings": {"temperature": 0.9}, "texts": 9, "generated": figures, "real": figures}
    parts = {"figures at 0.9": part}
    text_page.publish({"ours": {"data": "captions", "parts": parts}})
    written = page.read_text(encoding="utf-8")
    assert "| captions | ours at 0.9 (9) | 0.500 [0.400, 0.600] |" in written
    assert "| captions | MLE, as published | 0.731 | 0.497 | 0.305 | 0.189 | 0.916 |" in written
    assert "| captions | RankGAN, as published | 0.743 | 0.467 | 0.264 | 0.156 | - |" in written


def test_gaps_are_letters_of_known_texts(poet: Path) -> None:
    given = text_measures.material(str(poet), texts.hear)
    found, places, labels = text_measures.damaged(given, 20, 0)
    lost = found[torch.arange(20), places]
    surfaces = given.model.sampler.modality.texts(lost[:, None])
    assert set(surfaces) <= set(CHARACTERS)
    assert len(labels["form"]) == 20
    again, *_ = text_measures.damaged(given, 20, 0)
    assert again.equal(found)
    assert len(set(places.tolist())) > 5


def test_counts_of_runs_read_both_sides_of_a_gap() -> None:
    x, a, b, y, z = range(MADE_FROM, MADE_FROM + 5)
    train = torch.tensor([[x, a, y, END]] * 3 + [[x, b, z, END]] * 5)
    model = NgramModel.fit(rows_in(train), MADE_FROM + 5, 5)
    assert text_measures._counted(model, torch.tensor([x, z, y, END]), 1) == (b, a)
