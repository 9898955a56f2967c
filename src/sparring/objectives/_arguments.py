"""Constructor arguments that several objectives share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from sparring.core.schedule import Ramp, Schedule, constant


def _not_negative(ramp: Schedule) -> Schedule:
    if min(ramp.start, ramp.end) < 0.0:
        raise ValueError("a weight must not be negative")
    return ramp


Weight = Annotated[Ramp, AfterValidator(_not_negative)]
"""The weight of a penalty, which may change over a run."""

R1 = Annotated[Weight, Field(description="weight of the penalty on slopes at real samples")]
"""Weight of the zero-centred penalty of Mescheder et al. 2018; 0 = none."""

NONE = constant(0.0)
"""No penalty."""
