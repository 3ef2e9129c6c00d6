from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from features.contract import DAY_US
from features.settings import LabelContract
from models.estimators._base import log_losses
from models.journey_comparison import PhaseRate, compare, under_journey
from models.panel import PHASE_PREFIX, Panel
from models.settings import EvaluationSettings, LightGBMSettings, TrainSettings

CONTRACT = LabelContract(target="churn", horizon_days=14, min_positives=20, min_negatives=20)
TRAIN = TrainSettings(
    estimators=("logistic",), separate_phases=False, lightgbm=LightGBMSettings(max_rounds=20)
)
EVALUATION = EvaluationSettings(test_cutoffs=2, resamples=60)


@pytest.fixture(scope="module")
def panel(make_panel: Callable[..., Panel]) -> Panel:
    """A world in which the phase matters; ``days_in_phase`` is a column as in the features table."""
    base = make_panel(truth=lambda x, phase: 2.0 * (phase - 1.0) + x[:, 0])
    return replace(base, columns=("days_in_phase", *base.columns[1:]))


def blurred(panel: Panel, seed: int = 3) -> Panel:
    """The same customers under a journey whose phases say nothing."""
    random = np.random.default_rng(seed)
    phase = random.integers(0, 2, len(panel)).astype(np.int16)
    return under_journey(panel, ("left", "right"), phase, panel.column("days_in_phase"))


def test_the_other_journey_changes_the_phase_and_nothing_else(panel: Panel) -> None:
    days = np.arange(len(panel), dtype=np.float32)
    phase = (panel.phase > 0).astype(np.int16)
    other = under_journey(panel, ("left", "dormant"), phase, days)
    assert other.columns == (*panel.columns[:7], PHASE_PREFIX + "left", PHASE_PREFIX + "dormant")
    assert (other.column("days_in_phase") == days).all()
    assert (other.x[:, 1:7] == panel.x[:, 1:7]).all()
    assert (other.column(PHASE_PREFIX + "dormant") == (phase == 1)).all()
    assert (other.y == panel.y).all()
    back = under_journey(other, panel.phases, panel.phase, panel.column("days_in_phase"))
    assert back.columns == panel.columns
    assert (back.x == panel.x).all()


def test_the_rate_of_a_phase_is_its_share_of_labels(panel: Panel) -> None:
    p = PhaseRate().fit(panel, CONTRACT).predict(panel)
    for place in range(3):
        own = panel.phase == place
        assert np.unique(p[own]) == pytest.approx(panel.y[own].mean(), abs=0.02)


def test_phases_that_say_something_win(panel: Panel) -> None:
    found = compare({"sharp": lambda: panel, "blurred": lambda: blurred(panel)}, CONTRACT, TRAIN, EVALUATION)
    assert found["rows"] == 600
    assert found["customers"] == 300
    assert found["cutoffs_us"] == [6 * 14 * DAY_US, 7 * 14 * DAY_US]
    sharp, blur = (found["journeys"][name] for name in ("sharp", "blurred"))
    assert set(sharp["model"]) == {"log_loss"}
    for rung in ("phase_alone", "model"):
        assert blur[rung]["difference"] == pytest.approx(blur[rung]["log_loss"] - sharp[rung]["log_loss"])
        assert 0 < blur[rung]["low"] < blur[rung]["difference"] < blur[rung]["high"]
    assert sharp["model"]["log_loss"] < sharp["phase_alone"]["log_loss"]


def test_the_same_journey_twice_makes_no_difference(panel: Panel) -> None:
    found = compare({"one": lambda: panel, "two": lambda: panel}, CONTRACT, TRAIN, EVALUATION)
    for rung in ("phase_alone", "model"):
        two = found["journeys"]["two"][rung]
        assert (two["difference"], two["low"], two["high"]) == (0.0, 0.0, 0.0)


def test_phase_alone_is_judged_on_labels_it_has_not_seen(panel: Panel) -> None:
    found = compare({"one": lambda: panel, "two": lambda: panel}, CONTRACT, TRAIN, EVALUATION)
    late = panel.cutoff_us >= 6 * 14 * DAY_US
    seen = PhaseRate().fit(panel.take(late), CONTRACT)
    best = log_losses(panel.y[late], seen.predict(panel.take(late))).mean()
    assert found["journeys"]["one"]["phase_alone"]["log_loss"] > best


def test_a_short_log_gives_no_numbers(panel: Panel) -> None:
    short = panel.take(panel.cutoff_us == 0)
    found = compare({"one": lambda: short, "two": lambda: short}, CONTRACT, TRAIN, EVALUATION)
    assert found["journeys"] == {}
