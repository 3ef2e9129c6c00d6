"""The judge of ``make bench``: what happened comes from SQL, and differences are paired."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.judge import Judged, judge
from benchmarks.quality import ROOT, beats, main, markdown
from benchmarks.truth import Truth
from features.errors import InputError
from features.manifest import resolve
from models.metrics.roc_auc import roc_auc
from pipelines.params import load_source
from pipelines.tasks import Task, load_tasks


def cutoff(rng: np.random.Generator, customers: int = 400) -> Judged:
    truth = rng.random(customers)
    y = (rng.random(customers) < truth).astype(float)
    return Judged(np.arange(customers), y, {"klantreis": truth, "rfm_logistic": np.full(customers, 0.5)})


def test_the_mean_over_cutoffs_and_an_interval_around_it() -> None:
    rng = np.random.default_rng(1)
    cutoffs = [cutoff(rng), cutoff(rng)]
    found = judge(cutoffs, ["rfm_logistic"], resamples=200, seed=7)["klantreis"]
    auc = found["roc_auc"]
    assert auc["value"] == pytest.approx(np.mean([roc_auc(one.y, one.p["klantreis"]) for one in cutoffs]))
    assert auc["low"] < auc["value"] < auc["high"]
    assert found["minus rfm_logistic"]["roc_auc"]["better"] == "yes"
    assert found["minus rfm_logistic"]["log_loss"]["value"] < 0
    assert found["minus rfm_logistic"]["log_loss"]["better"] == "yes"


def test_the_same_model_twice_differs_by_nothing_in_every_resample() -> None:
    one = cutoff(np.random.default_rng(2))
    twice = Judged(one.customer_id, one.y, {"a": one.p["klantreis"], "b": one.p["klantreis"]})
    for metric in judge([twice], ["b"], resamples=50, seed=7)["a"]["minus b"].values():
        assert (metric["value"], metric["low"], metric["high"]) == (0, 0, 0)
        assert metric["better"] == "within noise"


def test_both_auc_and_log_loss_must_be_better() -> None:
    def found(auc: float, loss: float) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
        ours = {"roc_auc": {"value": auc}, "log_loss": {"value": loss}}
        return {
            "models": {
                "klantreis": ours,
                "rfm_logistic": {"roc_auc": {"value": 0.7}, "log_loss": {"value": 0.5}},
            }
        }

    assert beats(found(0.8, 0.4), "rfm_logistic")
    assert not beats(found(0.8, 0.6), "rfm_logistic")
    assert not beats(found(0.6, 0.4), "rfm_logistic")


def test_the_table_shows_what_was_reached_and_what_was_not() -> None:
    cutoffs = [cutoff(np.random.default_rng(3))]
    models = judge(cutoffs, ["rfm_logistic"], resamples=20, seed=7)
    facts = {"cutoff": "2024-01-01", "customers": 400, "rate": 0.5, "training_rows": 9, "training_cutoffs": 1,
             "model": "pooled blend", "own_models": []}  # fmt: skip
    result = {"task": "t", "cutoffs": [facts], "models": models, "must_beat": [0.01, 0.01]}
    table = markdown([result], 20)
    assert "0.0100 ✓ / 0.0100 ✗" in table
    assert "| t | rfm logistic | 0.5000 |" in table
    assert "9 rows of 1 cutoffs | pooled blend" in table


def test_what_happened(tmp_path: Path) -> None:
    log = pd.DataFrame(
        {
            "customer_id": ["00001", "00001", "00002", "00003", "00004"],
            "date": pd.to_datetime(
                ["2024-01-05", "2024-01-10", "2024-01-09", "2023-11-01", "2024-01-10"]
            ).date,
        }
    )
    log.to_parquet(tmp_path / "log.parquet")
    task = Task(name="t", source="cdnow", target="churn", horizon_days=7, active_days=28,
                start=date(2023, 12, 1), step_days=7, test_cutoffs=(date(2024, 1, 10),))  # fmt: skip
    truth, when = Truth("cdnow", tmp_path), pd.Timestamp("2024-01-10")
    # 3 was not active any more; 4 began at the cutoff itself, which is already the future.
    assert truth.of(task, when).to_dict() == {"00001": 0, "00002": 1}
    buys = task.model_copy(update={"target": "purchase", "active_days": None})
    assert truth.of(buys, when).to_dict() == {"00001": 1, "00002": 0, "00003": 0}


@pytest.mark.real_data
def test_the_population_of_the_published_comparison() -> None:
    (task,) = load_tasks(ROOT / "benchmarks/tasks/ga4.yaml")
    truth = Truth("ga4", resolve(load_source("ga4", ROOT).path, ROOT, name="ga4"))
    outcomes = [truth.of(task, pd.Timestamp(day)) for day in task.test_cutoffs]
    assert [len(one) for one in outcomes] == [5106, 7025]
    assert np.mean([one.mean() for one in outcomes]) == pytest.approx(0.962, abs=5e-4)


def test_a_source_without_sql_is_refused_before_anything_is_predicted(tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.yaml"
    text = (ROOT / "benchmarks/tasks/cdnow.yaml").read_text()
    tasks.write_text(text.replace("source: cdnow", "source: table_example"))
    with pytest.raises(InputError, match="no SQL for source 'table_example'; allowed: cdnow"):
        main(["--tasks", str(tasks), "--json", str(tmp_path / "quality.json")])
    assert not (tmp_path / "quality.json").exists()
