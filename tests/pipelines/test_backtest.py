"""``klantreis backtest``: a small shop of CSV files, from task file to predictions."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from models.metrics.roc_auc import roc_auc
from pipelines.backtest import PREDICTIONS, run

A, B = "2024-08-05", "2024-09-02"
TASK = """
tasks:
  - {{name: {name}, source: shop, target: {target}, horizon_days: 28, active_days: 84,
     start: {start}, step_days: 14, test_cutoffs: [{cutoffs}]}}
"""
SOURCE = """
kind: table
title: "A small shop"
path: ["raw"]
id_key: public
rhythm: {step_days: 14, churn_horizon_days: 28, churn_active_days: 84, readiness_horizon_days: 14}
options:
  files: ["orders*.csv"]
  columns: {customer: customer, occurred: day, known: loaded, value: amount}
  constants: {kind: purchase, channel: web}
  date_format: "%Y-%m-%d"
  duplicates: keep
"""
Project = Callable[[pd.DataFrame], Path]


def task(cutoffs: str, name: str = "silent", target: str = "churn", start: str = "2024-04-01") -> str:
    return TASK.format(cutoffs=cutoffs, name=name, target=target, start=start)


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    """Every customer has a pace of their own and may leave for good; loaded the day after."""
    rng = np.random.default_rng(3)
    customers, days = 220, 280
    pace = rng.gamma(1.2, 0.06, customers)
    left = rng.geometric(0.004, customers)
    bought = rng.random((customers, days)) < np.where(np.arange(days) < left[:, None], pace[:, None], 0)
    who, day = np.nonzero(bought)
    start = pd.Timestamp("2024-01-01")
    occurred = start + pd.to_timedelta(day, unit="D")
    return pd.DataFrame(
        {
            "customer": [f"{one:05d}" for one in who],
            "day": occurred.strftime("%Y-%m-%d"),
            "loaded": (occurred + pd.Timedelta(days=1)).strftime("%Y-%m-%d"),
            "amount": rng.gamma(2, 15, len(who)).round(2),
        }
    )


@pytest.fixture
def project(tmp_path: Path, repo: Path) -> Project:
    """Give a maker of project folders around a table of orders."""

    def make(orders: pd.DataFrame) -> Path:
        folder = tmp_path / f"project{len(list(tmp_path.iterdir()))}"
        shutil.copytree(repo / "conf/journeys", folder / "conf/journeys")
        (folder / "conf/sources").mkdir()
        (folder / "conf/sources/shop.yaml").write_text(SOURCE)
        params = (repo / "params.yaml").read_text()
        for key, old, new in (
            ("max_rounds", "600", "30"),
            ("windows_days", "[7, 28, 56, 84, 168, 364]", "[28, 84]"),
        ):
            assert f"{key}: {old}" in params, key
            params = params.replace(f"{key}: {old}", f"{key}: {new}")
        (folder / "params.yaml").write_text(params)
        (folder / "raw").mkdir()
        orders.to_csv(folder / "raw/orders.csv", index=False)
        return folder

    return make


def predict(project: Path, tasks: str) -> tuple[bytes, pd.DataFrame]:
    (project / "tasks.yaml").write_text(tasks)
    out = project / "made/predictions.parquet"
    run(project, project / "tasks.yaml", out)
    return out.read_bytes(), pd.read_parquet(out)


def test_whoever_was_active_is_predicted_under_the_id_of_the_source(
    project: Project, orders: pd.DataFrame
) -> None:
    folder = project(orders)
    _, found = predict(folder, task(f"{A}, {B}"))
    assert pq.read_schema(folder / "made/predictions.parquet").equals(PREDICTIONS)
    assert [path.name for path in (folder / "made").iterdir()] == ["predictions.parquet"]
    assert set(found["task"]) == {"silent"}
    assert found["p"].between(0, 1, inclusive="neither").all()
    for cutoff in (A, B):
        at = pd.Timestamp(cutoff)
        day = pd.to_datetime(orders["day"])
        # What happened the day before is loaded at the cutoff: known just in time.
        active = orders[(day < at) & (day >= at - pd.Timedelta(days=84))]["customer"]
        here = found[found["cutoff"] == at].set_index("customer_id")
        assert sorted(here.index) == sorted(set(active))
        came = set(orders[(day >= at) & (day < at + pd.Timedelta(days=28))]["customer"])
        silent = np.array([one not in came for one in here.index])
        assert roc_auc(silent, here["p"]) > 0.65


def test_later_data_change_no_byte(project: Project, orders: pd.DataFrame) -> None:
    seen = orders[orders["day"] < B]
    later = orders[orders["day"] >= B]
    newcomer = pd.DataFrame(
        {"customer": "00000a", "day": ["2024-09-02", "2024-10-01"], "loaded": "2024-10-02", "amount": 1e6}
    )
    # Happened long ago, but nobody knew until after the cutoff.
    late = pd.DataFrame(
        {"customer": seen["customer"].iloc[:30], "day": "2024-08-01", "loaded": "2024-09-03", "amount": 9.0}
    )
    before, _ = predict(project(seen), task(B))
    after, _ = predict(project(pd.concat([later.iloc[::-1], seen, newcomer, late])), task(B))
    assert before == after


def test_an_earlier_cutoff_learns_nothing_from_a_later_one(project: Project, orders: pd.DataFrame) -> None:
    folder = project(orders)
    _, alone = predict(folder, task(A))
    _, both = predict(folder, task(f"{A}, {B}"))
    first = both[both["cutoff"] == pd.Timestamp(A)]
    assert 0 < len(first) < len(both)
    pd.testing.assert_frame_equal(alone, first, check_exact=True)


def test_tasks_of_any_target_share_a_file(project: Project, orders: pd.DataFrame) -> None:
    tasks = task(A) + "".join(
        task(A, name, target).removeprefix("\ntasks:\n")
        for name, target in (("buys", "purchase"), ("gone", "inactive"))
    )
    _, found = predict(project(orders), tasks)
    by_task = {name: rows.set_index("customer_id")["p"] for name, rows in found.groupby("task")}
    assert set(by_task) == {"silent", "buys", "gone"}
    # Every event here is an order: being inactive is churning, and buying is the opposite.
    pd.testing.assert_series_equal(by_task["gone"], by_task["silent"], check_exact=True)
    assert np.corrcoef(by_task["buys"], by_task["silent"])[0, 1] < -0.8


@pytest.mark.parametrize(
    ("mistaken", "said"),
    [
        (task("2023-12-04", start="2023-01-02"), "must lie inside the log of shop, 2024-01-0"),
        (task("2025-01-06"), "test_cutoffs 2025-01-06.* change test_cutoffs in the task file"),
        (task("2024-01-15", start="2023-01-02"), "nothing to learn from at 2024-01-15.* horizon_days"),
        (task(A).replace("source: shop", "source: stall"), "stall.yaml does not exist; found in .*shop"),
        (task(A, target="leaving"), "'churn', 'purchase' or 'inactive'"),
    ],
)
def test_a_mistake_is_named_and_what_was_there_stays(
    project: Project, orders: pd.DataFrame, mistaken: str, said: str
) -> None:
    folder = project(orders)
    (folder / "made").mkdir()
    (folder / "made/predictions.parquet").write_bytes(b"of yesterday")
    with pytest.raises(InputError, match=said):
        predict(folder, mistaken)
    assert [path.name for path in (folder / "made").iterdir()] == ["predictions.parquet"]
    assert (folder / "made/predictions.parquet").read_bytes() == b"of yesterday"


def test_a_few_silent_days_at_the_end_are_no_mistake(
    project: Project, orders: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    folder = project(orders[orders["day"] < "2024-08-30"])
    _, found = predict(folder, task(B))
    assert len(found)
    assert "read as silence" in caplog.text
    source = folder / "conf/sources/shop.yaml"
    source.write_text(source.read_text() + "complete_until: 2024-08-30\n")
    with pytest.raises(InputError, match="must lie inside the log"):
        predict(folder, task(B))


def test_too_little_to_learn_from_gives_the_base_rate_and_says_so(
    project: Project, orders: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    few = orders[orders["customer"] < "00020"]
    _, found = predict(project(few), task(A))
    assert found["p"].nunique() == 1
    assert "1 of 1: silent at 2024-08-05" in caplog.text
    assert "at least 50 needed" in caplog.text
