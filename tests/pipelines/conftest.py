"""A small web shop read by the source ``table``, as a user would bring it: CSV, one YAML file, params.yaml."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from pipelines import (
    features,
    fetch,
    ingest,
    train_category,
    train_exits,
    train_next_action,
    train_probability,
    train_timing,
    train_value,
)

MAPPING = {
    "kind": "table",
    "title": "a small web shop",
    "licence": "",
    "path": ["raw"],
    "currency": "EUR",
    "complete_until": "2024-02-05",
    "rhythm": {
        "step_days": 28,
        "churn_horizon_days": 28,
        "churn_active_days": 84,
        "readiness_horizon_days": 14,
        "readiness_active_days": 56,
    },
    "options": {
        "files": "*.csv",
        "columns": {
            "customer": "klant",
            "occurred": "dag",
            "channel": "kanaal",
            "category": "groep",
            "value": "bedrag",
        },
        "constants": {"kind": "purchase"},
    },
}
LIGHTER = (
    ("source: demo", "source: shop"),
    ("windows_days: [7, 28, 56, 84, 168, 364]", "windows_days: [28, 84]"),
    ("max_rounds: 600", "max_rounds: 20"),
    ("max_rounds: 150", "max_rounds: 10"),
    ("max_rounds: 100", "max_rounds: 10"),
    ("max_rounds: 200", "max_rounds: 10"),
    ("min_positives: 50", "min_positives: 20"),
    ("min_negatives: 50", "min_negatives: 20"),
    ("min_positives: null", "min_positives: 20"),
    ("min_negatives: null", "min_negatives: 20"),
    ("test_cutoffs: 3", "test_cutoffs: 2"),
    ("threads: 2", "threads: 1"),
)


def order_lines(customers: int = 160, days: int = 400, seed: int = 5) -> pd.DataFrame:
    """Order lines of customers who buy at their own pace, and of whom some stop; ids with leading zeros."""
    rng = np.random.default_rng(seed)
    pace = rng.uniform(1 / 50, 1 / 8, customers)
    stops = np.where(rng.random(customers) < 0.3, rng.integers(60, days, customers), days)
    who, day = np.nonzero(rng.random((customers, days)) < pace[:, None])
    kept = day < stops[who]
    who, day = who[kept], day[kept]
    n = len(who)
    return pd.DataFrame(
        {
            "klant": [f"{number:05d}" for number in who],
            "dag": (np.datetime64("2023-01-01") + day).astype(str),
            "kanaal": rng.choice(["web", "store"], n),
            "groep": rng.choice(list("abc"), n),
            "bedrag": np.round(rng.gamma(2, 20, n), 2),
        }
    )


@pytest.fixture(scope="session")
def make_shop(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[pd.DataFrame], Path]:
    """Lay out a project over order lines; nothing has been run in it."""

    def make(lines: pd.DataFrame) -> Path:
        project = tmp_path_factory.mktemp("shop")
        shutil.copytree(repo / "conf" / "journeys", project / "conf" / "journeys")
        (project / "conf" / "sources").mkdir()
        (project / "conf" / "sources" / "shop.yaml").write_text(yaml.safe_dump(MAPPING))
        params = (repo / "params.yaml").read_text()
        for old, new in LIGHTER:
            assert old in params, old
            params = params.replace(old, new)
        (project / "params.yaml").write_text(params)
        (project / "raw").mkdir()
        lines.to_csv(project / "raw" / "orders.csv", index=False)
        return project

    return make


@pytest.fixture(scope="session")
def run_stages() -> Callable[[Path], Path]:
    """Run every stage before ``score`` in a project."""

    def run(project: Path) -> Path:
        for stage in (fetch, ingest, features):
            stage.run(project)
        for target in ("churn", "readiness"):
            train_probability.run(project, target)
        train_next_action.run(project)
        for stage in (train_exits, train_timing, train_value, train_category):
            stage.run(project)
        return project

    return run


@pytest.fixture(scope="session")
def lines() -> pd.DataFrame:
    return order_lines()


@pytest.fixture(scope="session")
def trained_shop(
    make_shop: Callable[[pd.DataFrame], Path], run_stages: Callable[[Path], Path], lines: pd.DataFrame
) -> Path:
    """A project with models; do not change it, copy it."""
    return run_stages(make_shop(lines))


@pytest.fixture
def shop(trained_shop: Path, tmp_path: Path) -> Path:
    """A copy of the project with models, to do with as one pleases."""
    return Path(shutil.copytree(trained_shop, tmp_path / "shop"))
