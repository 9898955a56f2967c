"""Watches over a training: looks at the recipe's rhythm, and says what begins to go wrong."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sparring.core.recipe import Recipe
from sparring.core.spec import Spec
from sparring.training.advice import of_a_bad_turn, of_absent_classes, of_bad_samples
from sparring.training.detectors import Finding, absent_classes
from sparring.training.display import Display
from sparring.training.health import is_finite
from sparring.training.judging import Judge
from sparring.training.signs import Signs, signs_of_rivals, signs_of_samples, slope_of
from sparring.training.state import State

SIGHTED = 6  # pieces of a training that are each looked at, whatever that costs: signs need three


class Watch:
    """Gathers signs with every row, and holds them against the detectors.

    Only the process that leads has one; the others learn what it decides.

    Args:
        recipe: the rhythm and the policy.
        state: what is watched; only its history and findings are changed.
        spec: of the data.
        labels: of the training part, by label set.
        judge: looks at generated samples; None where the training is not judged.
        display: where warnings are shown.
    """

    def __init__(
        self,
        recipe: Recipe,
        state: State,
        spec: Spec,
        labels: Mapping[str, npt.NDArray[np.int64]],
        judge: Judge | None,
        display: Display,
    ) -> None:
        self.recipe = recipe
        self.spec = spec
        self.labels = labels
        self.state = state
        self.judge = judge
        self.display = display
        self._clocks = (state.seconds, state.waited)
        self._price = 0.0  # seconds of the last look
        self._unwritten: list[Finding] = []  # said between rows; stands in the next one

    def begin(self) -> None:
        """Say what the data alone show."""
        counts = {
            name: np.bincount(self.labels[name], minlength=len(classes)).tolist()
            for name, classes in self.spec.labels.items()
        }
        seen = absent_classes(counts)
        if seen:
            self._tell([of_absent_classes(seen)])

    def row(self, values: Mapping[str, int | float]) -> tuple[Signs, list[Finding]]:
        """The signs that belong into a row with these values, and what begins to show."""
        state = self.state
        signs = self._signs_of_row()
        state.history.note_row({**values, **signs})
        looked = self._is_due()
        if looked:
            seen = self._look()
            state.history.looked = state.samples
            signs |= seen
            if seen:
                numbers = {name: float(value) for name, value in values.items()}
                state.history.note_look(numbers | signs | self._context(seen), state.samples)
        # Where something is done about it, each onset counts.
        told = () if self.recipe.health.acts else state.health.findings
        said = Counter(finding.name for finding in told)
        self._tell(state.history.findings(state.samples, said, looked=looked))
        return signs, self.take()

    def take(self) -> list[Finding]:
        """What was said since the last row."""
        findings = self._unwritten
        self._unwritten = []
        return findings

    def rewound(self) -> None:
        """The state went back in time, and its clocks with it."""
        self._clocks = (self.state.seconds, self.state.waited)

    def bad_turn(self, player: str, loss: float) -> None:
        """A loss is no number."""
        self._tell([of_a_bad_turn(self.state.samples, player, loss)])

    def _tell(self, findings: Sequence[Finding]) -> None:
        self._unwritten += findings
        self.state.health.remember(findings)
        for finding in findings:
            self.display.warn(f"Health, {finding.word}: {finding.sentence}")

    def _is_due(self) -> bool:
        """At the stated rhythm as far as the budget goes, in each sixth, and at the end.

        Where the policy acts on what is seen, clocks must not decide what that is.
        """
        recipe, state = self.recipe, self.state
        if self.judge is None or state.history.looked == state.samples:
            return False
        every = recipe.judge.every
        if state.samples < recipe.judge.start:
            return False
        if state.samples >= recipe.samples:
            return True
        looked = state.history.looked
        if state.samples // every == looked // every:
            return False
        if state.samples * SIGHTED // recipe.samples > looked * SIGHTED // recipe.samples:
            return True
        expected = state.judge_seconds + self._price
        allowed = recipe.judge.budget * (state.seconds + expected)
        return recipe.health.acts or expected <= allowed

    def _signs_of_row(self) -> Signs:
        seconds, waited = self._clocks
        state = self.state
        self._clocks = (state.seconds, state.waited)
        spent = state.seconds - seconds
        signs = {
            "slope_generator": slope_of(state.networks.generator.parameters()),
            "waiting": (state.waited - waited) / spent if spent > 0 else math.nan,
        }
        return _finite(signs)

    def _look(self) -> Signs:
        state, judge = self.state, self.judge
        assert judge is not None, "a look is due only where there is a judge"
        if not is_finite(state.networks, state.average.generator):
            return {}  # what to do about that is for the loss to say
        started = time.perf_counter()
        judge.prepare()
        prepared = time.perf_counter()
        state.history.seen_by(judge.eye.name)
        generated = judge.look(state.average.generator)
        signs: Signs = {}
        if generated is None:
            self._tell([of_bad_samples(state.samples)])
        else:
            signs = signs_of_samples(judge, generated)
            if "discriminator" in state.networks:
                signs |= signs_of_rivals(state.networks["discriminator"], judge, generated)
        ended = time.perf_counter()
        state.judge_seconds += ended - started
        self._price = ended - prepared
        return _finite(signs)

    def _context(self, seen: Signs) -> Signs:
        """What detectors have to know besides: what labels mean here, and to whom."""
        context: Signs = {}
        if "heeded" in seen and self.recipe.conditional:
            context["labels_heeded"] = seen["heeded"]
        if self.judge is not None and self.judge.eye.foreign and "label_accuracy_real" in seen:
            context["label_accuracy_foreign"] = seen["label_accuracy_real"]
        return context


def _finite(signs: Mapping[str, float]) -> Signs:
    return {name: value for name, value in signs.items() if math.isfinite(value)}
