"""A small world whose truth is known: a panel of customers, cutoffs and phases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from features.contract import DAY_US
from models.panel import PHASE_PREFIX, Panel

PHASES = ("awareness", "decision", "dormant")


@pytest.fixture(scope="session")
def make_panel() -> Callable[..., Panel]:
    """Build a panel: ``truth(x, phase)`` gives the log-odds of label 1; cutoffs are ``step`` days apart."""

    def make(
        customers: int = 300,
        cutoffs: int = 8,
        step: int = 14,
        seed: int = 1,
        truth: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda x, phase: 1.5 * x[:, 0] - x[:, 1],
    ) -> Panel:
        rng = np.random.default_rng(seed)
        n = customers * cutoffs
        x = rng.normal(size=(n, 4)).astype(np.float32)
        # Columns the baselines read: recency and value fall with the truth, frequency is noise.
        rfm = np.abs(np.column_stack([30 - 9 * x[:, 0], 3 + x[:, 2], 20 + 5 * x[:, 1]])).astype(np.float32)
        phase = rng.integers(0, 3, n).astype(np.int16)
        y = (rng.random(n) < 1 / (1 + np.exp(-truth(x, phase)))).astype(np.float32)
        one_hot = (phase[:, None] == np.arange(3)).astype(np.float32)
        names = ("a", "b", "c", "d", "recency__order", "frequency__orders", "monetary__order_value")
        return Panel(
            customer_id=np.tile(np.arange(customers, dtype=np.int64), cutoffs),
            cutoff_us=np.repeat(np.arange(cutoffs, dtype=np.int64) * step * DAY_US, customers),
            phase=phase,
            phases=PHASES,
            x=np.hstack([x, rfm, one_hot]),
            columns=(*names, *(PHASE_PREFIX + name for name in PHASES)),
            y=y,
            population=np.ones(n, dtype=np.bool_),
        )

    return make
