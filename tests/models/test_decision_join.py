from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US, DECISIONS
from features.errors import InputError
from models.actions.decision_join import load_decisions


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    rows = [(5, 1, 10 * DAY_US + 7, "mail"), (3, 2, 10 * DAY_US, "none"), (9, 3, 11 * DAY_US, "none")]
    decisions = [
        {
            "decision_id": decision,
            "customer_id": customer,
            "decided_us": at,
            "phase": None,
            "eligible": ["none", "mail"],
            "action": action,
            "propensity": 0.5 if customer == 1 else None,
            "policy": "p",
            "explore": None,
            "cost": 0.0,
            "outcome": None,
            "value": 4.0 if customer == 2 else None,
        }
        for decision, customer, at, action in rows
    ]
    keys = {
        "customer_id": pa.array([1, 1, 2], pa.int64()),
        "cutoff_us": pa.array([9 * DAY_US, 10 * DAY_US, 10 * DAY_US], pa.int64()),
    }
    features = {
        **keys,
        "phase": pa.array(["awareness", "decision", "decision"]).dictionary_encode(),
        "days_in_phase": pa.array([1, 2, 3], pa.float32()),
        "recency__days": pa.array([7, 8, 9], pa.float32()),
    }
    labels = {
        **keys,
        "next_action__outcome": pa.array([0, 1, None], pa.float32()),
        "next_action__value": pa.array([0, 12, 99], pa.float32()),
    }
    paths = tuple(tmp_path / f"{name}.parquet" for name in ("decisions", "features", "labels"))
    pq.write_table(pa.Table.from_pylist(decisions, DECISIONS), paths[0])
    pq.write_table(pa.table(features), paths[1])
    pq.write_table(pa.table(labels), paths[2])
    return paths  # type: ignore[return-value]


def test_a_decision_gets_the_features_of_its_midnight_in_order_of_id(files):
    log = load_decisions(*files)
    assert log.customers.tolist() == [2, 1]
    assert log.columns == ("days_in_phase", "recency__days")
    assert log.x.tolist() == [[3.0, 9.0], [2.0, 8.0]]
    assert log.phase.tolist() == ["decision", "decision"]
    assert log.day.tolist() == [10.0, 10.0]


def test_outcome_and_value_come_from_the_log_and_else_from_the_labels(files):
    log = load_decisions(*files)
    assert log.value.tolist() == [4.0, 12.0]
    assert np.isnan(log.outcome[0]) and log.outcome[1] == 1.0
    assert np.isnan(log.propensity[0]) and log.propensity[1] == 0.5


def test_a_decision_without_features_is_counted(files):
    assert list(load_decisions(*files).left_out.values()) == [1]


def test_no_decision_with_features_is_an_error_that_names_the_file(files):
    with pytest.raises(InputError, match=r"decisions\.parquet: 0 decisions"):
        load_decisions(*files, as_of_us=0)
