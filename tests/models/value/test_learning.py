from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.contract import DAY_US
from features.errors import InputError
from models.panel import Panel
from models.value.bundle import estimators, load, save
from models.value.deviance import deviances
from models.value.learning import learn
from models.value.serving import MODEL, model_files, predict
from models.value.settings import ValueSettings
from tests.models.value.conftest import CONTRACT, PHASES, QUICK, truth

NOW = 8 * 14 * DAY_US
World = Callable[..., Panel]


def alone(name: str) -> ValueSettings:
    return QUICK.model_copy(update={"estimators": (name,), "separate_phases": False, "margin": 0.0})


def of_the_living(panel: Panel) -> Panel:
    return panel.take(~panel.in_phase("dormant"))


@pytest.mark.parametrize("name", ["linear", "tweedie", "trees"])
def test_every_estimator_learns_what_can_be_known(world: World, name: str) -> None:
    model, record = learn(world(customers=600), CONTRACT, alone(name), NOW, "5k")
    assert record["candidate"] == f"pooled {name}"
    fresh = of_the_living(world(customers=600, seed=9))
    said, true, y = model.predict(fresh), truth(fresh), fresh.y.astype(np.float64)
    assert np.corrcoef(np.sqrt(said), np.sqrt(true))[0, 1] > 0.9
    assert said.sum() / true.sum() == pytest.approx(1.0, abs=0.08)
    flat = deviances(y, np.full(len(y), y.mean()), y.mean()).mean()
    least = deviances(y, true, y.mean()).mean()
    assert deviances(y, said, y.mean()).mean() - least < 0.2 * (flat - least)


def test_the_choice_is_of_all_kinds_and_explained(world: World) -> None:
    model, record = learn(world(), CONTRACT, QUICK, NOW, "5k")
    assert [one["candidate"] for one in record["compared"]] == [
        "pooled means", "pooled linear", "pooled tweedie", "pooled blend",
    ]  # fmt: skip
    assert record["candidate"] != "pooled means"
    assert record["candidate"] == model.pooled.candidate
    assert set(record["phases"]) == set(PHASES[:-1])
    assert set(model.separate) == {
        phase for phase, one in record["phases"].items() if one["candidate"].startswith("separate")
    }


def test_a_phase_with_laws_of_its_own_gets_its_own_model(world: World) -> None:
    panel = world(customers=1200)
    other = panel.in_phase("koester")
    # Here money is the other way about: who was to bring much brings nothing.
    panel.y[other] = np.where(panel.column("b")[other] < 0, 40.0 - 30.0 * panel.column("b")[other], 0.0)
    straight = alone("linear").model_copy(update={"separate_phases": True})
    model, record = learn(panel, CONTRACT, straight, NOW, "5k")
    assert "koester" in model.separate
    assert record["phases"]["koester"]["candidate"] == "separate linear"
    pooled, _ = learn(panel, CONTRACT, alone("linear"), NOW, "5k")
    rows = panel.take(other)
    y = rows.y.astype(np.float64)
    losses = [deviances(y, one.predict(rows), 20.0).mean() for one in (model, pooled)]
    assert losses[0] < losses[1]


def test_where_there_is_nothing_to_know_the_means_serve(world: World) -> None:
    panel = world(customers=200)
    random = np.random.default_rng(3)
    panel.y[panel.population] = random.permutation(panel.y[panel.population])
    model, record = learn(panel, CONTRACT, QUICK.model_copy(update={"margin": 1.0}), NOW, "5k")
    assert record["candidate"] == "pooled means"
    said = model.predict(of_the_living(panel))
    assert said.max() < 1.5 * said.min()


def test_rows_that_had_not_matured_change_nothing(world: World) -> None:
    panel, known = world(), 6 * 14 * DAY_US
    other = replace(panel, y=panel.y.copy(), x=panel.x.copy())
    late = panel.cutoff_us + 14 * DAY_US > known
    other.y[late] *= 7
    other.x[late] += 5
    (one, record), (two, same) = (learn(rows, CONTRACT, QUICK, known, "5k") for rows in (panel, other))
    assert record == same
    assert np.array_equal(one.predict(panel), two.predict(panel), equal_nan=True)


@pytest.mark.parametrize("name", ["linear", "tweedie", "trees"])
def test_a_currency_with_huge_numbers_changes_nothing_but_the_unit(world: World, name: str) -> None:
    columns = world().columns
    free = [not column.startswith("monetary") for column in columns]
    said = []
    for currency in (1.0, 2.0**20):
        panel = world(currency=currency)
        panel = replace(panel, x=panel.x[:, free], columns=tuple(np.array(columns)[free].tolist()))
        said.append(learn(panel, CONTRACT, alone(name), NOW, "5k")[0].predict(of_the_living(panel)))
    np.testing.assert_allclose(said[1] / 2.0**20, said[0], rtol=1e-6)


def test_net_money_below_zero_is_taken_off(world: World) -> None:
    panel = world(customers=600)
    random = np.random.default_rng(5)
    back = panel.population & (random.random(len(panel)) < 0.25)
    panel.y[back] = -15.0
    model, _ = learn(panel, CONTRACT, QUICK, NOW, "5k")
    living = of_the_living(panel)
    said = model.predict(living)
    assert said.min() >= 0
    assert said.sum() / living.y.sum(dtype=np.float64) == pytest.approx(1.0, abs=0.12)


