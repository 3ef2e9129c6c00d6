"""One metric per file: a plain function ``f(y, p) -> float`` and its weighted form for the bootstrap.

To add one: a file that defines ``METRIC = Metric(...)``, its test, and its words in
``models/reporting/templates/words.json``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from features.discovery import discover
from models.metrics._metric import Metric, Ranked, checked, rank

__all__ = ["Metric", "Ranked", "checked", "everything", "rank", "registered", "shortest_lift"]

#: The order in which people want to read them; a metric not named here comes after, by name.
READING_ORDER = (
    "roc_auc", "lift", "gain", "lift_quality", "pr_auc", "log_loss", "brier", "ece", "calibration_gap",
    "calibration_slope", "value_captured", "base_rate",
)  # fmt: skip


def registered(top_shares: Sequence[float] = (0.1, 0.2)) -> dict[str, Metric]:
    """Give every metric that is told of a whole phase by name, those of a top share once per share.

    Parameters
    ----------
    top_shares : sequence of float
        Shares of the list to judge ``lift_at`` at: 0.1 gives ``lift10``.

    Returns
    -------
    dict of str to Metric
        In reading order.

    Examples
    --------
    >>> list(registered((0.1,)))[:3]
    ['roc_auc', 'lift10', 'pr_auc']
    """
    return {name: metric for name, metric in everything(top_shares).items() if not metric.segments_only}


def everything(top_shares: Sequence[float] = (0.1, 0.2)) -> dict[str, Metric]:
    """Give every metric by name, also those that are told of segments only.

    Examples
    --------
    >>> [name for name in everything((0.1,)) if name not in registered((0.1,))]
    ['gain10', 'lift_quality', 'calibration_slope', 'value_captured10']
    """
    found: list[Metric] = []
    for metric in discover(sys.modules[__name__], "METRIC").values():
        found += [metric] if metric.at is None else [metric.at(share) for share in top_shares]
    return {metric.name: metric for metric in sorted(found, key=_place)}


def shortest_lift(names: Iterable[str]) -> str:
    """Name the lift of the shortest list among metrics; empty if there is none.

    Examples
    --------
    >>> shortest_lift(["lift20", "roc_auc", "lift5"]), shortest_lift(["roc_auc"])
    ('lift5', '')
    """
    lifts = [name for name in names if name.startswith("lift") and name[4:5].isdigit()]
    return min(lifts, key=lambda name: float(name.removeprefix("lift")), default="")


def _place(metric: Metric) -> tuple[int, float, str]:
    known = metric.family in READING_ORDER
    place = READING_ORDER.index(metric.family) if known else len(READING_ORDER)
    return place, metric.k or 0.0, metric.name
