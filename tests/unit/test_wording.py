"""Texts as asked for: tamer, chosen, continued, mended and streamed; and labels that tell it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import sparring
from sparring.core import weights
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.generation.model_file import JUDGE, MODEL_FILE
from sparring.generation.wording import MENDING, Wording, stream, worded
from sparring.networks._language import Choosy, Likely
from sparring.provenance.verify import verify

WORDINGS: dict[str, Wording] = {
    "plain": Wording(),
    "tame": Wording(temperature=0.5),
    "sure": Wording(top_p=0.4),
    "begun": Wording(prefix="they w", temperature=1.5),
    "chosen": Wording(candidates=3),
    "likely": Wording(candidates=3, by="likelihood"),
    "mended": Wording(repair="we □est □er□"),
}
wordings = pytest.mark.parametrize("wording", WORDINGS.values(), ids=WORDINGS)


@pytest.fixture(scope="module")
def sampler(wrote: sparring.Run) -> sparring.Sampler:
    return wrote.sampler()


@pytest.fixture(scope="module")
def likely(writing: Recipe, tmp_path_factory: pytest.TempPathFactory) -> sparring.Run:
    """A run by likelihood alone."""
    table = writing.to_json() | {"objective": {"name": "likelihood"}, "samples": 32}
    table["networks"] = {"generator": table["networks"]["generator"]}
    out = tmp_path_factory.mktemp("likely") / "run"
    return sparring.train(Recipe.from_json(table), out=out, quiet=True)


def texts(generated: Any) -> list[str]:
    return generated.modality.texts(generated.samples)


@wordings
def test_a_text_is_the_same_in_any_company(sampler: sparring.Sampler, wording: Wording) -> None:
    writer, labels = worded(sampler, wording)
    many = writer.generate(19, seed=5, labels=labels)
    assert torch.equal(many.samples[18:], writer.generate(1, seed=23, labels=labels).samples)
    assert torch.equal(many.samples, worded(sampler, wording)[0].generate(19, seed=5).samples)
    again, _ = worded(writer, wording)
    assert torch.equal(many.samples, again.generate(19, seed=5).samples), "asked once more"


@pytest.mark.parametrize("truncation", [1.0, 0.6])
@pytest.mark.parametrize("name", ["plain", "tame", "sure", "begun"])
def test_a_stream_is_what_is_generated(
    sampler: sparring.Sampler, name: str, truncation: float
) -> None:
    writer, _ = worded(sampler, WORDINGS[name])
    made = texts(writer.generate(3, seed=7, truncation=truncation))
    for number, text in enumerate(made):
        pieces = list(stream(writer, seed=7 + number, truncation=truncation))
        assert "".join(pieces) == text
        assert all(len(piece) <= 1 for piece in pieces)


def test_a_mended_text_streams_too_where_one_is_written(sampler: sparring.Sampler) -> None:
    told = "a mended one is the best of several; leave repair or stream out"
    with pytest.raises(UserError, match=told):
        next(stream(worded(sampler, WORDINGS["mended"])[0]))
    with pytest.raises(UserError, match="leave out what chooses among several"):
        next(stream(worded(sampler, WORDINGS["chosen"])[0]))
    for refused, told in (({"seed": -1}, "seed = -1"), ({"truncation": 0.0}, "truncation = 0.0"),
                          ({"labels": "loud"}, "heeds no labels")):  # fmt: skip
        more: Any = refused
        with pytest.raises(UserError, match=told):
            next(stream(worded(sampler, Wording())[0], **more))


def test_prefixes_and_gaps(sampler: sparring.Sampler) -> None:
    begun = texts(worded(sampler, WORDINGS["begun"])[0].generate(16))
    assert all(text.startswith("they w") for text in begun)
    assert len({*begun}) > 8
    for wording in (WORDINGS["mended"], Wording(repair="we □est □er□", candidates=2)):
        mended = texts(worded(sampler, wording)[0].generate(16))
        for text in mended:
            assert len(text) == 12
            assert [a for a, b in zip(text, "we □est □er□", strict=True) if b != "□"] == list(
                "we est er"
            )
    whole = "they walk here □"  # as long as the model's texts can be
    assert all(len(t) == 16 for t in texts(worded(sampler, Wording(repair=whole))[0].generate(16)))


def test_a_walk_and_a_call_complete_the_same(sampler: sparring.Sampler) -> None:
    for name, kept in (("begun", "they w"), ("mended", "we ")):
        walk = sparring.interpolate(worded(sampler, WORDINGS[name])[0], [0, 3], steps=3)
        assert all(text.startswith(kept) for text in texts(walk))


def test_mending_keeps_the_likeliest_of_many(sampler: sparring.Sampler) -> None:
    generator = worded(sampler, WORDINGS["mended"])[0].generator
    assert isinstance(generator, Choosy)
    assert generator.candidates == MENDING
    assert isinstance(generator.score, Likely)


def test_a_chooser_that_is_named_mends(sampler: sparring.Sampler, tmp_path: Path) -> None:
    asked = Wording(repair="we □est □er□", by="discriminator")
    writer, _ = worded(sampler, asked)
    generator = writer.generator
    assert isinstance(generator, Choosy)
    assert (generator.candidates, generator.score) == (MENDING, sampler.judge)
    path, *_ = writer.generate(1).save(tmp_path)
    facts = verify(path.read_bytes(), path.name).facts
    assert facts is not None
    assert facts.origin.ways == {"repair": "we □est □er□", "by": "discriminator"}
    more, _ = worded(sampler, Wording(repair="we □est □er□", candidates=2))
    assert isinstance(more.generator, Choosy)
    assert more.generator.score == sampler.judge, "as where nothing is mended"


def test_the_chooser_has_its_way(sampler: sparring.Sampler) -> None:
    assert sampler.judge is not None
    for by, score in (("discriminator", sampler.judge), ("likelihood", Likely(sampler.original))):  # pyrefly: ignore[bad-argument-type]
        means = []
        for candidates in (1, 8):
            made = worded(sampler, Wording(candidates=candidates, by=by))[0].generate(64).samples
            condition = sparring.core.spec.Condition()
            means.append(float(score(made, condition).mean()))
        assert means[1] > means[0], by


@wordings
def test_the_label_tells_the_ways(
    sampler: sparring.Sampler, wording: Wording, tmp_path: Path
) -> None:
    path, *_ = worded(sampler, wording)[0].generate(1).save(tmp_path)
    facts = verify(path.read_bytes(), path.name).facts
    assert facts is not None
    ways = facts.origin.ways
    usual = vars(Wording())
    assert {key: ways.get(key, usual[key]) for key in usual} == vars(wording)
    assert ways.keys() == wording.ways.keys()
    back = worded(sampler, Wording(**ways))[0].generate(1, seed=facts.seeds[0])
    assert texts(back)[0] == path.read_text(encoding="utf-8").partition("\n\n[AI")[0]


def test_a_model_is_saved_without_its_wording(sampler: sparring.Sampler, tmp_path: Path) -> None:
    writer, _ = worded(sampler, WORDINGS["chosen"])
    again = sparring.load(writer.save(tmp_path / "model"))
    assert again.model_hash == sampler.model_hash
    assert torch.equal(again.generate(3).samples, sampler.generate(3).samples)
    chosen = worded(again, WORDINGS["chosen"])[0].generate(3).samples
    assert torch.equal(chosen, writer.generate(3).samples), "the discriminator came along"


def test_a_discriminator_comes_and_goes_with_its_model(
    wrote: sparring.Run, likely: sparring.Run, sampler: sparring.Sampler, tmp_path: Path
) -> None:
    assert sparring.load(wrote.folder).judge is not None
    folder = likely.sampler().save(tmp_path / "other")
    assert sparring.load(folder).judge is None
    sampler.save(folder)
    assert sparring.load(folder).judge is not None
    likely.sampler().save(folder)
    assert sparring.load(folder).judge is None, "the earlier one went with its model"


def test_a_foreign_or_damaged_discriminator_is_refused(
    likely: sparring.Run, sampler: sparring.Sampler, tmp_path: Path
) -> None:
    path = sampler.save(tmp_path / "model") / MODEL_FILE
    tensors, header = weights.read(path)
    header.pop("format")
    whole = {name: tensor for name, tensor in tensors.items() if not name.endswith("expected")}
    weights.write(path, whole, header)
    with pytest.raises(BadData, match="is missing"):
        sparring.load(path)
    other = likely.sampler().save(tmp_path / "other") / MODEL_FILE
    own, header = weights.read(other)
    header.pop("format")
    judging = {name: tensor for name, tensor in tensors.items() if name.startswith(JUDGE)}
    weights.write(other, own | judging, header)
    with pytest.raises(BadData, match="no discriminator"):
        sparring.load(other)


def test_without_a_discriminator_likelihood_may_choose(likely: sparring.Run) -> None:
    sampler = likely.sampler()
    with pytest.raises(UserError, match=r"no discriminator to choose .* by likelihood instead"):
        worded(sampler, Wording(candidates=2))
    assert len(worded(sampler, Wording(candidates=2, by="likelihood"))[0].generate(2)) == 2


@pytest.mark.parametrize("wording", [*list(WORDINGS.values())[1:], Wording(verse="five")])
def test_what_makes_pictures_writes_nothing(trained: sparring.Run, wording: Wording) -> None:
    with pytest.raises(UserError, match="makes image and writes no texts"):
        worded(trained.sampler(), wording)
    with pytest.raises(UserError, match="can be shown while it is written"):
        next(stream(trained.sampler()))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        *(({"temperature": t}, "temperature = ") for t in (-1.0, 10.1, float("nan"))),
        *(({"top_p": p}, "top_p = ") for p in (-0.1, 1.01, 2.0, float("nan"))),
        *(({"candidates": n}, "candidates = ") for n in (0, -3, 257)),
        ({"by": "luck"}, "discriminator or likelihood chooses"),
        ({"prefix": "a", "repair": "□"}, "continued or mended, not both"),
        ({"prefix": "a\ud800"}, "no characters"),
        ({"repair": "□\udcff"}, "no characters"),
    ],
    ids=str,
)
def test_wishes_that_cannot_be(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        Wording(**settings)


@pytest.mark.parametrize(
    ("wording", "told"),
    [
        (Wording(prefix="we ÄQ"), "does not know Q Ä of 'we ÄQ'"),
        (Wording(prefix="we □"), "has a gap □, which a prefix cannot have; use repair"),
        (Wording(prefix="wewe" * 4), "has 16 symbols; this model writes at most 16"),
        (Wording(repair="□" * 17), "has 17 symbols; this model writes at most 16"),
        (Wording(repair="we rest"), "has no gap; write □ for each symbol"),
        (Wording(verse="six"), "five or seven is needed"),
        (Wording(verse="five,rhyme"), "does not write Chinese verse"),
    ],
    ids=str,
)
def test_wishes_that_a_model_cannot_fulfil(
    sampler: sparring.Sampler, wording: Wording, told: str
) -> None:
    with pytest.raises(UserError, match=told) as caught:
        worded(sampler, wording)
    assert "\n" not in str(caught.value)


def test_weights_that_are_no_numbers_write_nothing(wrote: sparring.Run, tmp_path: Path) -> None:
    tensors, header = weights.read(wrote.folder / "model" / MODEL_FILE)
    damaged = {name: tensor * torch.nan for name, tensor in tensors.items()}
    weights.write(tmp_path / "nan.safetensors", damaged, header)
    sampler = sparring.load(tmp_path / "nan.safetensors")
    writer, _ = worded(sampler, Wording())
    makes: tuple[Callable[[], Any], ...] = (
        lambda: sampler.generate(2),
        lambda: writer.generate(2),
        lambda: next(stream(writer)),
    )
    for make in makes:
        with pytest.raises(BadData, match="not all numbers"):
            make()


def test_a_form_of_verse_asks_for_its_label(tmp_path: Path, writing: Recipe) -> None:
    rows = [f"春眠不觉晓，处处闻啼{c}。夜来风雨声，花落知多{d}。" for c in "鸟草老好" for d in "少"]
    table = "\n".join(f"{row},{kind}" for row in rows for kind in ("five", "seven"))
    (tmp_path / "poems.csv").write_text(f"text,form\n{table}\n", encoding="utf-8")
    settings = {"data.path": str(tmp_path / "poems.csv"), "data.label": "form", "data.length": 24}
    run = sparring.train(writing.replace(settings, samples=16), out=tmp_path / "run", quiet=True)
    sampler = run.sampler()
    writer, labels = worded(sampler, Wording(verse="five"))
    assert labels == {"form": "five"}
    assert worded(sampler, Wording(verse="five"), "five")[1] == {"form": "five"}
    mended = Wording(repair="春眠不□晓，处处闻□鸟。")
    assert worded(sampler, mended)[1] == {"form": "five"}
    assert worded(sampler, mended, "seven")[1] == {"form": "seven"}, "as is asked for"
    assert worded(sampler, Wording(repair="春眠不□"))[1] == {}
    with pytest.raises(UserError, match="verse = 'five' and form = 'seven' say different things"):
        worded(sampler, Wording(verse="five"), "seven")
    assert worded(sampler, Wording())[1] == {}
    assert set(writer.generate(3, labels=labels).captions) == {"five"}


@pytest.mark.parametrize("asked", [{"temperature": 0.0}, {"top_p": 0.0}])
def test_zero_is_as_good_as_always_the_likeliest(
    sampler: sparring.Sampler, asked: dict[str, float]
) -> None:
    writer, labels = worded(sampler, Wording(**asked))
    made = writer.generate(4, seed=3, labels=labels)
    assert len(set(texts(made))) == 1
    assert writer.ways == asked
    assert Wording(**writer.ways) == Wording(**asked)  # as who makes it again reads it
