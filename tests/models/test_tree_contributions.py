"""Contributions of trees: by whatever library, they sum to the log-odds and agree."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from models.estimators._base import Rows
from models.estimators.lightgbm import FittedLightGBM, LightGBM
from models.settings import LightGBMSettings, TrainSettings
from models.tree_contributions import fast_explainer, tree_contributions

#: The real library where it is installed.
WAYS = ["lightgbm", *(["woodelf"] if find_spec("woodelf") else [])]


@pytest.fixture(scope="module")
def fitted() -> FittedLightGBM:
    rng = np.random.default_rng(3)
    x = np.round(rng.normal(size=(900, 5)), 2).astype(np.float32)
    y = (x[:, 0] - x[:, 1] * x[:, 2] + 0.5 * rng.normal(size=900) > 0).astype(np.float32)
    settings = TrainSettings(lightgbm=LightGBMSettings(min_child_samples=20, seeds=2))
    found = LightGBM().fit(Rows(x, y, tuple("abcde")), {"rounds": 40}, settings)
    assert isinstance(found, FittedLightGBM)
    return found


def rows(fitted: FittedLightGBM, n: int = 300) -> np.ndarray:
    rng = np.random.default_rng(4)
    return np.round(rng.normal(size=(n, len(fitted.columns))), 2).astype(np.float32)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "lightgbm":
        monkeypatch.setattr("models.tree_contributions.fast_explainer", lambda: None)


@pytest.mark.usefixtures("way")
def test_parts_agree_with_lightgbm_and_sum_to_the_log_odds(fitted: FittedLightGBM) -> None:
    x = rows(fitted)
    parts, rest = tree_contributions(fitted, x)
    exact, base = fitted.contributions(x)
    np.testing.assert_allclose(parts, exact, atol=1e-6)
    np.testing.assert_allclose(rest, base, atol=1e-5)
    np.testing.assert_allclose(parts.sum(axis=1) + rest, fitted.log_odds(x), atol=1e-9)


@pytest.mark.usefixtures("way")
def test_a_row_has_the_same_parts_alone_and_in_company(fitted: FittedLightGBM) -> None:
    x = rows(fitted)
    assert np.array_equal(tree_contributions(fitted, x)[0][7:8], tree_contributions(fitted, x[7:8])[0])


@pytest.mark.usefixtures("way")
def test_no_rows_and_missing_values_are_no_trouble(fitted: FittedLightGBM) -> None:
    assert tree_contributions(fitted, rows(fitted, 0))[0].shape == (0, len(fitted.columns))
    x = rows(fitted)
    x[3, 0] = np.nan
    parts, rest = tree_contributions(fitted, x)
    np.testing.assert_allclose(parts.sum(axis=1) + rest, fitted.log_odds(x), atol=1e-9)


def test_a_fast_library_is_used_once_per_booster_with_unrounded_values(fitted: FittedLightGBM) -> None:
    seen: list[Any] = []

    class Fast:
        def __init__(self, booster: Any) -> None:
            self.booster = booster

        def shap_values(self, frame: Any, verbose: bool) -> Any:
            seen.append((frame.to_numpy().dtype, list(frame.columns), verbose))
            return np.asarray(self.booster.predict(frame.to_numpy(), pred_contrib=True))[:, :-1].astype(
                np.float32
            )

    parts, rest = tree_contributions(fitted, rows(fitted), Fast)
    assert seen == [(np.dtype(np.float64), list(fitted.columns), False)] * 2
    np.testing.assert_allclose(parts.sum(axis=1) + rest, fitted.log_odds(rows(fitted)), atol=1e-9)


def test_a_library_that_does_not_load_is_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    fast_explainer.cache_clear()
    monkeypatch.setitem(sys.modules, "woodelf", None)
    assert fast_explainer() is None
    fast_explainer.cache_clear()
