"""Rows prepared once: the same models as when each label prepares them for itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.timing.fitting import SharedRows
from models.timing.rows import TimingRows
from tests.models.timing.conftest import HORIZONS, QUICK


def test_models_fitted_together_are_those_fitted_alone(world: Callable[..., TimingRows]) -> None:
    rows = world(customers=150)
    together = SharedRows(rows.panel.x, rows.panel.columns, QUICK)
    for days in HORIZONS:
        known = rows.observed >= days
        alone = SharedRows(rows.panel.x, rows.panel.columns, QUICK)
        for kind, setting in (("lightgbm", 20.0), ("logistic", 30.0)):
            p, q = (
                one.fitted(kind, setting, known, rows.ordered(days)).predict(one.x)
                for one in (together, alone)
            )
            assert (p == q).all()


def test_columns_that_tell_nothing_apart_are_left_out() -> None:
    x = np.zeros((50, 2), dtype=np.float32)
    x[:, 1] = np.nan
    shared = SharedRows(x, ("a", "b"), QUICK)
    everybody, y = np.ones(50, dtype=np.bool_), np.repeat([0, 1], 25).astype(np.float32)
    assert shared.columns == ()
    found = shared.tried(everybody, everybody, y)
    for kind, by_setting in found.items():
        for setting, p in by_setting.items():
            assert np.allclose(p, 0.5)
            fitted = shared.fitted(kind, setting, everybody, y)
            assert np.allclose(fitted.predict(shared.x), 0.5)
