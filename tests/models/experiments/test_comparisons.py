"""Several variants: Dunnett against SciPy's own, Holm against a worked example."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import dunnett, norm

from models.experiments.comparisons import adjusted, critical_value


def test_dunnett_agrees_with_scipy_on_large_samples() -> None:
    rng = np.random.default_rng(5)
    control, *variants = (rng.normal(shift, 1, 4000) for shift in (0.0, 0.02, 0.05, 0.06))
    theirs = dunnett(*variants, control=control, random_state=np.random.default_rng(1))
    loadings = [0.5**0.5] * 3
    ours = adjusted(2 * norm.sf(np.abs(theirs.statistic)), loadings, "dunnett")
    assert ours == pytest.approx(theirs.pvalue, abs=0.003)
    limit = critical_value(0.05, loadings, "dunnett")
    interval = theirs.confidence_interval(0.95)
    half = (interval.high - interval.low) / 2
    pooled = np.sqrt(np.mean([np.var(one, ddof=1) for one in (control, *variants)]) * 2 / 4000)
    assert half / pooled == pytest.approx(np.full(3, limit), rel=0.005)


def test_a_p_value_at_the_limit_is_alpha() -> None:
    for loadings in ([0.3, 0.3], [0.9, 0.2, 0.5], [0.99] * 4):
        limit = critical_value(0.05, loadings, "dunnett")
        p = adjusted(np.full(len(loadings), 2 * norm.sf(limit)), loadings, "dunnett")
        assert p == pytest.approx(np.full(len(loadings), 0.05), abs=1e-6)


def test_adjusted_values_lie_between_alone_and_bonferroni() -> None:
    p = np.array([1e-30, 1e-9, 0.004, 0.2, 0.9])
    for correction in ("dunnett", "holm"):
        found = adjusted(p, [0.7] * 5, correction)
        assert np.all(found >= p) and np.all(found <= np.minimum(5 * p, 1))
    assert adjusted(p, [0.7] * 5, "none").tolist() == p.tolist()


def test_holm_steps_down() -> None:
    p = np.array([0.04, 0.01, 0.03, 0.005])
    assert adjusted(p, [0.7] * 4, "holm") == pytest.approx([0.06, 0.03, 0.06, 0.02])
