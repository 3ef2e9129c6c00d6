"""The benchmark of the gate: what it counts, and that it follows what scoring would do."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.next_action import gate
from benchmarks.next_action.gate import Cell, deployed, false_share, followed, log_of, main, summed
from benchmarks.next_action.simulator import make_decisions
from models.actions.phase_policy import PhasePolicy


def cell(state: str, recommended: str, gain_share: float, estimated: float = 0.0, rule: float = 0.4) -> Cell:
    return Cell(
        "decision", "near_linear", 11, state, recommended, "ad", "email", gain_share, rule, estimated, 1.0
    )


def test_worse_cells_are_counted_by_why():
    cells = [
        cell("personalise", "none", 0.5, -0.3),
        cell("personalise", "none", -0.2, rule=-0.2),
        cell("constant", "none", -0.4, -0.1),
        cell("explore more", "ad", -0.16, -0.16),
        cell("constant", "email", -0.009),
    ]
    found = summed(cells)
    assert (found["cells"], found["personalised"], found["worse"]) == (5, 2, 3)
    assert [found[f"worse_{why}"] for why in ("rule_live", "nothing_done", "other_action")] == [1, 1, 1]
    assert found["worse_had_the_estimated_best_been_followed"] == 3
    assert found["worse_had_the_rule_always_been_live"] == 1
    assert found["gain_share_worst"] == -0.4


def test_the_share_of_false_verdicts_has_an_interval():
    found = false_share(["personalise"] + ["constant"] * 39)
    assert found["share"] == 0.025 and 0 < found["share_low"] < 0.025 < found["share_high"] < 0.15
    assert found["state_constant"] == 39
    assert false_share([]) == {"replicates": 0, "false_personalise": 0}


def test_what_is_deployed_is_what_scoring_would_do():
    drawn = make_decisions("advocacy", 500, 3)
    policy = PhasePolicy("advocacy", "constant", "none", {"en": "", "nl": ""}, drawn.columns)
    assert deployed(policy, drawn).tolist() == [0] * 500


def test_a_cell_is_judged_on_fresh_customers(monkeypatch):
    monkeypatch.setattr(gate, "TEST_ROWS", 3000)
    one = followed("advocacy", 11, "near_linear", 1200)
    fresh = make_decisions("advocacy", gate.TEST_ROWS, 10_011)
    assert one.truly_best == fresh.candidates.arms[int(fresh.value.mean(axis=0).argmax())]
    assert one.state in ("constant", "explore more", "personalise")
    if one.state != "personalise":
        arm = fresh.candidates.arms.index(one.recommended)
        assert one.gain_share == pytest.approx(fresh.gain_share(np.full(gate.TEST_ROWS, arm)))


def test_a_simulated_log_is_the_log_that_was_drawn():
    drawn = make_decisions("service", 300, 5)
    log = log_of(drawn)
    assert np.array_equal(log.action, drawn.candidates.arm)
    assert np.array_equal(log.propensity, drawn.candidates.propensity)
    assert set(np.unique(log.cost)) <= set(drawn.candidates.cost.tolist())


def test_the_figures_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "train_phase", lambda *_: ({"state": "constant"}, None))
    arguments = ["--cells", "0", "--null", "7", "--null-rows", "50", "--json", str(tmp_path / "gate.json")]
    assert main(arguments) == 0
    found = json.loads((tmp_path / "gate.json").read_text())
    assert found["null_world"]["state_constant"] == 7 and found["harm_guard"]["cells"] == 0
    monkeypatch.setattr(gate, "train_phase", lambda *_: ({"state": "personalise"}, None))
    assert main(arguments) == 1
