"""The sample-ratio check finds what is broken and leaves alone what is not."""

from __future__ import annotations

import numpy as np
import pytest

from models.experiments.sample_ratio import sample_ratio

EVEN = {"none": 0.5, "mail": 0.5}


@pytest.mark.parametrize("mail", [52_000, 48_000])
def test_a_shifted_split_is_found(mail: int) -> None:
    found = sample_ratio({"none": 100_000 - mail, "mail": mail}, EVEN)
    assert not found.holds
    assert found.p < 1e-6
    assert found.expected == {"none": 50_000, "mail": 50_000}


def test_even_splits_hold_but_once_in_a_thousand() -> None:
    counts = np.random.default_rng(1).binomial(100_000, 0.5, 1000)
    broken = [not sample_ratio({"none": 100_000 - int(n), "mail": int(n)}, EVEN).holds for n in counts]
    assert sum(broken) <= 6  # 1 is expected; 7 or more would be one in 10,000


def test_uneven_shares_and_an_arm_that_nobody_reached() -> None:
    shares = {"none": 0.8, "mail": 0.1, "call": 0.1}
    assert sample_ratio({"none": 8000, "mail": 1010, "call": 990}, shares).holds
    assert not sample_ratio({"none": 8000, "mail": 1000}, shares).holds
    assert sample_ratio({}, shares).p == 1.0
