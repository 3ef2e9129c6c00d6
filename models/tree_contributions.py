"""Exact contributions of boosted trees: by woodelf where it is installed, else by LightGBM itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.estimators._base import Floats

if TYPE_CHECKING:
    from models.estimators.lightgbm import FittedLightGBM


@cache
def fast_explainer() -> Any | None:
    """Give woodelf's explainer (the extra explain of klantreis); None where it is not installed or does not load."""
    try:
        from woodelf import WoodelfExplainer
    except (
        Exception
    ):  # it leans on treelite, a compiled library: whatever goes wrong there, LightGBM can do it too
        return None
    return WoodelfExplainer


def tree_contributions(
    fitted: FittedLightGBM, x: npt.NDArray[np.float32], explainer: Any | None = None
) -> tuple[Floats, Floats]:
    """Split the log-odds of boosted trees per row; both ways give the same to 1e-6.

    Parameters
    ----------
    fitted : FittedLightGBM
        Boosters that are averaged.
    x : float32 array, shape (n, len(fitted.columns))
        One row per customer.
    explainer : class, optional
        Woodelf's; left out: what `fast_explainer` finds.

    Returns
    -------
    tuple of (float array (n, len(fitted.columns)), float array (n,))
        Parts per column, and the rest, so that they sum to the log-odds.

    References
    ----------
    Lundberg et al. (2020), From local explanations to global understanding with explainable AI for trees,
    Nature Machine Intelligence 2.
    Nadel and Wettenstein (2026), From decision trees to boolean logic: a fast and unified SHAP algorithm, AAAI.
    """
    if not len(x):
        return np.zeros(x.shape), np.zeros(0)
    found = explainer or fast_explainer()
    # Woodelf sends a missing value to the right, LightGBM where it saw fit in training.
    if found is None or not np.isfinite(x).all():
        parts, base = fitted.contributions(x)
        return parts, np.full(len(x), base)
    import pandas as pd

    # As float64: thresholds are, and a value must not be rounded across one.
    frame = pd.DataFrame(x.astype(np.float64), columns=list(fitted.columns))
    total = np.zeros(x.shape)
    for booster in fitted.boosters:
        total += np.asarray(found(booster).shap_values(frame, verbose=False), dtype=np.float64)
    total /= len(fitted.boosters)
    # Woodelf adds in float32; what rounding leaves goes to the rest, so that the sum is exact.
    return total, fitted.log_odds(x) - total.sum(axis=1)
