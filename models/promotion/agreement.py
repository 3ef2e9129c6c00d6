"""Agreement of two models on the same customers, and who moves: before a challenger takes over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BANDS = ("low", "medium", "high")


def compared_probabilities(
    before: Floats, after: Floats, top_shares: Sequence[float], bands: tuple[float, float]
) -> dict[str, Any]:
    """Compare the probabilities of two models, one row per customer of one phase.

    Parameters
    ----------
    before, after : float array, shape (n,)
        Of the champion and the challenger, n above 0.
    top_shares : sequence of float
        Lengths of the lists whose overlap is told.
    bands : tuple of float
        Percentile limits of low, medium and high within these customers, each by the model's own order.

    Returns
    -------
    dict
        ``n``; ``rank_correlation`` (Spearman; null where a model gives all the same); ``top`` (per share the
        ``overlap``: part of one list that is on the other); ``other_band``, ``up``, ``down`` (shares that change
        band); ``moves`` (from, to, n); means, ``mean_difference`` and ``mean_absolute_difference``.

    Examples
    --------
    >>> rising = np.array([0.1, 0.2, 0.3, 0.4])
    >>> found = compared_probabilities(rising, rising[::-1], [0.5], (0.5, 0.75))
    >>> found["rank_correlation"], found["top"][0]["overlap"], found["other_band"]
    (-1.0, 0.0, 1.0)
    """
    ranks = [np.asarray(pd.Series(p).rank(method="average"), dtype=np.float64) for p in (before, after)]
    spread = all(rank.std() > 0 for rank in ranks)
    band = [_band(rank, bands) for rank in ranks]
    return {
        "n": len(before),
        "rank_correlation": float(np.round(np.corrcoef(ranks[0], ranks[1])[0, 1], 6)) if spread else None,
        "top": [{"share": float(share), "overlap": _overlap(before, after, share)} for share in top_shares],
        "other_band": float((band[0] != band[1]).mean()),
        "up": float((band[1] > band[0]).mean()),
        "down": float((band[1] < band[0]).mean()),
        "moves": _moves(np.array(BANDS)[band[0]], np.array(BANDS)[band[1]]),
        "mean_before": float(before.mean()),
        "mean_after": float(after.mean()),
        "mean_difference": float((after - before).mean()),
        "mean_absolute_difference": float(np.abs(after - before).mean()),
    }


def compared_actions(before: NDArray[np.object_], after: NDArray[np.object_]) -> dict[str, Any]:
    """Compare the actions of two policies, one row per customer of one phase.

    Examples
    --------
    >>> compared_actions(np.array(["none", "mail"], object), np.array(["mail", "mail"], object))["other_action"]
    0.5
    """
    return {
        "n": len(before),
        "other_action": float((before != after).mean()),
        "moves": _moves(before.astype(str), after.astype(str)),
    }


def _band(rank: Floats, bands: tuple[float, float]) -> NDArray[np.int64]:
    return np.searchsorted(np.asarray(bands), (rank - 0.5) / len(rank), side="right")


def _overlap(before: Floats, after: Floats, share: float) -> float:
    size = max(1, round(share * len(before)))
    # Ties in the order of the rows, the same for both.
    lists = [np.argsort(-p, kind="stable")[:size] for p in (before, after)]
    return float(len(np.intersect1d(lists[0], lists[1])) / size)


def _moves(before: NDArray[Any], after: NDArray[Any]) -> list[dict[str, Any]]:
    """Count who went from what to what, the largest group first; who stays is left out."""
    counted = pd.DataFrame({"from": before, "to": after}).value_counts().reset_index(name="n")
    counted = counted[counted["from"] != counted["to"]].sort_values(
        ["n", "from", "to"], ascending=[False, True, True]
    )
    return [{"from": one["from"], "to": one["to"], "n": int(one["n"])} for one in counted.to_dict("records")]
