"""Typed settings of the next category (block ``next_category`` of params.yaml)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from features.settings import Days, Settings
from models.settings import LightGBMSettings


class NextCategorySettings(Settings):
    """How the next category is learnt.

    ``horizon_days`` null: that of the decisions of the source; ``active_days`` (who is predicted: who bought in so many
    days) null: as for churn. A category not bought for ``new_days`` is new. The ``top`` categories most bought compete,
    and the ``context`` most bought tell what goes with what; a score names the ``known`` and ``new`` most probable.
    ``cutoffs`` matured cutoffs are learnt from, ``step_days`` (at least the horizon) apart, of at most ``max_rows``
    rows each (a row is a customer and a category; whole customers, drawn by ``seed``); everybody is predicted.
    ``margin``: by so many standard errors of the paired difference in NDCG@5 the model must beat own frequency to put
    the categories in order.
    """

    horizon_days: Annotated[int, Field(ge=1, le=365)] | None = None
    active_days: Days | None = None
    new_days: Days = 112
    top: Annotated[int, Field(ge=2, le=500)] = 50
    context: Annotated[int, Field(ge=2, le=1000)] = 200
    known: Annotated[int, Field(ge=0, le=20)] = 3
    new: Annotated[int, Field(ge=0, le=20)] = 2
    cutoffs: Annotated[int, Field(ge=2, le=60)] = 4
    step_days: Days = 28
    min_history_days: Annotated[int, Field(ge=0, le=3650)] = 112
    max_rows: Annotated[int, Field(ge=1000)] = 250_000
    min_positives: Annotated[int, Field(ge=1)] = 50
    margin: Annotated[float, Field(ge=0)] = 0.25
    seed: int = 7
    num_threads: Annotated[int, Field(ge=1, le=256)] = 1
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    lightgbm: LightGBMSettings = LightGBMSettings(
        learning_rate=0.1, num_leaves=15, min_child_samples=200, max_bin=63, max_rounds=200, patience=15
    )
