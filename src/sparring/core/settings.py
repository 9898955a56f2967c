"""The tables of a recipe that name no component: steps, rhythms, judging, and what is done then."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sparring.core.schedule import Ramp, Schedule, constant

STRICT = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)


class Optimiser(BaseModel):
    """Adam for every player (Kingma and Ba, 2015), fused where torch has it."""

    model_config = STRICT

    learning_rate: Ramp = constant(2e-4)
    betas: tuple[float, float] = (0.0, 0.99)
    epsilon: float = Field(1e-8, gt=0)
    discriminator_factor: float = Field(
        1.0, gt=0, description="of the learning rate for all but the generator (Heusel et al. 2017)"
    )

    def rate(self, progress: float, player: str) -> float:
        """The learning rate of a player when a share of the training has passed."""
        factor = 1.0 if player == "generator" else self.discriminator_factor
        return self.learning_rate.at(progress) * factor

    @field_validator("learning_rate")
    @classmethod
    def _not_negative(cls, rate: Schedule) -> Schedule:
        if min(rate.start, rate.end) < 0.0:
            raise ValueError("a learning rate must not be negative, at its start or at its end")
        return rate

    @field_validator("betas")
    @classmethod
    def _below_one(cls, betas: tuple[float, float]) -> tuple[float, float]:
        if not all(0.0 <= beta < 1.0 for beta in betas):
            raise ValueError("each beta must lie in [0, 1)")
        return betas


class Training(BaseModel):
    """How the loop runs. All rhythms are counted in real samples shown."""

    model_config = STRICT

    ema_half_life: float = Field(10_000, ge=0, description="of the averaged generator; 0 = none")
    ema_ramp: float = Field(0.05, ge=0, description="half-life at most this share of the past")
    accumulate: int = Field(1, ge=1, description="micro-batches that make up one batch")
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: int = Field(0, ge=0, description="CPU threads; 0 = one for each physical core")
    log_every: int = Field(2_000, ge=1)
    preview_every: int = Field(20_000, ge=1)
    preview_count: int = Field(64, ge=1, le=400)
    checkpoint_every: int = Field(50_000, ge=1)
    keep: int = Field(3, ge=1, description="newest checkpoints kept")


class Judging(BaseModel):
    """When and how the averaged generator is scored while it trains.

    Left out, `every` is a twentieth of the training, at least 10,000 samples, and `count` at most a
    tenth of `every`, so that judging takes less than a twentieth of the time.
    """

    model_config = STRICT

    every: int = Field(10_000, ge=0, description="samples shown between scorings; 0 = never")
    start: int = Field(0, ge=0, description="samples shown before the first scoring")
    count: int = Field(2_000, ge=100, le=50_000, description="samples made for one scoring")
    budget: float = Field(
        0.05, gt=0, le=1, description="share of the time beyond which scorings are left out"
    )

    def resolved(self, samples: int) -> Judging:
        """The same, with what was left out filled in for a training of so many samples."""
        given = self.model_dump(include=self.model_fields_set)
        scorings = max(min(samples // 10_000, 20), 1)
        every = given.get("every", max(samples // scorings, 10_000))
        count = given.get("count", min(max(every // 10, 100), 2_000))
        return self.model_copy(update={"every": every, "count": count})


class Care(BaseModel):
    """What is done when a training shows signs of failing."""

    model_config = STRICT

    policy: Literal["warn", "rollback", "stop"] = Field(
        "warn", description="say so; return to the best checkpoint; or end the training"
    )
    rollbacks: int = Field(2, ge=1, le=20, description="returns before the training has failed")
    learning_rate_factor: float = Field(
        0.5, gt=0, le=1, description="what each return multiplies the learning rate by"
    )
    augment_step: float = Field(
        0.0, ge=0, le=1, description="what each return adds to the strength of augmentation"
    )

    @property
    def acts(self) -> bool:
        """Whether anything is done beyond saying so."""
        return self.policy != "warn"
