from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.category_pairs.crowd import Crowd
from features.category_pairs.kernel import Asked, Pairs
from features.category_pairs.table import by_frequency, by_popularity
from features.contract import DAY_US
from features.errors import InputError
from models.next_category.bundle import FREQUENCY, MODEL, CategoryModel, load, predicted, save, save_refusal
from models.next_category.judging import judge, out_of_time
from models.next_category.learning import learn
from models.next_category.metrics import ndcg
from models.settings import EvaluationSettings
from tests.models.next_category.conftest import HORIZON, NOW, QUICK, STEP

World = Callable[..., tuple[dict[int, Pairs], dict[int, Crowd]]]
TEST = NOW - HORIZON * DAY_US
JUDGED = EvaluationSettings(resamples=40, min_cell=20)


@pytest.fixture(scope="module")
def learned(world: World, asked: Asked) -> CategoryModel:
    model, _ = learn(*world(), asked, QUICK, TEST)
    assert model is not None
    return model


def test_what_can_be_known_is_learnt(world: World, learned: CategoryModel) -> None:
    pairs, crowds = world()
    later, crowd = pairs[TEST], crowds[TEST]
    relevant, every = later.bought > 0, np.ones_like(later.new)
    p = learned.probabilities(later)
    own, ours, popular = (
        np.nanmean(ndcg(scores, relevant, every))
        for scores in (by_frequency(later, crowd), p, by_popularity(later, crowd))
    )
    assert ours > own - 0.02
    assert ours > popular + 0.05
    # The probabilities are of buying within the horizon, so they add up to what is bought.
    assert abs(p.sum() / relevant.sum() - 1) < 0.25
    assert ((p > 0) & (p < 1)).all()


def test_rows_that_had_not_matured_change_nothing(world: World, asked: Asked) -> None:
    pairs, crowds = world()
    known = NOW - (HORIZON + STEP) * DAY_US
    other = {
        cutoff: replace(one, bought=1 - one.bought, own=one.own + 3)
        if cutoff + HORIZON * DAY_US > known
        else one
        for cutoff, one in pairs.items()
    }
    (one, record), (two, again) = (learn(rows, crowds, asked, QUICK, known) for rows in (pairs, other))
    assert record == again
    assert one is not None and two is not None
    assert (
        predicted(one.trees, pairs[TEST], crowds[TEST]).tobytes()
        == predicted(two.trees, pairs[TEST], crowds[TEST]).tobytes()
    )
    assert max(record["training_cutoffs_us"]) + HORIZON * DAY_US <= known


def test_the_validation_cutoff_lies_a_horizon_after_those_fitted_on(world: World, asked: Asked) -> None:
    pairs, crowds = world()
    two = sorted(pairs)[:2]
    near = {two[0]: pairs[two[0]], two[0] + 7 * DAY_US: replace(pairs[two[1]], cutoff_us=two[0] + 7 * DAY_US)}
    model, record = learn(near, crowds | {TEST: crowds[TEST]}, asked, QUICK, TEST)
    assert model is None
    assert record["reason"].startswith("not eligible: next_category: 2 cutoff(s) leave none to fit on")


def test_too_little_is_said(world: World, asked: Asked) -> None:
    pairs, crowds = world(customers=4)
    model, record = learn(pairs, crowds, asked, QUICK, TEST)
    assert model is None
    assert "positives" in record["reason"]
    one_word = replace(asked, context=("tea",), top=1)
    assert "1 categories" in learn(pairs, crowds, one_word, QUICK, TEST)[1]["reason"]
    assert learn({}, {}, asked, QUICK, TEST)[0] is None


def test_saved_and_loaded_it_predicts_the_same_bits(
    world: World, learned: CategoryModel, tmp_path: Path
) -> None:
    pairs, _ = world()
    save(learned, tmp_path)
    again = load(tmp_path)
    assert again is not None
    assert again.probabilities(pairs[TEST]).tobytes() == learned.probabilities(pairs[TEST]).tobytes()
    assert (again.contract, again.categories, again.ranked_by) == (
        learned.contract, learned.categories, learned.ranked_by,
    )  # fmt: skip
    assert not list(tmp_path.glob("*.pkl"))


def test_a_refusal_is_kept_and_a_missing_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="klantreis train next_category"):
        load(tmp_path)
    save_refusal("not eligible: no categories", tmp_path)
    assert load(tmp_path) is None


def test_own_frequency_orders_where_it_ranks_as_well(world: World, learned: CategoryModel) -> None:
    later = world()[0][TEST]
    p = learned.probabilities(later)
    by_own = replace(learned, ranked_by={"all": FREQUENCY, "new": MODEL})
    assert np.array_equal(by_own.order(later, p, "all"), by_frequency(later, learned.crowd))
    assert by_own.order(later, p, "new") is p


def test_judged_beside_own_frequency(world: World, learned: CategoryModel, asked: Asked) -> None:
    pairs, crowds = world()
    phases = asked.plan.journey.phase_keys
    model = replace(learned, ranked_by={"all": MODEL, "new": MODEL})
    table = out_of_time(pairs, crowds, {TEST: model, NOW: model, min(pairs): None}, phases)
    # The label of the present is not known, and a cutoff without a model says nothing.
    assert set(table["cutoff_us"].to_pylist()) == {TEST}
    found = judge(table, JUDGED, phases)
    later = pairs[TEST]
    every = np.ones_like(later.new)
    own = np.nanmean(ndcg(by_frequency(later, crowds[TEST]), later.bought > 0, every))
    cell = found["all"]["all"]
    assert cell["ndcg5"]["own_frequency"] == pytest.approx(own)
    assert cell["ndcg5"]["gain"] == pytest.approx(cell["ndcg5"]["model"] - own)
    assert cell["ndcg5"]["gain_low"] < cell["ndcg5"]["gain"] < cell["ndcg5"]["gain_high"]
    assert cell["judged"] == int((later.bought > 0).any(axis=1).sum())
    assert cell["bought"] == pytest.approx(later.bought.sum(axis=1).mean())
    assert found["all"]["rows"] == sum(found[phase]["rows"] for phase in phases if phase in found)
    small = judge(table, JUDGED.model_copy(update={"min_cell": 10_000}), phases)
    assert small["all"]["new"]["hit3"]["gain_low"] is None
    assert judge(table.slice(0, 0), JUDGED, phases) == {}
