"""The modern residual pair."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from sparring.core.spec import Condition, Spec
from sparring.networks.r3gan import R3GANDiscriminator

SPEC = Spec("image", (1, 8, 8))


@pytest.fixture
def discriminator() -> R3GANDiscriminator:
    torch.manual_seed(0)
    made = R3GANDiscriminator(SPEC, widths=(16, 16), blocks=1, group_size=8)
    with torch.no_grad():  # residual branches begin with zeros, which would hide them
        for name, weight in made.named_parameters():
            if "narrow" in name:
                weight.normal_(std=0.1)
    return made


def slopes_of_penalty(network: R3GANDiscriminator, samples: Tensor, *, rounded: bool) -> Tensor:
    """How the squared slope at the samples changes with every weight."""
    samples = samples.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=rounded):
        (slope,) = torch.autograd.grad(
            network(samples, Condition()).float().sum(), samples, create_graph=True
        )
        parts = torch.autograd.grad(slope.square().sum(), list(network.parameters()))
    return torch.cat([part.flatten() for part in parts])


def test_a_penalty_in_bfloat16_points_where_it_does_in_float32(
    discriminator: R3GANDiscriminator,
) -> None:
    samples = torch.randn(8, 1, 8, 8)
    exact = slopes_of_penalty(discriminator, samples, rounded=False)
    near = slopes_of_penalty(discriminator, samples, rounded=True)
    assert torch.cosine_similarity(exact, near, dim=0) > 0.99
    assert near.norm() == pytest.approx(exact.norm().item(), rel=0.05)


@pytest.mark.parametrize("kind", [torch.float64, torch.bfloat16])
def test_it_works_in_other_precisions(discriminator: R3GANDiscriminator, kind: torch.dtype) -> None:
    samples = torch.randn(4, 1, 8, 8)
    exact = discriminator(samples, Condition())
    found = discriminator.to(kind)(samples.to(kind), Condition())
    assert found.dtype == kind
    torch.testing.assert_close(found.float(), exact, rtol=0.1, atol=0.1)
