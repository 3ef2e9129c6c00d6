"""No guarded segment may be worse off beyond chance, however good the mean; many are looked at, so corrected."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from models.bootstrap import Floats, false_discovery, interval, p_value
from models.estimators._base import log_losses
from models.metrics._metric import mean_of_rows
from models.promotion.checks._base import Check, Finding
from models.promotion.evidence import Evidence, why_too_few

#: Worse segments that are named.
SHOWN = 3


def _judge(evidence: Evidence) -> Finding:
    names, found = [], []
    more = log_losses(evidence.y, evidence.p("challenger")) - log_losses(evidence.y, evidence.p("champion"))
    drawn = evidence.judge().drawn
    small = 0
    for name, inside in _slices(evidence):
        if why_too_few(evidence.rows[inside], evidence.evaluation):
            small += 1
            continue
        rows = np.flatnonzero(inside)
        resampled = np.concatenate([mean_of_rows(more[rows], weights) for weights in drawn.blocks(rows)])
        names.append(name)
        found.append(_compared(float(more[rows].mean()), resampled, evidence.evaluation.confidence))
    if not names:
        return Finding(True, f"no guarded segment is large enough to judge ({small} too small)")
    table = np.array(found)
    q = false_discovery(table[:, 3])
    worse = np.flatnonzero((table[:, 0] > 0) & (table[:, 1] > 0) & (q < 1 - evidence.evaluation.confidence))
    if not len(worse):
        return Finding(True, f"no guarded segment is worse ({len(names)} judged, {small} too small)")
    # The worst first: those that are surely worse by most.
    worse = worse[np.argsort(-table[worse, 1], kind="stable")]
    told = [f"{names[i]} (log loss {table[i, 0]:+.4f}, at least {table[i, 1]:+.4f})" for i in worse[:SHOWN]]
    told += [f"{len(worse) - SHOWN} more"] if len(worse) > SHOWN else []
    return Finding(False, f"worse in {len(worse)} of {len(names)} guarded segments: {', '.join(told)}")


def _slices(evidence: Evidence) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    for dimension in evidence.segments.columns:
        values = evidence.segments[dimension].to_numpy(dtype=str)
        for value in sorted(set(values)):
            yield f"{dimension} {value}", values == value


def _compared(value: float, resampled: Floats, confidence: float) -> tuple[float, float, float, float]:
    """Give the difference, its interval, and how likely chance alone is."""
    low, high = interval(value, resampled, confidence)
    return value, low, high, p_value(value, resampled)


CHECK = Check(_judge, place=30)
