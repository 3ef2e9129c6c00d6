"""The draw: exact shares, balanced strata, the same in any order, and no pattern between experiments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from models.experiments.assignment import assign

CUSTOMERS = np.random.default_rng(2).integers(0, 2**62, 5000)
STRATA = np.random.default_rng(3).integers(0, 12, 5000)
SHARES = (0.5, 0.3, 0.2)


def test_every_stratum_has_its_shares_to_one_customer() -> None:
    arm = assign(CUSTOMERS, STRATA, SHARES, "spring", "arm")
    for stratum in np.unique(STRATA):
        inside = arm[stratum == STRATA]
        wanted = np.array(SHARES) * len(inside)
        assert np.all(np.abs(np.bincount(inside, minlength=3) - wanted) <= 1.0)


def test_order_of_the_list_makes_no_difference() -> None:
    shuffled = np.random.default_rng(4).permutation(len(CUSTOMERS))
    arm = assign(CUSTOMERS, STRATA, SHARES, "spring")
    assert np.array_equal(assign(CUSTOMERS[shuffled], STRATA[shuffled], SHARES, "spring"), arm[shuffled])


def test_propensity_is_the_share_also_in_the_smallest_strata() -> None:
    """One customer in one stratum, over many experiments: the arms come up as often as their share."""
    lonely, three = np.array([77]), np.array([5, 6, 7])
    for customers in (lonely, three):
        zero = np.zeros(len(customers), np.int64)
        first = [int(assign(customers, zero, SHARES, "e", number)[0]) for number in range(1200)]
        assert chisquare(np.bincount(first, minlength=3), 1200 * np.array(SHARES)).pvalue > 0.001


def test_two_experiments_draw_independently() -> None:
    one, two = (assign(CUSTOMERS, STRATA, (0.5, 0.5), name) for name in ("spring", "summer"))
    together = np.mean(one == two)
    assert abs(together - 0.5) < 0.03


@pytest.mark.parametrize("customers", [0, 1])
def test_a_list_of_nobody_or_one(customers: int) -> None:
    arm = assign(np.arange(customers), np.zeros(customers, np.int64), (0.5, 0.5), "x")
    assert len(arm) == customers
