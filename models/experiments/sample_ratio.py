"""Whether the arms hold as many customers as were drawn for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import chisquare

#: Below this the counts are no accident: something lost or moved customers, and no effect can be believed.
ALARM = 0.001


@dataclass(frozen=True)
class SampleRatio:
    """The sample-ratio check: customers seen and expected per arm, and the chi-square p-value."""

    seen: dict[str, int]
    expected: dict[str, float]
    p: float

    @property
    def holds(self) -> bool:
        """Whether the counts agree with the shares."""
        return self.p >= ALARM


def sample_ratio(seen: Mapping[str, int], shares: Mapping[str, float]) -> SampleRatio:
    """Compare the customers per arm with the shares they were drawn with.

    Parameters
    ----------
    seen : mapping of str to int
        Customers with a measured outcome, per arm.
    shares : mapping of str to float
        As drawn, per arm; they add up to 1.

    References
    ----------
    Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments (KDD).

    Examples
    --------
    >>> even = {"none": 0.5, "mail": 0.5}
    >>> sample_ratio({"none": 48_000, "mail": 52_000}, even).holds
    False
    >>> sample_ratio({"none": 49_900, "mail": 50_100}, even).holds
    True
    """
    total = sum(seen.values())
    expected = {name: share * total for name, share in shares.items()}
    counts = np.array([seen.get(name, 0) for name in shares], np.float64)
    p = 1.0 if total == 0 else float(chisquare(counts, list(expected.values())).pvalue)
    return SampleRatio({name: int(seen.get(name, 0)) for name in shares}, expected, p)
