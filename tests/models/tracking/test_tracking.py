from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from models.tracking import run as tracking
from models.tracking.content import RunContent
from models.tracking.run import connect

Track = Callable[..., dict[str, Any]]


def all_runs(project: Path) -> list[Any]:
    client = connect(project)
    experiment = client.get_experiment_by_name("shop")
    return list(client.search_runs([experiment.experiment_id]))


def test_the_same_results_are_one_run(
    project: Path, two_models: Path, run_track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_track()
    monkeypatch.setenv("DVC_EXP_NAME", "leaves15")
    second = run_track()
    (run,) = all_runs(project)
    assert (first["reused"], second["reused"]) == (False, True)
    assert first["run_id"] == second["run_id"] == run.info.run_id
    assert first["models"] == second["models"]
    assert run.data.tags["dvc.exp"] == "leaves15"


def test_another_parameter_or_another_model_is_another_run(
    project: Path, two_models: Path, run_track: Track
) -> None:
    run_track()
    run_track(train={"seed": 8})
    booster = project / "artifacts/churn/decision/lightgbm_0.txt"
    booster.write_text(booster.read_text() + "\n")
    run_track(train={"seed": 8})
    assert len(all_runs(project)) == 3


def test_how_fast_it_was_computed_does_not_make_another_run(
    tracked: dict[str, Any], run_track: Track
) -> None:
    assert run_track(engine={"threads": 1})["reused"]


def test_a_run_that_was_cut_off_is_written_again(
    project: Path, two_models: Path, run_track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tracking._log_files

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tracking, "_log_files", killed)
    with pytest.raises(KeyboardInterrupt):
        run_track()
    (left,) = all_runs(project)
    assert left.info.status == "FAILED"
    # A real kill leaves it RUNNING.
    connect(project).update_run(left.info.run_id, status="RUNNING")
    monkeypatch.setattr(tracking, "_log_files", whole)
    record = run_track()
    (run,) = all_runs(project)
    assert run.info.run_id == record["run_id"] != left.info.run_id
    assert run.info.status == "FINISHED"
    client = connect(project)
    models = client.search_logged_models([run.info.experiment_id], max_results=100)
    assert {model.source_run_id for model in models} == {run.info.run_id}


def test_metrics_are_named_for_the_charts(project: Path, tracked: dict[str, Any]) -> None:
    (run,) = all_runs(project)
    evaluation = json.loads((project / "reports/evaluation.json").read_text())["targets"]["churn"]
    metrics = run.data.metrics
    assert (
        metrics["churn/lift10 decision"]
        == evaluation["phases"]["decision"]["metrics"]["lift10"]["model"]["value"]
    )
    assert min(metrics) == "all/churn log_loss", "the headline numbers sort before all others"
    headline = json.loads((project / "reports/metrics.json").read_text())
    assert metrics["all/churn log_loss"] == pytest.approx(headline["churn"]["log_loss"], rel=1e-5)
    assert {"readiness/lift10 retention", "next_action/gain decision", "model/log_loss"} <= set(metrics)
    assert not [name for name in metrics if "dormant" in name or "awareness" in name]


def test_the_lift_of_the_shortest_list_is_shown_whatever_its_length(
    project: Path, read_project: Callable[[], RunContent]
) -> None:
    path = project / "reports/evaluation.json"
    path.write_text(path.read_text().replace('"lift10"', '"lift5"'))
    content = read_project()
    assert "churn/lift5 decision" in content.metrics
    assert not [name for name in content.metrics if "lift10" in name]
    assert "churn lift5 |" in content.tags["mlflow.note.content"]


def test_each_model_carries_its_own_metrics_and_says_whether_it_is_eligible(
    project: Path, tracked: dict[str, Any]
) -> None:
    record = tracked
    client = connect(project)
    evaluation = json.loads((project / "reports/evaluation.json").read_text())["targets"]["readiness"]
    decision = client.get_logged_model(record["models"]["readiness"]["decision"])
    metrics = {metric.key: metric.value for metric in decision.metrics}
    assert (
        metrics["model/log_loss"] == evaluation["phases"]["decision"]["metrics"]["log_loss"]["model"]["value"]
    )
    assert (decision.name, decision.tags["eligible"]) == ("readiness-decision", "true")
    awareness = client.get_logged_model(record["models"]["readiness"]["awareness"])
    assert (awareness.tags["eligible"], awareness.tags["reason"]) == ("false", "not eligible: 3 positives")
    assert not awareness.metrics
    (run,) = all_runs(project)
    values = [
        metric.value
        for target in record["models"].values()
        for model_id in target.values()
        for metric in client.get_logged_model(model_id).metrics or []
        if metric.key == "model/log_loss"
    ]
    assert len(values) == 4
    assert run.data.metrics["model/log_loss"] == pytest.approx(sum(values) / 4)


def test_the_run_says_what_it_was_made_of(
    project: Path, two_models: Path, run_track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_EXP_NAME", "bins")
    record = run_track(train={"lightgbm": {"learning_rate": 0.05, "max_bin": 63}})
    (run,) = all_runs(project)
    tags = run.data.tags
    assert run.info.run_name == "bins"
    assert tags["data"] == hashlib.md5((project / "data/features.parquet").read_bytes()).hexdigest()
    assert (tags["as_of"], tags["phases"]) == ("2018-03-10", "decision, retention")
    assert tags["klantreis.key"] == record["key"]
    params = run.data.params
    assert params["churn.horizon_days"] == "56"
    assert params["train.estimators"] == "logistic, lightgbm"
    assert params["train.lightgbm.max_bin"] == "63", "changed, so it is shown although it is rarely varied"
    assert "next_action.folds" not in params


def test_reports_tables_and_pictures_go_along_and_rows_of_customers_only_where_wanted(
    project: Path, two_models: Path, run_track: Track
) -> None:
    record = run_track(tracking={"log_predictions": False})
    client = connect(project)
    found = {item.path for item in client.list_artifacts(record["run_id"])}
    assert {"report.html", "numbers", "plots"} <= found
    tables = {item.path for item in client.list_artifacts(record["run_id"], "tables")}
    assert {"tables/forecasts.json", "tables/segment_lift.json", "tables/segment_lift.csv"} <= tables
    stored = [path.name for path in (project / "mlartifacts").rglob("*") if path.is_file()]
    assert "lift.png" in stored
    assert not [name for name in stored if name.endswith((".parquet", ".pkl", ".pyc"))]
    again = run_track()
    told = {item.path for item in client.list_artifacts(again["run_id"], "churn")}
    assert "churn/out_of_time.parquet" in told and again["run_id"] != record["run_id"]


def test_a_copy_made_by_dvc_writes_to_the_store_of_the_project(
    project: Path, two_models: Path, run_track: Track, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (project / "mlflow.db").rename(home / "mlflow.db")
    monkeypatch.setenv("DVC_ROOT", str(home))
    run_track()
    assert not (project / "mlflow.db").exists() and not (project / "mlartifacts").exists()
    assert (home / "mlartifacts").is_dir()


def test_the_record_has_no_machine_path(project: Path, two_models: Path, run_track: Track) -> None:
    record = run_track()
    text = (project / "reports/mlflow_run.json").read_text()
    assert json.loads(text) == record
    assert record["uri"] == "sqlite:///mlflow.db"
    assert str(project.parent) not in text


def test_a_server_that_is_not_there_is_said_soon(
    project: Path, run_track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@127.0.0.1:9")
    with pytest.raises(InputError, match="MLFLOW_TRACKING_URI") as caught:
        run_track()
    assert "secret" not in str(caught.value)


def test_a_stage_that_has_not_run_is_named(project: Path, run_track: Track) -> None:
    (project / "reports/evaluation.json").unlink()
    with pytest.raises(InputError, match=r"reports/evaluation\.json is missing"):
        run_track()


def test_a_deleted_experiment_is_explained(project: Path, tracked: dict[str, Any], run_track: Track) -> None:
    connect(project).delete_experiment(tracked["experiment_id"])
    with pytest.raises(InputError, match=r"tracking\.experiment"):
        run_track()
