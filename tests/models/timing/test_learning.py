from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.contract import DAY_US
from features.errors import InputError
from models.timing.bundle import load, save
from models.timing.learning import learn
from models.timing.rows import TimingRows
from models.timing.serving import files, predict
from tests.models.timing.conftest import CONTRACT, HORIZONS, NOW, QUICK, STEP, true_probability

World = Callable[..., TimingRows]


def test_what_can_be_known_is_learnt(world: World) -> None:
    # Trees enough: within noise the mean of both kinds serves.
    trees = QUICK.lightgbm.model_copy(update={"learning_rate": 0.1, "max_rounds": 80, "patience": 20})
    enough = QUICK.model_copy(update={"lightgbm": trees})
    model, record = learn(world(customers=900), CONTRACT, enough, NOW, "5k")
    fresh = world(seed=9).panel
    timing = model.predict(fresh.x, fresh.columns)
    assert model.horizons_days == HORIZONS
    assert not model.left_out
    for place, days in enumerate(HORIZONS):
        assert np.abs(timing.ordered[:, place] - true_probability(fresh.x, days)).mean() < 0.05
    assert (np.diff(timing.ordered, axis=1) >= 0).all()
    assert (timing.left >= 0).all()
    assert (timing.left + timing.ordered[:, -1] <= 1).all()
    assert {one["candidate"] for one in record["compared"]} == {
        "pooled logistic", "pooled lightgbm", "pooled blend",
    }  # fmt: skip


def test_how_orders_spread_over_the_week_is_chosen_by_what_was_seen(world: World) -> None:
    _, weekends = learn(world(customers=400, weekends=True), CONTRACT, QUICK, NOW, "5k")
    assert weekends["days_between"]["kind"] == "seen"
    _, steady = learn(world(customers=400), CONTRACT, QUICK.model_copy(update={"margin": 2.0}), NOW, "5k")
    assert steady["days_between"]["kind"] != "seen"


def test_what_was_not_known_changes_nothing(world: World) -> None:
    """Of a window that was not over only its past is read: an order after the moment of learning, and who left."""
    rows, known_at = world(customers=500), 9 * STEP * DAY_US
    passed = (known_at - rows.panel.cutoff_us) // DAY_US
    later = (rows.days < 0) | (rows.days >= np.maximum(passed, 0))
    whole = passed >= HORIZONS[-1]
    future = replace(
        rows,
        days=np.where(later & ~whole, np.maximum(passed, 0) + 0.5, rows.days),
        left=np.where(whole, rows.left, 0.0),
        observed=np.where(passed < HORIZONS[-1], HORIZONS[-1], rows.observed),
    )
    future.panel.x[passed < HORIZONS[0]] += 3
    rows = world(customers=500)
    (one, record), (two, same) = (learn(each, CONTRACT, QUICK, known_at, "5k") for each in (rows, future))
    assert record == same
    first, second = (model.predict(rows.panel.x, rows.panel.columns) for model in (one, two))
    assert (first.ordered == second.ordered).all()
    assert (first.left == second.left).all()


def test_a_horizon_that_cannot_be_judged_is_left_out_with_a_reason(world: World, tmp_path: Path) -> None:
    model, record = learn(world(), CONTRACT, QUICK, 5 * STEP * DAY_US, "5k")
    assert model.horizons_days == (7, 14)
    assert model.left_out[28].startswith("not eligible: no earlier cutoff lies 28 days before the newest")
    assert record["horizons"]["28"]["eligible"] is False
    save(model, tmp_path)
    panel = world().panel
    found = predict(tmp_path, panel)
    assert np.isnan(found["p_order_28d"]).all()
    assert np.isnan(found["p_left_28d"]).all()
    awake = ~panel.in_phase("dormant")
    assert not np.isnan(found["p_order_14d"][awake]).any()
    assert np.isnan(found["p_order_14d"][~awake]).all()


@pytest.mark.parametrize("what", ["nobody", "one customer", "one class", "constant"])
def test_thin_data_never_crashes(world: World, tmp_path: Path, what: str) -> None:
    rows = world(customers=1 if what == "one customer" else 120)
    if what == "one class":
        rows = replace(rows, days=np.full(len(rows), -1.0))
    if what == "constant":
        rows.panel.x[:] = 0
    model, record = learn(rows, CONTRACT, QUICK, 0 if what == "nobody" else NOW, "5k")
    save(model, tmp_path)
    found = predict(tmp_path, rows.panel)
    if what == "constant":
        awake = ~rows.panel.in_phase("dormant")
        assert 0.2 < found["p_order_7d"][awake].mean() < 0.5
        assert np.ptp(found["p_order_7d"][awake]) == 0
    else:
        assert set(model.left_out) == set(HORIZONS)
        assert all(np.isnan(one).all() for one in found.values())
        assert record["reason"].startswith("not eligible")


def test_saved_and_loaded_it_predicts_the_same_bits_in_any_order(world: World, tmp_path: Path) -> None:
    panel = world().panel
    written = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        model, _ = learn(world(), CONTRACT, QUICK, NOW, "5k")
        save(model, tmp_path / run)
        written.append([path.read_bytes() for path in files(tmp_path / run)])
    assert written[0] == written[1]
    assert len(written[0]) >= 2 * len(HORIZONS)
    first = model.predict(panel.x, panel.columns)
    again = load(tmp_path / "one").predict(panel.x[::-1, ::-1], panel.columns[::-1])
    assert (first.ordered == again.ordered[::-1]).all()
    assert np.array_equal(first.quantiles, again.quantiles[::-1], equal_nan=True)
    assert (first.left == again.left[::-1]).all()


def test_a_missing_column_or_model_is_named(world: World, tmp_path: Path) -> None:
    panel = world().panel
    model, _ = learn(world(), CONTRACT, QUICK, NOW, "5k")
    with pytest.raises(InputError, match="'a'"):
        model.predict(panel.x[:, 1:], panel.columns[1:])
    with pytest.raises(InputError, match="klantreis train timing"):
        load(tmp_path)


def test_the_gap_is_part_of_the_days(world: World) -> None:
    wide = CONTRACT.model_copy(update={"gap_days": 2})
    near, _ = learn(world(), CONTRACT, QUICK, NOW, "5k")
    panel = world().panel
    far = replace(near, contract=wide)
    q, later = near.predict(panel.x, panel.columns).quantiles, far.predict(panel.x, panel.columns).quantiles
    assert np.array_equal(later, q + 2, equal_nan=True)


def test_a_draw_keeps_whole_customers(world: World) -> None:
    rows = world()
    among = rows.panel.phase < 2
    some = rows.drawn(1000, QUICK.seed, among)
    assert 900 < some.sum() <= 1000
    assert not (some & ~among).any()
    chosen = np.isin(rows.panel.customer_id, rows.panel.customer_id[some])
    assert (some == (chosen & among)).all()
    assert rows.drawn(10_000, QUICK.seed, among) is among
