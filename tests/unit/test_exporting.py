"""An export is a folder that is whole, checked and of use without Sparring, or there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from torch import Tensor

import sparring
from sparring import cli
from sparring.core.errors import CheckFailed, UserError
from sparring.core.recipe import Recipe
from sparring.core.spec import Condition, Spec
from sparring.exporting import Run, Target
from sparring.exporting._checking import check
from sparring.exporting._engine import ENGINE, faster, onnx_engine, speedup
from sparring.exporting._graph import Graph, Making, Reading, graph_of
from sparring.exporting._session import EXPORTS
from sparring.generation import likeness
from sparring.generation.model_file import build_generator, modality_of
from sparring.generation.sampler import Sampler
from sparring.generation.wording import Wording, worded
from sparring.networks import Generator
from sparring.provenance.labelling import Labelling
from sparring.provenance.verify import verify

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")


class Off(Target):
    """A form that is not what it should be."""

    file = "off.bin"
    packages = ()
    imports = ()
    opening = "graph = None"
    call = "graph"
    by = 2e-4

    def write(self, graph: Graph, folder: Path) -> None:
        (folder / self.file).write_bytes(b"")

    def opened(self, folder: Path, graph: Graph) -> Run:
        return lambda inputs: graph(*inputs) + self.by


class Stubborn(Generator):
    """A network whose way depends on the numbers that it meets."""

    def __init__(self) -> None:
        super().__init__()
        self.latent = 4
        self.weight = torch.nn.Parameter(torch.ones(64))

    def forward(self, latents: Tensor, condition: Condition) -> Tensor:
        if latents.sum() > 0:
            return (latents[:, :1] * self.weight).view(-1, 1, 8, 8)
        return self.weight.expand(len(latents), -1).view(-1, 1, 8, 8)


def recipe_of(network: str) -> Recipe:
    tables = {"data": {"name": "mnist"}, "objective": {"name": "hinge"}}
    networks = {"generator": {"name": network}}
    return Recipe.from_json({"name": "odd name", "samples": 1, "networks": networks, **tables})


def sampler_of(spec: Spec, network: str) -> Sampler:
    torch.manual_seed(0)
    recipe = recipe_of(network)
    facts = {"samples": 1, "licence": "CC0 1.0", "chosen": "the last one"}
    return Sampler(build_generator(recipe, spec), recipe, modality_of(spec), facts)


@pytest.fixture(scope="module")
def sampler(trained: sparring.Run) -> Sampler:
    return trained.sampler()


@pytest.fixture(scope="module")
def exported(sampler: Sampler, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sparring.export(sampler, "onnx", out=tmp_path_factory.mktemp("exports") / "tiny")


def run_example(folder: Path) -> str:
    """What the example prints, in a Python that has no Sparring and hears every warning.

    It runs in the folder above its own, and what it writes is moved beside it.
    """
    hidden = (
        "import runpy, sys; sys.modules['sparring'] = None; "
        f"runpy.run_path({str(folder / 'example.py')!r})"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", hidden],
        cwd=folder.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for made in folder.parent.glob("samples.*"):
        made.rename(folder / made.name)
    return done.stdout


def test_an_export_is_whole(exported: Path, sampler: Sampler) -> None:
    names = {path.name for path in exported.iterdir()}
    assert names == {"model.onnx", "model.onnx.data", "README.md", "example.py"}
    assert not list(exported.parent.glob("*.tmp-*"))
    onnx.checker.check_model(exported / "model.onnx", full_check=True)
    session = onnxruntime.InferenceSession(exported / "model.onnx")
    label_set = next(iter(sampler.labels))
    assert [each.name for each in session.get_inputs()] == ["latents", label_set]
    assert [each.shape[0] for each in session.get_inputs()] == ["batch", "batch"]
    (output,) = session.get_outputs()
    assert output.name == "samples"
    latents, index = sampler.latents(range(5)), torch.arange(5) % 2
    (made,) = session.run(["samples"], {"latents": latents.numpy(), label_set: index.numpy()})
    wanted = sampler(latents, Condition({label_set: index}))
    np.testing.assert_allclose(made, wanted.numpy(), atol=1e-4)


def test_a_card_says_what_goes_in_and_out_and_what_it_obliges_to(
    exported: Path, sampler: Sampler
) -> None:
    card = (exported / "README.md").read_text(encoding="utf-8")
    assert "| `latents` | float32 [batch, 8] |" in card
    assert "0 = dark, 1 = light" in card
    assert "| `samples` | float32 [batch, 1, 8, 8] |" in card
    assert "8 x 8 pixels" in card
    assert "label these as AI-generated" in card
    assert "`sparring verify` therefore calls its file unlabelled" in card
    assert sampler.model_hash in card
    assert str(sampler.facts["licence"]) in card
    assert card.count("SHA-256") >= 3
    assert "on 64 seeds" in card


def test_the_example_makes_labelled_pictures(exported: Path) -> None:
    code = (exported / "example.py").read_text(encoding="utf-8").splitlines()
    assert len(code) <= 10
    assert not any("sparring" in line or "torch" in line for line in code)
    run_example(exported)
    with Image.open(exported / "samples.png") as picture:
        assert picture.size == (64, 8)
        assert picture.info["Description"] == "AI-generated"
    verdict = verify((exported / "samples.png").read_bytes(), "samples.png")
    assert {layer.state for layer in verdict.layers} == {"missing"}
    (exported / "samples.png").unlink()


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_pictures_of_any_channels_have_an_example(channels: int, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    sparring.export(sampler_of(Spec("image", (channels, 8, 12)), "mlp"), "torch_export", out=folder)
    assert "torch.export.load" in (folder / "example.py").read_text(encoding="utf-8")
    run_example(folder)
    with Image.open(folder / "samples.png") as picture:
        assert picture.size == (8 * 12, 16 if channels == 2 else 8)


def test_waves_and_mel_spectrograms_have_an_example(tmp_path: Path) -> None:
    waves, mel = (
        sparring.export(sampler_of(Spec("audio", shape, rate=8000), "mlp"), out=tmp_path / name)
        for name, shape in (("waves", (640,)), ("mel", (16, 10)))
    )
    run_example(waves)
    heard, rate = soundfile.read(waves / "samples.wav")
    assert (len(heard), rate) == (8 * 640, 8000)
    with soundfile.SoundFile(waves / "samples.wav") as file:
        assert "AI-generated" in file.comment
    run_example(mel)
    with Image.open(mel / "samples.png") as picture:
        assert picture.size == (8 * 10, 16)
    assert "no waves" in (mel / "README.md").read_text(encoding="utf-8")
    assert "8,000 Hz; 1 is full scale" in (waves / "README.md").read_text(encoding="utf-8")


def test_texts_are_written_symbol_by_symbol(wrote: sparring.Run, tmp_path: Path) -> None:
    model = wrote.sampler()
    folder = sparring.export(model, out=tmp_path / "texts")
    symbols = json.loads((folder / "symbols.json").read_text(encoding="utf-8"))
    assert len(symbols) == model.spec.symbols
    assert run_example(folder).count("AI-generated: ") == 8
    assert "logits" in (folder / "README.md").read_text(encoding="utf-8")
    assert len((folder / "example.py").read_text(encoding="utf-8").splitlines()) <= 10
    with pytest.raises(UserError, match="temperature"):
        graph_of(worded(model, Wording(temperature=0.5))[0])
    with pytest.raises(UserError, match="symbol after symbol"):
        onnx_engine(model)
    assert faster(model) is model


def test_other_logits_are_noticed(wrote: sparring.Run) -> None:
    graph = graph_of(wrote.sampler())
    assert isinstance(graph, Reading)
    assert check(graph, lambda inputs: graph(*inputs)) == 0
    with pytest.raises(CheckFailed, match=r"2\.0e-04 where 1e-04 is allowed"):
        check(graph, lambda inputs: graph(*inputs) + 2e-4)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["onnx", "torch_export"])
def test_shipped_poems_are_exported(target: str, tmp_path: Path) -> None:
    folder = sparring.export(sparring.load("quatrains", "cpu"), target, out=tmp_path / "poems")
    assert (folder / "README.md").is_file()


def test_what_differs_is_not_kept(sampler: Sampler, tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=r"2\.0e-04 where 1e-04 is allowed"):
        sparring.export(sampler, f"{__name__}:Off", out=tmp_path / "new" / "off")
    assert not list((tmp_path / "new").iterdir())


def test_what_is_no_number_differs(sampler: Sampler) -> None:
    graph = graph_of(sampler)

    def broken(inputs: Sequence[Tensor]) -> Tensor:
        return graph(*inputs) * torch.nan

    with pytest.raises(CheckFailed, match="nan"):
        check(graph, broken)


def test_a_network_that_cannot_be_followed_is_refused(tmp_path: Path) -> None:
    modality = modality_of(Spec("image", (1, 8, 8)))
    model = Sampler(Stubborn(), recipe_of("mlp"), modality, {"licence": "none"})
    for target in ("onnx", "torch_export"):
        with pytest.raises(UserError, match="'mlp' cannot be traced: Could not guard"):
            sparring.export(model, target, out=tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_what_stands_in_the_way_stays(sampler: Sampler, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    for taken in (tmp_path, tmp_path / "note"):
        with pytest.raises(UserError, match="there already"):
            sparring.export(sampler, out=taken)
    with pytest.raises(UserError, match="cannot be written"):
        sparring.export(sampler, f"{__name__}:Off", out=tmp_path / "note" / "deep")
    assert (tmp_path / "note").read_text() == "mine"


def test_a_missing_extra_is_told_with_its_command(
    sampler: Sampler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(UserError, match=r'onnxscript.*pip install "sparring\[export\]"'):
        sparring.export(sampler, out=tmp_path / "out")
    assert faster(sampler) is sampler


def test_no_such_target(sampler: Sampler) -> None:
    with pytest.raises(UserError, match="Did you mean 'onnx'"):
        sparring.export(sampler, "onx")


def test_names_lead_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = sparring.export(sampler_of(Spec("image", (1, 8, 8)), "mlp"), "torch_export")
    assert folder == EXPORTS / "odd name-torch_export"
    spec = Spec("image", (1, 8, 8), labels={"latents": ("a", "b"), "given": ("c",)})
    graph = graph_of(sampler_of(spec, "mlp"))
    assert list(graph.inputs) == ["latents", "latents_label", "given_label"]


def test_the_command(
    trained: sparring.Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    words = ["sparring", "export", str(trained.folder), "torch_export", "--out", str(out), "--json"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert told["folder"] == str(out)
    assert {Path(file).name for file in told["files"]} == {"README.md", "example.py", "model.pt2"}


def test_an_engine_makes_the_same_and_says_so(sampler: Sampler) -> None:
    engine = onnx_engine(sampler)
    mine, theirs = sampler.generate(21, seed=7), engine.generate(21, seed=7)
    assert (mine.samples - theirs.samples).abs().max() <= 1e-4
    assert mine.labels == theirs.labels
    content = theirs.encoded(0)
    made = verify(content, "x.png").facts
    assert made is not None
    assert made.origin.ways == {ENGINE: f"onnxruntime {onnxruntime.__version__}"}
    assert not mine.origin.ways
    assert made.origin.model == sampler.model_hash
    again = likeness.again(made, content, "x.png", sampler, Labelling(signed=False))
    assert again.differences == [f"engine onnxruntime {onnxruntime.__version__} then, torch now"]
    assert torch.equal(theirs.samples[3:4], engine.generate(1, seed=10).samples)
    with pytest.raises(UserError, match="engine"):
        onnx_engine(engine)


def test_the_faster_one_is_taken(sampler: Sampler) -> None:
    taken = faster(sampler)
    assert taken.ways.get(ENGINE, "").startswith("onnxruntime") or taken is sampler
    assert speedup(sampler, sampler) > 0
    assert isinstance(graph_of(sampler), Making)
