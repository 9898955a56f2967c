"""Affine resampling whose second derivative exists, as exact slope penalties need it."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

_BILINEAR, _REFLECT = 0, 2


def warp(
    samples: Float[Tensor, "b c h w"], matrices: Float[Tensor, "b 2 3"]
) -> Float[Tensor, "b c h w"]:
    """Each image seen through its own affine map, bilinear, mirrored at the edges.

    Args:
        samples: images.
        matrices: where in the image each output pixel comes from, in coordinates that go from -1
            to 1 from edge to edge.
    """
    # Positions need more than the 8 bits of bfloat16, also where matrix products are cast to it.
    with torch.autocast(samples.device.type, enabled=False):
        precise = samples.to(torch.promote_types(samples.dtype, torch.float32))
        places = F.affine_grid(matrices.to(precise.dtype), list(samples.shape), align_corners=False)
        return _Resample.apply(precise, places)


class _Resample(torch.autograd.Function):
    """Resampling is linear in the image, so its derivative's derivative is resampling again."""

    @staticmethod
    def forward(  # pyrefly: ignore[bad-override]
        ctx: Any, samples: Tensor, places: Tensor
    ) -> Tensor:
        ctx.save_for_backward(places)
        ctx.shape = samples.shape
        return F.grid_sample(samples, places, "bilinear", "reflection", align_corners=False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (places,) = ctx.saved_tensors
        return _Spread.apply(gradients[0], places, ctx.shape), None


class _Spread(torch.autograd.Function):
    """The transpose of resampling: each value goes back to the pixels it was mixed from."""

    @staticmethod
    def forward(  # pyrefly: ignore[bad-override]
        ctx: Any, values: Tensor, places: Tensor, shape: torch.Size
    ) -> Tensor:
        ctx.save_for_backward(places)
        # The operator wants an image although, linear as it is, no value of it matters.
        image = values.new_zeros(1).expand(shape)
        spread, _ = torch.ops.aten.grid_sampler_2d_backward(
            values, image, places, _BILINEAR, _REFLECT, False, [True, False]
        )
        return spread

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (places,) = ctx.saved_tensors
        return _Resample.apply(gradients[0], places), None, None
