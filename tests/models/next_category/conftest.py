"""A small shop with tastes: who buys a category often goes on doing so, and tea goes with biscuits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml

from features.category_pairs.crowd import Crowd
from features.category_pairs.kernel import Asked, Pairs, category_pairs, merged
from features.contract import DAY_US, EVENTS
from features.plan import Plan
from features.settings import JourneySettings, LabelContract
from models.next_category.settings import NextCategorySettings
from models.settings import LightGBMSettings

CATEGORIES = ("tea", "milk", "soap", "bread", "biscuits", "candles")
DAYS, HORIZON, STEP = 240, 14, 28
NOW = DAYS * DAY_US
QUICK = NextCategorySettings(
    horizon_days=HORIZON,
    new_days=56, min_positives=20, min_history_days=56, context=6, top=6, workers=1,
    lightgbm=LightGBMSettings(max_rounds=40, patience=8, min_child_samples=30),
)  # fmt: skip


def shop(customers: int = 250, seed: int = 1) -> pa.Table:
    """Make canonical events of some customers over ``DAYS`` days; every order has one to three lines."""
    random = np.random.default_rng(seed)
    taste = random.gamma(0.4, 1.0, (customers, len(CATEGORIES))) + 0.02
    taste[:, 4] = taste[:, 0]
    taste /= taste.sum(axis=1, keepdims=True)
    pace = random.gamma(2.0, 0.04, customers)
    who, when, what = [], [], []
    for customer in range(customers):
        days = np.flatnonzero(random.random(DAYS) < pace[customer])
        for day in days:
            for category in random.choice(len(CATEGORIES), random.integers(1, 4), p=taste[customer]):
                who.append(customer * 7 + 3)
                when.append(int(day) * DAY_US + 3600)
                what.append(CATEGORIES[category])
    n = len(who)
    given = {
        "event_id": np.arange(n), "customer_id": who, "person_id": who, "occurred_us": when, "known_us": when,
        "kind": ["purchase"] * n, "category": what, "value": random.integers(1, 9, n).astype(np.float64),
        "quantity": np.ones(n), "source": ["t"] * n,
    }  # fmt: skip
    table = pa.table([given.get(name, pa.nulls(n)) for name in EVENTS.names], names=EVENTS.names)
    return table.cast(EVENTS).sort_by([("person_id", "ascending"), ("occurred_us", "ascending")])


def plan_of(journey: JourneySettings) -> Plan:
    """Plan the shop: the present is the end of the log."""
    contracts = (
        LabelContract(target="churn", horizon_days=28, active_days=56),
        LabelContract(target="next_action", horizon_days=HORIZON),
    )
    return Plan(
        source="test", currency="EUR", kinds=("purchase",), channels=("store",), complete_until_us=NOW,
        missing_days=(), as_of_us=NOW, cutoffs={"churn": ()}, contracts=contracts, families=(),
        windows_days=(7,), lookback_days=365, mean_gap_days=20.0, journey=journey,
    )  # fmt: skip


@pytest.fixture(scope="session")
def plan(repo: Path) -> Plan:
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    return plan_of(JourneySettings.model_validate(yaml.safe_load(text), strict=False))


@pytest.fixture(scope="session")
def asked(plan: Plan) -> Asked:
    contract = LabelContract(target="next_category", horizon_days=HORIZON, active_days=56)
    cutoffs = tuple(range(NOW - (HORIZON + 4 * STEP) * DAY_US, NOW, STEP * DAY_US))
    return Asked(plan, contract, CATEGORIES, len(CATEGORIES), (*cutoffs, NOW), 56)


@pytest.fixture(scope="session")
def world(asked: Asked) -> Callable[..., tuple[dict[int, Pairs], dict[int, Crowd]]]:
    """Give the pairs and the crowd of every cutoff of a shop."""

    def make(customers: int = 250, seed: int = 1) -> tuple[dict[int, Pairs], dict[int, Crowd]]:
        found = category_pairs(shop(customers, seed), asked)
        pairs = {one.cutoff_us: merged([one], asked) for one in found}
        return pairs, {cutoff: Crowd.of(one.crowd) for cutoff, one in pairs.items() if one.crowd is not None}

    return make
