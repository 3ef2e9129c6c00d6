from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.contract import DAY_US
from models.bootstrap import CustomerBootstrap
from models.panel import Panel
from models.settings import EvaluationSettings
from models.value import measures
from models.value.baselines import BASELINES, fitted
from models.value.deviance import deviances
from models.value.exponential import exponential
from models.value.grade import find, grade, high_value, in_top
from models.value.judging import judge, out_of_time
from tests.models.value.conftest import CONTRACT, PHASES, QUICK

World = Callable[..., Panel]
SETTINGS = EvaluationSettings(resamples=60)


@pytest.fixture(scope="module")
def tested(world: World) -> pa.Table:
    return out_of_time(world(customers=500), CONTRACT, QUICK, "5k", 2)


def test_each_test_cutoff_is_predicted_once_for_everybody_in_a_phase(world: World, tested: pa.Table) -> None:
    panel = world(customers=500)
    assert sorted(set(tested["cutoff_us"].to_pylist())) == [6 * 14 * DAY_US, 7 * 14 * DAY_US]
    assert len(tested) == int((panel.population & (panel.cutoff_us >= 6 * 14 * DAY_US)).sum())
    assert "dormant" not in tested["phase"].to_pylist()
    for name in ("predicted_value", *BASELINES):
        values = tested[name].to_numpy()
        assert np.isfinite(values).all()
        assert (values >= 0).all()


def test_the_model_beats_every_baseline_and_its_mean_is_right(tested: pa.Table) -> None:
    found = judge(tested, SETTINGS, PHASES[:-1], 0.8)
    assert list(found) == ["all", *PHASES[:-1]]
    whole = found["all"]
    assert set(whole["baselines"]) == set(BASELINES)
    for one in whole["baselines"].values():
        assert 0 < one["explained_low"] < one["explained"] < one["explained_high"]
        assert whole["gini"] > one["gini"]
    assert whole["ratio"] == pytest.approx(1.0, abs=0.1)
    assert whole["ratio_low"] < 1.0 < whole["ratio_high"]
    assert whole["ratio"] == pytest.approx(whole["predicted"] / whole["actual"])
    assert whole["grade"]["grade"] == "A"
    assert whole["grade"]["gain_low"] > 0
    assert [group["rows"] for group in whole["tenths"]] == sorted(group["rows"] for group in whole["tenths"])[
        ::-1
    ]
    said = [group["predicted"] for group in whole["tenths"]]
    assert said == sorted(said)
    assert sum(cell["rows"] for name, cell in found.items() if name != "all") == whole["rows"]
    json.dumps(found, allow_nan=False)


def test_a_small_cell_gets_no_interval_and_no_grade(tested: pa.Table) -> None:
    found = judge(tested.slice(0, 60), EvaluationSettings(resamples=60, min_cell=100), PHASES[:-1], 0.8)
    assert found["all"]["gini_low"] is None
    assert found["all"]["grade"] == {}
    assert judge(tested.slice(0, 0), SETTINGS, PHASES[:-1], 0.8) == {}


def test_no_money_at_all_gives_nulls(world: World) -> None:
    panel = world()
    panel.y[panel.population] = 0
    found = judge(out_of_time(panel, CONTRACT, QUICK, "5k", 2), SETTINGS, PHASES[:-1], 0.8)["all"]
    assert (found["ratio"], found["gini"], found["spearman"], found["grade"]) == (None, None, None, {})
    json.dumps(found, allow_nan=False)


def test_a_log_too_short_to_judge_gives_an_empty_table(world: World, tested: pa.Table) -> None:
    assert out_of_time(world(cutoffs=1), CONTRACT, QUICK, "5k", 2).schema == tested.schema


def test_a_baseline_without_its_columns_is_left_out(world: World) -> None:
    panel = world()
    keep = [j for j, name in enumerate(panel.columns) if not name.startswith("monetary")]
    bare = replace(panel, x=panel.x[:, keep], columns=tuple(panel.columns[j] for j in keep))
    known = bare.take(bare.population)
    assert set(fitted(known, CONTRACT)) == {"phase_mean"}
    found = judge(out_of_time(bare, CONTRACT, QUICK, "5k", 1), SETTINGS, PHASES[:-1], 0.8)
    assert found["all"]["grade"] == {}


