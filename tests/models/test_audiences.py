from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.audiences import band_lifts
from models.settings import EvaluationSettings

SETTINGS = EvaluationSettings(resamples=100)


def judged(customers: int = 900, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Two cutoffs of one phase; of the high band four in ten have the outcome, of the others one in ten."""
    rng = np.random.default_rng(seed)
    customer = np.tile(np.arange(customers), 2)
    band = np.where(customer % 3 == 0, "high", np.where(customer % 3 == 1, "medium", "low")).astype(object)
    y = rng.random(len(customer)) < np.where(band == "high", 0.4, 0.1)
    return pd.DataFrame({"customer_id": customer, "phase": "decision", "y": y.astype(float)}), band


def test_the_interval_of_a_band_holds_what_is_true_about_as_often_as_it_says() -> None:
    held = []
    for seed in range(60):
        found = band_lifts(*judged(seed=seed), SETTINGS)["decision", "high"]
        held.append(found.low <= 0.4 / 0.2 <= found.high)
    assert 0.85 <= np.mean(held) <= 1


def test_the_order_of_rows_does_not_matter() -> None:
    rows, band = judged()
    mixed = np.random.default_rng(3).permutation(len(rows))
    assert band_lifts(rows, band, SETTINGS) == band_lifts(rows.iloc[mixed], band[mixed], SETTINGS)


def test_a_small_or_one_sided_group_has_a_note_and_no_lift() -> None:
    rows, band = judged()
    rows.loc[band == "low", "y"] = 0.0
    few = (band == "medium") & (rows["customer_id"] > 90)
    found = band_lifts(rows[~few], band[~few], SETTINGS)
    small, sided, other = (found["decision", name] for name in ("medium", "low", "high"))
    assert small.note == "too small: 30 customers < min_cell 100" and np.isnan(small.lift)
    assert sided.note == "too few with outcome 1: 0 < 10" and sided.rate == 0 and np.isnan(sided.lift)
    kept = rows[~few]
    assert other.lift == pytest.approx(kept["y"][band[~few] == "high"].mean() / kept["y"].mean())


def test_nothing_judged_gives_nothing() -> None:
    rows, band = judged()
    assert band_lifts(rows.iloc[:0], band[:0], SETTINGS) == {}
