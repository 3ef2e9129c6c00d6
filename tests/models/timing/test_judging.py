from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.contract import DAY_US
from models.bootstrap import CustomerBootstrap
from models.settings import EvaluationSettings
from models.timing.coverage import covered
from models.timing.judging import judge, newest_test_cutoffs, out_of_time
from models.timing.rows import TimingRows
from tests.models.timing.conftest import CONTRACT, HORIZONS, PHASES, QUICK, STEP, true_probability

World = Callable[..., TimingRows]
SETTINGS = EvaluationSettings(resamples=60)


@pytest.fixture(scope="module")
def tested(world: World) -> pa.Table:
    rows = world(customers=400, weekends=True)
    cutoffs = newest_test_cutoffs(rows, CONTRACT, 2)
    return out_of_time(rows, CONTRACT, QUICK, "5k", cutoffs)


def test_the_newest_cutoffs_whose_longest_horizon_is_over_are_judged(world: World) -> None:
    assert newest_test_cutoffs(world(), CONTRACT, 2) == [9 * STEP * DAY_US, 10 * STEP * DAY_US]
    # 28 days cannot be judged in eight weeks; 14 can: fitted on day 0, chosen on day 14, judged from day 28 on.
    assert newest_test_cutoffs(world(cutoffs=8), CONTRACT, 9) == [
        4 * STEP * DAY_US,
        5 * STEP * DAY_US,
        6 * STEP * DAY_US,
    ]
    assert newest_test_cutoffs(world(cutoffs=1), CONTRACT, 2) == []


def test_each_horizon_beats_the_base_rate_and_is_calibrated(tested: pa.Table) -> None:
    found = judge(tested, CONTRACT, SETTINGS, PHASES)
    assert list(found["horizons"]) == [str(days) for days in HORIZONS]
    for cells in found["horizons"].values():
        assert set(cells) == {"all", "koop", "koester"}
        whole = cells["all"]
        assert 0 < whole["gain_low"] < whole["gain"] < whole["gain_high"]
        assert whole["gain"] == pytest.approx(whole["base_log_loss"] - whole["log_loss"])
        assert whole["roc_auc"] > 0.7
        assert abs(whole["predicted"] - whole["observed"]) < 0.06
        assert whole["ece_above_noise"] < 0.05
        assert sum(cell["rows"] for name, cell in cells.items() if name != "all") == whole["rows"]
    assert found["left"]["all"]["gain"] > 0
    assert 0 <= found["changed"] < 0.3


def test_the_quantiles_cover_what_they_say(tested: pa.Table) -> None:
    found = judge(tested, CONTRACT, SETTINGS, PHASES)["quantiles"]["all"]
    assert found["coverage"]["share"] == pytest.approx(0.8, abs=0.08)
    assert found["before_p10"]["share"] == pytest.approx(0.1, abs=0.05)
    assert found["before_p50"]["share"] == pytest.approx(0.5, abs=0.08)
    assert found["inside"]["share"] == pytest.approx(found["inside"]["wanted"], abs=0.06)
    assert found["coverage"]["low"] < found["coverage"]["share"] < found["coverage"]["high"]


def coverage_of(
    days: np.ndarray, observed: np.ndarray, low: np.ndarray, high: np.ndarray
) -> dict[str, dict[str, float]]:
    chance = np.where(np.isnan(high), 0.6, 0.95)
    table = pd.DataFrame(
        {"days": days, "observed": observed, "next_order_p10": low, "next_order_p50": (low + 20) / 2,
         "next_order_p90": high, "p_order_7d": 0.2, "p_order_14d": 0.4, "p_order_28d": chance}
    )  # fmt: skip
    drawn = CustomerBootstrap.draw(np.arange(len(table)), 30, 1)
    return covered(table, CONTRACT, drawn, np.arange(len(table)), SETTINGS)


def test_only_what_was_seen_is_counted() -> None:
    """100 customers: p10 at day 3, p90 at day 20; 10 order on day 1, 12 not by day 20, the rest on day 10."""
    days = np.repeat([1.0, -1.0, 10.0], [10, 12, 78])
    whole, low, high = np.full(100, 28.0), np.full(100, 3.0), np.full(100, 20.0)
    found = coverage_of(days, whole, low, high)
    assert (found["before_p10"]["share"], found["after_p90"]["share"]) == (0.1, 0.12)
    assert found["coverage"]["share"] == pytest.approx(0.78)
    assert found["broken"] == {"share": pytest.approx(0.11), "rows": 200, "wanted": 0.1}
    assert found["inside"]["share"] == pytest.approx(0.78)
    assert found["inside"]["wanted"] == pytest.approx(0.8)
    # Looked at for 15 days only: p90 lies beyond, and says nothing.
    short = coverage_of(days, np.full(100, 15.0), low, high)
    assert short["before_p10"] == found["before_p10"]
    assert (short["after_p90"]["share"], short["coverage"]["share"]) == (None, None)
    # A p90 later than the longest horizon: nothing to hold it to, and less to be found inside.
    later = coverage_of(days, whole, low, np.full(100, np.nan))
    assert later["coverage"]["share"] is None
    assert later["inside"]["wanted"] == pytest.approx(0.5)


def test_nothing_is_learnt_from_what_came_after_the_test_cutoff(world: World, tested: pa.Table) -> None:
    rows = world(customers=400, weekends=True)
    first = newest_test_cutoffs(rows, CONTRACT, 2)[0]
    rows.panel.x[rows.panel.cutoff_us > first] *= -1
    again = out_of_time(rows, CONTRACT, QUICK, "5k", [first]).to_pandas()
    before = tested.to_pandas().query("cutoff_us == @first")
    pd.testing.assert_frame_equal(again.reset_index(drop=True), before.reset_index(drop=True))


def test_a_log_too_short_to_judge_gives_an_empty_table(world: World, tested: pa.Table) -> None:
    nothing = out_of_time(world(cutoffs=1), CONTRACT, QUICK, "5k", [])
    assert nothing.schema == tested.schema
    assert judge(nothing, CONTRACT, SETTINGS, PHASES) == {}


def test_a_perfect_forecast_is_told_from_one_that_is_too_sure(world: World) -> None:
    rows = world(customers=600)
    whole = rows.take(rows.observed >= 28)
    rate = -np.log(1 - true_probability(whole.panel.x, 1.0))
    levels = [-np.log(1 - level) / rate for level in (0.1, 0.9)]
    levels = [np.where(level < 28, level, np.nan) for level in levels]
    good = coverage_of(whole.days, whole.observed, levels[0], levels[1])
    assert good["coverage"]["share"] == pytest.approx(0.8, abs=0.03)
    sure = coverage_of(whole.days, whole.observed, 2 * levels[0], levels[1] / 2)
    assert sure["coverage"]["share"] < 0.7
