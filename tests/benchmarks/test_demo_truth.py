"""The benchmark against the truth: the oracle attains all of it, the base rate nothing; a wrong number is seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.demo_report import markdown
from benchmarks.demo_scores import Panel, average_effects, base_rates, oracle_scores, transitions
from benchmarks.demo_world import START_US, WEEK_US, World, read_settings_of, week_of
from features.errors import InputError

ROWS = 4_000


def panel_of(target: str, ours: str) -> tuple[Panel, World]:
    """One cutoff in week 10 with chances that the world knows; ``ours`` says what the pipeline predicts."""
    rng = np.random.default_rng(2)
    chance = rng.beta(1.0, 4.0, size=ROWS)
    y = rng.random(ROWS) < (1 - chance if target == "churn" else chance)
    told = 1 - chance if target == "churn" else chance
    p = {"oracle": told, "base": np.full(ROWS, y.mean()), "noise": rng.random(ROWS)}[ours]
    rows = pd.DataFrame(
        {"customer_id": np.arange(ROWS), "cutoff_us": START_US + 10 * WEEK_US, "phase": "decision",
         "y": y.astype(float), "p": p, "p_base_rate": float(y.mean()), "p_rfm_logistic": rng.random(ROWS),
         "person": np.arange(ROWS)[::-1]}
    )  # fmt: skip
    world = World(oracle={(4, 10): pd.Series(chance[::-1], index=np.arange(ROWS))})
    return Panel(target, 4, rows, 0), world


@pytest.mark.parametrize("target", ["churn", "readiness"])
def test_who_predicts_the_oracle_attains_all(target: str) -> None:
    panel, world = panel_of(target, "oracle")
    assert list(panel.asked) == [(4, 10)]
    everybody, decision = oracle_scores(panel, world, 50, 1)
    assert decision["phase"] == "decision" and everybody["n"] == ROWS
    assert everybody["auc_share"]["value"] == pytest.approx(1.0)
    assert everybody["loss_share"]["value"] == pytest.approx(1.0)
    assert everybody["roc_auc_oracle"] > 0.65


def test_the_base_rate_attains_nothing_and_noise_less() -> None:
    panel, world = panel_of("readiness", "base")
    assert oracle_scores(panel, world, 50, 1)[0]["loss_share"]["value"] == pytest.approx(0.0)
    panel, world = panel_of("readiness", "noise")
    found = oracle_scores(panel, world, 50, 1)[0]
    assert abs(found["auc_share"]["value"]) < 0.25 and found["loss_share"]["value"] < 0


def test_a_wrong_rate_is_seen() -> None:
    panel, world = panel_of("churn", "oracle")
    assert all(row["within"] for row in base_rates(panel, world, 200, 1))
    shifted = World(oracle={key: series * 0.8 for key, series in world.oracle.items()})
    assert not any(row["within"] for row in base_rates(panel, shifted, 200, 1))


def test_effects_and_transitions_are_held_against_the_truth(tmp_path: Path) -> None:
    (tmp_path / "artifacts/next_action").mkdir(parents=True)
    effect = {"effect": {"value": 0.02, "low": 0.01, "high": 0.03}}
    told = {"phases": {"decision": {"effects": {"coupon": effect, "newsletter": effect}}, "dormant": {}}}
    (tmp_path / "artifacts/next_action/tournament.json").write_text(json.dumps(told))
    effects = pd.DataFrame(
        [{"week": 2, "phase": "decision", "action": "coupon", "n": 100, "chance": 0.325, "chance_none": 0.30},
         {"week": 6, "phase": "decision", "action": "coupon", "n": 300, "chance": 0.315, "chance_none": 0.30},
         {"week": 2, "phase": "decision", "action": "newsletter", "n": 50, "chance": 0.30, "chance_none": 0.30}]
    )  # fmt: skip
    coupon, newsletter = average_effects(tmp_path, World(effects=effects))
    assert coupon["true"] == pytest.approx(0.0175) and coupon["within"] and coupon["n"] == 400
    assert newsletter["true"] == pytest.approx(0.0) and not newsletter["within"]


def test_transitions_count_from_the_first_sign_of_life(tmp_path: Path) -> None:
    (tmp_path / "data/demo_truth").mkdir(parents=True)
    (tmp_path / "reports").mkdir()
    phases = {
        1: ["dormant", "awareness", "awareness", "decision"],
        2: ["awareness", "awareness", "decision", "decision"],
    }
    rows = [
        {"person": person, "week": week, "phase": phase}
        for person, of in phases.items()
        for week, phase in enumerate(of)
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "data/demo_truth/weekly.parquet")
    matrix = [{"from": "awareness", "to": "decision", "n": 4, "value": 0.5, "low": 0.3, "high": 0.7},
              {"from": "awareness", "to": "awareness", "n": 4, "value": 0.8, "low": 0.7, "high": 0.9},
              {"from": "dormant", "to": "awareness", "n": 4, "value": 0.8, "low": 0.7, "high": 0.9}]  # fmt: skip
    (tmp_path / "reports/journey.json").write_text(json.dumps({"transitions": {"weekly": matrix}}))
    found = {(row["from"], row["to"]): row for row in transitions(tmp_path)}
    assert (
        found["awareness", "decision"]["true"] == pytest.approx(0.5)
        and found["awareness", "decision"]["within"]
    )
    assert not found["awareness", "awareness"]["within"]
    assert ("dormant", "awareness") not in found


def test_mistakes_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="source: demo"):
        read_settings_of(tmp_path)
    with pytest.raises(InputError, match="Monday"):
        week_of(START_US + 86_400_000_000)


def test_the_tables_say_what_was_found() -> None:
    panel, world = panel_of("readiness", "oracle")
    found = {
        "settings": {"customers": 1, "days": 84, "world": "linear", "seed": 1},
        "scores": oracle_scores(panel, world, 50, 1),
        "phases": {"simple": {"n": 5, "share": 1.0}}, "base_rates": base_rates(panel, world, 50, 1), "effects": [],
        "transitions": [], "within": {"effects": {"n": 4, "within": 3, "share": 0.75}},
    }  # fmt: skip
    text = markdown(found)
    assert "| readiness | decision | 4000 |" in text and "100% (100% to 100%)" in text
    assert "inside the 95 % interval, effects: 3 of 4" in text
