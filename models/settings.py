"""Typed settings of everything under ``models``: training, evaluation, next best action, tracking."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from features.settings import Name, Settings
from models.actions.tournament_settings import TournamentSettings

Share = Annotated[float, Field(gt=0, lt=1)]


class LightGBMSettings(Settings):
    """Settings of the boosted trees (names as in LightGBM)."""

    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.05
    num_leaves: Annotated[int, Field(ge=2, le=4096)] = 15
    min_child_samples: Annotated[int, Field(ge=1)] = 60
    feature_fraction: Annotated[float, Field(gt=0, le=1)] = 0.4
    bagging_fraction: Annotated[float, Field(gt=0, le=1)] = 0.8
    lambda_l2: Annotated[float, Field(ge=0)] = 10.0
    max_bin: Annotated[int, Field(ge=15, le=255)] = 127
    max_rounds: Annotated[int, Field(ge=1)] = 600
    patience: Annotated[int, Field(ge=1)] = 50
    seeds: Annotated[int, Field(ge=1, le=20)] = 1


class LogisticSettings(Settings):
    """Settings of the regularised logistic regression on signed-log features."""

    penalties: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)] = (
        30.0,
        100.0,
        300.0,
        1000.0,
    )


class TrainSettings(Settings):
    """How the models of a target are learnt and chosen.

    ``margin`` and ``separate_margin`` are standard errors of the paired difference in log loss: within the
    first the mean of all kinds serves (``blend``), else the simplest; within the second a phase keeps the pooled
    model. ``workers`` cutoffs are learnt at once; their number changes no byte. At most about ``max_rows`` rows are
    learnt from: whole customers, drawn by ``seed``; everybody is predicted.
    """

    seed: int = 7
    num_threads: Annotated[int, Field(ge=1, le=256)] = 1
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    estimators: Annotated[tuple[Name, ...], Field(min_length=1)] = ("logistic", "lightgbm")
    blend: bool = True
    separate_phases: bool = True
    margin: Annotated[float, Field(ge=0)] = 1.0
    separate_margin: Annotated[float, Field(ge=0)] = 3.0
    calibrate: bool = False
    calibration_margin: Annotated[float, Field(ge=0)] = 2.0
    max_cutoffs: Annotated[int, Field(ge=1)] = 60
    max_rows: Annotated[int, Field(ge=1000)] = 200_000
    lightgbm: LightGBMSettings = LightGBMSettings()
    logistic: LogisticSettings = LogisticSettings()


class EvaluationSettings(Settings):
    """How the models are judged, out of time."""

    test_cutoffs: Annotated[int, Field(ge=1, le=12)] = 3
    top_shares: Annotated[tuple[Share, ...], Field(min_length=1)] = (0.1, 0.2)
    resamples: Annotated[int, Field(ge=20, le=10_000)] = 200
    confidence: Share = 0.95
    min_cell: Annotated[int, Field(ge=10)] = 100
    seed: int = 7


class NextActionSettings(Settings):
    """How effects of actions are estimated and when the gate may personalise.

    ``workers`` phases are judged at once; their number changes no byte.
    """

    horizon_days: Annotated[int, Field(ge=1, le=365)] | None = None
    folds: Annotated[int, Field(ge=2, le=20)] = 3
    num_threads: Annotated[int, Field(ge=1, le=256)] = 1
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    propensities: Literal["known", "estimate", "refuse"] = "estimate"
    propensity_floor: Share = 0.02
    min_arm: Annotated[int, Field(ge=10)] = 100
    min_ess: Annotated[int, Field(ge=10)] = 200
    confidence: Share = 0.95
    margin_rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    action_cost: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    tournament: TournamentSettings = TournamentSettings()
    seed: int = 7


class ExitSettings(Settings):
    """How the competing exits of a phase (advance, stall, regress, leave) are learnt.

    ``horizon_days`` null: one step of the observation grid, as the source declares. At most ``max_rows`` rows are
    learnt from (whole customers, drawn by ``seed``); everybody is predicted. ``margin`` and ``shares_margin`` are
    standard errors of the paired difference in log loss: within the first the mean of both kinds serves, within the
    second a phase keeps its plain shares.
    """

    horizon_days: Annotated[int, Field(ge=1, le=365)] | None = None
    seed: int = 7
    num_threads: Annotated[int, Field(ge=1, le=256)] = 1
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    margin: Annotated[float, Field(ge=0)] = 0.25
    shares_margin: Annotated[float, Field(ge=0)] = 1.0
    max_rows: Annotated[int, Field(ge=100)] = 10_000
    penalties: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=1)] = (30.0, 300.0)
    lightgbm: LightGBMSettings = LightGBMSettings(
        learning_rate=0.1, num_leaves=8, max_bin=63, max_rounds=150, patience=15
    )


class ScoreSettings(Settings):
    """What a score file holds."""

    bands: tuple[Share, Share] = (0.25, 0.75)
    control_share: Annotated[float, Field(ge=0, lt=1)] = 0.05
    control_seed: int = 7
    reasons: Annotated[int, Field(ge=0, le=10)] = 3
    max_model_age_days: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _rising(self) -> ScoreSettings:
        if self.bands[0] >= self.bands[1]:
            raise ValueError(f"bands must rise (from low to medium, from medium to high), found {self.bands}")
        return self


class PersonaSettings(Settings):
    """How personas are looked for."""

    least: Annotated[int, Field(ge=2, le=12)] = 3
    most: Annotated[int, Field(ge=2, le=12)] = 7
    rows: Annotated[int, Field(ge=200)] = 4000
    resamples: Annotated[int, Field(ge=2, le=200)] = 10
    smallest_share: Annotated[float, Field(ge=0, lt=0.5)] = 0.02
    min_customers: Annotated[int, Field(ge=50)] = 200
    seed: int = 7

    @model_validator(mode="after")
    def _in_order(self) -> PersonaSettings:
        if self.least > self.most:
            raise ValueError(f"least ({self.least}) must not be above most ({self.most})")
        return self


class TrackingSettings(Settings):
    """What goes into MLflow, and where.

    ``log_predictions``: out-of-time predictions and the decisions that policies were judged on go along, under a
    pseudonym. The promotion gate pairs models on them; without them it judges only where the champion can predict anew.
    """

    experiment: str = "klantreis"
    register_models: bool = True
    log_predictions: bool = True
