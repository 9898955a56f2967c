"""What a classifier that saw only generated samples knows of real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from sparring.core import components
from sparring.core.errors import BadData, UserError
from sparring.core.rng import Streams
from sparring.core.spec import Spec
from sparring.extractors import Extractor
from sparring.extractors._fitting import BLOCK, Fitting, Indices, descend_on
from sparring.extractors._trained import EXTRACTOR
from sparring.metrics import Better, Evidence, Figure, Metric, Observed
from sparring.metrics._intervals import share
from sparring.metrics._require import require

BATCH = 128
MOST_PASSES = 30  # over few samples; more of them teach nothing new


class TrainOnSynthetic(Metric):
    """Accuracy on held-out real samples of a classifier trained on generated ones alone.

    It takes samples that look right, are of the class that was asked for, and vary as real ones do.
    Its floor is a ceiling: the same classifier trained on as many real samples. Of several label
    sets the mean counts.

    Args:
        steps: in which the classifier learns, however many samples there are.
    """

    title = "Classifier trained on generated samples"
    source = (
        "Ravuri and Vinyals 2019, Classification accuracy score for conditional generative models"
    )
    better: ClassVar[Mapping[str, Better]] = {"cas": "higher"}
    fewest = BATCH
    slow = True
    by_samples = True
    by_labels = True

    def __init__(
        self, *, steps: Annotated[int, Field(gt=0, description="of the classifier")] = 1500
    ) -> None:
        self.steps = steps

    def applies(self, evidence: Evidence) -> bool:
        """Where both kinds are labelled and described, and there to be looked at."""
        both = (evidence.generated, evidence.real)
        return all(each.samples is not None for each in both) and bool(_labels(evidence))

    def measure(self, evidence: Evidence, rng: Streams) -> Mapping[str, Figure]:
        """`cas` in [0, 1], with Wilson's interval over held-out real samples."""
        require(evidence, self.fewest)
        right = recognised_after(evidence, self.steps, rng.seed)
        return {"cas": share(float(right.mean()), len(right))}


def recognised_after(evidence: Evidence, steps: int, seed: int) -> Float[Tensor, " n"]:
    """For each real sample the share of its labels that the freshly trained classifier finds.

    The classifier is the `pupil` of the modality, trained by AdamW under one cycle of the learning
    rate in about `steps` steps and at most 30 passes, with its weights, order and dropout from
    `seed`.

    Raises:
        BadData: there are no samples or labels, or the classifier cannot look at such samples.
    """
    names, learned, judged = _labels(evidence), evidence.generated, evidence.real
    if not names or evidence.spec is None or learned.samples is None or judged.samples is None:
        raise BadData("A classifier needs the samples themselves, with labels to learn from.")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        classifier = _classifier(evidence.spec, names)
        _learn(classifier, learned, steps, seed)
    right = torch.zeros(len(judged), dtype=torch.float64)
    with torch.inference_mode():
        for part in torch.arange(len(judged)).split(BLOCK):
            verdicts = classifier.verdicts(classifier.features(judged.samples[part]))
            for name, logits in verdicts.items():
                right[part] += logits.argmax(1).eq(judged.labels[name][part]).double()
    return right / len(names)


def _labels(evidence: Evidence) -> list[str]:
    """The label sets that generated and real samples and their description share."""
    known = evidence.spec.labels.keys() if evidence.spec else set()
    return sorted(known & evidence.generated.labels.keys() & evidence.real.labels.keys())


def _classifier(spec: Spec, names: Sequence[str]) -> Extractor:
    modality = components.find(components.MODALITY, spec.modality)
    labels = {name: spec.labels[name] for name in names}
    try:
        return components.build(
            EXTRACTOR, modality.pupil, replace(spec, labels=labels), where="the classifier"
        )
    except UserError as error:
        raise BadData(f"No classifier can learn from these samples: {error}.") from error


def _learn(classifier: Extractor, learned: Observed, steps: int, seed: int) -> None:
    assert learned.samples is not None
    samples, device = learned.samples, learned.samples.device
    passes = min(max(round(steps / (len(learned) // BATCH)), 1), MOST_PASSES)

    def images_of(chosen: Indices) -> Tensor:
        return samples[torch.from_numpy(chosen)]

    def loss_of(images: Tensor, chosen: Indices) -> Tensor:
        logits, pick = classifier.verdicts(classifier.features(images)), torch.from_numpy(chosen)
        losses = [
            F.cross_entropy(each.float(), learned.labels[name][pick])
            for name, each in logits.items()
        ]
        return torch.stack(losses).sum()

    fitting = Fitting(passes=passes, batch=BATCH, seed=seed)
    descend_on(
        classifier, len(learned), images_of, fitting, loss_of, device=device,
        hear=lambda line: None,
    )  # fmt: skip
