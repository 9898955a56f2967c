"""What the pages work with: models by name, runs with their states, reports by model."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
import torch

import sparring
from sparring.core.errors import UserError
from sparring.studio.desk import Desk
from sparring.studio.making import Asked, make
from sparring.studio.runs import DONE, ELSEWHERE, STOPPED, Runs
from sparring.studio.showing import label_address
from sparring.studio.translating import in_chinese
from sparring.studio.words import LANGUAGES
from sparring.training.run import Run

ENGLISH = LANGUAGES["en"]


def test_models_are_known_by_name_and_by_hash(desk: Desk) -> None:
    assert desk.names() == ["digits"]
    assert desk.place_of("digits") == Path("digits")
    assert desk.model_of(desk.sampler("digits").model_hash) == "digits"
    assert desk.model_of("0" * 64) == ""
    with pytest.raises(UserError, match="no model 'dgits'"):
        desk.describe("dgits")


def test_a_run_joins_the_models_and_says_what_it_is_at(desk: Desk, trained: Run) -> None:
    runs = Runs(desk)
    assert runs.rows() == []
    folder = desk.runs / "mine"
    shutil.copytree(trained.folder, folder)
    assert desk.names() == ["digits", "mine"] and desk.place_of("mine") == folder
    (row,) = runs.rows()
    assert (row.name, row.state, row.share) == ("mine", DONE, 1.0)
    rows = (folder / "metrics.jsonl").read_text().splitlines()
    (folder / "metrics.jsonl").write_text("\n".join(rows[:10]) + "\n")
    (row,) = runs.rows()
    assert row.state == STOPPED and row.share == 0.5
    (folder / "lock").write_text("{}")
    assert runs.rows()[0].state == ELSEWHERE
    assert runs.progress("nothing") is None


def test_the_job_that_works_counts_however_many_came_later(desk: Desk, trained: Run) -> None:
    folder = desk.runs / "mine"
    shutil.copytree(trained.folder, folder)
    runs, store = Runs(desk), desk.services._store
    first = store.add("train", {"run": "mine"})
    store.claim("train")
    for number in range(120):
        store.finish(store.add("train", {"run": f"other-{number}"}).id, "failed")
    later = store.add("train", {"run": "mine"})
    job = runs.job("mine")
    assert job is not None and job.id == first.id
    with pytest.raises(UserError, match="trained already"):
        runs.resume("mine")
    runs.stop("mine")
    store.finish(first.id, "cancelled")
    job = runs.job("mine")
    assert job is not None and job.id == later.id
    store.finish(later.id, "cancelled")
    assert runs.state("mine", runs.job("mine")) == DONE


def test_the_newest_report_is_shown(desk: Desk, trained: Run) -> None:
    folder = desk.runs / "mine"
    shutil.copytree(trained.folder, folder)
    assert desk.judgings.report(["mine"], ENGLISH) is None
    own = folder / "report" / "report.html"
    own.parent.mkdir()
    own.write_text("<p>of the command line</p>")
    found = desk.judgings.report(["mine"], ENGLISH)
    assert found is not None and found.is_relative_to(desk.reports)
    assert "command line" in found.read_text()
    assert desk.address_of(found) == "/reports/mine/report.html"
    assert desk.judgings.report(["mine", "digits"], ENGLISH) is None


def test_a_report_is_told_in_chinese_and_anew_when_it_is_new(desk: Desk) -> None:
    page = desk.reports / "digits" / "report.html"
    page.parent.mkdir()
    for count, words in enumerate(("Figures", "Class by class")):
        page.write_text(f'<html lang="en"><main><h2>{words}</h2></main>')
        os.utime(page, (time.time() + 9 * count, time.time() + 9 * count))
        found = desk.judgings.report(["digits"], LANGUAGES["zh"])
        assert found is not None and found.name == "report.zh.html"
        assert in_chinese(words) in found.read_text() and words not in found.read_text()
    assert desk.judgings.report(["digits"], ENGLISH) == page


def test_what_pages_make_waits_its_turn_behind_the_one_worker(desk: Desk) -> None:
    held = threading.Event()
    before = desk.services.worker.call(lambda: (held.wait(20), time.monotonic())[1])

    async def ask() -> tuple[str, float]:
        asked = asyncio.create_task(desk.worked(lambda: threading.current_thread().name))
        await asyncio.sleep(0.2)
        assert not asked.done()
        held.set()
        return await asked, time.monotonic()

    name, after = asyncio.run(ask())
    assert name == "worker" and before.result(5) <= after


def test_a_poem_on_the_shelf_keeps_its_label_beside_it(desk: Desk) -> None:
    sampler = sparring.load("quatrains")
    (piece,) = desk.pieces.add(make(sampler, Asked(1, 4)), "quatrains")
    beside = desk.pieces.beside(piece)
    assert beside is not None and label_address(piece) == f"/made/{beside.name}"
    content = desk.pieces.path(piece).read_bytes()

    def state(label: bytes) -> str:
        layers = desk.verify(content, piece.file, label).layers
        return next(layer.state for layer in layers if layer.name == "implicit")

    assert state(b"") == "missing" and state(beside.read_bytes()) == "valid"
    (other,) = desk.pieces.add(make(desk.sampler("digits"), Asked(1, 4)), "digits")
    assert desk.pieces.beside(other) is None  # a picture has room for it


def test_a_training_example_is_its_own_nearest(trained: Run, desk: Desk) -> None:
    # A model names the folder of its data and not where it lies; its run knows that.
    shutil.copytree(trained.folder, desk.runs / "own")
    found = desk.neighbours("own")
    assert len(found) == found.of and not found.by
    example = found.modality.to_samples(found._raw[5:6])[0]
    near = found.nearest(example)
    assert near.distance == pytest.approx(0.0, abs=1e-4) and torch.equal(near.sample, example)
    far = found.nearest(-example)
    assert far.distance > 0.3 * far.usual > 0
