"""The points behind the pictures: gain curve, calibration, ROC and precision-recall."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.metrics import Ranked
from models.metrics._metric import once
from models.metrics._runs import Runs
from models.metrics.ece import bins_of

#: Shares of the list at which the gain curve is given.
SHARES = tuple(round(0.02 * step, 2) for step in range(1, 51))
#: Bins of the calibration picture: fewer than the metric has, so that each holds enough customers to see.
PICTURE_BINS = 10
#: Most points of a ROC or precision-recall curve.
POINTS = 60


def gain_curve(ranked: Ranked) -> list[float]:
    """Give the share of all positives found in the top 2, 4, ... 100 % of the list (expected over ties).

    Examples
    --------
    >>> from models.metrics import rank
    >>> gain_curve(rank([1, 0], [0.9, 0.1]))[24]
    1.0
    """
    runs = Runs.of(ranked, once(ranked))
    return [float(runs.gain(share)[0] / share) * share for share in SHARES]


def calibration_points(ranked: Ranked, confidence: float = 0.95) -> list[dict[str, float]]:
    """Give mean probability, observed rate with interval, and rows, for ten equal parts of the list.

    Parameters
    ----------
    ranked : Ranked
        One row per customer and cutoff.
    confidence : float
        Of the Wilson interval of the observed rate.

    Returns
    -------
    list of dict
        Keys ``p``, ``observed``, ``low``, ``high``, ``n``; lowest probabilities first.

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.

    Examples
    --------
    >>> from models.metrics import rank
    >>> points = calibration_points(rank([1, 0, 0, 1], [0.2, 0.2, 0.2, 0.2]))
    >>> points[0]["p"], points[0]["observed"], points[0]["n"]
    (0.2, 0.5, 4)
    """
    from scipy.special import ndtri

    z = float(ndtri((1 + confidence) / 2))
    bins = bins_of(ranked, once(ranked), PICTURE_BINS)[0]
    points = []
    for part in np.unique(bins)[::-1]:
        inside = bins == part
        n, rate = int(inside.sum()), float(ranked.y[inside].mean())
        middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
        points.append(
            {
                "p": float(ranked.p[inside].mean()),
                "observed": rate,
                "low": float(max(middle - half, 0.0)),
                "high": float(min(middle + half, 1.0)),
                "n": n,
            }
        )
    return points


def threshold_points(ranked: Ranked) -> list[dict[str, float]]:
    """Give the points of the ROC and the precision-recall curve, at most ``POINTS`` of them.

    Examples
    --------
    >>> from models.metrics import rank
    >>> threshold_points(rank([1, 0], [0.9, 0.1]))[0]
    {'threshold': 0.9, 'false_positive_rate': 0.0, 'recall': 1.0, 'precision': 1.0}
    """
    ends = np.append(ranked.starts[1:], len(ranked.y)) - 1
    chosen = ends[np.unique(np.linspace(0, len(ends) - 1, POINTS).astype(int))]
    found = np.cumsum(ranked.y)
    rows: list[dict[str, float]] = []
    for end in chosen.tolist():
        caught, listed = float(found[end]), end + 1
        rows.append(
            {
                "threshold": float(ranked.p[end]),
                "false_positive_rate": _share(listed - caught, len(ranked.y) - float(found[-1])),
                "recall": _share(caught, float(found[-1])),
                "precision": caught / listed,
            }
        )
    return rows


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def lift_rows(phases: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the gain curves of one target as flat rows, as DVC plots want them.

    Parameters
    ----------
    phases : dict
        ``evaluation["targets"][target]["phases"]``.
    """
    return [
        {"phase": phase, "scorer": scorer, "share": share, "gain": gain, "lift": gain / share}
        for phase, found in phases.items()
        for scorer, gains in found.get("gain_curve", {}).items()
        for share, gain in zip(SHARES, gains, strict=True)
    ]


def point_rows(phases: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Give the points under ``key`` (``calibration`` or ``thresholds``) of one target as flat rows."""
    return [{"phase": phase, **point} for phase, found in phases.items() for point in found.get(key, [])]
