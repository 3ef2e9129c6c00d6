"""A small world of next orders whose truth is known: a rate per customer, and leaving."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from features.contract import DAY_US
from features.settings import LabelContract
from models.panel import PHASE_PREFIX, Panel
from models.settings import LightGBMSettings
from models.timing.rows import TimingRows
from models.timing.settings import TimingSettings

PHASES = ("koop", "koester", "dormant")
HORIZONS = (7, 14, 28)
STEP, CUTOFFS = 7, 14
CONTRACT = LabelContract(target="timing", horizon_days=28, horizons_days=HORIZONS)
NOW = CUTOFFS * STEP * DAY_US
QUICK = TimingSettings(
    horizons_days=HORIZONS, penalties=(3.0,), workers=1,
    lightgbm=LightGBMSettings(learning_rate=0.2, num_leaves=6, max_rounds=25, patience=5),
)  # fmt: skip


def rates(x: np.ndarray) -> np.ndarray:
    """Orders per day of each row."""
    return np.asarray(0.05 * np.exp(0.8 * x[:, 0].astype(np.float64)))


def true_probability(x: np.ndarray, days: float) -> np.ndarray:
    return np.asarray(1 - np.exp(-rates(x) * days))


@pytest.fixture(scope="session")
def world() -> Callable[..., TimingRows]:
    """Build rows of ``CUTOFFS`` weekly cutoffs; ``weekends``: orders come on the last two days of a week only."""

    def make(
        customers: int = 250, seed: int = 1, weekends: bool = False, cutoffs: int = CUTOFFS, left: float = 0.5
    ) -> TimingRows:
        rng = np.random.default_rng(seed)
        n = customers * cutoffs
        phase = rng.integers(0, len(PHASES), n).astype(np.int16)
        one_hot = (phase[:, None] == np.arange(len(PHASES))).astype(np.float32)
        x = np.hstack([rng.normal(size=(n, 3)).astype(np.float32), one_hot])
        days = rng.exponential(1 / rates(x))
        if weekends:
            week = np.floor(days / 7)
            days = 7 * week + 5 + 2 / 7 * (days - 7 * week)
        days = np.floor(days * 64) / 64
        cutoff_us = np.repeat(np.arange(cutoffs, dtype=np.int64) * STEP * DAY_US, customers)
        observed = np.minimum(28, cutoffs * STEP - cutoff_us // DAY_US).astype(np.float64)
        gone = (rng.random(n) < left * 1 / (1 + np.exp(2 * x[:, 1]))).astype(np.float64)
        panel = Panel(
            customer_id=np.tile(np.arange(customers, dtype=np.int64), cutoffs), cutoff_us=cutoff_us, phase=phase,
            phases=PHASES, x=x, columns=("a", "b", "c", *(PHASE_PREFIX + name for name in PHASES)),
            y=np.zeros(n, dtype=np.float32), population=np.ones(n, dtype=np.bool_),
        )  # fmt: skip
        seen = np.where(days < observed, days, -1.0)
        bits = sum(
            (
                2.0**place * gone * (observed >= h) * ((seen < 0) | (seen >= h))
                for place, h in enumerate(HORIZONS)
            ),
            np.zeros(n),
        )
        return TimingRows(panel, seen, observed, np.asarray(bits))

    return make
