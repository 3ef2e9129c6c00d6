import numpy as np
import pytest

from features.settings import LabelContract
from models.selection import blended, candidates, choose, not_eligible, too_few

RANKS = {"logistic": 1, "lightgbm": 2}
CONTRACT = LabelContract(target="churn", horizon_days=28, min_positives=30, min_negatives=20)
Y = np.array([0, 1] * 200, np.float32)


def guess(strength: float, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    p = 0.5 + strength * (Y - 0.5) + noise * np.random.default_rng(seed).normal(size=len(Y))
    return np.clip(p, 0.01, 0.99)


def test_separate_is_less_simple_than_any_pooled() -> None:
    pooled, separate = (candidates(scope, RANKS, True) for scope in ("pooled", "separate"))
    assert max(c.simplicity for c in pooled) < min(c.simplicity for c in separate)
    assert [c.name for c in pooled] == ["pooled blend", "pooled logistic", "pooled lightgbm"]
    assert dict(pooled[0].weights) == {"logistic": 0.5, "lightgbm": 0.5}


def test_within_noise_the_mean_of_all_kinds_serves() -> None:
    mean, simple, trees = candidates("pooled", RANKS, True)
    said = [(simple, guess(0.2, 0.1)), (trees, guess(0.2, 0.1, seed=1)), (mean, guess(0.19, 0.1))]
    assert choose(Y, said, margin=99.0).candidate is mean
    assert choose(Y, said, margin=0.0).candidate is not mean


def test_one_estimator_has_no_blend() -> None:
    assert [c.name for c in candidates("pooled", {"logistic": 1}, True)] == ["pooled logistic"]


def test_within_noise_the_simplest_wins() -> None:
    _, simple, trees = candidates("pooled", RANKS, True)
    slightly_better = guess(0.2, 0.1, seed=1)
    chosen = choose(Y, [(simple, guess(0.19, 0.1)), (trees, slightly_better)], margin=2.0)
    assert chosen.candidate is simple
    assert "pooled logistic goes first within noise of pooled lightgbm" in chosen.reason


def test_without_margin_the_best_wins() -> None:
    _, simple, trees = candidates("pooled", RANKS, True)
    chosen = choose(Y, [(simple, guess(0.19, 0.1)), (trees, guess(0.2, 0.1))], margin=0.0)
    assert chosen.candidate is trees


def test_a_clear_gain_beats_simplicity() -> None:
    _, simple, trees = candidates("pooled", RANKS, True)
    chosen = choose(Y, [(simple, guess(0.1, 0.1)), (trees, guess(0.6, 0.1, 1))], margin=1.0)
    assert chosen.candidate is trees
    assert "lowest log loss" in chosen.reason
    table = {row["candidate"]: row for row in chosen.compared}
    assert table["pooled lightgbm"]["behind"] == 0
    assert table["pooled logistic"]["behind"] > table["pooled logistic"]["standard_error"] > 0


def test_equal_candidates_go_to_the_simplest_in_any_order() -> None:
    _, simple, trees = candidates("pooled", RANKS, True)
    for order in ([simple, trees], [trees, simple]):
        assert choose(Y, [(c, guess(0.3)) for c in order], margin=0.0).candidate is simple


def test_blend_mixes_log_odds() -> None:
    mixed = blended({"a": np.array([0.9]), "b": np.array([0.5])}, {"a": 0.5, "b": 0.5})
    assert mixed[0] == pytest.approx(0.75)
    same = np.array([0.123456789])
    assert blended({"a": same}, {"a": 1.0}) is same


@pytest.mark.parametrize(
    ("positives", "negatives", "said"),
    [
        (0, 0, "no training row"),
        (29, 500, "29 positives.*at least 30.*min_positives"),
        (500, 19, "19 negatives.*at least 20.*min_negatives"),
        (30, 60_000, "nearly constant"),
        (30, 20, "^$"),
    ],
)
def test_labels_are_refused_with_the_reason(positives: int, negatives: int, said: str) -> None:
    y = np.repeat([1, 0], [positives, negatives]).astype(np.float32)
    with_reason = not_eligible(y, CONTRACT)
    import re

    assert re.search(said, with_reason)


def test_a_handful_of_later_rows_judges_nothing() -> None:
    said = too_few(np.array([1] * 9 + [0] * 500, np.float32), 10, "later rows")
    assert said == "the later rows hold 9 positives and 500 negatives, at least 10 of each needed to compare"
    assert not too_few(np.array([1] * 10 + [0] * 10, np.float32), 10, "later rows")
