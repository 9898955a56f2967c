"""A generator of texts that somebody has trained before: any causal language model in a folder."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from jaxtyping import Float, Int
from pydantic import AfterValidator, Field
from torch import Tensor, nn

from sparring.core.errors import BadData
from sparring.core.spec import Condition, Spec
from sparring.modalities._folder_tokens import KIND, FolderTokens
from sparring.modalities._tokens import END, MADE_FROM, PAD, UNKNOWN
from sparring.networks import _folder
from sparring.networks._language import LanguageModel

NEVER = -1e4
"""Logit of what is never written; finite, so that nothing becomes no number."""


def _filled(config: str, info: Any) -> str:  # pydantic's, a protocol that cannot be checked
    return config or _folder.config_in(Path(info.data["path"]).expanduser())


Folder = Annotated[str, Field(min_length=1, description="of the pretrained model")]
Config = Annotated[
    str, AfterValidator(_filled), Field(description="its config.json; left out, it is read there")
]


@dataclass
class _Reading:
    """Where a text stands.

    Attributes:
        count: of texts.
        memory: what the model keeps of the places before.
        rows: what each of our symbols is read as, once somebody gave weights of symbols.
    """

    count: int
    memory: Any = None
    rows: Tensor | None = None


class PretrainedGenerator(LanguageModel):
    """Any causal language model in the layout of Hugging Face, such as GPT-2, Llama or Qwen.

    Wolf et al. 2020, "Transformers: State-of-the-art natural language processing". The data must
    have that model's tokens as symbols: `data.symbols = "tokens"` and `data.tokeniser` = the same
    folder. Symbol 3 + i is its token i, and our end is its end. Before each text stands its sign
    for the beginning, or that for the end where it has none. Symbols [b t], logits [b t v].

    It is built with random weights from `config`, which is part of a recipe, so that a saved model
    needs the folder no more; a training begins with the weights in the folder (safetensors only;
    nothing is downloaded and no code in it is run). Labels are not heeded. All weights are trained,
    in full precision.

    Args:
        path: the folder, which `save_pretrained` writes.
        config: its description of the model; left out, it is read from the folder.
        conditional: says in every recipe that labels are not heeded.

    Raises:
        BadData: there is no such folder, or nothing that can be used in it.
        UserError: the package transformers is not installed.
        ValueError: no rows of symbols, other symbols than the model's, or texts that are too long.
    """

    there: Int[Tensor, " v"]
    """Of each of our symbols, the model's number."""
    barred: Tensor
    """Which of our symbols are never written."""

    def __init__(
        self,
        spec: Spec,
        *,
        path: Folder,
        config: Config = "",
        conditional: Literal[False] = False,
    ) -> None:
        super().__init__()
        self.latent, self.symbols = spec.symbols_of("text", "pretrained")
        self.path = Path(path).expanduser()
        self.config = config or _folder.config_in(self.path)
        self.tokeniser = spec.tokeniser
        if spec.tokeniser and spec.tokeniser.partition(":")[0] != KIND:
            raise ValueError(
                f"pretrained reads its own tokens and no other {self.symbols} symbols; choose "
                f'data.symbols = "tokens" and data.tokeniser = {path!r}'
            )
        self.model = _folder.model_of(self.config)
        described = self.model.config.get_text_config()
        self._require_room(described)
        self.first, end = _signs(described)
        unknown = FolderTokens.of(spec.tokeniser).unknown if spec.tokeniser else -1
        shifted = torch.arange(self.symbols) - MADE_FROM
        there = shifted.clamp_min(0)
        there[[PAD, END]], there[UNKNOWN] = end, end if unknown < 0 else unknown
        # What has one of our own numbers must not be written by its other one.
        barred = (shifted == end) | ((shifted == unknown) & (shifted >= 0))
        barred[[PAD, UNKNOWN]] = True
        self.register_buffer("there", there, persistent=False)
        self.register_buffer("barred", barred, persistent=False)
        # The library has renamed it.
        known = inspect.signature(self.model.forward).parameters
        self.memory = "cache" if "cache" in known else "past_key_values"
        self.register_state_dict_post_hook(_without_twins)
        self.register_load_state_dict_pre_hook(_with_twins)

    def begin(self) -> None:
        """Take over the weights in the folder.

        Raises:
            BadData: they cannot be used, or the folder holds another model than `config` describes
                or another tokeniser than that of the data.
        """
        if _folder.config_in(self.path) != self.config:
            raise BadData(
                f"{self.path} holds another model than networks.generator.config describes; leave "
                "config out."
            )
        if self.tokeniser:
            own = FolderTokens.read(self.path)
            if own.content != FolderTokens.of(self.tokeniser).content:
                raise BadData(
                    f"The data have other tokens than the model in {self.path}; set data.tokeniser "
                    "to the same folder."
                )
        model = _folder.pretrained(self.path, self.config)
        _folder.require_causal(model, self.path)
        self.model = model.train(self.training)

    def logits(self, tokens: Int[Tensor, "b t"], condition: Condition) -> Float[Tensor, "b t v"]:
        """What it thinks of every place when it has read the places before it."""
        first = torch.full_like(tokens[:, :1], self.first)
        read = torch.cat([first, self.there[tokens[:, :-1]]], 1)
        return self._ours(self.model(input_ids=read, use_cache=False).logits)

    def opened(self, count: int, condition: Condition) -> _Reading:
        """Nothing is remembered yet."""
        return _Reading(count)

    def following(self, last: Tensor | None, state: _Reading) -> Float[Tensor, "b v"]:
        """Logits of the next symbol."""
        if last is None:
            entry = {"input_ids": self.there.new_full((state.count, 1), self.first)}
        elif last.is_floating_point():
            if state.rows is None:
                state.rows = self.model.get_input_embeddings()(self.there)
            entry = {"inputs_embeds": (last.to(state.rows.dtype) @ state.rows)[:, None]}
        else:
            entry = {"input_ids": self.there[last][:, None]}
        found = self.model(**entry, **{self.memory: state.memory}, use_cache=True)
        state.memory = found[self.memory]
        return self._ours(found.logits[:, 0])

    def _ours(self, logits: Float[Tensor, "*b w"]) -> Float[Tensor, "*b v"]:
        return logits.index_select(-1, self.there).masked_fill(self.barred, NEVER)

    def _require_room(self, described: Any) -> None:
        most = described.vocab_size + MADE_FROM
        if self.symbols > most:
            raise ValueError(
                f"pretrained has {most:,} symbols and the data have {self.symbols:,}; choose "
                "data.tokeniser = the same folder"
            )
        places = getattr(described, "max_position_embeddings", None) or self.latent
        if self.latent > places:
            raise ValueError(
                f"pretrained reads at most {places:,} symbols, not {self.latent:,}; choose a "
                "shorter data.length"
            )


def _signs(described: Any) -> tuple[int, int]:
    """The model's numbers for the beginning and the end of a text."""
    ends = described.eos_token_id
    end = ends[0] if isinstance(ends, list) else ends
    first = end if described.bos_token_id is None else described.bos_token_id
    known = range(described.vocab_size)
    if end not in known or first not in known:
        raise ValueError(
            f"pretrained needs a sign for the end of a text among its {len(known):,} tokens, and "
            f"its config.json says {ends}; give another model"
        )
    return first, end


def _twins(module: nn.Module) -> Mapping[str, str]:
    """Names of weights that have another name too, under which they are kept."""
    names = {id(weight): name for name, weight in module.named_parameters()}
    every = module.named_parameters(remove_duplicate=False)
    return {name: names[id(weight)] for name, weight in every if names[id(weight)] != name}


def _without_twins(
    module: nn.Module, tensors: dict[str, Any], prefix: str, metadata: Mapping[str, Any]
) -> None:
    for name in _twins(module):
        del tensors[prefix + name]


def _with_twins(module: nn.Module, tensors: dict[str, Any], prefix: str, *rest: Any) -> None:
    for name, kept in _twins(module).items():
        if prefix + kept in tensors:
            tensors[prefix + name] = tensors[prefix + kept]
