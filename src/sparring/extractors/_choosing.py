"""Which extractors judge which data: the shipped ones, or new ones made for the user's own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from sparring.core import components, files
from sparring.core.errors import BadData, UserError
from sparring.core.spec import Spec
from sparring.core.version import VERSION
from sparring.data import Dataset, Samples
from sparring.extractors import Extractor, inception
from sparring.extractors._contrast import contrast
from sparring.extractors._fitting import Fitting, Heard, accuracy, fit
from sparring.extractors._of_waves import OfWaves
from sparring.extractors._per_channel import PerChannel
from sparring.extractors._trained import EXTRACTOR, Card, Trained, read, spec_of, write
from sparring.modalities import Modality

SHIPPED = Path(__file__).parent / "shipped"
"""One folder a data set, with a weights file and a card for every architecture."""
LEARNED_FROM = {"mnist_5k": "mnist", "stacked_mnist": "mnist"}
"""Data sets made of another one's samples are judged by its extractors."""
HOLDS_BACK_FROM = {"mnist_5k": "mnist"}
"""Data sets whose held-out samples lie in the training part of another one."""
MOST_LOOKS = 2  # the first measures; the second, of another architecture and seed, confirms
STEPS = 600  # in which an extractor for the user's own data learns, at most


def silent(_line: str) -> None:
    """Nobody listens."""


def looks_for(
    data: Mapping[str, Any],
    dataset: Dataset,
    modality: Modality,
    *,
    device: torch.device,
    count: int = MOST_LOOKS,
    hear: Heard = silent,
) -> list[Trained]:
    """The first `count` extractors for a data set, on `device`.

    Shipped ones are checked against their cards. For other data each is trained once, on their
    labels or, where there are none, without supervision, and kept in the cache under the hash of
    the data and of everything else that decides it.

    Args:
        data: the `[data]` table of a recipe; its name tells whether there are shipped extractors.
        dataset: the same, built.
        modality: of the data.
        device: where the extractors look, and learn where they have to.
        count: how many looks.
        hear: gets a line where training is needed, and after each pass.

    Raises:
        BadData: weights that are not those of their card, or too few samples to learn from.
    """
    found = []
    for number, architecture in enumerate(modality.looks[:count]):
        shipped = shipped_for(data, architecture, dataset.spec)
        trained = _suited(read(shipped), dataset.spec) if shipped else None
        if trained is None:
            trained = _own(architecture, number, dataset, modality, device=device, hear=hear)
        trained.network.to(device)
        found.append(trained)
    return found


def shipped_for(data: Mapping[str, Any], architecture: str, spec: Spec) -> Path | None:
    """The extractor that comes with Sparring for a data set; None where none suits its samples.

    Args:
        data: the `[data]` table of a recipe, for its name.
        architecture: of the extractor.
        spec: of the samples.
    """
    name = str(data["name"])
    path = SHIPPED / LEARNED_FROM.get(name, name) / f"{architecture}.safetensors"
    suits = path.is_file() and _way(spec_of(path), spec) is not None
    return path if suits else None


