"""Stage ``train value`` on a small project: what it writes, and what it does not depend on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US
from features.plan import PLAN_DIGEST, Plan
from features.settings import JourneySettings, LabelContract, PhaseSettings
from models.panel import panel_of
from models.settings import EvaluationSettings, LightGBMSettings
from models.value.serving import predict
from models.value.settings import ValueSettings
from pipelines.paths import Project
from pipelines.train_value import train

WORDS = {"nl": "ja", "en": "yes"}
CUTOFFS = tuple(14 * DAY_US * number for number in range(1, 9))
AS_OF = CUTOFFS[-1] + 14 * DAY_US
SETTINGS = ValueSettings(
    lightgbm=LightGBMSettings(learning_rate=0.2, num_leaves=6, max_rounds=40, patience=5)
)
EVALUATION = EvaluationSettings(test_cutoffs=2, resamples=30)


def plan_of() -> Plan:
    phases = tuple(
        PhaseSettings(key=key, label=WORDS, goal=WORDS, part="customer", priority=place + 1, evidence=())
        for place, key in enumerate(("koop", "koester"))
    )
    return Plan(
        source="test", currency="EUR", kinds=("purchase",), channels=("web",), complete_until_us=AS_OF,
        missing_days=(), as_of_us=AS_OF, cutoffs={"value": CUTOFFS},
        contracts=(LabelContract(target="value", horizon_days=14, active_days=28),), families=("monetary",),
        windows_days=(28,), lookback_days=365, mean_gap_days=14.0,
        journey=JourneySettings(name="small", title=WORDS, phases=phases, dormant=WORDS),
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Tables in which who spent brings money again, and one customer in ten sends something back."""
    plan, random = plan_of(), np.random.default_rng(3)
    n = 200 * (len(CUTOFFS) + 1)
    spend = np.where(random.random(n) < 0.6, 20.0 * np.exp(random.normal(size=n)), 0.0)
    money = np.where(random.random(n) < 0.2 + 0.5 * (spend > 0), (5.0 + spend) * random.gamma(2, 0.5, n), 0.0)
    money = np.where(random.random(n) < 0.1, -3.0, money)
    keys = {
        "customer_id": np.tile(np.arange(200), len(CUTOFFS) + 1),
        "cutoff_us": np.repeat([*CUTOFFS, AS_OF], 200),
    }
    phase = random.choice(plan.journey.phase_keys, n, p=[0.5, 0.4, 0.1])
    known = keys["cutoff_us"] < AS_OF
    features = {"phase": phase, "monetary__spend__28d": spend.astype(np.float32),
                "monetary__spend_per_day": (spend / 28).astype(np.float32)}  # fmt: skip
    labels = {"value__population": phase != "dormant",
              "value__label": pa.array(money.astype(np.float32), mask=~known | (phase == "dormant"))}  # fmt: skip
    own = Project(tmp_path)
    own.features.parent.mkdir(parents=True)
    for path, columns in ((own.features, features), (own.labels, labels)):
        table = pa.table({**keys, **columns}).replace_schema_metadata({PLAN_DIGEST: plan.digest.encode()})
        pq.write_table(table, path)
    return own


def written(project: Project) -> dict[str, bytes]:
    folders = (project.artifacts("value"), project.reports)
    return {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_writes_a_model_a_judgement_and_a_report(project: Project) -> None:
    train(project, plan_of(), SETTINGS, EVALUATION)
    report = json.loads((project.reports / "value.json").read_text())
    assert (report["currency"], report["horizon_days"], report["journey"]) == ("EUR", 14, "small")
    assert report["grade"]["grade"] in {"A", "B", "C"}
    assert report["out_of_time"]["all"]["baselines"]["phase_mean"]["explained"] > 0
    assert set(report["phases"]) == {"koop", "koester"}
    tested = pq.read_table(project.artifacts("value") / "out_of_time.parquet")
    assert sorted(set(tested["cutoff_us"].to_pylist())) == list(CUTOFFS[-2:])
    newest = pq.read_table(project.features, filters=[("cutoff_us", "=", AS_OF)])
    panel = panel_of(newest, None, "value", plan_of().journey.phase_keys)
    said = predict(project.artifacts("value"), panel)
    assert (np.isnan(said) == panel.in_phase("dormant")).all()
    assert (said[~np.isnan(said)] >= 0).all()
    rich = panel.column("monetary__spend__28d") > 40
    assert np.nanmean(said[rich]) > 2 * np.nanmean(said[~rich])


def test_two_runs_write_the_same_bytes_whatever_the_workers(project: Project) -> None:
    train(project, plan_of(), SETTINGS.model_copy(update={"workers": 1}), EVALUATION)
    first = written(project)
    train(project, plan_of(), SETTINGS.model_copy(update={"workers": 3}), EVALUATION)
    assert written(project) == first
    assert {
        "reports/value.json",
        "artifacts/value/selection.json",
        "artifacts/value/model/model.json",
    } <= set(first)


def test_a_stage_that_is_cut_short_leaves_what_was_there(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(project, plan_of(), SETTINGS, EVALUATION)
    before = written(project)

    def cut_short(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("pipelines.train_value.pq.write_table", cut_short)
    with pytest.raises(OSError, match="disk is full"):
        train(project, plan_of(), SETTINGS.model_copy(update={"seed": 8}), EVALUATION)
    assert written(project) == before
