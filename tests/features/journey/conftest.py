"""Random logs of a whole shop, and a plan over them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from features.contract import CHANNELS, DAY_US, EVENTS, KINDS
from features.journey.grid import Grid, make_grid
from features.plan import Plan
from features.settings import JourneySettings, LabelContract

DAYS = 180
START = 19_000


def random_shop(seed: int, customers: int = 14) -> pd.DataFrame:
    """Visits with carts, orders of several lines, mails, tickets, ratings; late rows and rows that hold no more."""
    random = np.random.default_rng(seed)
    n = int(random.integers(700, 1100))
    kinds = ["page_view", "product_view", "cart_add", "purchase", "email_sent", "email_open", "email_click",
             "ticket_open", "ticket_close", "review", "survey", "return", "ad_click", "chat"]  # fmt: skip
    weights = np.array([18, 14, 8, 14, 8, 6, 4, 4, 4, 3, 4, 2, 6, 3], dtype=float)
    kind = random.choice(kinds, n, p=weights / weights.sum())
    log = pd.DataFrame({"kind": kind})
    log["customer_id"] = random.choice(random.integers(-(2**62), 2**62, customers), n)
    # A customer is busy in some weeks only, so that phases come and go.
    week = random.integers(0, DAYS // 7, (customers, 5))
    place = pd.factorize(log["customer_id"])[0]
    day = week[place, random.integers(0, 5, n)] * 7 + random.integers(0, 7, n)
    second = random.choice([0, 3600, 3605, 40_000, 40_002, 80_000], n)
    log["occurred_us"] = (START + day) * DAY_US + second * 1_000_000
    late = np.where(random.random(n) < 0.1, random.integers(0, 40 * DAY_US, n), 0)
    log["known_us"] = log["occurred_us"] + late
    gone = random.random(n) < 0.05
    log["until_us"] = pd.array(np.where(gone, log["known_us"] + 30 * DAY_US, 0), dtype="Int64")
    log.loc[~gone, "until_us"] = pd.NA
    log["channel"] = np.where(random.random(n) < 0.15, None, random.choice(CHANNELS[:6], n))
    log["campaign"] = np.where(random.random(n) < 0.3, None, random.choice(["a", "b"], n))
    log["session_id"] = pd.array(random.integers(0, 150, n), dtype="Int64")
    log.loc[random.random(n) < 0.3, "session_id"] = pd.NA
    log["category"] = np.where(random.random(n) < 0.2, None, random.choice(list("abc"), n))
    log["value"] = np.where(random.random(n) < 0.1, np.nan, np.round(random.gamma(2, 20, n), 2))
    log["duration_s"] = np.where(random.random(n) < 0.5, np.nan, random.integers(0, 30, n))
    log["rating"] = np.where(log["kind"] == "survey", random.integers(0, 11, n), random.integers(1, 6, n))
    rated = log["kind"].isin(["survey", "review", "ticket_close"]) & (random.random(n) < 0.8)
    log["rating"] = log["rating"].where(rated)
    log["rating_scale"] = np.where(log["kind"] == "survey", "nps", "stars")
    log["sentiment"] = np.where(random.random(n) < 0.8, np.nan, np.round(random.uniform(-1, 1, n), 2))
    lines = log[log["kind"] == "purchase"].sample(frac=0.5, random_state=seed)
    log = pd.concat([log, lines.assign(category="d")], ignore_index=True)
    log["event_id"] = random.permutation(len(log))
    log["person_id"], log["source"] = log["customer_id"], "random"
    return log


def as_batch(log: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(
        log.reindex(columns=EVENTS.names).reset_index(drop=True), schema=EVENTS, preserve_index=False
    )


def plan_over(journey: JourneySettings, as_of_day: int, missing: tuple[date, ...] = ()) -> Plan:
    churn = LabelContract(target="churn", horizon_days=28, active_days=56)
    return Plan(
        source="random", currency="EUR", kinds=KINDS, channels=CHANNELS, complete_until_us=as_of_day * DAY_US,
        missing_days=missing, as_of_us=as_of_day * DAY_US, cutoffs={"churn": ()}, contracts=(churn,),
        families=(), windows_days=(7,), lookback_days=730, mean_gap_days=6.0, journey=journey,
    )  # fmt: skip


@pytest.fixture(scope="session")
def journey(repo: Path) -> JourneySettings:
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    return JourneySettings.model_validate(yaml.safe_load(text), strict=False)


@pytest.fixture(scope="session")
def shop() -> Callable[..., pd.DataFrame]:
    return random_shop


@pytest.fixture(scope="session")
def batch_of() -> Callable[[pd.DataFrame], pa.Table]:
    return as_batch


@pytest.fixture(scope="session")
def plan(journey: JourneySettings) -> Plan:
    """As of ten days before the end of the log, with one missing day: so that something is not known yet."""
    missing = (date(1970, 1, 1) + pd.Timedelta(days=START + 60).to_pytimedelta(),)
    return plan_over(journey, START + DAYS - 10, missing)


@pytest.fixture(scope="session")
def grid(plan: Plan) -> Grid:
    return make_grid(plan.as_of_us, START * DAY_US, plan.missing_days)
