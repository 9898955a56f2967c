"""Signs of health: numbers that tell how a training fares, each comparable across methods.

Logits mean other things in every objective, and features other things in every extractor, so a sign
is a rank, a share or a ratio to what real samples give.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sparring.core.spec import Condition
from sparring.metrics import Observed
from sparring.training.judging import Judge

Signs = dict[str, float]

RARE = 0.1  # a class that is made less often than this share of its real frequency is lost
CLOSE = 0.05  # quantile of real distances below which two samples are alike
RECOGNISED = 0.2  # agreement with real labels below which verdicts tell nothing about labels
COMPARED = 1_000  # samples whose distances are compared; their number counts squared


def signs_of_samples(judge: Judge, generated: Observed) -> Signs:
    """What generated samples look like beside real ones.

    `diversity`: how far generated samples scatter, as a ratio to real ones; `duplicates`: the share
    whose nearest neighbour is nearer than all but 5 % of real neighbours are; `copies`: the same
    for the nearest training sample, against held-out samples. With an extractor that knows labels:
    `classes`, the share of real classes that are made; `label_accuracy` of generated and
    `label_accuracy_real` of real samples; `heeded`, agreement with the labels asked for beyond
    chance, as a share of that of real samples. Of several label sets the worst counts. With one
    that scores: `score`, and `score_relative` to the variance of real features.
    """
    real, held = judge.real, judge.held_out
    # Neighbours are nearer where there are more of them, so both sides are as many.
    number = min(len(generated), len(real), COMPARED)
    signs = {
        "diversity": _scatter(generated.features) / max(_scatter(real.features), 1e-12),
        "duplicates": _share_within(
            _nearest_other(generated.features[:number]), _nearest_other(real.features[:number])
        ),
    }
    if held is not None:
        signs["copies"] = _share_within(
            _nearest(generated.features, real.features), _nearest(held.features, real.features)
        )
    for name, logs in generated.verdicts.items():
        truths = real.verdicts[name].argmax(1)
        signs["classes"] = min(signs.get("classes", 1.0), _covered(logs.argmax(1), truths))
    known = [n for n in generated.verdicts if n in generated.labels]
    if known:
        signs["label_accuracy"] = min(_accuracy(generated, name) for name in known)
        signs["label_accuracy_real"] = min(_accuracy(real, name) for name in known)
        heeded = [_agreement(generated, name) / _agreement(real, name)
                  for name in known if _agreement(real, name) > RECOGNISED]  # fmt: skip
        if heeded:
            signs["heeded"] = min(heeded)
    if judge.eye.scores:
        signs["score"] = judge.score(generated)
        signs["score_relative"] = signs["score"] / max(judge.spread, 1e-12)
    return signs


def signs_of_rivals(discriminator: nn.Module, judge: Judge, generated: Observed) -> Signs:
    """How well the discriminator tells samples apart, without augmentation.

    `told_apart`: the chance that a training sample earns a higher logit than a generated one;
    `told_apart_held_out`: the same for held-out samples; `known_by_heart`: the part of the way from
    training samples down to generated ones at which held-out samples lie (Karras et al. 2020,
    "Training GANs with limited data", r_v of equation 1).
    """
    with judging_only(discriminator):
        train = _logits(discriminator, judge, judge.real)
        fake = _logits(discriminator, judge, generated)
        signs = {"told_apart": _chance_above(train, fake)}
        if judge.held_out is not None:
            held = _logits(discriminator, judge, judge.held_out)
            signs["told_apart_held_out"] = _chance_above(held, fake)
            gap = (train.mean() - fake.mean()).item()
            if gap > 0:
                signs["known_by_heart"] = (train.mean() - held.mean()).item() / gap
    return signs


def slope_of(parameters: Iterable[nn.Parameter]) -> float:
    """Length of the gradient that the last turn left, as a share of the weights' length; 0 = none.

    Where a player did not move yet there is no gradient; NaN then.
    """
    moved = [p for p in parameters if p.grad is not None]
    if not moved:
        return math.nan
    slope = torch.stack([p.grad.norm() for p in moved if p.grad is not None]).norm()
    weight = torch.stack([p.detach().norm() for p in moved]).norm()
    return (slope / weight.clamp(min=1e-12)).item()


@contextmanager
def judging_only(network: nn.Module) -> Iterator[None]:
    """The network in evaluation mode without gradients; nothing in it moves meanwhile."""
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        network.train(training)


def _logits(discriminator: nn.Module, judge: Judge, seen: Observed) -> Float[Tensor, " n"]:
    assert seen.samples is not None, "the judge keeps some of the samples"
    labels: Mapping[str, Tensor] = {n: i[: len(seen.samples)] for n, i in seen.labels.items()}
    condition = Condition(labels).to(judge.device)
    return discriminator(seen.samples.to(judge.device), condition).float().cpu()


def _chance_above(higher: Tensor, lower: Tensor) -> float:
    """P(a > b) of a from `higher` and b from `lower`, ties by half (Mann and Whitney 1947)."""
    difference = higher[:, None] - lower[None, :]
    return ((difference > 0).float() + 0.5 * (difference == 0).float()).mean().item()


def _scatter(features: Tensor) -> float:
    return math.sqrt(float(features.double().var(0).sum()))


def _nearest_other(features: Tensor) -> Tensor:
    return torch.cdist(features, features).fill_diagonal_(math.inf).amin(1)


def _nearest(features: Tensor, among: Tensor) -> Tensor:
    return torch.cdist(features[:COMPARED], among).amin(1)


def _share_within(distances: Tensor, usual: Tensor) -> float:
    """The share of distances below the one that 5 % of the usual ones are below."""
    return (distances < usual.quantile(CLOSE)).float().mean().item()


def _covered(made: Tensor, real: Tensor) -> float:
    """The share of real classes that are made at least a tenth as often as they are real.

    Classes too rare for that to be told from chance, as all 1,000 modes of stacked digits are in a
    small draw, do not count.
    """
    number = int(max(made.max(), real.max())) + 1
    shares = torch.bincount(made, minlength=number) / len(made)
    usual = torch.bincount(real, minlength=number) / len(real)
    countable = RARE * usual * len(made) >= 1
    return (shares >= RARE * usual)[countable].float().mean().item() if countable.any() else 1.0


def _accuracy(seen: Observed, name: str) -> float:
    return seen.verdicts[name].argmax(1).eq(seen.labels[name]).float().mean().item()


def _agreement(seen: Observed, name: str) -> float:
    """Cohen 1960, kappa: how far verdicts and labels agree beyond chance; 0 where all are alike."""
    verdicts, labels = seen.verdicts[name].argmax(1), seen.labels[name]
    number = seen.verdicts[name].shape[1]
    shares = torch.bincount(verdicts, minlength=number) * torch.bincount(labels, minlength=number)
    chance = float(shares.sum()) / len(labels) ** 2
    return (_accuracy(seen, name) - chance) / (1 - chance) if chance < 1 else 0.0
