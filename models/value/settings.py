"""Settings of the predicted value (``value`` in params.yaml)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from features.settings import Days, Name, Settings
from models.settings import LightGBMSettings, Share, TrainSettings


class ValueSettings(Settings):
    """How the money within the horizon is learnt and judged.

    ``horizon_days`` null: the churn horizon of the source; ``active_days`` null: the population of readiness.
    Fewer than ``min_buyers`` rows with money in the window: the mean of each phase serves. ``margin`` and
    ``separate_margin`` are standard errors of the paired difference in deviance: within the first the simplest
    model wins; within the second a phase keeps the pooled model. At most about ``max_rows`` rows are learnt from
    (whole customers, drawn by ``seed``); everybody is predicted. High-value customers are the fewest that bring
    ``high_value_share`` of the money.
    """

    horizon_days: Days | None = None
    active_days: Days | None = None
    gap_days: Annotated[int, Field(ge=0, le=365)] = 0
    min_buyers: Annotated[int, Field(ge=10)] = 50
    seed: int = 7
    num_threads: Annotated[int, Field(ge=1, le=256)] = 1
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    estimators: Annotated[tuple[Name, ...], Field(min_length=1)] = ("linear", "tweedie")
    blend: bool = True
    separate_phases: bool = False
    margin: Annotated[float, Field(ge=0)] = 0.25
    separate_margin: Annotated[float, Field(ge=0)] = 2.0
    max_rows: Annotated[int, Field(ge=100)] = 20_000
    high_value_share: Share = 0.8
    penalties: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)] = (30.0, 300.0)
    lightgbm: LightGBMSettings = LightGBMSettings(
        learning_rate=0.15, num_leaves=8, max_bin=63, max_rounds=100, patience=10
    )

    @property
    def training(self) -> TrainSettings:
        """The same settings as the probability models read them."""
        return TrainSettings.model_validate(
            {
                "seed": self.seed, "num_threads": self.num_threads, "lightgbm": self.lightgbm,
                "logistic": {"penalties": self.penalties},
            },
        )  # fmt: skip
