"""The PyTorch script that most people write: a Dataset of pictures, a DataLoader, two optimisers.

The same dense pair and settings as `keras_tutorial.py`, in the manner of the DCGAN tutorial of
PyTorch: images pass one by one through PIL and torchvision's ToTensor and Normalize (written out,
so that torchvision need not be there, and with fewer checks than theirs), losses and scores become
Python numbers every step, fakes are made once a step and serve both players, gradients of D's
weights are computed in G's turn too and thrown away.

    python pytorch_script.py train-images-idx3-ubyte.gz --workers 2 --steps 1000
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import turns
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

BATCH = 128
LATENT = 100


class Digits(Dataset[Tensor]):
    """MNIST as pictures, transformed one by one."""

    def __init__(self, images: npt.NDArray[np.uint8]) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        """One image, (1, 28, 28) in [-1, 1]."""
        return normalize(to_tensor(Image.fromarray(self.images[index])))


def to_tensor(picture: Image.Image) -> Tensor:
    """What torchvision's ToTensor does to a gray picture."""
    pixels = torch.from_numpy(np.array(picture, np.uint8, copy=True))
    pixels = pixels.view(picture.size[1], picture.size[0], 1).permute((2, 0, 1)).contiguous()
    return pixels.to(torch.float32).div(255)


def normalize(image: Tensor) -> Tensor:
    """What torchvision's Normalize((0.5,), (0.5,)) does."""
    mean = torch.as_tensor((0.5,), dtype=image.dtype).view(-1, 1, 1)
    deviation = torch.as_tensor((0.5,), dtype=image.dtype).view(-1, 1, 1)
    return image.clone().sub_(mean).div_(deviation)


def dense(widths: tuple[int, ...]) -> nn.Sequential:
    """Linear layers with leaky rectifiers between them."""
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(widths[:-1]):
        layers += [nn.Linear(before, after), nn.LeakyReLU(0.2, inplace=True)]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))


class Generator(nn.Module):
    """100 numbers to an image in [-1, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(dense((LATENT, 128, 256, 512, 1024, 784)), nn.Tanh())

    def forward(self, latents: Tensor) -> Tensor:
        """Images, (b, 1, 28, 28)."""
        return self.main(latents).view(-1, 1, 28, 28)


class Discriminator(nn.Module):
    """An image to one logit."""

    def __init__(self) -> None:
        super().__init__()
        self.main = dense((784, 1024, 512, 256, 128, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Logits, (b,)."""
        return self.main(images.flatten(1)).view(-1)


def endless(loader: DataLoader[Tensor]) -> Iterator[Tensor]:
    """Epoch after epoch."""
    while True:
        yield from loader


def training(images: npt.NDArray[np.uint8], workers: int) -> turns.Advance:
    """The script's loop."""
    loader = DataLoader(
        Digits(images), batch_size=BATCH, shuffle=True, drop_last=True, num_workers=workers
    )
    data = endless(loader)
    net_g, net_d = Generator(), Discriminator()
    criterion = nn.BCEWithLogitsLoss()
    optimizer_d = torch.optim.Adam(net_d.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_g = torch.optim.Adam(net_g.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def step(real: Tensor) -> tuple[float, ...]:
        net_d.zero_grad()
        label = torch.full((BATCH,), 1.0)
        output = net_d(real)
        loss_d_real = criterion(output, label)
        loss_d_real.backward()
        score_real = output.sigmoid().mean().item()
        fake = net_g(torch.randn(BATCH, LATENT))
        label.fill_(0.0)
        output = net_d(fake.detach())
        loss_d_fake = criterion(output, label)
        loss_d_fake.backward()
        score_fake = output.sigmoid().mean().item()
        optimizer_d.step()
        net_g.zero_grad()
        label.fill_(1.0)
        loss_g = criterion(net_d(fake), label)
        loss_g.backward()
        optimizer_g.step()
        return (loss_d_real + loss_d_fake).item(), loss_g.item(), score_real, score_fake

    def advance(steps: int) -> None:
        for _ in range(steps):
            step(next(data))

    return advance


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("images", type=Path, help="train-images-idx3-ubyte.gz")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--turns", action="store_true", help="train when told to on stdin")
    chosen = parser.parse_args()
    torch.manual_seed(0)
    advance = training(turns.digits(chosen.images), chosen.workers)
    if chosen.turns:
        turns.answer(advance, batch=BATCH, torch=torch.__version__)
    else:
        turns.alone(advance, chosen.steps, BATCH)


if __name__ == "__main__":
    main()
