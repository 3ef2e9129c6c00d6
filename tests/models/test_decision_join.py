from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US, DECISIONS
from features.errors import InputError
from features.settings import LabelContract
from models.actions.decision_join import UNKNOWN_CUSTOMER, WITHIN_A_DAY, load_decisions
from models.actions.decision_log import DecisionLog

CONTRACT = LabelContract(target="next_action", horizon_days=14, gap_days=1)
LATER = 99 * DAY_US


def decision(number: int, customer: int, at: int, action: str, **more: object) -> dict[str, object]:
    row: dict[str, object] = {
        "decision_id": number, "customer_id": customer, "decided_us": at, "phase": None,
        "eligible": ["none", "mail"], "action": action, "propensity": None, "policy": "p", "explore": None,
        "cost": 0.0, "outcome": None, "value": None,
    }  # fmt: skip
    return {**row, **more}


DECIDED = (
    decision(5, 1, 10 * DAY_US, "mail", propensity=0.5),
    decision(3, 2, 10 * DAY_US, "none", value=4.0),
    decision(9, 3, 11 * DAY_US, "none"),
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
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
    pq.write_table(pa.table(features), paths[1])
    pq.write_table(pa.table(labels), paths[2])
    return paths  # type: ignore[return-value]


def load(files: tuple[Path, Path, Path], *decided: dict[str, object], as_of_us: int = LATER) -> DecisionLog:
    pq.write_table(pa.Table.from_pylist(list(decided or DECIDED), DECISIONS), files[0])
    return load_decisions(*files, as_of_us, CONTRACT)


def test_a_decision_gets_the_features_of_its_midnight_in_order_of_id(files):
    log = load(files)
    assert log.customers.tolist() == [2, 1]
    assert log.columns == ("days_in_phase", "recency__days")
    assert log.x.tolist() == [[3.0, 9.0], [2.0, 8.0]]
    assert log.phase.tolist() == ["decision", "decision"]
    assert log.day.tolist() == [10.0, 10.0]
    noon = load(files, decision(1, 1, 10 * DAY_US + DAY_US // 2, "mail", outcome=0.0, value=0.0))
    assert noon.x.tolist() == [[2.0, 8.0]]


def test_outcome_and_value_come_from_the_log_and_else_from_the_labels(files):
    log = load(files)
    assert log.value.tolist() == [4.0, 12.0]
    assert np.isnan(log.outcome[0]) and log.outcome[1] == 1.0
    assert np.isnan(log.propensity[0]) and log.propensity[1] == 0.5


def test_a_decision_without_features_is_counted(files):
    assert load(files).left_out == {UNKNOWN_CUSTOMER: 1}


@pytest.mark.parametrize(("days", "known"), [(24, False), (25, True)])
def test_a_logged_outcome_counts_only_once_its_window_has_closed(files, days: int, known: bool):
    """Gap 1 and horizon 14 after day 10: the window closes on day 25. Customer 2 has no label."""
    row = decision(1, 2, 10 * DAY_US, "mail", outcome=1.0, value=50.0)
    log = load(files, row, as_of_us=days * DAY_US)
    assert log.outcome.tolist() == [1.0] if known else np.isnan(log.outcome).all()
    # Of this customer the labels do have a value.
    assert log.value.tolist() == [50.0 if known else 99.0]


def test_the_labels_of_a_midnight_say_nothing_about_a_decision_later_that_day(files):
    """A purchase of the morning is no success of an action of the afternoon."""
    noon = 10 * DAY_US + DAY_US // 2
    own = decision(1, 1, noon, "mail", outcome=0.0, value=0.0)
    log = load(files, own, decision(2, 1, noon + 1, "mail"), decision(4, 2, 10 * DAY_US, "none"))
    assert log.left_out == {WITHIN_A_DAY: 1}
    assert log.outcome[0] == 0.0 and log.value[0] == 0.0
    # Not closed yet: it waits, like any other.
    early = load(files, own, as_of_us=25 * DAY_US)
    assert early.left_out == {} and np.isnan(early.outcome).all() and np.isnan(early.value).all()


def test_no_decision_before_the_moment_gives_an_empty_log(files):
    log = load(files, as_of_us=2 * DAY_US)
    assert len(log) == 0 and log.left_out == {} and log.until_us == 2 * DAY_US
    assert log.columns == ("days_in_phase", "recency__days")


@pytest.mark.parametrize("day", [10, 3])
def test_no_decision_with_features_gives_an_empty_log_that_says_so(files, day: int):
    """Nobody was known yet: on a day with features of others, or before the first day with features."""
    log = load(files, decision(1, 77, day * DAY_US, "mail"))
    assert len(log) == 0 and log.left_out == {UNKNOWN_CUSTOMER: 1}


def test_features_that_do_not_cut_at_the_days_of_the_decisions_are_an_error(files):
    with pytest.raises(InputError, match=r"decisions\.parquet: 1 decisions.*must cut at the days"):
        load(files, decision(1, 1, 12 * DAY_US, "mail"))
