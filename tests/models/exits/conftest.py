"""A small world of exits whose truth is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from features.contract import DAY_US
from features.labels.exits import EXITS, possible_exits
from features.settings import LabelContract
from models.exits.probabilities import softmax
from models.panel import PHASE_PREFIX, Panel
from models.settings import ExitSettings, LightGBMSettings

PHASES = ("kijk", "koop", "koester", "dormant")
CONTRACT = LabelContract(target="exits", horizon_days=14, event="behaviour")
QUICK = ExitSettings(lightgbm=LightGBMSettings(learning_rate=0.2, num_leaves=6, max_rounds=40, patience=5))
#: How much each feature speaks for each exit.
WEIGHTS = np.array([[1.5, 0.0, -1.0, -0.5], [0.0, 1.0, 0.0, -1.5], [0.0, 0.0, 0.0, 0.0]])


def true_probabilities(panel: Panel, strength: float = 1.0) -> np.ndarray:
    """What the world draws exits from."""
    scores = strength * panel.x[:, :3].astype(np.float64) @ WEIGHTS + np.array([0.0, 1.0, 0.0, -0.5])
    p = softmax(scores) * possible_exits(len(PHASES) - 1)[panel.phase]
    return np.asarray(p / p.sum(axis=1, keepdims=True))


@pytest.fixture(scope="session")
def world() -> Callable[..., Panel]:
    """Build a panel of target ``exits``; cutoffs are 14 days apart."""

    def make(customers: int = 300, cutoffs: int = 8, seed: int = 1, strength: float = 1.0) -> Panel:
        rng = np.random.default_rng(seed)
        n = customers * cutoffs
        phase = rng.integers(0, len(PHASES), n).astype(np.int16)
        one_hot = (phase[:, None] == np.arange(len(PHASES))).astype(np.float32)
        panel = Panel(
            customer_id=np.tile(np.arange(customers, dtype=np.int64), cutoffs),
            cutoff_us=np.repeat(np.arange(cutoffs, dtype=np.int64) * 14 * DAY_US, customers),
            phase=phase, phases=PHASES,
            x=np.hstack([rng.normal(size=(n, 3)).astype(np.float32), one_hot]),
            columns=("a", "b", "c", *(PHASE_PREFIX + name for name in PHASES)),
            y=np.zeros(n, dtype=np.float32), population=phase != len(PHASES) - 1,
        )  # fmt: skip
        p = true_probabilities(panel, strength)
        drawn = (rng.random(n)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(0, len(EXITS) - 1)
        panel.y[:] = np.where(panel.population, drawn, np.nan)
        return panel

    return make
