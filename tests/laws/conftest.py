"""Random small logs: everything a source may legally deliver, in awkward proportions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

import features.families
from features.contract import CHANNELS, DAY_US, EVENTS, KINDS
from features.discovery import discover
from features.labels._base import contracts, labels
from features.plan import Plan
from features.settings import CutoffSettings, FeatureSettings, JourneySettings, LabelSettings, Rhythm
from features.table import make_plan

DAYS = 200
WINDOWS = (7, 28, 90)


def random_events(seed: int, customers: int = 12, late: bool = True) -> pd.DataFrame:
    """A log of ``DAYS`` days: order lines at one moment, nulls, midnights, rows learnt of late."""
    random = np.random.default_rng(seed)
    n = int(random.integers(150, 400))
    day = random.integers(0, DAYS, n)
    inside = np.where(random.random(n) < 0.1, 0, random.integers(0, DAY_US, n))
    kind = np.where(random.random(n) < 0.4, "purchase", random.choice(KINDS, n))
    log = pd.DataFrame(
        {
            "customer_id": random.choice(random.integers(-(2**62), 2**62, customers), n),
            "occurred_us": day * DAY_US + inside,
            "kind": kind,
            "channel": np.where(random.random(n) < 0.2, None, random.choice(CHANNELS[:4], n)),
            "category": np.where(random.random(n) < 0.2, None, random.choice(list("abcde"), n)),
            "session_id": pd.array(random.integers(0, 60, n), dtype="Int64"),
            "value": np.where(random.random(n) < 0.1, np.nan, np.round(random.gamma(2, 20, n), 2)),
            "quantity": np.where(random.random(n) < 0.1, np.nan, random.integers(1, 5, n)),
        }
    )
    more_lines = log[log["kind"] == "purchase"].sample(frac=0.4, random_state=seed)
    more_lines = more_lines.assign(value=np.round(more_lines["value"] * 0.3, 2), category="f")
    log = pd.concat([log, more_lines], ignore_index=True)
    wait = random.integers(0, 30 * DAY_US, len(log)) if late else np.zeros(len(log), dtype=np.int64)
    log["known_us"] = log["occurred_us"] + np.where(random.random(len(log)) < 0.2, wait, 0)
    log.loc[random.random(len(log)) < 0.1, "session_id"] = pd.NA
    log["event_id"] = random.permutation(len(log))
    log["source"] = "random"
    return log


def as_batch(log: pd.DataFrame) -> pa.Table:
    """Bring a log into the canonical columns; those the random logs lack are null."""
    log = log if "person_id" in log else log.assign(person_id=log["customer_id"])
    return pa.Table.from_pandas(
        log.reindex(columns=EVENTS.names).reset_index(drop=True), schema=EVENTS, preserve_index=False
    )


@pytest.fixture(scope="session")
def random_log() -> Callable[..., pd.DataFrame]:
    return random_events


@pytest.fixture(scope="session")
def batch_of() -> Callable[[pd.DataFrame], pa.Table]:
    return as_batch


@pytest.fixture(scope="session")
def journey(repo: Path) -> JourneySettings:
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    return JourneySettings.model_validate(yaml.safe_load(text), strict=False)


@pytest.fixture(scope="session")
def plan(journey: JourneySettings) -> Plan:
    """Every registered family and label, on a source that declares every kind and four channels."""
    meta = {
        "source": "random", "currency": "EUR", "kinds": list(KINDS), "channels": list(CHANNELS[:4]),
        "start_us": 0, "complete_until_us": DAYS * DAY_US, "missing_days": [],
    }  # fmt: skip
    rhythm = Rhythm(
        step_days=42, churn_horizon_days=28, churn_active_days=56, readiness_horizon_days=14,
        readiness_active_days=28, decision_horizon_days=10,
    )  # fmt: skip
    return make_plan(
        meta,
        FeatureSettings(
            families=tuple(discover(features.families, "FAMILY")), windows_days=WINDOWS, lookback_days=120
        ),
        CutoffSettings(min_history_days=84),
        contracts({target: LabelSettings(gap_days=1) for target in labels()}, rhythm),
        journey,
        rhythm,
        decision_days=[130 * DAY_US + 5, 185 * DAY_US],
    )
