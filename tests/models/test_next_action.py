from __future__ import annotations

import json

import numpy as np

from models.actions.decision_log import DecisionLog, decision_log
from models.actions.phase_policy import load_policies
from models.next_action import train_next_action
from models.settings import NextActionSettings

SETTINGS = NextActionSettings(num_threads=1, folds=2)

PHASES = ["awareness", "decision"]


def two_phases(n: int = 1600, known: bool = False) -> DecisionLog:
    """In `decision` mail was drawn by a coin and helps; in `awareness` everybody was held back."""
    rng = np.random.default_rng(5)
    aware = np.arange(n) % 4 == 0
    mail = (rng.random(n) < 0.5) & ~aware
    outcome = rng.random(n) < 0.3 + 0.25 * mail
    return decision_log(
        ["a", "b"],
        rng.normal(size=(n, 2)).astype(np.float32),
        np.where(aware, "awareness", "decision"),
        np.arange(n),
        np.where(mail, "mail", "none").tolist(),
        [["none", "mail"]] * n,
        np.full(n, 0.5) if known else np.full(n, np.nan),
        outcome.astype(float),
        20.0 * outcome,
        np.zeros(n),
        left_out={"no features": 3},
    )


def test_each_phase_gets_its_verdict_and_its_policy(tmp_path):
    found = train_next_action(two_phases(), SETTINGS, tmp_path / "next_action", PHASES)
    assert found["left_out"] == {"no features": 3}
    assert found["phases"]["awareness"]["state"] == "refuse"
    assert found["phases"]["awareness"]["policies"] == []
    decision = found["phases"]["decision"]
    assert (decision["state"], decision["recommended"]) == ("explore more", "none")
    assert decision["effects"]["mail"]["effect"]["low"] > 0.1
    assert [row["name"] for row in decision["policies"]] == [
        "none", "mail", "logged", "random", "personalised",
    ]  # fmt: skip
    policies = load_policies(tmp_path / "next_action")
    assert sorted(policies) == ["awareness", "decision"]
    assert policies["awareness"].rule is None and policies["decision"].rule is not None
    assert json.loads((tmp_path / "next_action" / "tournament.json").read_text()) == found


def test_what_the_figures_rest_on_is_said(tmp_path):
    said = train_next_action(two_phases(), SETTINGS, tmp_path / "a", PHASES)["phases"]["decision"]["warnings"]
    assert any("action_cost" in words["en"] for words in said)
    assert any("no unlogged driver" in words["en"] for words in said)
    assert all(set(words) == {"en", "nl"} for words in said)


def test_a_cost_above_the_gain_turns_the_verdict(tmp_path):
    dear = SETTINGS.model_copy(update={"action_cost": {"mail": 9.0}})
    phase = train_next_action(two_phases(), dear, tmp_path / "a", PHASES)["phases"]["decision"]
    assert phase["recommended"] == "none"
    assert phase["effects"]["mail"]["effect"]["low"] > 0.1
    assert phase["effects"]["mail"]["gain"]["high"] < 0


def test_a_source_without_decisions_and_a_phase_without_them_say_so(tmp_path):
    found = train_next_action(None, SETTINGS, tmp_path / "a", PHASES)
    assert {phase["state"] for phase in found["phases"].values()} == {"refuse"}
    assert "no log of decisions" in found["phases"]["decision"]["reason"]["en"]
    found = train_next_action(two_phases(), SETTINGS, tmp_path / "a", [*PHASES, "advocacy"])
    assert "in this phase" in found["phases"]["advocacy"]["reason"]["en"]
    assert sorted(load_policies(tmp_path / "a")) == ["advocacy", "awareness", "decision"]


def test_decisions_in_a_phase_that_is_not_acted_on_are_left_out_and_counted(tmp_path):
    found = train_next_action(two_phases(), SETTINGS, tmp_path / "a", ["decision"])
    asleep = int((two_phases().phase == "awareness").sum())
    assert found["left_out"] == {"no features": 3, "in a phase that is not acted on (dormant)": asleep}
    assert list(found["phases"]) == ["decision"]
