"""What happens around the steps: rows, pictures, checkpoints, and the way back from trouble."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import torch
from torch import Tensor

from sparring.core.recipe import Recipe
from sparring.core.rng import Streams
from sparring.core.spec import Condition
from sparring.generation.asking import conditions
from sparring.generation.sampler import write_model
from sparring.modalities import Modality
from sparring.provenance.manifest import MARK
from sparring.training import checkpoint
from sparring.training.display import Display
from sparring.training.distributed import Team
from sparring.training.health import Verdict, is_finite
from sparring.training.log import Log
from sparring.training.state import State

CHECK_EVERY = 50  # steps between looks at the loss where looking would stall the device


class Keeper:
    """Keeps one run's folder in step with its state.

    Args:
        folder: the run's folder.
        recipe: decides the rhythms.
        state: what is kept.
        team: rank 0 alone writes.
        modality: draws previews.
        licence: of the data, for the model card.
        log: rows and pictures.
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
        licence: str,
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
        self.licence = licence
        self.log = log
        self.display = display
        self.stop = stop
        self._latents, self._condition = self._fixed()
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
        if verdict is Verdict.SKIP and self.team.leads:
            self.display.warn(f"The loss of the {player} is {mean}; its step is skipped.")
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
            self._preview()
            self.save()

    def after_step(self) -> None:
        """Write what is due after this step."""
        training = self.recipe.training
        self.display.advance(self.state.samples)
        if self._due(training.log_every):
            self._row()
        if self._due(training.preview_every):
            self._preview()
        if self._due(training.checkpoint_every):
            self.save()

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
            checkpoint.prune(folder, self.recipe.training.keep)
            write_model(
                self.folder / "model",
                state.average.generator,
                self.recipe,
                self.modality.spec,
                {"samples": state.samples, "licence": self.licence},
            )
            if self.log is not None:
                self.log.histograms(state.samples, state.networks)
        self.team.wait()
        return True

    def _due(self, every: int) -> bool:
        shown, batch = self.state.samples, self.recipe.batch
        return shown // every > (shown - batch) // every

    def _row(self) -> None:
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
            ),
            "augment_strength": state.strength.strength,
            **means,
        }
        self.display.numbers(values)
        if self.log is not None:
            self.log.row(values)

    @torch.no_grad()
    def _preview(self) -> None:
        if self.log is None:
            return
        samples = self.state.average.generator(self._latents, self._condition)
        png = self.modality.preview(samples.float().cpu(), stamp=MARK)
        self.display.picture(self.log.preview(self.state.samples, png))

    def _fixed(self) -> tuple[Tensor, Condition]:
        """The latents and labels of every preview, so that progress is visible."""
        count = self.recipe.training.preview_count
        latent = self.state.networks.generator.latent
        latents = Streams(self.recipe.seed).normal("preview", (count, latent))
        condition = conditions(self.modality.spec, range(count), {})
        return latents.to(self.team.device), condition.to(self.team.device)


@contextlib.contextmanager
def stopping() -> Iterator[threading.Event]:
    """Set by SIGTERM or the first Ctrl-C: finish the step, save, leave. The second: at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may handle signals; its owner sets nothing
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        # Launchers repeat SIGTERM; only a person's second Ctrl-C is impatience.
        signal.signal(signal.SIGINT, before[signal.SIGINT])

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
