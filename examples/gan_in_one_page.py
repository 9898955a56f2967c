"""The whole idea of a generative adversarial network on one page; it needs torch and nothing else.

python gan_in_one_page.py                                          learn a ring of 8 clouds of dots
python gan_in_one_page.py --images train-images-idx3-ubyte.gz     learn digits from an MNIST file
"""

import argparse
import gzip
import importlib.util
import math
import struct
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

LATENT = 32  # random numbers from which the generator makes one sample
R1 = 0.1  # weight of the penalty on the discriminator's slope; 0 switches it off


def read_digits(path: Path) -> Tensor:
    """All images of a packed IDX file as rows of numbers in [-1, 1]."""
    data = bytearray(gzip.decompress(path.read_bytes()))
    _, count, height, width = struct.unpack(">4I", data[:16])
    pixels = torch.frombuffer(data, dtype=torch.uint8, offset=16)
    return pixels.view(count, height * width).float() / 127.5 - 1


def draw_ring(count: int) -> Tensor:
    """Dots in eight small clouds on a circle, a toy that shows at once what was learned."""
    angles = torch.randint(8, (count,)) * (math.pi / 4)
    return torch.stack([angles.cos(), angles.sin()], 1) + 0.05 * torch.randn(count, 2)


def layers(*sizes: int) -> nn.Sequential:
    """Dense layers with leaky rectifiers between them."""
    pairs = [(nn.Linear(a, b), nn.LeakyReLU(0.2)) for a, b in pairwise(sizes)]
    return nn.Sequential(*[layer for pair in pairs for layer in pair][:-1])


def train(real_samples: Tensor, steps: int, batch: int = 128) -> nn.Module:
    """Let a generator and a discriminator spar; returns the generator."""
    size = real_samples.shape[1]
    generator = layers(LATENT, 256, 256, size)
    discriminator = layers(size, 256, 256, 1)
    g_adam = torch.optim.Adam(generator.parameters(), lr=5e-4, betas=(0.5, 0.99))
    d_adam = torch.optim.Adam(discriminator.parameters(), lr=5e-4, betas=(0.5, 0.99))
    for step in range(1, steps + 1):
        real = real_samples[torch.randint(len(real_samples), (batch,))].requires_grad_()

        # The discriminator's turn: raise its logits on real samples, lower them on made ones.
        fake = generator(torch.randn(batch, LATENT)).detach()  # the generator stands still
        real_logits, fake_logits = discriminator(real), discriminator(fake)
        (slope,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
        penalty = R1 / 2 * slope.square().sum(1).mean()  # no cliffs at real samples
        d_loss = softplus(-real_logits).mean() + softplus(fake_logits).mean() + penalty
        d_adam.zero_grad()
        d_loss.backward()
        d_adam.step()

        # The generator's turn: make samples that the discriminator takes for real.
        g_loss = softplus(-discriminator(generator(torch.randn(batch, LATENT)))).mean()
        g_adam.zero_grad()
        g_loss.backward()
        g_adam.step()

        if step % 500 == 0 or step == steps:
            print(f"step {step}: loss of D {d_loss.item():.3f}, loss of G {g_loss.item():.3f}")
    return generator


def save_picture(made: Tensor, name: str) -> None:
    """Draw the dots, or sixteen of the digits."""
    import matplotlib.image
    from matplotlib.figure import Figure

    if made.shape[1] == 2:
        figure = Figure(figsize=(4, 4))
        figure.subplots().scatter(*made.T, s=4)
        figure.savefig(name)
    else:
        rows = made[:16].view(4, 4, 28, 28).transpose(1, 2).reshape(112, 112)
        matplotlib.image.imsave(name, rows.numpy(), cmap="gray")
    print(f"picture: {name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A generative adversarial network on one page.")
    parser.add_argument("--images", type=Path, help="a packed IDX file of images, such as MNIST's")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--out", default="made.png")
    given = parser.parse_args()
    torch.manual_seed(0)
    net = train(read_digits(given.images) if given.images else draw_ring(10_000), given.steps)
    with torch.no_grad():
        made = net(torch.randn(1000, LATENT))
    if made.shape[1] == 2:
        cloud = (torch.atan2(made[:, 1], made[:, 0]) / (math.pi / 4)).round().long() % 8
        print(f"dots in each of the eight clouds: {torch.bincount(cloud, minlength=8).tolist()}")
    if importlib.util.find_spec("matplotlib"):
        save_picture(made, given.out)
