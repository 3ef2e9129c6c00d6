"""Intervals, stays and moves against slow or independent ways to get them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from features.journey.tally import STATISTICS, number, ratio_sums
from models.journey.dwell import dwell, kaplan_meier
from models.journey.facts import Facts, Found, ratio_of, wilson
from models.journey.kpi_table import difference
from models.journey.loyalty_loop import loyalty_loop, median_days
from models.journey.transitions import entry_rows, transition_rows

Build = Callable[..., Facts]


def ratio(above: np.ndarray, below: np.ndarray, share: bool) -> Found:
    sums = number(ratio_sums(above[None, :], below[None, :]))[0]
    return ratio_of(dict(zip(STATISTICS, sums.tolist(), strict=True)), share)


def test_wilson_is_scipys() -> None:
    for k, n in ((0, 10), (3, 17), (50, 50), (7, 1000)):
        expected = stats.binomtest(k, n).proportion_ci(method="wilson")
        assert wilson(k / n, n) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_the_error_of_a_ratio_is_that_of_its_linear_form() -> None:
    rng = np.random.default_rng(5)
    below = rng.integers(1, 9, 300).astype(float)
    above = np.round(below * rng.gamma(3, 10, 300), 2)
    found = ratio(above, below, share=False)
    residual = above - found.value * below
    expected = np.sqrt(300 / 299 * (residual**2).sum()) / below.sum()
    assert found.value == pytest.approx(above.sum() / below.sum()) and found.error == pytest.approx(
        expected, rel=1e-4
    )


def test_intervals_hold_what_they_promise_when_customers_repeat_themselves() -> None:
    """A customer's visits are alike; an interval that took each as new evidence would be far too narrow."""
    rng = np.random.default_rng(1)
    hits, naive, rounds = 0, 0, 600
    for _ in range(rounds):
        visits = rng.integers(1, 40, 120)
        own = rng.beta(1, 4, 120)
        found = ratio(rng.binomial(visits, own).astype(float), visits.astype(float), share=True)
        hits += found.low <= 0.2 <= found.high
        low, high = wilson(found.value, visits.sum())
        naive += low <= 0.2 <= high
    assert 0.92 <= hits / rounds <= 0.98 and naive / rounds < 0.75


def test_a_share_at_its_end_keeps_an_interval_and_one_customer_has_none() -> None:
    nobody = ratio(np.zeros(20), np.ones(20), share=True)
    assert nobody.value == 0 and nobody.low == 0 and 0.1 < nobody.high < 0.2
    assert np.isnan(ratio(np.ones(1), np.ones(1), share=True).low)
    assert np.isnan(ratio(np.zeros(0), np.zeros(0), share=True).value)


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
def test_kaplan_meier_is_scipys_and_the_plain_product() -> None:
    rng = np.random.default_rng(3)
    for _ in range(10):
        n = int(rng.integers(5, 200))
        length, over = rng.integers(1, 20, n), rng.random(n) < 0.6
        ended = np.bincount(length[over], minlength=25)
        censored = np.bincount(length[~over], minlength=25)
        found = kaplan_meier(ended, censored)
        data = stats.CensoredData(uncensored=length[over], right=length[~over])
        expected = stats.ecdf(data).sf
        lasting = 1.0
        for step in range(25):
            at_risk = int((length >= step).sum())
            lasting *= 1 - ended[step] / at_risk if at_risk else 1.0
            assert found.lasting[step] == pytest.approx(lasting)
            assert found.lasting[step] == pytest.approx(float(expected.evaluate(step)))
        if over.any():
            band = expected.confidence_interval(0.95, method="log-log")
            for step in range(1, 20):
                if 0 < found.lasting[step] < 1:
                    assert found.low[step] == pytest.approx(float(band.low.evaluate(step)), abs=1e-5)
                    assert found.high[step] == pytest.approx(float(band.high.evaluate(step)), abs=1e-5)


def test_dwell_leaves_out_stays_whose_begin_was_not_seen(facts_from: Build) -> None:
    # Everybody looks around once: 28 days of awareness, seen on four days of the grid, then silence.
    facts = facts_from([(n, 8.5 + 7 * n, "page_view", {}) for n in range(10)])
    found = dwell(facts, 0)
    assert (found["median"], found["low"], found["high"], found["n"], found["ended"]) == (
        28.0,
        28.0,
        28.0,
        10,
        10,
    )
    facts.tally.counts["stays"][0, 0, 1, -1] += 50  # begin not seen: no voice
    assert dwell(facts, 0) == found
    facts.tally.counts["stays"][0, 1, 1, -1] += 50  # still going on after a week: they may last for ever
    assert dwell(facts, 0)["median"] == 28.0
    facts.tally.counts["stays"][0, 1, 5, -1] += 50  # lasted longer than all that ended
    assert dwell(facts, 0)["median"] is None


def test_every_row_of_a_transition_matrix_sums_to_one(facts_from: Build) -> None:
    facts = facts_from([(n, 5.5 + n * 1.7 + k * 16, kind, {"value": 9.0}) for n in range(30)
                        for k, kind in enumerate(("product_view", "cart_add", "purchase", "page_view"))])  # fmt: skip
    for matrix in ("weekly", "four_weekly"):
        rows = transition_rows(facts, matrix)
        for key in facts.plan.journey.phase_keys:
            mine = [row for row in rows if row["from"] == key and row["n"]]
            if mine:
                assert sum(row["value"] for row in mine) == pytest.approx(1.0, abs=1e-5)
                assert sum(row["moved"] for row in mine) == mine[0]["n"]
    entered = entry_rows(facts)
    assert sum(row["n"] for row in entered if row["from"] == "new") == 30
    for key in facts.plan.journey.phase_keys:
        shares = [row["share"] for row in entered if row["to"] == key]
        assert not shares or sum(shares) == pytest.approx(1.0, abs=1e-5)


def test_the_loyalty_loop(facts_from: Build) -> None:
    # Customer 1 orders, looks at products, orders again after 30 days; 2 orders and is never seen again.
    facts = facts_from(
        [
            (1, 10.5, "purchase", {}),
            (1, 30.5, "product_view", {}),
            (1, 40.5, "purchase", {}),
            (2, 12.5, "purchase", {}),
        ]
    )
    loop = loyalty_loop(facts)
    assert loop is not None and (loop["orders"], loop["customers"], loop["median_days"]) == (3, 2, 30.0)
    assert loop["looped"]["value"] == loop["again"]["value"] == pytest.approx(1 / 3, rel=1e-5)
    assert loop["orders_per_customer"]["value"] == 1.5
    assert loyalty_loop(facts_from([(1, 170.5, "purchase", {})])) is None


@pytest.mark.parametrize("days", [[5], [5, 9], [3, 3, 8, 20], [1, 2, 3]])
def test_the_median_of_the_loop_is_numpys(facts_from: Build, days: list[int]) -> None:
    facts = facts_from([(1, 10.5, "purchase", {})])
    facts.tally.counts["loop_days"] = np.bincount(days, minlength=92)
    assert median_days(facts) == np.median(days)


def test_errors_of_a_difference_add_up() -> None:
    found = difference(Found(5.0, 3.0, 0, 0, 9), Found(1.0, 4.0, 0, 0, 7))
    assert (found.value, found.error, found.n) == (4.0, 5.0, 7) and found.low == pytest.approx(
        4 - 9.8, abs=0.01
    )
