"""What params.yaml says about a target reaches its training, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from pipelines.features import label_contracts
from pipelines.params import load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.train_probability import contract_of, run

META: dict[str, Any] = {"has_decisions": False}


def test_the_minima_reach_training_without_touching_the_tables(shop: Path) -> None:
    params, plan = load_params(shop), load_plan(Project(shop))
    churn = params.churn.model_copy(update={"min_positives": 7, "min_negatives": 9})
    changed = params.model_copy(update={"churn": churn})
    contract = contract_of(plan, changed, "churn")
    assert (contract.min_positives, contract.min_negatives) == (7, 9)
    source = load_source(params.source, shop)
    assert label_contracts(changed, source, META) == label_contracts(params, source, META)


def test_a_minimum_that_nobody_reaches_makes_every_phase_say_so(shop: Path) -> None:
    path = shop / "params.yaml"
    text = path.read_text()
    start = text.index("churn:")
    before = text[start:].split("min_positives: ")[1].split()[0]
    path.write_text(
        text[:start] + text[start:].replace(f"min_positives: {before}", "min_positives: 100000", 1)
    )
    run(shop, "churn")
    record = json.loads((shop / "artifacts/churn/selection.json").read_text())
    reasons = [phase["reason"] for key, phase in record["phases"].items() if key != "dormant"]
    assert any("churn.min_positives" in reason for reason in reasons)
    assert all(reason.startswith("not eligible") for reason in reasons)


def test_tables_of_another_plan_are_refused(shop: Path) -> None:
    path = Project(shop).plan
    path.write_text(path.read_text().replace('"lookback_days": 730', '"lookback_days": 731'))
    with pytest.raises(InputError, match="features stage"):
        run(shop, "churn")