def may_share(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether samples of two data sets may be the same, as far as their `[data]` tables tell.

    Those are known that shipped extractors look at; of a folder, say, nobody knows what it holds.
    """
    origins = {LEARNED_FROM.get(str(t["name"]), str(t["name"])) for t in (first, second)}
    return len(origins) == 1 or not all((SHIPPED / origin).is_dir() for origin in origins)


def have_learned_held_out(looks: Sequence[Trained], data: Mapping[str, Any]) -> str:
    """A sentence where extractors have learned what is held out for others; "" where not."""
    name = str(data["name"])
    origin = HOLDS_BACK_FROM.get(name, "")
    if not any(look.card.data == origin for look in looks):
        return ""
    return (
        f"The extractors learned from the training part of {origin}, in which the held-out samples "
        f"of {name} lie: they may recognise these better than samples that they never saw."
    )


def asked_for(name: str, spec: Spec, device: torch.device) -> Trained:
    """The extractor that somebody names: "inception", or a file that `extractors train` wrote.

    Raises:
        BadData: its package or its weights are not there, or it looks at other samples.
        UserError: no such extractor.
    """
    if name == "inception":
        network = fresh(name, {}, spec, 0).to(device).eval().requires_grad_(False)
        return Trained(network, inception.card())
    if Path(name).suffix != ".safetensors":
        raise UserError(
            f"There is no extractor {name!r} to ask for: give 'inception', for figures that "
            "compare with published ones, or a .safetensors file that `sparring extractors train` "
            "wrote; leave it out to take those for the data."
        )
    trained = read(Path(name))
    suited = _suited(trained, spec)
    if suited is None:
        own = trained.network.spec.shape
        raise BadData(f"{name} looks at samples of shape {own}, and these data have {spec.shape}.")
    own = trained.network.spec
    both = own.labels.keys() & spec.labels.keys()
    if own.labels and spec.labels and not both:
        raise BadData(
            f"{name} knows classes of {', '.join(map(repr, own.labels))}, and these data have "
            f"those of {', '.join(map(repr, spec.labels))}; train one on them: sparring extractors "
            "train DATA."
        )
    for labels in both:
        if own.labels[labels] != spec.labels[labels]:
            raise BadData(
                f"{name} knows other classes of {labels!r} than these data have; train one on "
                "them: sparring extractors train DATA."
            )
    suited.network.to(device)
    return suited


def shipped_cards() -> list[Card]:
    """The papers of every extractor that comes with Sparring."""
    return [read(path).card for path in sorted(SHIPPED.glob("*/*.safetensors"))]


def learn(
    dataset: Dataset,
    name: str,
    architecture: str,
    modality: Modality,
    fitting: Fitting,
    *,
    device: torch.device,
    settings: Mapping[str, Any] = MappingProxyType({}),
    hear: Heard = silent,
) -> tuple[Extractor, Card]:
    """A new extractor for a data set, and its papers without the hash of its weights.

    Raises:
        BadData: too few samples to learn from, or samples that the architecture cannot look at.
    """
    samples, held_out = dataset.split("train"), dataset.split("test")
    network = fresh(architecture, settings, dataset.spec, fitting.seed)
    if samples.labels:
        fit(network, samples, modality, fitting, device=device, hear=hear)
    else:
        contrast(network, samples, modality, fitting, device=device, hear=hear)
    card = Card(
        architecture=architecture,
        data=name,
        data_sha256=samples.hash(),
        samples=len(samples),
        accuracy=accuracy(network, held_out, modality) if len(held_out) else {},
        test_samples=len(held_out),
        settings=dict(settings),
        fitting=asdict(fitting),
        licence=f"Apache-2.0; learned from data under: {dataset.licence}",
        origin=f"trained by Sparring on the training part of: {dataset.source}",
    )
    return network, card


def fresh(architecture: str, settings: Mapping[str, Any], spec: Spec, seed: int) -> Extractor:
    """An extractor with the first weights that `seed` gives."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        given = {**settings, "name": architecture}
        return components.build(EXTRACTOR, given, spec, where="extractor")


def _own(
    architecture: str,
    number: int,
    dataset: Dataset,
    modality: Modality,
    *,
    device: torch.device,
    hear: Heard,
) -> Trained:
    samples = dataset.split("train")
    fitting = _short(samples, seed=number)
    decisive = json.dumps([VERSION, architecture, asdict(fitting), samples.hash()], sort_keys=True)
    folder = files.cache_dir() / "extractors" / hashlib.sha256(decisive.encode()).hexdigest()[:16]
    path = folder / f"{architecture}.safetensors"
    with contextlib.suppress(BadData):  # not there yet, or damaged
        return read(path)
    hear(f"No extractor knows these data; training {architecture} on them once.")
    network, card = learn(
        dataset, "your data", architecture, modality, fitting, device=device, hear=hear
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}."))
    trained = write(new, network, card)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        new.rename(folder)  # as a whole: two trainings may learn it at once
    except OSError:
        shutil.rmtree(new)  # the other one was faster, and its extractor serves as well
    return trained


def _short(samples: Samples, *, seed: int) -> Fitting:
    """As many passes as make `STEPS` steps, at least one and at most thirty."""
    batch = min(128, max(len(samples) // 4, 8))
    steps = max(len(samples) // batch, 1)
    return Fitting(passes=min(max(STEPS // steps, 1), 30), batch=batch, seed=seed)


def _suited(single: Trained, spec: Spec) -> Trained | None:
    """The extractor for samples in another form than it knows; None where it cannot be."""
    way = _way(single.network.spec, spec)
    return Trained(way(spec, single.network).eval(), single.card) if way else None


def _way(own: Spec, spec: Spec) -> Callable[[Spec, Extractor], Extractor] | None:
    """How an extractor of samples of Spec `own` looks at those of `spec`; None where it cannot.

    Of samples with several channels it looks at each, and of waves at their spectrograms.
    """
    if own.rate != spec.rate:
        return None
    if own.shape == spec.shape:
        return _as_it_is
    if own.shape[0] == 1 and own.shape[1:] == spec.shape[1:] and len(own.labels) == 1:
        return PerChannel
    return OfWaves if OfWaves.serves(spec, own) else None


def _as_it_is(_spec: Spec, single: Extractor) -> Extractor:
    return single
