"""A small world of money whose truth is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from features.contract import DAY_US
from features.settings import LabelContract
from models.panel import PHASE_PREFIX, Panel
from models.settings import LightGBMSettings
from models.value.settings import ValueSettings

PHASES = ("kijk", "koop", "koester", "dormant")
CONTRACT = LabelContract(target="value", horizon_days=14, active_days=28)
QUICK = ValueSettings(
    estimators=("linear", "tweedie"),
    lightgbm=LightGBMSettings(learning_rate=0.2, num_leaves=6, max_rounds=40, patience=5),
)
NAMES = (
    "a", "b", "recency__order", "frequency__orders", "monetary__order_value", "monetary__spend__28d",
    "monetary__spend_per_day", "tenure__known_days",
)  # fmt: skip


def chance(panel: Panel) -> np.ndarray:
    """How likely the world makes any money."""
    return 1.0 / (1.0 + np.exp(1.0 - 1.2 * panel.column("a").astype(np.float64)))


def truth(panel: Panel) -> np.ndarray:
    """What the world makes everybody bring on average."""
    return chance(panel) * 20.0 * np.exp(0.6 * panel.column("b").astype(np.float64))


@pytest.fixture(scope="session")
def world() -> Callable[..., Panel]:
    """Build a panel of target ``value``; cutoffs are 14 days apart."""

    def make(customers: int = 300, cutoffs: int = 8, seed: int = 1, currency: float = 1.0) -> Panel:
        rng = np.random.default_rng(seed)
        n = customers * cutoffs
        phase = rng.integers(0, len(PHASES), n).astype(np.int16)
        x = rng.normal(size=(n, 2))
        # What the baselines read: money of old that says less of the truth than a and b do.
        spend = 20.0 * np.exp(0.6 * x[:, 1] + 0.7 * rng.normal(size=n)) * (rng.random(n) < 0.5) * currency
        more = np.column_stack(
            [30 - 5 * x[:, 0], rng.integers(0, 5, n), spend, spend, spend / 28, rng.uniform(60, 300, n)]
        )
        one_hot = phase[:, None] == np.arange(len(PHASES))
        panel = Panel(
            customer_id=np.tile(np.arange(customers, dtype=np.int64), cutoffs),
            cutoff_us=np.repeat(np.arange(cutoffs, dtype=np.int64) * 14 * DAY_US, customers),
            phase=phase, phases=PHASES, x=np.hstack([x, more, one_hot]).astype(np.float32),
            columns=(*NAMES, *(PHASE_PREFIX + name for name in PHASES)),
            y=np.zeros(n, dtype=np.float32), population=phase != len(PHASES) - 1,
        )  # fmt: skip
        amount = 20.0 * np.exp(0.6 * x[:, 1] + 0.5 * rng.normal(size=n) - 0.125) * currency
        money = np.where(rng.random(n) < chance(panel), amount, 0.0)
        panel.y[:] = np.where(panel.population, money, np.nan)
        return panel

    return make
