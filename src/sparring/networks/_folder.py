"""Pretrained language models in the layout of Hugging Face: what they are, and their weights."""

from __future__ import annotations

import contextlib
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from sparring.core.errors import BadData, UserError
from sparring.core.weights import PICKLES
from sparring.modalities._folder_tokens import MISSING

FILE = "config.json"
LARGEST = 1_000_000  # bytes of it
# What it says about one machine, foreign code or the form of the weights on disk.
NOT_OURS = (
    "auto_map", "attn_implementation", "dtype", "torch_dtype", "transformers_version", "use_cache",
)  # fmt: skip


def config_in(folder: Path) -> str:
    """The description of the model in a folder, as JSON in one line.

    Raises:
        BadData: there is none, or it cannot be read.
    """
    path = folder / FILE
    if not path.is_file():
        raise BadData(
            f"There is no {FILE} in {folder.absolute()}; give the folder of a pretrained model, as "
            "save_pretrained of transformers writes it."
        )
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it has more than {LARGEST:,} bytes")
        table = json.loads(path.read_text(encoding="utf-8"))
        kept = {k: v for k, v in table.items() if k not in NOT_OURS and k[:1] != "_"}
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise BadData(f"{path} cannot be used: {error}.") from error
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def model_of(config: str) -> Any:
    """A model with random weights, as described; in full precision.

    Raises:
        UserError: the library is not installed.
        ValueError: it is no description of a causal language model.
    """
    library = _library()
    described = _described(library, config)
    try:
        return library.AutoModelForCausalLM.from_config(described, trust_remote_code=False).float()
    except (UserError, MemoryError, RuntimeError):
        raise
    except Exception as error:  # of any kind, as the description comes from anybody
        raise ValueError(
            f"its {FILE} describes no causal language model that transformers "
            f"{library.__version__} knows ({_one_line(error)}); choose another"
        ) from error


def pretrained(folder: Path, config: str) -> Any:
    """The model in a folder with its weights, in full precision; nothing is downloaded.

    Raises:
        BadData: there are no weights, only pickles, or ones that do not fit the description.
        UserError: the library is not installed.
    """
    library = _library()
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    if not any(name.endswith(".safetensors") for name in names):
        pickles = sorted(name for name in names if Path(name).suffix in PICKLES)
        if pickles:
            raise BadData(
                f"{folder} holds its weights as {pickles[0]}, a pickle, which can run code when "
                "read; only safetensors are loaded. Whoever trusts it can let save_pretrained of "
                "transformers write them anew."
            )
        raise BadData(f"There are no weights in {folder}: it has no .safetensors file.")
    try:
        with _quiet(library):
            model, found = library.AutoModelForCausalLM.from_pretrained(
                folder, config=_described(library, config), local_files_only=True,
                trust_remote_code=False, use_safetensors=True, output_loading_info=True,
            )  # fmt: skip
    except Exception as error:  # of any kind, as the files come from anybody
        raise BadData(f"The weights in {folder} cannot be used: {_one_line(error)}.") from error
    missing = sorted(found["missing_keys"])
    if missing:
        raise BadData(f"The weights in {folder} are not whole: {missing[0]} is missing.")
    return model.float()


def require_causal(model: Any, folder: Path) -> None:
    """Make sure that a model looks at nothing that comes later.

    Raises:
        BadData: it does.
    """
    training = model.training
    with torch.no_grad():
        first, second = model.eval()(input_ids=torch.tensor([[0, 0], [0, 1]])).logits[:, 0]
    model.train(training)
    if not torch.allclose(first, second, atol=1e-4):
        raise BadData(
            f"The model in {folder} looks at symbols that come later, so it cannot write; take a "
            "causal one, such as GPT-2 or Llama."
        )


def _described(library: Any, config: str) -> Any:
    try:
        table = json.loads(config)
        kind = table["model_type"]
        if "quantization_config" in table:
            raise ValueError("its weights are quantised, and such ones cannot be trained")
        return library.CONFIG_MAPPING[kind].from_dict(table)
    except Exception as error:  # of any kind, as the description comes from anybody
        raise ValueError(
            f"its {FILE} cannot be used by transformers {library.__version__} "
            f"({_one_line(error)}); choose another"
        ) from error


@contextlib.contextmanager
def _quiet(library: Any) -> Iterator[None]:
    """Without bars of progress of its own, and without remarks."""
    log = library.utils.logging
    showed, level = log.is_progress_bar_enabled(), log.get_verbosity()
    log.disable_progress_bar()
    log.set_verbosity_error()
    try:
        yield
    finally:
        log.set_verbosity(level)
        if showed:
            log.enable_progress_bar()


def _one_line(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.strip().splitlines()[0].rstrip(".")


def _library() -> Any:
    try:
        return importlib.import_module("transformers")
    except ImportError as error:
        raise UserError(MISSING) from error
