"""Switching and comparing phase models: a word in params.yaml, and a command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from features.errors import InputError
from features.labels.exits import EXITS
from models.exits.probabilities import P
from models.panel import load_panel
from pipelines import features, journeys, score, train_exits, train_probability, train_timing, train_value
from pipelines.cli import app
from pipelines.edit_params import edit
from pipelines.params import load_journey, load_params
from pipelines.paths import Project
from pipelines.plan import load_plan


def test_the_list_names_every_journey_in_the_chosen_language(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = journeys.lines(shop)
    assert [line[:2] + line[2:].split()[0] for line in told] == [
        "  5k",
        "  digital",
        "* five_phase",
        "  four_phase",
    ]
    assert "Awareness > Consideration > Decision > Retention > Advocacy" in told[2]
    edit(shop, ["language=nl", "journey=5k"])
    monkeypatch.chdir(shop)
    result = CliRunner().invoke(app, ["journeys"])
    assert result.output.splitlines()[0] == "* 5k          5K-model: Kijk > Kies > Koop > Krijg > Koester"


def test_switching_the_journey_reruns_everything(shop: Path) -> None:
    edit(shop, ["journey=5k"])
    assert load_params(shop).journey == "5k"
    features.run(shop)
    for target in ("churn", "readiness"):
        train_probability.run(shop, target)
    for stage in (train_exits, train_timing, train_value, score):
        stage.run(shop)
    scores = pq.read_table(Project(shop).scores).to_pandas()
    assert set(scores["journey"]) == {"5k"}
    assert set(scores["phase"]) <= set(load_journey("5k", shop).phase_keys)
    assert {"koester", "krijg"} <= set(scores["phase"])
    report = json.loads((shop / "reports/exits.json").read_text())
    assert report["journey"] == "5k"
    assert list(report["phases"]) == sorted(load_journey("5k", shop).phase_keys[:-1])


def test_scores_hold_the_exits_of_everybody_in_a_phase(shop: Path) -> None:
    score.run(shop)
    scores = pq.read_table(Project(shop).scores).to_pandas()
    inside = scores["phase"] != "dormant"
    assert inside.any()
    assert (scores.loc[inside, list(P)].to_numpy().sum(axis=1) == 1.0).all()
    assert scores.loc[~inside, list(P)].isna().all(axis=None)
    assert (scores.loc[scores["phase"] == "awareness", "p_regress"] == 0).all()


def test_without_a_model_of_the_exits_the_remedy_is_named(shop: Path) -> None:
    shutil.rmtree(shop / "artifacts/exits")
    with pytest.raises(InputError, match="klantreis train exits"):
        score.run(shop)


def test_the_report_of_the_exits_can_be_added_up(trained_shop: Path) -> None:
    report = json.loads((trained_shop / "reports/exits.json").read_text())
    assert report["horizon_days"] == 28
    for shares in report["shares"].values():
        assert sum(shares.values()) == pytest.approx(1.0)
        assert set(shares) == set(EXITS)
    table = pq.read_table(trained_shop / "artifacts/exits/out_of_time.parquet").to_pandas()
    assert report["out_of_time"]["all"]["rows"] == len(table) > 100
    labels = pq.read_table(Project(trained_shop).labels).to_pandas()
    joined = table.merge(labels, on=["customer_id", "cutoff_us"])
    assert (joined["y"] == np.array(EXITS)[joined["exits__label"].astype(int)]).all()


def test_comparing_judges_the_same_customers_under_each_journey(shop: Path) -> None:
    told = journeys.run_comparison(shop, ["five_phase", "four_phase"], 0, track=False)
    found = json.loads((shop / "reports/journeys.json").read_text())
    assert found["journeys"] == ["five_phase", "four_phase"]
    for target in ("churn", "readiness"):
        one = found["targets"][target]
        assert one["rows"] > 100
        assert set(one["journeys"]) == {"five_phase", "four_phase"}
        other = one["journeys"]["four_phase"]["phase_alone"]
        assert other["low"] <= other["difference"] <= other["high"]
        assert any(line.startswith(f"{target}: log loss") for line in told)
    assert f"{found['targets']['churn']['journeys']['four_phase']['model']['log_loss']:.4f}" in "\n".join(
        told
    )
    for shares in found["shares"].values():
        assert sum(shares.values()) == pytest.approx(1.0)


def test_fewer_customers_are_drawn_whole(shop: Path) -> None:
    journeys.run_comparison(shop, ["five_phase", "digital"], 120, track=False)
    found = json.loads((shop / "reports/journeys.json").read_text())
    assert found["customers"] == 120
    assert found["targets"]["churn"]["customers"] <= 120


def test_phases_of_another_journey_are_those_the_features_would_hold(shop: Path) -> None:
    params, project = load_params(shop), Project(shop)
    plan = load_plan(project)
    other = load_journey("digital", shop)
    phases = journeys._phases(shop, project, params, plan, [other])
    panel = load_panel(project.features, project.labels, "churn", plan.journey.phase_keys, plan.digest)
    keep = np.ones(len(panel), dtype=np.bool_)
    seen = journeys._panels(panel, phases, {"digital": other}, keep)["digital"]()
    edit(shop, ["journey=digital"])
    features.run(shop)
    built = load_panel(project.features, project.labels, "churn", other.phase_keys)
    assert seen.columns == built.columns
    assert (seen.phase == built.phase).all()
    assert (seen.x == built.x).all()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (["five_phase"], "at least two"),
        (["5k", "5k"], "at least two"),
        (["5k", "six"], "six.yaml does not exist"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_explained(shop: Path, wanted: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        journeys.run_comparison(shop, wanted, 0, track=False)
    assert not (shop / "reports/journeys.json").exists()


def test_older_features_are_refused(shop: Path) -> None:
    path = Project(shop).canonical / "events.parquet"
    table = pq.read_table(path)
    gone = pd.unique(table["customer_id"].to_numpy())[:3]
    pq.write_table(table.filter(~np.isin(table["customer_id"].to_numpy(), gone)), path)
    with pytest.raises(InputError, match="klantreis features"):
        journeys.run_comparison(shop, ["five_phase", "5k"], 0, track=False)
