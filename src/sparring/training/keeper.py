"""What happens around the steps: rows, pictures, checkpoints, and the way back from trouble."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from sparring.core.errors import TrainingFailed
from sparring.core.recipe import Recipe
from sparring.core.rng import Streams
from sparring.core.spec import Condition, in_full
from sparring.modalities import Modality
from sparring.provenance.labelling import marked
from sparring.training import checkpoint
from sparring.training.detectors import Finding
from sparring.training.display import Display
from sparring.training.distributed import Team
from sparring.training.health import Verdict, is_finite
from sparring.training.log import Log
from sparring.training.model import Model
from sparring.training.state import State
from sparring.training.watch import Watch

CHECK_EVERY = 50  # steps between looks at the loss where looking would stall the device


class Keeper:
    """Keeps one run's folder in step with its state.

    Args:
        folder: the run's folder.
        recipe: decides the rhythms.
        state: what is kept.
        team: rank 0 alone writes.
        modality: draws previews.
        asked: what every preview asks for.
        model: the run's model; its leader alone writes it.
        watch: looks for trouble; None but in the process that leads.
        log: rows and pictures; likewise.
        display: what a person sees meanwhile.
        stop: set when someone asked to stop.
        saved: samples shown at the newest checkpoint; below 0 where there is none.
    """

    def __init__(
        self,
        folder: Path,
        *,
        recipe: Recipe,
        state: State,
        team: Team,
        modality: Modality,
        asked: Condition,
        model: Model,
        watch: Watch | None,
        log: Log | None,
        display: Display,
        stop: threading.Event,
        saved: int,
    ) -> None:
        self.folder = folder
        self.recipe = recipe
        self.state = state
        self.team = team
        self.modality = modality
        self.model = model
        self.watch = watch
        self.log = log
        self.display = display
        self.stop = stop
        self._latents, self._condition = self._fixed(), asked
        self._saved = saved

    def should_stop(self) -> bool:
        """Whether any process was asked to stop."""
        return self.team.any(self.stop.is_set())

    def judge(self, player: str, loss: Tensor) -> Verdict:
        """The verdict on one player's loss, the same in every process."""
        if self.team.device.type != "cpu" and self.state.step % CHECK_EVERY:
            return Verdict.FINE
        mean = self.team.mean(loss).item()
        verdict = self.state.health.judge(mean)
        if verdict is Verdict.SKIP and self.watch is not None:
            self.watch.bad_turn(player, mean)
        return verdict

    def roll_back(self) -> None:
        """Return to the newest whole checkpoint.

        Raises:
            TrainingFailed: that did not help before.
        """
        path, parts, counters, complaints = checkpoint.newest(self.folder / "checkpoints")
        at = self.state.samples
        self.state.health.return_to(counters["samples"], at)
        self.state.roll_back(parts, counters, str(path))
        self.display.begin(self.state.samples)
        if self.watch is not None:
            self.watch.rewound()
        if self.log is not None:
            self.log.cut(self.state.samples)
        if self.team.leads:
            for complaint in complaints:
                self.display.warn(complaint)
            self.display.warn(
                f"Losses are not finite after {at:,} samples: back to {self.state.samples:,}."
            )

    def start(self) -> None:
        """The first picture and checkpoint of a new run."""
        if self._saved < 0:
            if self.watch is not None:
                self.watch.begin()
            self._preview()
            self.save()

    def after_step(self) -> None:
        """Write what is due after this step.

        Raises:
            TrainingFailed: the policy for trouble ends the training.
        """
        training = self.recipe.training
        self.display.advance(self.state.samples)
        if self._due(training.log_every) or self.state.samples >= self.recipe.samples:
            findings = self._row()
            if self.team.any(self.state.history.best_samples == self.state.samples):
                self.save()
            if self._respond(findings):
                return
        if self._due(training.preview_every):
            self._preview()
        if self._due(training.checkpoint_every):
            self.save()

    def leave(self) -> None:
        """Write down what was found since the last row; a training that fails writes no other."""
        found = self.watch.take() if self.watch is not None else []
        if self.log is not None and (found or self.log.carries):
            self.log.row({"samples": self.state.samples, "step": self.state.step}, found)

    def save(self) -> bool:
        """A checkpoint of this moment, and the model as it now is.

        Returns False, and writes nothing, where the weights are not finite; the next loss says so.
        """
        if self._saved == self.state.samples:
            return True
        if not is_finite(self.state.networks, self.state.average.generator):
            return False
        self._saved = self.state.samples
        self.state.tally.share(self.team)
        if self.team.leads:
            folder = self.folder / "checkpoints"
            state = self.state
            checkpoint.save(folder, state.samples, state.parts(), state.counters())
            if state.history.best_samples >= 0:
                checkpoint.mark_best(folder, state.history.best_samples)
            checkpoint.prune(folder, self.recipe.training.keep)
            self.model.keep(state)
            if self.log is not None:
                self.log.histograms(state.samples, state.networks)
        self.team.wait()
        return True

    def _due(self, every: int) -> bool:
        shown, batch = self.state.samples, self.recipe.batch
        return shown // every > (shown - batch) // every

    def _respond(self, findings: Sequence[Finding]) -> bool:
        """Act on what was found, alike in every process; whether that led back in time.

        Raises:
            TrainingFailed: the policy ends the training.
        """
        care, state = self.recipe.health, self.state
        if not care.acts:
            return False
        can_return = -1 < state.history.best_samples < state.samples
        verdict, diagnosis = state.health.response(findings, care, can_return=can_return)
        verdict = Verdict[self.team.agree(verdict.name)]
        if verdict is Verdict.FAIL:
            raise TrainingFailed(self.team.agree(diagnosis))
        if verdict is Verdict.ROLL_BACK:
            self._return_to_best()
        return verdict is Verdict.ROLL_BACK

    def _return_to_best(self) -> None:
        folder, state, at = self.folder / "checkpoints", self.state, self.state.samples
        best = folder / self.team.agree(checkpoint.name_of(state.history.best_samples))
        parts, counters = checkpoint.load(best)
        state.health.return_to_best()
        times = state.health.returns - counters["health"]["returns"]
        state.roll_back(parts, counters, str(best))
        self.display.begin(state.samples)
        state.ease(self.recipe.health, times)
        self._saved = state.samples
        if self.watch is not None:
            self.watch.rewound()
        self.team.wait()  # all have read; nothing may be removed before
        if self.log is not None:
            checkpoint.drop_after(folder, state.samples)
            self.log.cut(state.samples)
        if self.team.leads:
            self.display.warn(
                f"Back from {at:,} to the best checkpoint, {state.samples:,} samples, and on with "
                f"{state.learning_rate_factor:g} times the learning rate."
            )

    def _row(self) -> Sequence[Finding]:
        state = self.state
        means = {name: self.team.mean(v).item() for name, v in state.tally.take().items()}
        if "certainty" in means:
            state.strength.update(means["certainty"], state.samples - state.logged)
        state.logged = state.samples
        rate = state.samples / state.seconds if state.seconds else 0.0
        values = {
            "samples": state.samples,
            "step": state.step,
            "seconds": round(state.seconds, 3),
            "samples_per_second": round(rate, 1),
            "learning_rate": self.recipe.optimiser.learning_rate.at(
                min(state.samples / self.recipe.samples, 1.0)
            )
            * state.learning_rate_factor,
            "augment_strength": state.strength.strength,
            **means,
        }
        findings: Sequence[Finding] = ()
        if self.watch is not None:
            signs, findings = self.watch.row(values)
            values |= signs
        self.display.numbers(values, [*state.history.active])
        if self.log is not None:
            self.log.row(values, findings)
        return findings

    @torch.no_grad()
    def _preview(self) -> None:
        if self.log is None:
            return
        samples = self.state.average.generator(self._latents, self._condition)
        png = marked(self.modality.preview(in_full(samples).cpu()), "preview.png")
        self.display.picture(self.log.preview(self.state.samples, png))

    def _fixed(self) -> Tensor:
        """The latents of every preview, so that progress is visible."""
        count = self.recipe.training.preview_count
        latent = self.state.networks.generator.latent
        latents = Streams(self.recipe.seed).normal("preview", (count, latent))
        return latents.to(self.team.device)
