from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.category_pairs.crowd import Crowd
from features.category_pairs.kernel import Asked, Pairs
from features.contract import DAY_US
from features.plan import Plan
from features.settings import EngineSettings
from models.next_category.bundle import CategoryModel, save, save_refusal
from models.next_category.learning import learn
from models.next_category.serving import NEXT, for_customers, of_batches, predict
from tests.models.next_category.conftest import CATEGORIES, NOW, QUICK, shop

World = Callable[..., tuple[dict[int, Pairs], dict[int, Crowd]]]
ENGINE = EngineSettings(threads=1)


@pytest.fixture(scope="module")
def model(world: World, asked: Asked) -> CategoryModel:
    model, _ = learn(*world(), asked, QUICK, NOW)
    assert model is not None
    return model


def test_known_and_new_categories_in_words(world: World, model: CategoryModel, plan: Plan) -> None:
    pairs = world()[0][NOW]
    table = of_batches(model, [shop()], plan, QUICK, ENGINE)
    assert table.schema == NEXT
    assert table["customer_id"].to_pylist() == pairs.customer_id.tolist()
    assert len(table) < 250  # who bought nothing lately is not in the population
    p = model.probabilities(pairs)
    for place, words in enumerate(table["next_categories"].to_pylist()):
        new = dict(zip(CATEGORIES, pairs.new[place].tolist(), strict=True))
        told = [word.split(" ") for word in words]
        assert sum(len(one) == 2 for one in told) == min(3, sum(not value for value in new.values()))
        assert sum(len(one) == 3 for one in told) == min(2, sum(new.values()))
        for category, chance, *rest in told:
            assert new[category] == (rest == ["new"])
            assert chance == f"{p[place, CATEGORIES.index(category)]:.2f}"


def test_batches_change_no_word(model: CategoryModel, plan: Plan) -> None:
    events = shop()
    person = events["person_id"].to_numpy()
    parts = [events.filter(pa.array(person % 3 == rest)) for rest in (2, 0, 1)]
    whole, split = (of_batches(model, batches, plan, QUICK, ENGINE) for batches in ([events], parts))
    assert whole.equals(split)


def test_from_the_saved_model(model: CategoryModel, plan: Plan, tmp_path: Path) -> None:
    pq.write_table(shop(), tmp_path / "events.parquet")
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    save(model, artifacts)
    found = predict(artifacts, tmp_path / "events.parquet", plan, QUICK, ENGINE, tmp_path)
    assert found.equals(of_batches(model, [shop()], plan, QUICK, ENGINE))
    some = found["customer_id"].to_numpy()[[4, 1]]
    words = for_customers(found, np.append(some, 10**9))
    assert words[:2] == [found["next_categories"].to_pylist()[4], found["next_categories"].to_pylist()[1]]
    assert words[2] is None
    # A moment of scoring before anybody bought: nobody is named, nothing breaks.
    early = plan.model_copy(update={"as_of_us": DAY_US * 0})
    assert len(predict(artifacts, tmp_path / "events.parquet", early, QUICK, ENGINE, tmp_path)) == 0
    save_refusal("not eligible: too few", artifacts)
    nothing = predict(artifacts, tmp_path / "events.parquet", plan, QUICK, ENGINE, tmp_path)
    assert nothing.schema == NEXT
    assert for_customers(nothing, some) == [None, None]
