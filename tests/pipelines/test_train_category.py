from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from features.contract import DAY_US
from features.plan import Plan
from features.settings import EngineSettings, JourneySettings, LabelContract
from models.next_category.bundle import load
from models.settings import EvaluationSettings
from pipelines.paths import Project
from pipelines.train_category import contract_of, moments, train
from tests.models.next_category.conftest import HORIZON, NOW, QUICK, STEP, plan_of, shop

JUDGED = EvaluationSettings(resamples=20, min_cell=20, test_cutoffs=2)


@pytest.fixture
def plan(repo: Path) -> Plan:
    text = (repo / "conf" / "journeys" / "five_phase.yaml").read_text(encoding="utf-8")
    return plan_of(JourneySettings.model_validate(yaml.safe_load(text), strict=False))


def project(root: Path, events: pa.Table) -> Project:
    made = Project(root)
    made.canonical.mkdir(parents=True)
    pq.write_table(events, made.canonical / "events.parquet")
    (made.canonical / "meta.json").write_text(json.dumps({"start_us": 0}))
    return made


def trained(root: Path, events: pa.Table, plan: Plan, **engine: Any) -> dict[str, Any]:
    made = project(root, events)
    train(made, plan, QUICK, JUDGED, EngineSettings(threads=1, **engine))
    found: dict[str, Any] = json.loads((made.reports / "next_category.json").read_text())
    return found


def files(root: Path) -> dict[str, bytes]:
    folders = (root / "artifacts", root / "reports")
    return {
        str(p.relative_to(root)): p.read_bytes() for f in folders for p in sorted(f.rglob("*")) if p.is_file()
    }


def test_a_model_and_its_judgement(tmp_path: Path, plan: Plan) -> None:
    found = trained(tmp_path, shop(), plan)
    assert found["eligible"]
    assert found["horizon_days"] == HORIZON
    assert found["active_days"] == 56
    assert set(found["categories"]) == {"tea", "milk", "soap", "bread", "biscuits", "candles"}
    ndcg = found["out_of_time"]["all"]["all"]["ndcg5"]
    assert ndcg["model"] > ndcg["popularity"]
    model = load(tmp_path / "artifacts/next_category")
    assert model is not None
    assert model.known_at_us == NOW


def test_same_inputs_same_bytes_however_they_are_batched(tmp_path: Path, plan: Plan) -> None:
    trained(tmp_path / "one", shop(), plan)
    trained(tmp_path / "two", shop(), plan, batch_events=300)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert len(files(tmp_path / "one")) == 6


def test_a_source_without_categories_is_not_eligible(tmp_path: Path, plan: Plan) -> None:
    events = shop()
    place = events.schema.get_field_index("category")
    without = events.set_column(place, "category", pa.nulls(len(events), pa.string()))
    found = trained(tmp_path, without, plan)
    assert not found["eligible"]
    assert found["reason"].startswith("not eligible: 0 categories")
    assert found["out_of_time"] == {}
    assert load(tmp_path / "artifacts/next_category") is None


def test_a_short_log_is_not_eligible(tmp_path: Path, plan: Plan) -> None:
    short = plan.model_copy(update={"as_of_us": 80 * DAY_US, "complete_until_us": 80 * DAY_US})
    found = trained(tmp_path, shop(), short)
    assert found["reason"].startswith("not eligible")


def test_the_newest_label_has_just_matured(plan: Plan) -> None:
    contract = contract_of(plan, QUICK)
    found = moments(plan, contract, QUICK, 2, 0)
    assert found[-1] == NOW
    assert found[-2] == NOW - HORIZON * DAY_US
    assert {b - a for a, b in pairwise(found[:-1])} == {STEP * DAY_US}
    assert len(found) == 2 + QUICK.cutoffs + 1 or found[0] >= QUICK.min_history_days * DAY_US


def test_the_population_of_churn_about_visits_says_nothing_of_buyers(plan: Plan) -> None:
    visits = LabelContract(target="churn", horizon_days=7, active_days=7, active_event="behaviour")
    about_visits = plan.model_copy(update={"contracts": (visits, *plan.contracts[1:])})
    assert contract_of(about_visits, QUICK).active_days is None
    assert contract_of(plan, QUICK.model_copy(update={"active_days": 9})).active_days == 9
