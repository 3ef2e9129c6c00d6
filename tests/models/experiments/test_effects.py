"""Effects: Welch where SciPy has it, intervals that cover, CUPED that is narrower and not biased, clusters."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from models.experiments.cuped import adjust
from models.experiments.customers import Measured, linearised
from models.experiments.effects import Judging, effects

TWO = ("none", "mail")


def experiment(rng: np.random.Generator, n: int, effect: float = 0.0, noise: float = 1.0) -> Measured:
    arm = rng.permutation(np.arange(n) % 2)
    score = rng.normal(size=n)
    return Measured(TWO, arm, 3 + score + effect * arm + rng.normal(0, noise, n), np.ones(n), score)


def test_one_row_per_customer_is_welch() -> None:
    rng = np.random.default_rng(1)
    arm = np.repeat([0, 1], [40, 15])
    y = np.concatenate([rng.normal(0, 1, 40), rng.normal(1, 4, 15)])
    measured = Measured(TWO, arm, y, np.ones(55))
    found = effects(linearised(measured), measured, Judging())[0]
    theirs = ttest_ind(y[arm == 1], y[arm == 0], equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.fixed.low, found.fixed.high) == pytest.approx((interval.low, interval.high))
    assert (found.always.low, found.always.high) < (found.fixed.low, np.inf)
    assert found.always.high > found.fixed.high


def test_false_alarms_of_the_fixed_horizon_are_five_per_cent() -> None:
    rng = np.random.default_rng(2)
    alarms = []
    for _ in range(1500):
        measured = experiment(rng, 300)
        alarms.append(effects(linearised(measured), measured, Judging())[0].p < 0.05)
    assert 0.035 < np.mean(alarms) < 0.066


def test_false_alarms_over_three_variants_together_are_five_per_cent() -> None:
    rng = np.random.default_rng(3)
    arms = ("none", "a", "b", "c")
    alarms = {"dunnett": 0, "holm": 0, "none": 0}
    arm = np.arange(400) % 4
    for _ in range(400):
        measured = Measured(arms, arm, rng.normal(size=400), np.ones(400))
        for correction in alarms:
            found = effects(measured.total, measured, Judging(correction=correction))  # type: ignore[arg-type]
            alarms[correction] += min(one.p_adjusted for one in found) < 0.05
            outside = [one.fixed.low > 0 or one.fixed.high < 0 for one in found]
            if correction == "dunnett":
                assert any(outside) == (min(one.p_adjusted for one in found) < 0.05)
    assert 0.025 < alarms["dunnett"] / 400 < 0.08
    assert alarms["holm"] <= alarms["dunnett"] + 3
    assert alarms["none"] / 400 > 0.085


def test_cuped_is_unbiased_and_narrower_and_covers() -> None:
    rng = np.random.default_rng(4)
    found, widths, covered = [], [], []
    for _ in range(400):
        measured = experiment(rng, 400, effect=0.3)
        own = linearised(measured)
        adjusted = adjust(own, measured)
        assert adjusted is not None
        plain = effects(own, measured, Judging())[0]
        scored = effects(adjusted.values, measured, Judging())[0]
        found.append((plain.effect, scored.effect))
        widths.append(scored.se / plain.se)
        covered.append(scored.fixed.low <= 0.3 <= scored.fixed.high)
    plain_mean, scored_mean = np.mean(found, axis=0)
    assert scored_mean == pytest.approx(0.3, abs=3 * 0.1 / 20)
    assert plain_mean == pytest.approx(0.3, abs=4 * 0.14 / 20)
    # Half of the variance is the score's: the standard error shrinks by its root.
    assert np.mean(widths) == pytest.approx(0.5**0.5, abs=0.02)
    assert np.std([one[1] for one in found]) < 0.85 * np.std([one[0] for one in found])
    assert 0.92 < np.mean(covered) < 0.98


def test_cuped_reports_what_is_left_of_the_variance_and_who_lacked_a_score() -> None:
    rng = np.random.default_rng(5)
    measured = experiment(rng, 20_000)
    assert measured.covariate is not None
    measured.covariate[:100] = np.nan
    adjusted = adjust(linearised(measured), measured)
    assert adjusted is not None
    assert adjusted.filled == 100
    assert adjusted.variance_kept == pytest.approx(0.5, abs=0.02)
    assert adjusted.slope == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("covariate", [None, np.full(40, 7.0), np.full(40, np.nan)])
def test_a_score_that_says_nothing_is_not_used(covariate: np.ndarray | None) -> None:
    y = np.random.default_rng(6).normal(size=40)
    assert adjust(y, Measured(TWO, np.arange(40) % 2, y, np.ones(40), covariate)) is None


def test_rows_of_one_customer_do_not_count_as_customers() -> None:
    """Ten equal rows per customer: the interval is that of the customers, and covers; that of rows is far off."""
    rng = np.random.default_rng(7)
    covered, apart = [], []
    for _ in range(300):
        arm = np.arange(200) % 2
        rows = rng.integers(1, 20, 200).astype(np.float64)
        level = rng.normal(5, 1, 200)
        measured = Measured(TWO, arm, level * rows, rows)
        found = effects(linearised(measured), measured, Judging())[0]
        covered.append(found.fixed.low <= 0 <= found.fixed.high)
        naive = np.sqrt(
            sum(np.var(np.repeat(level, rows.astype(int))) / rows[arm == a].sum() for a in (0, 1))
        )
        apart.append(found.se / naive)
    assert 0.91 < np.mean(covered) < 0.98
    assert np.mean(apart) > 2.5


def test_relative_effect_goes_with_the_absolute_one() -> None:
    arm = np.repeat([0, 1], 10_000)
    y = np.concatenate([np.arange(10_000) % 10 < 2, np.arange(10_000) % 10 < 3]).astype(np.float64)
    found = effects(y, Measured(TWO, arm, y, np.ones(20_000)), Judging())[0]
    assert found.effect == pytest.approx(0.1)
    assert found.relative == pytest.approx(0.5)
    assert found.relative_low is not None and found.relative_high is not None
    assert found.relative_low < 0.5 < found.relative_high < 0.6


def test_without_any_variance_nothing_is_nan() -> None:
    y = np.zeros(200)
    found = effects(y, Measured(TWO, np.arange(200) % 2, y, np.ones(200)), Judging())[0]
    numbers = [
        found.effect,
        found.se,
        found.p,
        found.p_adjusted,
        found.always_p,
        found.fixed.low,
        found.always.high,
    ]
    assert np.isfinite(numbers).all()
    assert found.p_adjusted > 0.05
    assert found.relative is None
