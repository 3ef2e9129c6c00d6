"""A model in a world that changes gets worse with age; in one that does not, it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from features.contract import DAY_US
from features.settings import LabelContract
from models.panel import Panel
from models.reporting.staleness_view import lines, picture
from models.reporting.words import Words
from models.settings import EvaluationSettings, TrainSettings
from models.staleness import staleness

CONTRACT = LabelContract(target="churn", horizon_days=14, min_positives=20, min_negatives=20)
TRAIN = TrainSettings(estimators=("logistic",), separate_phases=False, max_cutoffs=2, workers=1)
EVALUATION = EvaluationSettings(test_cutoffs=2, resamples=60)
Make = Callable[..., Panel]


def panel_of_a_world(make_panel: Make, turns: bool) -> Panel:
    """Twelve cutoffs; where the world turns, what drove the label in the first ones drives it the other way later."""
    panel = make_panel(customers=400, cutoffs=12)
    rng = np.random.default_rng(9)
    sign = np.where(panel.cutoff_us >= 7 * 14 * DAY_US, -1.0, 1.0) if turns else np.ones(len(panel))
    y = rng.random(len(panel)) < 1 / (1 + np.exp(-2.0 * sign * panel.x[:, 0]))
    return replace(panel, y=y.astype(np.float32))


def judged(panel: Panel, **kwargs: Any) -> dict[str, Any]:
    found = staleness(panel, CONTRACT, TRAIN, EVALUATION, 12 * 14 * DAY_US, 5000, **kwargs)
    json.dumps(found, allow_nan=False)
    return found


@pytest.fixture(scope="module")
def turned(make_panel: Make) -> dict[str, Any]:
    return judged(panel_of_a_world(make_panel, turns=True))


@pytest.fixture(scope="module")
def steady(make_panel: Make) -> dict[str, Any]:
    return judged(panel_of_a_world(make_panel, turns=False))


def test_in_a_world_that_turns_old_models_are_measurably_worse(turned: dict[str, Any]) -> None:
    assert turned["verdict"] == "ages"
    assert turned["retrain_weeks"] < turned["worse_weeks"] <= turned["oldest_weeks"]
    oldest = turned["ages"][-1]
    assert oldest["behind"]["low"] > 0.1
    assert oldest["auc"]["value"] < 0.5 < turned["ages"][0]["auc"]["value"]


def test_in_a_steady_world_an_old_model_is_not_called_worn_out(steady: dict[str, Any]) -> None:
    assert steady["verdict"] in ("holds", "unknown")
    assert steady["worse_weeks"] is None


def test_every_age_is_judged_on_the_same_rows_and_weeks_rise_by_the_grid(turned: dict[str, Any]) -> None:
    assert [age["weeks"] for age in turned["ages"]] == [2.0 * step for step in range(len(turned["ages"]))]
    fresh = turned["ages"][0]
    assert fresh["behind"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    for age in turned["ages"]:
        difference = age["log_loss"]["value"] - fresh["log_loss"]["value"]
        assert age["behind"]["value"] == pytest.approx(difference)
    assert len(turned["cutoffs_us"]) == 2


def test_an_aged_model_knows_nothing_of_what_came_after_it(make_panel: Make, turned: dict[str, Any]) -> None:
    panel = panel_of_a_world(make_panel, turns=True)
    oldest = min(turned["cutoffs_us"]) - 1 * 14 * DAY_US
    # Labels that had not matured when the models of age 1 and more were learnt, outside the judged rows.
    late = (panel.cutoff_us + 14 * DAY_US > oldest) & (panel.cutoff_us < min(turned["cutoffs_us"]))
    changed = judged(replace(panel, y=np.where(late, 1 - panel.y, panel.y)))
    before, after = ([age["log_loss"]["value"] for age in one["ages"]] for one in (turned, changed))
    assert before[2:] == after[2:]
    assert before[0] != after[0]


def test_a_short_log_or_one_class_says_why(make_panel: Make) -> None:
    short = judged(make_panel(cutoffs=2))
    assert not short["judged"] and short["reason"].startswith("not eligible:")
    panel = make_panel(cutoffs=12)
    constant = judged(replace(panel, y=np.zeros_like(panel.y)))
    assert not constant["judged"] and "positives" in constant["reason"]


@pytest.mark.parametrize(("language", "said"), [("en", "retrain every"), ("nl", "opnieuw")])
def test_it_says_when_to_retrain_and_draws(turned: dict[str, Any], language: Any, said: str) -> None:
    words = Words(language)
    told = lines({"churn": turned, "readiness": {"judged": False, "reason": "not eligible: short"}}, words)
    assert said in told[0]
    assert any("not eligible: short" in line for line in told)
    drawn = picture({"churn": turned}, words)
    assert drawn is not None and drawn == picture({"churn": turned}, words)
    assert picture({"readiness": {"judged": False, "reason": ""}}, words) is None


def test_every_verdict_has_words(steady: dict[str, Any]) -> None:
    for verdict in ("holds", "unknown"):
        for language in ("en", "nl"):
            told = lines({"churn": steady | {"verdict": verdict}}, Words(language))  # type: ignore[arg-type]
            assert "{" not in "".join(told)
