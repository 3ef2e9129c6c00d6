"""What the laws are held on: random small logs, and a plan with every registered family and label."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import yaml

from features.contract import CHANNELS, DAY_US, KINDS
from features.labels._base import contracts, labels
from features.plan import Plan
from features.planning import make_plan
from features.registry import families
from features.settings import CutoffSettings, FeatureSettings, JourneySettings, LabelSettings, Rhythm

WINDOWS = (7, 28, 90)


def _importable(name: str) -> None:
    """Make ``tests.laws.<name>`` a module that the tests can import, wherever pytest was started from."""
    module = f"tests.laws.{name}"
    if module not in sys.modules:
        path = Path(__file__).parent / (name.replace(".", "/") + ".py")
        spec = importlib.util.spec_from_file_location(module, path)
        assert spec is not None and spec.loader is not None
        sys.modules[module] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[module])


for _name in ("references._rows", "random_logs", "feature_laws", "slow_way"):
    _importable(_name)

from tests.laws.random_logs import DAYS, as_batch, random_events  # noqa: E402


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
def plan_with(journey: JourneySettings) -> Callable[[tuple[str, ...]], Plan]:
    """Make a plan of some families and every label, on a source with every kind and four channels."""
    meta = {
        "source": "random", "currency": "EUR", "kinds": list(KINDS), "channels": list(CHANNELS[:4]),
        "start_us": 0, "complete_until_us": DAYS * DAY_US, "missing_days": [],
    }  # fmt: skip
    rhythm = Rhythm(
        step_days=42, churn_horizon_days=28, churn_active_days=56, readiness_horizon_days=14,
        readiness_active_days=28, decision_horizon_days=10,
    )  # fmt: skip

    def make(names: tuple[str, ...]) -> Plan:
        settings = FeatureSettings(
            families=names,
            windows_days=WINDOWS,
            kind_windows_days=WINDOWS[:2],
            lookback_days=120,
            country="NL",
        )
        wanted = contracts({target: LabelSettings(gap_days=1) for target in labels()}, rhythm)
        decided = [130 * DAY_US + 5, 185 * DAY_US]
        return make_plan(
            meta,
            settings,
            CutoffSettings(min_history_days=84),
            wanted,
            journey,
            rhythm,
            decision_days=decided,
        )

    return make


@pytest.fixture(scope="session")
def plan(plan_with: Callable[[tuple[str, ...]], Plan]) -> Plan:
    """Every registered family."""
    return plan_with(tuple(families()))
