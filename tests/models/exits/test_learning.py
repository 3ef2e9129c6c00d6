from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.contract import DAY_US
from features.errors import InputError
from models.exits.bundle import MODEL, SHARES, load, save
from models.exits.learning import learn, split_in_time
from models.exits.probabilities import losses
from models.exits.serving import exit_probabilities
from models.panel import Panel
from tests.models.exits.conftest import CONTRACT, PHASES, QUICK, true_probabilities

NOW = 8 * 14 * DAY_US
World = Callable[..., Panel]


def test_what_can_be_known_is_learnt(world: World) -> None:
    model, record = learn(world(), CONTRACT, QUICK, NOW, "5k")
    fresh = world(seed=9).take(world(seed=9).population)
    y = fresh.y.astype(int)
    p = model.predict(fresh.x, fresh.columns, fresh.phase)
    own = losses(p, y).mean()
    assert own < losses(model.shares[fresh.phase], y).mean() - 0.1
    assert own < losses(true_probabilities(fresh), y).mean() + 0.03
    assert set(model.serves.values()) == {MODEL}
    assert {one["candidate"] for one in record["compared"]} == {
        "pooled logistic", "pooled lightgbm", "pooled blend",
    }  # fmt: skip


def test_where_there_is_nothing_to_know_the_shares_serve(world: World) -> None:
    by = []
    for seed in range(6):
        model, record = learn(world(customers=150, strength=0.0, seed=seed), CONTRACT, QUICK, NOW, "5k")
        assert {phase: one["serves"] for phase, one in record["phases"].items()} == model.serves
        by += model.serves.values()
    # Within one standard error of nothing one phase in six would still be given a model by chance.
    assert by.count(SHARES) >= 12


def test_probabilities_are_one_together_and_none_for_what_cannot_happen(world: World) -> None:
    panel = world()
    model, _ = learn(panel, CONTRACT, QUICK, NOW, "5k")
    p = model.predict(panel.x, panel.columns, panel.phase)
    assert (p.sum(axis=1) == 1.0).all()
    assert (p[panel.in_phase("kijk"), 2] == 0).all()
    assert (p[panel.in_phase("koester"), 0] == 0).all()


def test_rows_that_had_not_matured_change_nothing(world: World) -> None:
    panel, known = world(), 6 * 14 * DAY_US
    other = replace(panel, y=panel.y.copy(), x=panel.x.copy())
    late = panel.cutoff_us + 14 * DAY_US > known
    other.y[late] = 3 - other.y[late]
    other.x[late] += 5
    (one, record), (two, same) = (learn(rows, CONTRACT, QUICK, known, "5k") for rows in (panel, other))
    assert record == same
    assert (one.predict(panel.x, panel.columns, panel.phase)
            == two.predict(panel.x, panel.columns, panel.phase)).all()  # fmt: skip


def test_a_short_log_falls_back_and_says_so(world: World) -> None:
    model, record = learn(world(cutoffs=1), CONTRACT, QUICK, 14 * DAY_US, "5k")
    assert record["reason"].startswith("not eligible: no earlier cutoff lies 14 days before the newest")
    assert set(model.serves.values()) == {SHARES}
    assert not model.members
    nobody, _ = learn(world(), CONTRACT, QUICK, 0, "5k")
    panel = world()
    assert (nobody.predict(panel.x, panel.columns, panel.phase).sum(axis=1) == 1.0).all()


@pytest.mark.parametrize("weights", ["pooled logistic", "pooled lightgbm", "blend"])
def test_saved_and_loaded_it_predicts_the_same_bits(world: World, tmp_path: Path, weights: str) -> None:
    panel = world()
    # A margin below 0 or very wide steers the choice: what is tested is the files.
    margin = {"pooled logistic": 1e6, "pooled lightgbm": 0.0, "blend": 0.0}[weights]
    model, _ = learn(panel, CONTRACT, QUICK.model_copy(update={"margin": margin}), NOW, "5k")
    save(model, tmp_path)
    again = load(tmp_path)
    first = model.predict(panel.x, panel.columns, panel.phase)
    assert (first == again.predict(panel.x[:, ::-1], panel.columns[::-1], panel.phase)).all()
    save(again, tmp_path)
    assert (first == load(tmp_path).predict(panel.x, panel.columns, panel.phase)).all()
    served = exit_probabilities(panel, tmp_path)
    assert np.isnan(served["p_leave"][panel.in_phase("dormant")]).all()
    assert not np.isnan(served["p_leave"][~panel.in_phase("dormant")]).any()


def test_two_runs_write_the_same_bytes(world: World, tmp_path: Path) -> None:
    written = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        save(learn(world(), CONTRACT, QUICK, NOW, "5k")[0], tmp_path / run)
        written.append({path.name: path.read_bytes() for path in sorted((tmp_path / run).iterdir())})
    assert written[0] == written[1]


def test_a_missing_column_or_model_is_named(world: World, tmp_path: Path) -> None:
    panel = world()
    model, _ = learn(panel, CONTRACT, QUICK, NOW, "5k")
    with pytest.raises(InputError, match="needs column 'a'"):
        model.predict(panel.x[:, 1:], panel.columns[1:], panel.phase)
    with pytest.raises(InputError, match="klantreis train exits"):
        load(tmp_path)


def test_the_split_leaves_a_gap_twice() -> None:
    cutoffs = np.arange(6, dtype=np.int64) * 7 * DAY_US
    split = split_in_time(cutoffs, CONTRACT)
    assert split is not None
    days = cutoffs // DAY_US
    assert days[split.fit].tolist() == [0, 7]
    assert days[split.later].tolist() == [21, 35]
    assert days[split.newest_of_later].tolist() == [35]
    assert split_in_time(cutoffs[:2], CONTRACT) is None


def test_a_draw_keeps_whole_customers(world: World) -> None:
    panel = world()
    some = panel.drawn(800, QUICK.seed)
    assert 700 < len(some) <= 800
    assert set(np.unique(some.customer_id, return_counts=True)[1].tolist()) == {8}
    assert panel.drawn(QUICK.max_rows, QUICK.seed) is panel
    assert some.phases == PHASES
