from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import synthetic

from features.errors import InputError
from models.curves import SHARES, calibration_points, gain_curve, threshold_points
from models.evaluation import cleaned, evaluate_target, headline
from models.metrics import rank, registered
from models.segments import SEGMENT_LIFT


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return synthetic.predictions()


@pytest.fixture(scope="module")
def found(rows: pd.DataFrame):
    return evaluate_target(rows, synthetic.SETTINGS, synthetic.PHASES)


def test_phases_come_in_journey_order_after_all(found) -> None:
    assert list(found["phases"]) == ["all", *synthetic.PHASES]


def test_every_metric_of_every_scorer_has_value_and_interval(found) -> None:
    decision = found["phases"]["decision"]["metrics"]
    assert list(decision) == list(registered())
    for name, metric in registered().items():
        assert set(decision[name]) == {"model", "base_rate", "recency", "rfm_logistic"}
        for one in decision[name].values():
            assert ("low" in one) == metric.has_interval
            if metric.has_interval:
                assert one["low"] <= one["value"] + 1e-12 and one["value"] <= one["high"] + 1e-12


def test_values_are_the_metrics_of_the_phase(found, rows: pd.DataFrame) -> None:
    some = rows[rows["phase"] == "retention"]
    value = registered()["log_loss"].function(some["y"].to_numpy(), some["p_recency"].to_numpy())
    assert found["phases"]["retention"]["metrics"]["log_loss"]["recency"]["value"] == value


def test_gain_is_over_the_best_baseline_and_above_0_means_better(found) -> None:
    everybody = found["phases"]["all"]
    for name in ("roc_auc", "log_loss", "brier"):
        gain = everybody["gain"][name]
        assert gain["over"] == "rfm_logistic"
        assert 0 < gain["low"] < gain["value"] < gain["high"]
    assert "ece" not in everybody["gain"] and "base_rate" not in everybody["gain"]


def test_small_phase_is_counted_but_not_judged(found) -> None:
    awareness = found["phases"]["awareness"]
    assert awareness["note"].startswith("too small") and "metrics" not in awareness
    assert awareness["n"] > 0
    lifts = [
        one["metrics"]["lift10"]["model"]["value"] for one in found["phases"].values() if "metrics" in one
    ]
    assert found["mean"]["lift10"]["model"]["value"] == pytest.approx(np.mean(lifts[1:]))


def test_nothing_matured_gives_nothing() -> None:
    found = evaluate_target(synthetic.predictions().iloc[:0], synthetic.SETTINGS)
    assert found["phases"] == {} and headline({"churn": found}, None) == {"churn": {}}


def test_gain_curve_ends_at_one_and_holds_the_lift(rows: pd.DataFrame) -> None:
    ranked = rank(rows["y"].to_numpy(), rows["p"].to_numpy())
    curve = gain_curve(ranked)
    assert curve[-1] == pytest.approx(1.0) and all(np.diff(curve) >= -1e-12)
    lift = registered()["lift20"].function(rows["y"].to_numpy(), rows["p"].to_numpy())
    assert curve[SHARES.index(0.2)] == pytest.approx(0.2 * lift)


def test_calibration_points_hold_every_row_once(rows: pd.DataFrame) -> None:
    points = calibration_points(rank(rows["y"].to_numpy(), rows["p"].to_numpy()))
    assert sum(point["n"] for point in points) == len(rows)
    assert [point["p"] for point in points] == sorted(point["p"] for point in points)
    assert all(point["low"] <= point["observed"] <= point["high"] for point in points)


def test_threshold_points_end_with_the_whole_list(rows: pd.DataFrame) -> None:
    last = threshold_points(rank(rows["y"].to_numpy(), rows["p"].to_numpy()))[-1]
    assert last["recall"] == 1.0 and last["false_positive_rate"] == 1.0
    assert last["precision"] == pytest.approx(rows["y"].mean())


def test_headline_is_short(world: Path) -> None:
    numbers = json.loads((world / "reports/metrics.json").read_text())
    assert set(numbers) == {"churn", "readiness", "next_action"}
    assert set(numbers["churn"]) == {"lift10 mean", "auc", "log_loss"}
    assert sum(len(one) for one in numbers.values()) <= 8


