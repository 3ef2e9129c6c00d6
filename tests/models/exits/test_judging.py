from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from features.contract import DAY_US
from features.labels.exits import EXITS
from models.exits.judging import BASE, judge, out_of_time
from models.exits.probabilities import P
from models.exits.scaling import Scaling
from models.panel import Panel
from models.settings import EvaluationSettings
from tests.models.exits.conftest import CONTRACT, PHASES, QUICK, true_probabilities

World = Callable[..., Panel]
SETTINGS = EvaluationSettings(resamples=60)


@pytest.fixture(scope="module")
def tested(world: World) -> pa.Table:
    return out_of_time(world(), CONTRACT, QUICK, "5k", 2)


def test_each_test_cutoff_is_predicted_once_for_everybody_in_a_phase(world: World, tested: pa.Table) -> None:
    panel = world()
    assert sorted(set(tested["cutoff_us"].to_pylist())) == [6 * 14 * DAY_US, 7 * 14 * DAY_US]
    assert len(tested) == int((panel.population & (panel.cutoff_us >= 6 * 14 * DAY_US)).sum())
    assert "dormant" not in tested["phase"].to_pylist()
    for columns in (P, BASE):
        assert (tested.select(columns).to_pandas().to_numpy().sum(axis=1) == 1.0).all()


def test_the_model_beats_the_shares_and_is_calibrated(tested: pa.Table) -> None:
    found = judge(tested, SETTINGS, PHASES[:-1])
    assert list(found) == ["all", *PHASES[:-1]]
    whole = found["all"]
    assert 0 < whole["gain_low"] < whole["gain"] < whole["gain_high"]
    assert whole["gain"] == pytest.approx(whole["base_log_loss"] - whole["log_loss"])
    assert sum(cell["rows"] for name, cell in found.items() if name != "all") == whole["rows"]
    for name in EXITS:
        one = whole["exits"][name]
        assert one["gap"] == pytest.approx(one["predicted"] - one["observed"])
        assert abs(one["gap"]) < 0.08
        assert one["gap_low"] <= one["gap"] <= one["gap_high"]
    assert sum(one["observed"] for one in whole["exits"].values()) == pytest.approx(1.0)


def test_a_small_cell_gets_no_interval(tested: pa.Table) -> None:
    found = judge(tested.slice(0, 60), EvaluationSettings(resamples=60, min_cell=100), PHASES[:-1])
    assert found["all"]["gain_low"] is None
    assert found["all"]["exits"]["stall"]["gap_high"] is None
    assert judge(tested.slice(0, 0), SETTINGS, PHASES[:-1]) == {}


def test_a_log_too_short_to_judge_gives_an_empty_table(world: World, tested: pa.Table) -> None:
    assert out_of_time(world(cutoffs=1), CONTRACT, QUICK, "5k", 2).schema == tested.schema


def test_scaling_mends_what_is_too_sure_and_leaves_what_is_right(world: World) -> None:
    panel = world(customers=600)
    panel = panel.take(panel.in_phase("koop"))
    y, truth = panel.y.astype(int), true_probabilities(panel)
    sure = truth**2 / (truth**2).sum(axis=1, keepdims=True)
    mended = Scaling.learn(sure, y).apply(sure)
    assert np.abs(mended - truth).mean() < 0.25 * np.abs(sure - truth).mean()
    kept = Scaling.learn(truth, y)
    assert np.abs(kept.apply(truth) - truth).mean() < 0.02
    again = Scaling.of_json(kept.as_json())
    assert (again.apply(truth) == kept.apply(truth)).all()