THIN = {
    "nobody bought": (lambda y: np.where(np.isnan(y), y, 0.0), "0 of the training rows brought money"),
    "more came back than was spent": (lambda y: np.where(y > 0, 1.0, y - 9.0), "what came back is more"),
    "nothing is known": (lambda y: np.full_like(y, np.nan), "no training rows whose label has matured"),
}


@pytest.mark.parametrize("kind", list(THIN))
def test_thin_data_fall_back_and_say_so(world: World, kind: str) -> None:
    panel = world()
    change, reason = THIN[kind]
    panel.y[:] = change(panel.y)
    model, record = learn(panel, CONTRACT, QUICK, NOW, "5k")
    assert record["candidate"] == "pooled means"
    assert not record["eligible"]
    assert record["reason"].startswith(f"not eligible: {reason}")
    assert not any(one["eligible"] for one in record["phases"].values())
    assert (model.predict(of_the_living(panel)) == 0).all()


def test_one_customer_and_constant_money_do_not_crash(world: World) -> None:
    single = world(customers=1)
    model, record = learn(single, CONTRACT, QUICK, NOW, "5k")
    assert record["reason"].startswith("not eligible")
    assert np.isfinite(model.predict(of_the_living(single))).all()
    for name in ("linear", "tweedie", "trees"):
        same = world()
        same.y[same.population] = 12.5
        said = learn(same, CONTRACT, alone(name), NOW, "5k")[0].predict(of_the_living(same))
        np.testing.assert_allclose(said, 12.5, rtol=0.02)
        flat = world()
        flat.y[:] = np.where(flat.y > 0, 12.5, flat.y)
        said = learn(flat, CONTRACT, alone(name), NOW, "5k")[0].predict(of_the_living(flat))
        assert (said >= 0).all()
        # Of who buys it is known that it is 12.5; in one stage the trees may think of more.
        assert (said <= (25 if name == "tweedie" else 12.6)).all()
    empty = world()
    empty.x[:] = 0
    assert np.isfinite(learn(empty, CONTRACT, QUICK, NOW, "5k")[0].predict(of_the_living(empty))).all()


def test_a_log_too_short_to_compare_takes_the_mean_of_all_kinds(world: World) -> None:
    model, record = learn(world(cutoffs=1), CONTRACT, QUICK, 14 * DAY_US, "5k")
    assert record["candidate"] == "pooled blend"
    assert "without comparison: no earlier cutoff lies 14 days before the newest" in record["reason"]
    assert not model.separate


@pytest.mark.parametrize("name", ["linear", "tweedie", "trees", "blend"])
def test_saved_and_loaded_it_predicts_the_same_bits(world: World, tmp_path: Path, name: str) -> None:
    panel = world()
    settings = QUICK if name == "blend" else alone(name)
    cutoffs, now = (1, 14 * DAY_US) if name == "blend" else (8, NOW)
    model, record = learn(world(cutoffs=cutoffs), CONTRACT, settings, now, "5k")
    assert record["candidate"] == f"pooled {name}"
    save(model, tmp_path / MODEL)
    first = model.predict(panel)
    backwards = replace(panel, x=panel.x[:, ::-1], columns=panel.columns[::-1])
    assert np.array_equal(predict(tmp_path, backwards), first, equal_nan=True)
    assert np.isnan(first[panel.in_phase("dormant")]).all()
    assert (first[~panel.in_phase("dormant")] >= 0).all()
    some = np.random.default_rng(2).random(len(panel)) < 0.3
    assert np.array_equal(predict(tmp_path, panel.take(some)), first[some], equal_nan=True)
    save(load(tmp_path / MODEL), tmp_path / "again")
    for path in model_files(tmp_path):
        assert (tmp_path / "again" / path.relative_to(tmp_path / MODEL)).read_bytes() == path.read_bytes()


def test_two_runs_write_the_same_bytes(world: World, tmp_path: Path) -> None:
    written = []
    for run in ("one", "two"):
        save(learn(world(), CONTRACT, QUICK, NOW, "5k")[0], tmp_path / run / MODEL)
        folder = tmp_path / run
        written.append({path.relative_to(folder): path.read_bytes() for path in model_files(folder)})
    assert written[0] == written[1]


def test_mistakes_are_named(world: World, tmp_path: Path) -> None:
    panel = world()
    model, _ = learn(panel, CONTRACT, QUICK, NOW, "5k")
    with pytest.raises(InputError, match="needs column 'a'"):
        model.predict(replace(panel, x=panel.x[:, 1:], columns=panel.columns[1:]))
    with pytest.raises(InputError, match="klantreis train value"):
        predict(tmp_path, panel)
    with pytest.raises(InputError, match=r"value\.estimators in params\.yaml: unknown estimator 'magic'"):
        learn(panel, CONTRACT, alone("magic"), NOW, "5k")
    assert sorted(estimators()) == ["linear", "means", "trees", "tweedie"]
