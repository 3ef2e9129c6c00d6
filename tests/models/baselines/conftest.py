"""Customers who buy as BG/NBD says they do: the law is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from features.contract import DAY_US
from models.panel import PHASE_PREFIX, Panel

PHASES = ("retention", "dormant")


@pytest.fixture(scope="session")
def make_buyers() -> Callable[..., Panel]:
    """Build a panel of one cutoff: orders by the law (r, alpha, a, b), in weeks; y is an order in the window."""

    def make(
        customers: int = 4000,
        law: tuple[float, float, float, float] = (0.8, 6.0, 0.9, 2.5),
        weeks: float = 52.0,
        gap: float = 0.0,
        horizon: float = 8.0,
        seed: int = 5,
    ) -> Panel:
        rng = np.random.default_rng(seed)
        r, alpha, a, b = law
        age = np.ceil(7 * rng.uniform(0.3 * weeks, weeks, customers)) / 7
        rate, leaves = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
        now, last, repeats = np.zeros(customers), np.zeros(customers), np.zeros(customers)
        y, here = np.zeros(customers, dtype=np.bool_), np.ones(customers, dtype=np.bool_)
        while here.any():
            now = now + rng.exponential(1 / rate)
            here &= now <= age + gap + horizon
            before = here & (now <= age)
            last, repeats = np.where(before, now, last), repeats + before
            y |= here & (now > age + gap)
            here &= rng.random(customers) >= leaves
        days = 1 + repeats
        x = np.column_stack([days / np.maximum(7 * age, 7), 7 * age, 7 * (age - last)]).astype(np.float32)
        one_hot = np.tile(np.array([1, 0], np.float32), (customers, 1))
        names = ("cadence__order_rate", "tenure__customer_days", "recency__order")
        return Panel(
            customer_id=np.arange(customers, dtype=np.int64),
            cutoff_us=np.full(customers, 100 * DAY_US, dtype=np.int64),
            phase=np.zeros(customers, dtype=np.int16),
            phases=PHASES,
            x=np.hstack([x, one_hot]),
            columns=(*names, *(PHASE_PREFIX + name for name in PHASES)),
            y=y.astype(np.float32),
            population=np.ones(customers, dtype=np.bool_),
        )

    return make
