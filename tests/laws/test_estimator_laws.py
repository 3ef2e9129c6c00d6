"""Laws that hold for every registered estimator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.bundle import estimators
from models.estimators._base import Estimator, Rows, log_losses
from models.settings import LightGBMSettings, TrainSettings

SETTINGS = TrainSettings(num_threads=1, lightgbm=LightGBMSettings(max_rounds=60, patience=10, seeds=2))
COLUMNS = ("recency", "orders", "value", "constant", "missing")


def rows_of(n: int, seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    x = np.abs(rng.normal(size=(n, len(COLUMNS)))).astype(np.float32) * np.float32(40)
    x[:, 3] = 5
    y = (rng.random(n) < 1 / (1 + np.exp(1.5 - x[:, 0] / 20))).astype(np.float32)
    return Rows(x, y, COLUMNS)


@pytest.fixture(params=sorted(estimators()))
def estimator(request: pytest.FixtureRequest) -> Estimator:
    return estimators()[request.param]


def fitted_p(estimator: Estimator, rows: Rows, on: Rows | None = None) -> np.ndarray:
    fitted = estimator.fit(rows, estimator.defaults(SETTINGS), SETTINGS)
    position = [COLUMNS.index(name) for name in fitted.columns]
    return fitted.predict((on or rows).x[:, position])


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_predictions_are_probabilities(estimator: Estimator) -> None:
    p = fitted_p(estimator, rows_of(500), rows_of(200, seed=1))
    assert p.shape == (200,)
    assert p.dtype == np.float64
    assert ((p > 0) & (p < 1)).all()


def test_two_fits_give_the_same_bytes(estimator: Estimator, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        estimator.fit(rows_of(500), estimator.defaults(SETTINGS), SETTINGS).to_files(tmp_path / name)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_the_number_of_threads_changes_no_byte(estimator: Estimator, tmp_path: Path) -> None:
    for threads in (1, 2):
        settings = SETTINGS.model_copy(update={"num_threads": threads})
        (tmp_path / str(threads)).mkdir()
        # Few rounds: two threads wait for each other on a busy machine.
        tuned = {**estimator.defaults(settings), "rounds": 8.0}
        estimator.fit(rows_of(500), tuned, settings).to_files(tmp_path / str(threads))
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_loading_changes_no_bit_and_files_are_text(estimator: Estimator, tmp_path: Path) -> None:
    rows, later = rows_of(500), rows_of(300, seed=1)
    fitted = estimator.fit(rows, estimator.defaults(SETTINGS), SETTINGS)
    fitted.to_files(tmp_path)
    loaded = estimator.from_files(tmp_path)
    position = [COLUMNS.index(name) for name in fitted.columns]
    assert loaded.columns == fitted.columns
    assert np.array_equal(loaded.predict(later.x[:, position]), fitted.predict(later.x[:, position]))
    assert {path.suffix for path in tmp_path.iterdir()} <= {".json", ".txt"}
    for content in files(tmp_path).values():
        content.decode("utf-8")


def test_a_row_is_predicted_alike_alone_and_in_any_batch(estimator: Estimator) -> None:
    rows = rows_of(700)
    fitted = estimator.fit(rows, estimator.defaults(SETTINGS), SETTINGS)
    x = rows.x[:, [COLUMNS.index(name) for name in fitted.columns]]
    whole = fitted.predict(x)
    order = np.random.default_rng(5).permutation(len(x))
    assert np.array_equal(fitted.predict(x[order]), whole[order])
    for start, stop in ((0, 1), (3, 10), (13, 700)):
        assert np.array_equal(fitted.predict(x[start:stop]), whole[start:stop])


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_gives_a_rate_inside_the_edges(estimator: Estimator, label: float) -> None:
    rows = rows_of(200)
    p = fitted_p(estimator, Rows(rows.x, np.full(200, label, np.float32), COLUMNS))
    assert np.allclose(p, (200 * label + 1) / 202)


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_a_handful_of_rows_is_no_crash(estimator: Estimator, n: int) -> None:
    p = fitted_p(estimator, rows_of(n), rows_of(50, seed=1))
    assert ((p > 0) & (p < 1)).all()


def test_constant_columns_leave_the_rate(estimator: Estimator) -> None:
    y = np.array([1, 0, 0, 0] * 50, np.float32)
    p = fitted_p(estimator, Rows(np.full((200, len(COLUMNS)), 3, np.float32), y, COLUMNS))
    assert np.allclose(p, 0.25, atol=0.01)


def test_a_column_constant_in_training_is_not_used(estimator: Estimator) -> None:
    fitted = estimator.fit(rows_of(500), estimator.defaults(SETTINGS), SETTINGS)
    assert "constant" not in fitted.columns


def test_missing_and_endless_values_are_no_crash(estimator: Estimator) -> None:
    rows = rows_of(500)
    rows.x[::7, 0] = np.nan
    rows.x[::11, 1] = np.inf
    rows.x[:, 4] = np.nan
    p = fitted_p(estimator, rows)
    assert np.isfinite(p).all()


def test_tuning_predicts_the_later_rows(estimator: Estimator) -> None:
    earlier, later = rows_of(800), rows_of(300, seed=1)
    tuned, p = estimator.tune(earlier, later, SETTINGS)
    assert p.shape == (300,)
    assert tuned["loss"] == pytest.approx(log_losses(later.y, p).mean())


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_tuning_on_one_class_is_no_crash(estimator: Estimator, label: float) -> None:
    rows, later = rows_of(100), rows_of(50, seed=1)
    _, p = estimator.tune(Rows(rows.x, np.full(100, label, np.float32), COLUMNS), later, SETTINGS)
    assert np.isfinite(p).all()


def test_it_learns_what_there_is_to_learn() -> None:
    earlier, later = rows_of(4000), rows_of(2000, seed=1)
    rate = log_losses(later.y, fitted_p(estimators()["base_rate"], earlier, later)).mean()
    for name in sorted(set(estimators()) - {"base_rate"}):
        assert log_losses(later.y, fitted_p(estimators()[name], earlier, later)).mean() < rate - 0.02


def test_more_rows_lower_the_loss_and_few_can_be_learnt_by_heart() -> None:
    later = rows_of(3000, seed=1)
    heart = TrainSettings(
        num_threads=1,
        lightgbm=LightGBMSettings(
            min_child_samples=1, lambda_l2=0.0, bagging_fraction=0.99, learning_rate=0.2
        ),
    )
    for name in sorted(set(estimators()) - {"base_rate"}):
        few = log_losses(later.y, fitted_p(estimators()[name], rows_of(60), later)).mean()
        many = log_losses(later.y, fitted_p(estimators()[name], rows_of(6000), later)).mean()
        assert many < few
    small = rows_of(40)
    fitted = estimators()["lightgbm"].fit(small, {"rounds": 300.0}, heart)
    x = small.x[:, [COLUMNS.index(name) for name in fitted.columns]]
    assert log_losses(small.y, fitted.predict(x)).mean() < 0.05