def test_files_are_there_and_strict_json(world: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = (world / "reports/evaluation.json").read_text(encoding="utf-8")
    everything = json.loads(text, parse_constant=refuse)
    assert everything["targets"]["churn"]["selection"]["phases"]["awareness"]["eligible"] is False
    assert everything["next_action"]["phases"]["decision"]["state"] == "personalise"
    assert len(everything["phases_over_time"]["cutoffs"]) == 3
    table = pq.read_table(world / "reports/segment_lift.parquet")
    assert table.schema.names == SEGMENT_LIFT.names
    judged = table.to_pandas()["note"].eq("").sum()
    assert judged < len(pd.read_csv(world / "reports/segment_lift.csv")) < len(table)
    plots = {path.name for path in (world / "reports/plots").iterdir()}
    for target in ("churn", "readiness"):
        for name in (
            "lift.csv",
            "calibration.csv",
            "thresholds.csv",
            "lift.png",
            "calibration.png",
            "segments.png",
        ):
            assert f"{target}_{name}" in plots
    assert {"phases.png", "next_action_tournament.png"} <= plots
    lift = pd.read_csv(world / "reports/plots/churn_lift.csv")
    assert list(lift.columns) == ["phase", "scorer", "share", "gain", "lift"]


def test_same_inputs_same_bytes_whatever_the_order_of_rows(world: Path, tmp_path: Path) -> None:
    # Of the world a process of its own judged readiness (fixture); here it is judged in this one.
    again = synthetic.write_world(tmp_path / "again")
    path = again / "artifacts/readiness/out_of_time.parquet"
    pd.read_parquet(path).sample(frac=1, random_state=1).to_parquet(path, index=False)
    synthetic.evaluate(again, ("readiness",))
    plots = sorted((world / "reports/plots").glob("readiness_*"))
    assert {one.suffix for one in plots} == {".csv", ".png"}
    assert [one.name for one in plots] == sorted(
        one.name for one in (again / "reports/plots").glob("readiness_*")
    )
    for one in plots:
        assert one.read_bytes() == (again / one.relative_to(world)).read_bytes(), one.name
    readiness = [
        json.loads((root / "reports/evaluation.json").read_text())["targets"]["readiness"]
        for root in (world, again)
    ]
    assert json.dumps(readiness[0]) == json.dumps(readiness[1])
    lines = [(root / "reports/segment_lift.csv").read_text().splitlines() for root in (world, again)]
    assert [line for line in lines[0] if not line.startswith("churn")] == lines[1]


def test_no_decision_log_is_no_error(tmp_path: Path) -> None:
    root = synthetic.write_world(tmp_path / "world")
    (root / "artifacts/next_action/tournament.json").unlink()
    assert synthetic.evaluate(root, targets=()) == {}


def test_the_lift_of_the_shortest_list_leads_whatever_its_length(rows: pd.DataFrame) -> None:
    found = evaluate_target(
        rows, synthetic.SETTINGS.model_copy(update={"top_shares": (0.2, 0.05)}), synthetic.PHASES
    )
    numbers = headline({"churn": found}, None)["churn"]
    assert set(numbers) == {"lift5 mean", "auc", "log_loss"}
    assert numbers["lift5 mean"] == pytest.approx(found["mean"]["lift5"]["model"]["value"], rel=1e-5)


def test_a_baseline_that_was_left_out_is_missed_by_nobody(tmp_path: Path) -> None:
    root = synthetic.write_world(tmp_path / "world")
    path = root / "artifacts/churn/out_of_time.parquet"
    few = pd.read_parquet(path).drop(columns=["p_recency", "p_rfm_logistic"])
    few[few["phase"].isin(["decision", "retention"])].to_parquet(path, index=False)
    assert "auc" in synthetic.evaluate(root, ("churn",))["churn"]
    everybody = json.loads((root / "reports/evaluation.json").read_text())["targets"]["churn"]["phases"][
        "all"
    ]
    assert everybody["gain"]["roc_auc"]["over"] == "base_rate"


def test_missing_input_names_the_stage(tmp_path: Path) -> None:
    root = synthetic.write_world(tmp_path / "world")
    (root / "artifacts/churn/out_of_time.parquet").unlink()
    with pytest.raises(InputError, match="dvc repro train@churn"):
        synthetic.evaluate(root)


def test_missing_column_is_named(tmp_path: Path) -> None:
    root = synthetic.write_world(tmp_path / "world")
    path = root / "artifacts/churn/out_of_time.parquet"
    pd.read_parquet(path).drop(columns="p").to_parquet(path)
    with pytest.raises(InputError, match=r"columns \['p'\] are missing"):
        synthetic.evaluate(root)


def test_cleaned_leaves_no_nan() -> None:
    assert cleaned({"a": [float("inf"), np.float32(0.5), np.int64(3), True, "x"]}) == {
        "a": [None, 0.5, 3, True, "x"]
    }
