"""Settings of the timing of the next order."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from features.settings import Days, Settings
from models.settings import LightGBMSettings


class TimingSettings(Settings):
    """How the time until the next order is learnt.

    ``horizons_days`` rise; each has a model of its own. At most ``max_rows`` rows are learnt from (whole customers,
    drawn by ``seed``); everybody is predicted. ``margin`` is in standard errors of the paired difference in log loss:
    within it the mean of both kinds serves. A horizon with fewer than ``min_positives`` orders or ``min_negatives``
    rows without one is left out.
    """

    horizons_days: Annotated[tuple[Days, ...], Field(min_length=1, max_length=20)] = (7, 14, 28, 56, 84)
    min_positives: Annotated[int, Field(ge=1)] = 50
    min_negatives: Annotated[int, Field(ge=1)] = 50
    seed: int = 7
    num_threads: Annotated[int, Field(ge=1, le=256)] = 1
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    margin: Annotated[float, Field(ge=0)] = 0.25
    max_rows: Annotated[int, Field(ge=100)] = 10_000
    penalties: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)] = (30.0, 300.0)
    lightgbm: LightGBMSettings = LightGBMSettings(
        learning_rate=0.1, num_leaves=8, max_bin=63, max_rounds=150, patience=15
    )

    @model_validator(mode="after")
    def _horizons_rise(self) -> TimingSettings:
        if list(self.horizons_days) != sorted(set(self.horizons_days)):
            raise ValueError(f"horizons_days must rise, without repeats; found {list(self.horizons_days)}")
        return self
