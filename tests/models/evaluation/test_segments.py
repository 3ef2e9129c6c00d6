from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import synthetic

from models.metrics import registered
from models.rfm import BANDS, rfm_bands
from models.segment_dimensions import dimensions
from models.segments import SEGMENT_LIFT, cells, segment_lift
from models.settings import EvaluationSettings

SETTINGS = EvaluationSettings(resamples=60)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = synthetic.predictions()
    path = tmp_path_factory.mktemp("features") / "features.parquet"
    synthetic.features(rows).to_parquet(path, index=False)
    return rows, dimensions(rows, path, synthetic.attributes(rows), ["age", "income", "gender"])


@pytest.fixture(scope="module")
def lift(world: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    return segment_lift("churn", world[0], world[1], SETTINGS)


def one(frame: pd.DataFrame, phase: str, kind: str, segment: str, metric: str) -> pd.Series:
    same = (frame["phase"] == phase) & (frame["segment_kind"] == kind) & (frame["segment"] == segment)
    found = frame[same & (frame["metric"] == metric)]
    assert len(found) == 1
    return found.iloc[0]


def test_schema_is_fixed(lift: pd.DataFrame) -> None:
    assert list(lift.columns) == SEGMENT_LIFT.names
    assert all(field.metadata for field in SEGMENT_LIFT)


def test_every_customer_is_in_one_segment_of_each_kind(lift: pd.DataFrame) -> None:
    auc = lift[(lift["metric"] == "roc_auc") & (lift["phase"] == "all")]
    assert (auc[auc["segment_kind"] != "all"].groupby("segment_kind")["n"].sum() == 4500).all()
    inside = lift[(lift["metric"] == "roc_auc") & (lift["phase"] == "decision")]
    sums = inside.groupby("segment_kind")["n"].sum()
    assert (
        set(sums.index) == {"phase", "rfm_band", "value", "age", "income", "gender"} and sums.nunique() == 1
    )


def test_values_equal_the_metric_on_the_segment(lift: pd.DataFrame, world) -> None:
    rows, groups = world
    chosen = ((groups["age"] == "35-44") & (groups["phase"] == "decision")).to_numpy()
    metric = registered()["lift10"]
    found = one(lift, "all", "age", "35-44", "lift10")
    inside = (groups["age"] == "35-44").to_numpy()
    assert found["value"] == metric.function(rows["y"][inside].to_numpy(), rows["p"][inside].to_numpy())
    rest = metric.function(rows["y"][~inside].to_numpy(), rows["p"][~inside].to_numpy())
    assert found["difference"] == pytest.approx(found["value"] - rest)
    assert found["low"] < found["value"] < found["high"]
    assert one(lift, "decision", "age", "35-44", "lift10")["n"] == chosen.sum()


def test_unknown_is_shown_and_late_knowledge_is_unknown(world) -> None:
    rows, groups = world
    first = (rows["cutoff_us"] == synthetic.CUTOFFS[0]).to_numpy()
    assert (groups["income"][first] == "unknown").all()
    assert set(groups["income"][~first]) == {"50-74K", "unknown"}
    assert (groups["gender"] == "unknown").all()


def test_small_and_one_sided_cells_carry_a_note_and_no_number() -> None:
    rows = synthetic.predictions()
    groups = pd.DataFrame(
        {"phase": rows["phase"], "vip": np.where(rows["customer_id"] < 10_020, "yes", "no")}
    )
    rows.loc[rows["phase"] == "decision", "y"] = 1
    frame = segment_lift("churn", rows, groups, SETTINGS)
    small = one(frame, "all", "vip", "yes", "lift10")
    assert small["note"] == "too small: 20 customers < min_cell 100" and np.isnan(small["value"])
    assert one(frame, "all", "vip", "no", "lift10")["note"] == ""
    assert np.isnan(one(frame, "all", "vip", "no", "lift10")["difference"])
    sided = one(frame, "decision", "phase", "decision", "log_loss")
    assert sided["note"] == "too few with outcome 0: 0 < 10" and np.isnan(sided["value"])


def test_order_of_rows_does_not_matter(lift: pd.DataFrame, world) -> None:
    rows, groups = world
    mixed = np.random.default_rng(0).permutation(len(rows))
    again = segment_lift(
        "churn", rows.iloc[mixed].reset_index(drop=True), groups.iloc[mixed].reset_index(drop=True), SETTINGS
    )
    pd.testing.assert_frame_equal(lift, again, check_exact=True)


def test_a_segment_ranked_at_random_is_found_and_no_other(world) -> None:
    rows, groups = world[0].copy(), world[1]
    spoilt = (groups["age"] == "65+").to_numpy()
    rows.loc[spoilt, "p"] = np.random.default_rng(1).permutation(rows.loc[spoilt, "p"].to_numpy())
    frame = segment_lift("churn", rows, groups, SETTINGS)
    auc = frame[(frame["metric"] == "roc_auc") & (frame["phase"] == "all")]
    sure = auc[auc["q_value"] <= 0.05]
    assert "65+" in set(sure["segment"])
    assert one(frame, "all", "age", "65+", "roc_auc")["difference_high"] < 0
    assert set(sure["segment_kind"]) == {"age"}


def test_no_rows_no_cells() -> None:
    nothing = synthetic.predictions().iloc[:0]
    assert list(segment_lift("churn", nothing, nothing[["phase"]], SETTINGS).columns) == SEGMENT_LIFT.names


def test_phases_are_compared_with_the_other_phases() -> None:
    table = pd.DataFrame({"phase": ["a", "b", "a"]})
    found = {(cell.phase, cell.kind, cell.segment): cell for cell in cells(table)}
    assert found["a", "phase", "a"].rest.tolist() == [False, True, False]
    assert not found["all", "all", "all"].rest.any()


def test_bands_are_total_and_readable() -> None:
    rng = np.random.default_rng(2)
    orders = rng.poisson(3, 500).astype(float)
    bands = rfm_bands(rng.integers(0, 300, 500).astype(float), orders, rng.gamma(2, 10, 500))
    assert set(bands) == set(BANDS)
    assert ((bands == "no_order") == (orders == 0)).all()
    assert set(rfm_bands(np.ones(3), np.zeros(3), np.zeros(3))) == {"no_order"}


def test_who_last_ordered_long_ago_is_silent_and_not_without_orders(tmp_path: Path) -> None:
    rows = synthetic.predictions(customers=40)
    features = synthetic.features(rows)
    features["frequency__orders"] = 3.0
    features.loc[::2, "recency__order"] = 400.0
    features.to_parquet(tmp_path / "features.parquet")
    bands = dimensions(rows, tmp_path / "features.parquet", synthetic.attributes(rows), [])["rfm_band"]
    assert set(bands[::2]) == {"silent_rare"} and set(bands[1::2]) == {"recent_rare"}


def test_big_spend_is_orders_times_their_mean_value() -> None:
    recency, frequency = np.ones(6), np.array([9.0, 9.0, 9.0, 1.0, 1.0, 1.0])
    bands = rfm_bands(recency, frequency, np.array([10.0, 80.0, 90.0, 95.0, 99.0, 99.0]))
    assert bands.tolist()[:3] == ["recent_frequent", "recent_frequent_high", "recent_frequent_high"]


def test_without_money_there_are_no_bands(tmp_path: Path) -> None:
    rows = synthetic.predictions(customers=40)
    synthetic.features(rows).drop(columns="monetary__order_value").to_parquet(tmp_path / "features.parquet")
    groups = dimensions(rows, tmp_path / "features.parquet", synthetic.attributes(rows), ["age"])
    assert list(groups.columns) == ["phase", "age"]