def test_the_baselines_say_what_they_are(world: World) -> None:
    panel = world()
    known = panel.take(panel.population)
    said = {name: predicts(known) for name, predicts in fitted(known, CONTRACT).items()}
    np.testing.assert_allclose(
        said["nothing_changes"], 14 * known.column("monetary__spend_per_day"), rtol=1e-6
    )
    newest = known.cutoff_us == known.cutoff_us.max()
    spend = known.column("monetary__spend__28d").astype(np.float64)
    retention = (known.y[newest & (spend > 0)] > 0).mean()
    np.testing.assert_allclose(said["spend_x_retention"], spend / 28 * 14 * retention, rtol=1e-6)
    own = known.in_phase("koop")
    assert said["phase_mean"][own].mean() == pytest.approx(known.y[own].mean(), rel=0.02)


def test_a_true_mean_has_the_least_deviance_with_returns_and_all() -> None:
    random = np.random.default_rng(4)
    y = np.where(random.random(200_000) < 0.3, random.lognormal(3, 1, 200_000), 0.0)
    y[:10_000] = -30.0
    around = {
        share: deviances(y, np.full(len(y), share * y.mean()), y.mean()).mean() for share in (0.9, 1.0, 1.1)
    }
    assert min(around, key=around.__getitem__) == 1.0


@given(st.lists(st.floats(-690, 690), min_size=1, max_size=40), st.integers(0, 40))
def test_the_exponential_is_right_and_knows_no_place(values: list[float], shift: int) -> None:
    x = np.array(values)
    found = exponential(x)
    np.testing.assert_allclose(found, np.exp(x), rtol=1e-14)
    assert (exponential(np.concatenate([np.zeros(shift), x]))[shift:] == found).all()


money = st.lists(st.floats(0, 1e6), min_size=2, max_size=30)


@given(money, st.integers(0, 1000))
def test_ranking_numbers_know_no_order_and_stay_in_range(values: list[float], seed: int) -> None:
    random = np.random.default_rng(seed)
    y, said = np.array(values), random.integers(0, 4, len(values)).astype(float)
    order = random.permutation(len(y))
    one = np.ones((1, len(y)))
    for measure in (measures.gini, measures.top_share):
        found, again = measure(y, said, one)[0], measure(y[order], said[order], one)[0]
        np.testing.assert_allclose(again, found, rtol=1e-9, atol=1e-9)
        assert np.isnan(found) or -1 - 1e-9 <= found <= 1 + 1e-9


def test_a_row_that_counts_twice_is_two_rows() -> None:
    random = np.random.default_rng(6)
    y, said = random.gamma(1, 5, 50), random.gamma(1, 5, 50)
    times = random.integers(0, 4, 50)
    twice = np.repeat(np.arange(50), times)
    for measure in (measures.gini, measures.top_share, measures.ratio):
        weighted = measure(y, said, times[None, :].astype(float))[0]
        assert weighted == pytest.approx(measure(y[twice], said[twice], np.ones((1, len(twice))))[0])


def test_the_grade_is_that_of_the_definition() -> None:
    random = np.random.default_rng(8)
    y = random.lognormal(2, 1, 1000)
    cutoffs, drawn = np.zeros(1000, dtype=np.int64), CustomerBootstrap.draw(np.arange(1000), 40, 7)
    high = high_value(y, 0.8)
    assert y[high].sum() >= 0.8 * y.sum() > y[high].sum() - y[high].min()
    noisy = y * random.lognormal(0, 1, 1000)
    rows = np.arange(1000)
    better = grade(find(cutoffs, y, y, noisy, 0.8), drawn, rows, SETTINGS)
    assert (better["grade"], better["success"]) == ("A", 1.0)
    assert better["gain"] == pytest.approx(1.0 / better["baseline_success"] - 1.0)
    assert grade(find(cutoffs, y, noisy, noisy, 0.8), drawn, rows, SETTINGS)["grade"] == "B"
    assert grade(find(cutoffs, y, noisy, y, 0.8), drawn, rows, SETTINGS)["grade"] == "C"
    assert grade(find(cutoffs, np.zeros(1000), y, y, 0.8), drawn, rows, SETTINGS) == {}
    assert in_top(np.zeros(10), 3).tolist() == [0.3] * 10
