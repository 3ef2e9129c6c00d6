"""The learning curve: few customers forecast worse, all of them are the yardstick, and a phase says what it needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from features.contract import DAY_US
from features.settings import LabelContract
from models.learning_curve import SHARES, learning_curve
from models.panel import Panel
from models.reporting.learning_curve_view import lines, picture
from models.reporting.words import Words
from models.settings import EvaluationSettings, TrainSettings

CONTRACT = LabelContract(target="readiness", horizon_days=14, min_positives=5, min_negatives=5)
TRAIN = TrainSettings(estimators=("logistic",), separate_phases=False, workers=1)
EVALUATION = EvaluationSettings(test_cutoffs=2, resamples=60)
NOW = 10 * 14 * DAY_US
Make = Callable[..., Panel]


def curve(panel: Panel, rows: int = 5000) -> dict[str, Any]:
    found = learning_curve(panel, CONTRACT, TRAIN, EVALUATION, NOW, rows)
    json.dumps(found, allow_nan=False)
    return found


@pytest.fixture(scope="module")
def found(make_panel: Make) -> dict[str, Any]:
    return curve(make_panel(customers=300, cutoffs=10))


def test_fewer_customers_forecast_worse(found: dict[str, Any]) -> None:
    steps = found["phases"]["all"]["customers"]
    assert [step["step"] for step in steps] == list(SHARES)
    assert steps[0]["behind"]["low"] > 0
    assert steps[0]["log_loss"]["value"] > steps[-2]["log_loss"]["value"]
    assert steps[-1]["behind"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    learnt = [step["learnt_customers"] for step in steps]
    assert learnt == sorted(learnt) and learnt[-1] == found["customers"]


def test_phases_have_their_own_counts_and_dormant_has_no_curve(found: dict[str, Any]) -> None:
    phases = found["phases"]
    assert set(phases) == {"all", "awareness", "decision"}
    whole = [phases[name]["customers"][-1]["learnt_rows"] for name in ("all", "awareness", "decision")]
    assert whole[0] == whole[1] + whole[2] == found["rows"]
    assert (
        phases["all"]["judged_rows"] == phases["awareness"]["judged_rows"] + phases["decision"]["judged_rows"]
    )


def test_cutoffs_end_in_all_of_them(found: dict[str, Any]) -> None:
    steps = found["phases"]["all"]["cutoffs"]
    assert [step["step"] for step in steps] == [1.0, 2.0, 4.0, 8.0]
    assert steps[-1]["learnt_rows"] == found["rows"]


def test_what_lies_after_the_first_test_cutoff_teaches_nothing(
    make_panel: Make, found: dict[str, Any]
) -> None:
    panel = make_panel(customers=300, cutoffs=10)
    late = (panel.cutoff_us + 14 * DAY_US > found["cutoffs_us"][0]) & ~np.isin(
        panel.cutoff_us, found["cutoffs_us"]
    )
    assert curve(replace(panel, y=np.where(late, 1 - panel.y, panel.y))) == found


def test_rows_are_held_to_what_is_asked_and_thin_data_says_why(make_panel: Make) -> None:
    assert curve(make_panel(customers=300, cutoffs=10), rows=400)["rows"] <= 440
    short = curve(make_panel(cutoffs=1))
    assert not short["judged"] and short["reason"].startswith("not eligible:")
    panel = make_panel(customers=40, cutoffs=10)
    constant = curve(replace(panel, y=np.ones_like(panel.y)))
    assert not constant["judged"]


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("verdict", ["more", "enough", "blurred", "unknown"])
def test_every_verdict_has_words_per_phase(found: dict[str, Any], language: Any, verdict: str) -> None:
    words = Words(language)
    nothing = verdict in ("more", "unknown")
    one = {"verdict": verdict, "enough": None if nothing else 0.4, "enough_customers": 120.0, "bound": 0.01}
    changed = {
        name: phase | {"verdicts": {"customers": one, "cutoffs": one | {"enough": 2.0}}}
        for name, phase in found["phases"].items()
    }
    told = lines({"readiness": found | {"phases": changed}}, words)
    assert len(told) == 1 + 2 * 3
    assert "{" not in "".join(told)
    if verdict == "enough":
        assert all("120" in line for line in told[1::2])


def test_the_picture_is_the_same_twice_and_absent_without_a_curve(found: dict[str, Any]) -> None:
    words = Words("en")
    drawn = picture({"readiness": found}, "readiness", words)
    assert drawn is not None and drawn == picture({"readiness": found}, "readiness", words)
    assert picture({"readiness": {"judged": False, "reason": "x"}}, "readiness", words) is None
