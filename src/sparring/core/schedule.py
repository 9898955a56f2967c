"""A number that may change while training goes on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Schedule(BaseModel):
    """A number that goes from `start` to `end` over a part of the training.

    `begin` and `finish` are shares of the whole training in [0, 1]: the value is `start` before
    `begin`, `end` after `finish`. In a recipe write a plain number, `[start, end]`, or the table.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    start: float
    end: float
    begin: float = Field(0.0, ge=0.0, le=1.0)
    finish: float = Field(1.0, ge=0.0, le=1.0)
    shape: Literal["linear", "cosine"] = "linear"

    @model_validator(mode="after")
    def _in_order(self) -> Schedule:
        if self.finish < self.begin:
            raise ValueError(f"finish ({self.finish}) must not come before begin ({self.begin})")
        return self

    def at(self, progress: float) -> float:
        """The value when `progress`, a share of the training in [0, 1], has passed."""
        if progress >= self.finish:
            return self.end
        if progress <= self.begin:
            return self.start
        share = (progress - self.begin) / (self.finish - self.begin)
        if self.shape == "cosine":
            share = (1.0 - math.cos(math.pi * share)) / 2.0
        return self.start + (self.end - self.start) * share


def _from_short(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"start": value, "end": value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != 2:
            raise ValueError(f"[start, end] has two numbers, not {len(value)}")
        return {"start": value[0], "end": value[1]}
    if isinstance(value, str | bool):
        raise ValueError("a number, [start, end] or a table is needed")
    return value


Ramp = Annotated[Schedule, BeforeValidator(_from_short)]
"""The type of a constructor argument that may change over a run."""


def constant(value: float) -> Schedule:
    """A ramp that stays where it is."""
    return Schedule(start=value, end=value)
