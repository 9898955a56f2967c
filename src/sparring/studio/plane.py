"""What can be seen of a lesson whose samples are points: where they are, and what pulls at them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from sparring.core.rng import Streams
from sparring.core.spec import Batch, Condition
from sparring.networks import Generator, Networks
from sparring.studio.lesson import Lesson
from sparring.training.loop import moment_of
from sparring.training.signs import judging_only

SHOWN = 400  # real points
SURFACE = 48  # places along each side of the heat map
NEAR = 0.12  # a distance at which points belong together; the square is 2 wide
SMALL = 0.01  # share of the real points below which a piece is a stray point
RARE = 0.1  # a piece with less than this share of what it should get is not found


class Standing(Generator):
    """Points that stand where they are, whatever latents come; for the slope of a loss there."""

    def __init__(self, points: Float[Tensor, "b 2"], latent: int) -> None:
        super().__init__()
        self.latent = latent
        self.points = points.detach().clone().requires_grad_()

    def forward(self, latents: Float[Tensor, "b latent"], condition: Condition) -> Tensor:
        """The points."""
        return self.points


@dataclass(frozen=True)
class View:
    """One look at the square from -1 to 1.

    Attributes:
        real: some points of the data, always the same.
        made: what the generator makes of the fixed latents.
        surface: how real the discriminator finds each place, in [0, 1], with y upwards and x to the
            right; 0.5 lies halfway between what it says of real and of generated points.
        pushed: generated points, the first of `made`.
        pushes: where the generator's loss pulls each of them: downhill, in units of loss for each
            unit of length, as if the point were the whole batch.
        push: the mean length of those.
        pieces: how many separate pieces the data have.
        found: how many of them get at least a tenth of the points that they should.
        on_target: share of the generated points that have a real one near by.
    """

    real: Float[Tensor, "n 2"]
    made: Float[Tensor, "b 2"]
    surface: Float[Tensor, "h w"]
    pushed: Float[Tensor, "k 2"]
    pushes: Float[Tensor, "k 2"]
    push: float
    pieces: int
    found: int
    on_target: float


class Watcher:
    """Looks at a lesson on points without touching it.

    Args:
        lesson: whose samples are points.
    """

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        feed = lesson.match.feed
        values = torch.from_numpy(feed.samples.values[: 5 * SHOWN])
        self._all = feed.modality.to_samples(values)
        self._piece = pieces_of(self._all)
        line = torch.linspace(-1, 1, SURFACE)
        rows, columns = torch.meshgrid(line.flip(0), line, indexing="ij")
        self._places = torch.stack([columns.flatten(), rows.flatten()], dim=1)

    def look(self) -> View:
        """The square as it is now."""
        networks = self.lesson.match.state.networks
        with judging_only(networks.generator):
            made = networks.generator(self.lesson.latents, Condition())
        real = self._all[:SHOWN]
        pushes = self._pushes(made)
        found, on_target = self._reached(made)
        return View(
            real=real,
            made=made,
            surface=self._surface(real, made),
            pushed=made[: len(pushes)],
            pushes=pushes,
            push=float(pushes.norm(dim=1).mean()),
            pieces=int(self._piece.max()) + 1,
            found=found,
            on_target=on_target,
        )

    def _surface(
        self, real: Float[Tensor, "n 2"], made: Float[Tensor, "b 2"]
    ) -> Float[Tensor, "h w"]:
        discriminator = self.lesson.match.state.networks.discriminator
        with judging_only(discriminator):
            logits = discriminator(self._places, Condition())
            middle = (
                discriminator(real, Condition()).mean() + discriminator(made, Condition()).mean()
            ) / 2
        return (logits - middle).sigmoid().unflatten(0, (SURFACE, SURFACE))

    def _pushes(self, made: Float[Tensor, "b 2"]) -> Float[Tensor, "k 2"]:
        """Minus the slope of the generator's own loss at its points, whichever loss that is."""
        match = self.lesson.match
        batch = match.feed.batch(match.state.samples)
        count = min(len(made), len(batch))
        batch = Batch(batch.real[:count], Condition())
        standing = Standing(made[:count], match.state.networks.generator.latent)
        players = Networks(
            {"generator": standing, "discriminator": match.state.networks.discriminator}
        )
        # Streams of its own: a look must not change what the training draws next.
        moment = replace(moment_of(match), rng=Streams(match.recipe.seed))
        phase = next(p for p in match.objective.phases() if p.player == "generator")
        total = phase.loss(players, batch, moment).total
        (slope,) = torch.autograd.grad(total, standing.points)
        return -count * slope

    def _reached(self, made: Float[Tensor, "b 2"]) -> tuple[int, float]:
        distance, nearest = torch.cdist(made, self._all).min(dim=1)
        near = distance < NEAR
        number = int(self._piece.max()) + 1
        pieces = self._piece[nearest[near]]
        shares = torch.bincount(pieces[pieces >= 0], minlength=number) / len(made)
        usual = torch.bincount(self._piece[self._piece >= 0], minlength=number) / len(self._all)
        return int((shares >= RARE * usual).sum()), float(near.float().mean())


def pieces_of(points: Float[Tensor, "n 2"]) -> Tensor:
    """The number of the piece that each point belongs to; -1 for stray ones.

    Points nearer than `NEAR` belong together, and so do those that a chain of such points joins.
    """
    count, piece = connected_components((torch.cdist(points, points) < NEAR).numpy())
    sizes = torch.bincount(torch.from_numpy(piece).long(), minlength=count)
    kept = sizes >= SMALL * len(points)
    numbers = torch.where(kept, kept.cumsum(0) - 1, -1)
    return numbers[torch.from_numpy(piece).long()]
