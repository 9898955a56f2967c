"""Language models of other people: their own numbers, trained on, saved, and refused."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

import sparring
from sparring.core import components
from sparring.core.components import GENERATOR
from sparring.core.errors import BadData, UserError
from sparring.core.recipe import Recipe
from sparring.core.spec import Condition, Spec
from sparring.data.text_file import TextFile
from sparring.generation import wording
from sparring.modalities import _tokens, _utf8
from sparring.modalities._tokens import END, MADE_FROM, PAD, UNKNOWN
from sparring.networks.pretrained import NEVER, PretrainedGenerator
from sparring.training.session import resume, train

LINES = [f"the cat {number} sat on {'a hat ' * (number % 4)}and so on" for number in range(60)]
SIGN = "<|endoftext|>"
PLACES = 32
FAMILIES = ("gpt2", "llama")


def config_of(family: str, vocabulary: int) -> Any:
    if family == "gpt2":
        return transformers.GPT2Config(
            vocab_size=vocabulary, n_positions=64, n_embd=16, n_layer=2, n_head=2,
            bos_token_id=0, eos_token_id=0, initializer_range=0.3,
        )  # fmt: skip
    return transformers.LlamaConfig(
        vocab_size=vocabulary + 4, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, bos_token_id=None, eos_token_id=[0, 1],
        initializer_range=0.3,
    )  # fmt: skip


def write_tokeniser(folder: Path, lines: list[str], size: int = 80) -> int:
    tokens = Tokenizer(models.BPE())
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=[AddedToken(SIGN, special=True)], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if size > 256 else [],
    )  # fmt: skip
    tokens.train_from_iterator([*lines, "<|> endoftext that is only told of, é"], trainer)
    tokens.save(str(folder / "tokenizer.json"))
    return tokens.get_vocab_size()


def write_folder(folder: Path, family: str = "gpt2") -> Path:
    folder.mkdir(exist_ok=True)
    size = write_tokeniser(folder, LINES)
    torch.manual_seed(3)
    model = transformers.AutoModelForCausalLM.from_config(config_of(family, size))
    model.save_pretrained(folder)
    return folder


@pytest.fixture(params=FAMILIES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write_folder(tmp_path / request.param, request.param)


@pytest.fixture
def lines(tmp_path: Path) -> str:
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return str(path)


def spec_of(folder: Path) -> Spec:
    known = _tokens.Tokeniser.of_folder(folder)
    return Spec("text", (PLACES,), symbols=known.symbols, tokeniser=known.stored)


def begun(folder: Path) -> PretrainedGenerator:
    network = PretrainedGenerator(spec_of(folder), path=str(folder))
    network.begin()
    return network.eval()


def symbols(network: PretrainedGenerator, count: int = 3) -> torch.Tensor:
    rng = torch.Generator().manual_seed(1)
    rows = torch.randint(MADE_FROM + 1, network.symbols, (count, PLACES), generator=rng)
    rows[0, 5], rows[0, 6:] = END, PAD
    return rows


def recipe(folder: Path, lines: str, objective: str, **settings: Any) -> Recipe:
    networks: dict[str, Any] = {"generator": {"name": "pretrained", "path": str(folder)}}
    if objective != "likelihood":
        networks["discriminator"] = {"name": "recurrent", "width": 8, "meaning": 8}
    return Recipe.from_json(
        {
            "name": "tiny",
            "samples": 64,
            "data": {
                "name": "text_file", "path": lines, "symbols": "tokens", "length": PLACES,
                "tokeniser": str(folder), "batch": 8,
            },
            "networks": networks,
            "objective": {"name": objective, **settings},
            "optimiser": {"learning_rate": 1e-3, "betas": [0.9, 0.99]},
            "training": {
                "precision": "float32", "threads": 1, "log_every": 16, "preview_count": 2,
                "checkpoint_every": 32,
            },
        }
    )  # fmt: skip


def test_texts_survive_the_tokens_of_a_model(tmp_path: Path) -> None:
    known = _tokens.Tokeniser.of_folder(write_folder(tmp_path / "gpt2"))
    again = _tokens.Tokeniser(known.stored)
    for text in [*LINES, "", f"a {SIGN} that is only told of", "é"]:
        numbers = known.encode(text)
        assert numbers == again.encode(text)
        assert all(MADE_FROM < number < known.symbols for number in numbers), "no sign"
        assert again.decode([*numbers, END, *numbers]) == text
    assert again.is_piecewise
    assert len(again.surfaces) == again.symbols
    with pytest.raises(BadData, match="damaged"):
        _tokens.Tokeniser(known.stored[:-40])


def test_what_a_model_does_not_know_is_the_unknown_symbol(tmp_path: Path) -> None:
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "cat": 1, "sat": 2}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "tokenizer.json"))
    known = _tokens.Tokeniser.of_folder(tmp_path)
    assert known.encode("cat dog sat") == [MADE_FROM + 1, UNKNOWN, MADE_FROM + 2]
    assert known.decode([MADE_FROM + 1, UNKNOWN]) == f"cat{_tokens.NO_SYMBOL}"
    spec = Spec("text", (8,), symbols=known.symbols, tokeniser=known.stored)
    config = json.dumps({**config_of("gpt2", 5).to_dict(), "eos_token_id": 4, "bos_token_id": 4})
    network = PretrainedGenerator(spec, path="", config=config)
    assert network.there.tolist() == [4, 0, 4, 0, 1, 2]
    assert network.barred.tolist() == [True, True, False, True, False, False]


def test_logits_are_those_of_the_model_itself(folder: Path) -> None:
    network = begun(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    tokens = symbols(network)
    own = torch.where(tokens >= MADE_FROM, tokens - MADE_FROM, 0)  # its end is number 0
    read = torch.cat([torch.zeros_like(own[:, :1]), own[:, :-1]], 1)
    with torch.no_grad():
        expected = model.eval()(input_ids=read).logits
        ours = network.logits(tokens, Condition())
    size = network.symbols - MADE_FROM
    torch.testing.assert_close(ours[..., MADE_FROM + 1 :], expected[..., 1:size])
    torch.testing.assert_close(ours[..., END], expected[..., 0])
    assert ours[..., [PAD, UNKNOWN, MADE_FROM]].eq(NEVER).all(), "the end has one number"


def test_step_by_step_it_thinks_the_same(folder: Path) -> None:
    network = begun(folder)
    tokens = symbols(network)
    weights = torch.nn.functional.one_hot(tokens, network.symbols).float()
    with torch.no_grad():
        whole = network.logits(tokens, Condition())
        for given in (tokens, weights):
            state = network.opened(len(tokens), Condition())
            steps = [network.following(None, state)]
            steps += [network.following(given[:, i], state) for i in range(PLACES - 1)]
            torch.testing.assert_close(torch.stack(steps, 1), whole, rtol=1e-4, atol=1e-4)


def test_gradients_flow_through_weights_of_symbols(folder: Path) -> None:
    network = begun(folder)
    weights = torch.full((2, network.symbols), 1 / network.symbols, requires_grad=True)
    state = network.opened(2, Condition())
    network.following(None, state)
    network.following(weights, state)
    network.following(weights, state).softmax(1)[:, 7].sum().backward()
    assert weights.grad is not None
    assert weights.grad.any()


def test_what_is_given_is_written(folder: Path) -> None:
    network = begun(folder)
    given = torch.full((2, PLACES), -1)
    given[:, :3] = torch.tensor([9, 12, 7])
    made = network(torch.randn(2, PLACES), Condition(given=given))
    assert made[:, :3].eq(given[:, :3]).all()


@pytest.mark.parametrize(
    ("family", "objective", "settings"),
    [
        ("gpt2", "likelihood", {}),
        ("llama", "reinforce", {"warm_up": 16}),
        ("gpt2", "gumbel", {"warm_up": 16}),
    ],
)
def test_it_is_trained_and_leaves_its_folder(
    lines: str, tmp_path: Path, family: str, objective: str, settings: dict[str, Any]
) -> None:
    folder = write_folder(tmp_path / family, family)
    run = train(recipe(folder, lines, objective, **settings), out=tmp_path / "run", quiet=True)
    rows = [json.loads(row) for row in (run.folder / "metrics.jsonl").read_text().splitlines()]
    assert min(row["nats"] for row in rows[1:] if "nats" in row) < rows[0]["nats"]
    shutil.rmtree(folder)
    sampler = sparring.load(run.folder)
    made = sampler.generate(4)
    assert len(made.modality.texts(made.samples)) == 4
    shown = (run.folder / "model" / "config.json").read_text()
    assert str(tmp_path) not in shown
    sampler.save(tmp_path / "again")
    assert sparring.load(tmp_path / "again").model_hash == sampler.model_hash
    asked, _ = wording.worded(sampler, wording.Wording(prefix="the cat"))
    told = "".join(wording.stream(asked, seed=1))
    assert told.startswith("the cat")
    assert told == made.modality.texts(asked.generate(1, seed=1).samples)[0]


def test_controls_that_no_text_may_hold_are_replaced(tmp_path: Path) -> None:
    write_tokeniser(tmp_path, LINES, size=300)
    known = _tokens.Tokeniser.of_folder(tmp_path)
    for control in "\0\x04\x1b\x7f":
        assert known.decode(known.encode(f"a{control}b")) == f"a{_tokens.NO_SYMBOL}b"
        assert not any(control in surface for surface in known.surfaces)
    assert known.decode(known.encode("a\tb\nc\fd")) == "a\tb\nc\fd"


def test_a_model_of_all_bytes_writes_texts_that_can_be_read(tmp_path: Path) -> None:
    size = write_tokeniser(tmp_path, LINES, size=300)
    model = transformers.AutoModelForCausalLM.from_config(config_of("gpt2", size))
    model.save_pretrained(tmp_path)
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join(LINES), encoding="utf-8")
    run = train(recipe(tmp_path, str(lines), "likelihood"), out=tmp_path / "run", quiet=True)
    sampler = run.sampler()
    made = sampler.generate(4)
    texts = made.modality.texts(made.samples)
    paths = made.save(tmp_path / "samples")
    for text, path in zip(texts, paths, strict=False):
        assert _utf8.decoded(path.read_bytes()).startswith(_utf8.decoded(text.encode()))
    asked, _ = wording.worded(sampler, wording.Wording())
    assert "".join(wording.stream(asked, seed=1)) == texts[1]


def test_a_run_goes_on_without_the_weights_that_it_began_with(lines: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "gpt2")
    run = train(recipe(folder, lines, "likelihood"), out=tmp_path / "run", quiet=True)
    before = sparring.load(run.folder).model_hash
    (folder / "model.safetensors").unlink()
    assert sparring.load(resume(run.folder, quiet=True).folder).model_hash == before


def test_a_recipe_holds_what_the_model_is(lines: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "gpt2")
    asked = recipe(folder, lines, "likelihood")
    stored = asked.networks["generator"]["config"]
    assert json.loads(stored)["model_type"] == folder.name
    assert not asked.conditional, "nobody is to be offered labels"
    assert Recipe.from_json(asked.to_json()) == asked
    moved = shutil.copytree(folder, tmp_path / "elsewhere" / folder.name)
    assert recipe(moved, lines, "likelihood").hash == asked.hash


def refusal(spec: Spec, folder: Path, **settings: Any) -> str:
    with pytest.raises(UserError) as told:
        network = components.build(
            GENERATOR, {"name": "pretrained", "path": str(folder), **settings}, spec,
            where="networks.generator",
        )  # fmt: skip
        network.begin()
    text = str(told.value)
    assert "\n" not in text
    return text


def test_folders_that_cannot_be_used_get_a_sentence(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "gpt2")
    spec = spec_of(folder)
    assert "no config.json" in refusal(spec, tmp_path / "nowhere")
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:200])
    assert "cannot be used" in refusal(spec, folder)
    weights.unlink()
    assert "no .safetensors file" in refusal(spec, folder)
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x02.")
    assert "pytorch_model.bin, a pickle" in refusal(spec, folder)
    weights.write_bytes(content)
    config = json.loads((folder / "config.json").read_text())
    for change, words in (
        ({"n_layer": 3}, "is missing"),
        ({"n_embd": 18}, "cannot be used"),
        ({"model_type": "unheard_of"}, "unheard_of"),
        ({"model_type": "vit"}, "no causal language model"),
        ({"eos_token_id": None, "bos_token_id": None}, "sign for the end"),
        ({"n_positions": 8}, "at most 8 symbols, not 32"),
        ({"quantization_config": {"bits": 4}}, "quantised"),
    ):
        (folder / "config.json").write_text(json.dumps({**config, **change}))
        assert words in refusal(spec, folder)
    (folder / "config.json").write_text("[]")
    assert "config.json cannot be used" in refusal(spec, folder)
    (folder / "config.json").write_text(json.dumps({**config, "n_head": 4}))
    assert "another model than" in refusal(spec, folder, config=json.dumps(config))


def test_a_model_that_looks_ahead_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "bert")
    config = transformers.BertConfig(
        vocab_size=100, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, eos_token_id=0, bos_token_id=0, is_decoder=True,
        initializer_range=0.5,
    )  # fmt: skip
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    table = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**table, "is_decoder": False}))
    assert "looks at symbols that come later" in refusal(spec_of(folder), folder)


def test_other_vocabularies_are_refused(tmp_path: Path) -> None:
    folder, other = write_folder(tmp_path / "gpt2"), write_folder(tmp_path / "other")
    letters = _tokens.Tokeniser.learn(LINES, "characters")
    spec = Spec("text", (PLACES,), symbols=letters.symbols, tokeniser=letters.stored)
    assert 'data.symbols = "tokens"' in refusal(spec, folder)
    assert "the data have 90" in refusal(Spec("text", (PLACES,), symbols=90), folder)
    write_tokeniser(other, LINES[::-1] + ["zzz zzz"] * 9)
    assert "other tokens than the model" in refusal(spec_of(other), folder)
    (folder / "tokenizer.json").unlink()
    assert "There is no tokenizer.json" in refusal(spec_of(other), folder)


def test_data_name_the_folder_of_their_tokens(tmp_path: Path, lines: str) -> None:
    with pytest.raises(ValueError, match="belong together"):
        TextFile(path=lines, symbols="tokens")
    with pytest.raises(ValueError, match="belong together"):
        TextFile(path=lines, tokeniser=str(tmp_path))
    with pytest.raises(BadData, match=r"no tokenizer\.json"):
        _ = TextFile(path=lines, symbols="tokens", tokeniser=str(tmp_path)).spec
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(BadData, match=r"tokenizer\.json cannot be used: The tokeniser is damaged"):
        _ = TextFile(path=lines, symbols="tokens", tokeniser=str(tmp_path)).spec
    folder = write_folder(tmp_path / "gpt2")
    data = TextFile(path=lines, symbols="tokens", tokeniser=str(folder), length=PLACES)
    assert len(data.report["settings"]["tokeniser"]) == 64
    window = TextFile(
        path=lines, symbols="tokens", tokeniser=str(folder), length=PLACES, sample="window"
    )
    assert window.split("train").values.shape[1] == PLACES


@pytest.mark.parametrize("package", ["transformers", "tokenizers"])
def test_the_command_that_is_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    folder = write_folder(tmp_path / "gpt2")
    spec = spec_of(folder)
    monkeypatch.setitem(sys.modules, package, None)
    assert "pip install 'sparring[pretrained]'" in refusal(spec, folder)
