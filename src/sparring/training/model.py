"""The model of a run: the averaged generator that scored best, or the newest without scores."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

from sparring.core import weights
from sparring.core.errors import BadData
from sparring.core.recipe import Recipe
from sparring.core.spec import Spec
from sparring.generation.model_file import write_model
from sparring.networks import Discriminator, Generator
from sparring.objectives import Phase
from sparring.training import checkpoint
from sparring.training.state import State


class Model:
    """Keeps `model/` in a run's folder.

    Args:
        folder: of the run.
        recipe: stands in the model.
        spec: of the data.
        licence: of the data.
        phases: of the objective; a discriminator that had no turn yet has no say.
    """

    def __init__(
        self, folder: Path, recipe: Recipe, spec: Spec, licence: str, phases: Sequence[Phase]
    ) -> None:
        self.folder = folder / "model"
        self.checkpoints = folder / "checkpoints"
        self.recipe = recipe
        self.spec = spec
        self.licence = licence
        starts = [phase.start for phase in phases if phase.player == "discriminator"]
        self.judged_from = min(starts, default=recipe.samples)

    def keep(self, state: State) -> None:
        """Write the model of this moment, unless an earlier one scored better."""
        if state.history.best_samples in (-1, state.samples):
            judge = self._judge(state, state.samples)
            self._write(state, state.average.generator, judge, state.samples)

    def recover(self, state: State) -> None:
        """Make `BEST` and the model agree with the checkpoint that `state` came from.

        A kill may have come between a checkpoint and what names it.
        """
        history = state.history
        if history.best_samples >= 0:
            best = self.checkpoints / checkpoint.name_of(history.best_samples)
            try:
                parts, _ = checkpoint.load(best)
            except BadData:
                history.forget_best()
            else:
                checkpoint.mark_best(self.checkpoints, history.best_samples)
                generator = copy.deepcopy(state.average.generator)
                averaged = weights.select(parts["weights"], "average.")
                weights.fill(generator, averaged, str(best))
                judge = copy.deepcopy(self._judge(state, history.best_samples))
                if judge is not None:
                    own = weights.select(parts["weights"], "discriminator.")
                    weights.fill(judge, own, str(best))
                self._write(state, generator, judge, history.best_samples)
                return
        (self.checkpoints / checkpoint.BEST).unlink(missing_ok=True)
        self.keep(state)

    def _judge(self, state: State, samples: int) -> Discriminator | None:
        """The discriminator, where it is kept with the generator of after so many samples."""
        networks = state.networks
        if networks.generator.is_choosy and samples - self.recipe.batch >= self.judged_from:
            return networks.discriminator
        return None

    def _write(
        self, state: State, generator: Generator, judge: Discriminator | None, samples: int
    ) -> None:
        history = state.history
        chosen = "the newest"
        if history.best_samples >= 0:
            chosen = (
                f"the best: Fréchet distance {history.best_score:.3g} to training samples, as "
                f"{history.eye} sees them"
            )
        facts = {"samples": samples, "licence": self.licence, "chosen": chosen}
        write_model(self.folder, generator, self.recipe, self.spec, facts, judge)
