"""Probabilities that can be counted with: off by more than the tolerance beyond chance is refused.

Two errors are looked at: of the mean (its whole interval outside the tolerance), and over the range (expected
calibration error less what chance alone gives). A challenger that is no further off than the champion passes: to
refuse it would keep what is worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.metrics.ece import METRIC as ECE
from models.metrics.ece import noise_floor
from models.promotion.checks._base import Check, Finding
from models.promotion.evidence import Evidence


@dataclass(frozen=True)
class _Error:
    """How far off: ``sure`` is the part of the mean error, ``range`` that over the range, beyond chance."""

    gap: float
    sure: float
    over_range: float

    @property
    def beyond(self) -> float:
        return max(self.sure, self.over_range)


def _error(evidence: Evidence, whose: str) -> _Error:
    p, y = evidence.p(whose), evidence.y.astype(np.float64)
    found = evidence.judge().mean(p - y)
    gap, low, high = (found[name] or 0.0 for name in ("value", "low", "high"))
    return _Error(gap, max(low, -high, 0.0), max(0.0, ECE.function(y, p) - noise_floor(p)))


def _judge(evidence: Evidence) -> Finding:
    tolerance = evidence.settings.calibration_tolerance
    ours = _error(evidence, "challenger")
    told = f"mean probability {ours.gap:+.3f} off, calibration error {ours.over_range:.3f} beyond chance"
    if ours.beyond <= tolerance:
        return Finding(True, f"calibrated: {told}")
    champion = _error(evidence, "champion")
    if ours.beyond <= champion.beyond:
        return Finding(True, f"no worse calibrated than the champion ({champion.beyond:.3f}): {told}")
    return Finding(
        False,
        f"not calibrated: {told}; at most {tolerance:g} (promotion.calibration_tolerance in params.yaml), "
        f"the champion has {champion.beyond:.3f}",
    )


CHECK = Check(_judge, place=20)
