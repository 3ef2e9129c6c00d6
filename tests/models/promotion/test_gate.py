"""A challenger takes over only if it is better beyond chance, or equal and simpler or fresher; calibrated; fair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.contract import DAY_US
from models.promotion.evidence import Evidence, paired_rows
from models.promotion.gate import Verdict, verdict
from models.promotion.settings import PromotionSettings
from models.settings import EvaluationSettings

SMALL = EvaluationSettings(resamples=100)
RNG = np.random.default_rng(3)
N = 1500
SIGNAL = RNG.normal(size=N)
Y = (RNG.random(N) < 1 / (1 + np.exp(1 - SIGNAL))).astype(float)
SLICE = np.resize(["woman", "man", "man", "man"], N)
NO_SKILL = np.full(N, Y.mean())


def probabilities(skill: np.ndarray | float, shift: float = 0.0) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(1 - shift - skill * SIGNAL)))


def model(*estimators: str, cutoff: int = 100, horizon: int = 28) -> dict[str, Any]:
    return {
        "members": [{"estimator": name} for name in estimators],
        "columns": ["recency__order"],
        "training_cutoffs_us": [cutoff * DAY_US],
        "contract": {"target": "churn", "horizon_days": horizon, "gap_days": 0, "min_positives": 50},
        "journey": "five_phase",
    }


BLEND, LOGISTIC = model("logistic", "lightgbm"), model("logistic")


def judged(
    challenger: np.ndarray,
    champion: np.ndarray,
    new: dict[str, Any] = BLEND,
    old: dict[str, Any] = BLEND,
    segments: dict[str, np.ndarray] | None = None,
    rows: int = N,
    **settings: Any,
) -> Verdict:
    keys = {"customer_id": np.arange(N), "cutoff_us": 200 * DAY_US, "y": Y}
    both = paired_rows(
        *(pd.DataFrame({**keys, "p": p}).sample(frac=1, random_state=1) for p in (challenger, champion))
    )
    guarded = pd.DataFrame(segments or {}, index=both.index)
    evidence = Evidence(both[:rows], guarded[:rows], new, old, PromotionSettings(**settings), SMALL)
    return verdict(evidence)


def test_better_beyond_chance_is_promoted_with_the_numbers() -> None:
    found = judged(probabilities(1.0), probabilities(0.3))
    assert found.promote
    assert found.reason.startswith("better: log loss -0.")
    assert "1500 customers" in found.reason and "calibrated" in found.reason


@pytest.mark.parametrize("spoilt", ["shuffled", "inverted"])
def test_a_model_made_worse_on_purpose_is_refused_with_the_reason(spoilt: str) -> None:
    good = probabilities(1.0)
    bad = 1 - good if spoilt == "inverted" else np.random.default_rng(1).permutation(good)
    found = judged(bad, good)
    assert not found.promote and found.comparable
    assert found.reason.startswith("worse: log loss +0.")


def test_equal_needs_to_be_simpler_or_fresher() -> None:
    p = probabilities(1.0)
    assert judged(p, p, LOGISTIC, BLEND).reason.startswith(
        "equal and simpler (1 estimator on 1 columns instead of 2"
    )
    assert not judged(p, p, BLEND, LOGISTIC).promote
    assert not judged(p, p).promote
    fresher = model("logistic", "lightgbm", cutoff=128)
    assert "outcomes until 1970-06-06 instead of 1970-05-09" in judged(p, p, fresher, BLEND).reason
    assert judged(p, p, fresher, BLEND).promote
    assert not judged(p, p, fresher, BLEND, refresh=False).promote
    assert not judged(p, p, model("logistic", "lightgbm", cutoff=128), LOGISTIC).promote, (
        "fresher, less simple"
    )


def test_within_chance_but_not_equal_is_not_proven() -> None:
    noise = np.random.default_rng(5).normal(0, 0.1, N)
    noisy = np.clip(probabilities(0.9) + noise, 0.01, 0.99)
    other = np.clip(probabilities(0.9) - noise, 0.01, 0.99)
    found = judged(noisy, other, LOGISTIC, BLEND, margin=0.0)
    assert not found.promote
    assert found.reason.startswith("not proven better"), found.reason


def test_better_ranked_but_uncalibrated_is_refused_unless_the_champion_is_worse_off() -> None:
    sharp = probabilities(1.0, shift=0.6)
    found = judged(sharp, NO_SKILL)
    assert not found.promote and found.reason.startswith("not calibrated: mean probability +0.0")
    further_off = probabilities(1.0, shift=1.4)
    assert judged(sharp, further_off).promote
    assert judged(sharp, NO_SKILL, calibration_tolerance=0.3).promote


def test_a_guarded_slice_that_is_worse_off_is_named() -> None:
    better_for_most = probabilities(np.where(SLICE == "woman", -0.4, 1.0))
    found = judged(better_for_most, NO_SKILL, segments={"gender": SLICE})
    assert not found.promote
    assert found.reason.startswith("worse in 1 of 2 guarded segments: gender woman (log loss +0.")
    assert judged(better_for_most, NO_SKILL).promote, "without the guard it wins"


def test_many_equal_slices_raise_no_false_alarm() -> None:
    good, rng = probabilities(1.0), np.random.default_rng(8)
    segments = {f"attribute{i}": rng.choice(["a", "b", "c"], N) for i in range(12)}
    noise = np.clip(good + rng.normal(0, 0.03, N), 0.001, 0.999)
    assert "guarded" not in judged(noise, good, segments=segments).reason


def test_what_cannot_be_compared_says_so() -> None:
    p = probabilities(1.0)
    assert "they share 99 customers, at least 100 needed" in judged(p, p, rows=99).reason
    other = judged(p, p, model("logistic", horizon=14))
    assert not other.comparable and "horizon_days 14 instead of 28" in other.reason
    nothing = judged(p, p, rows=0)
    assert not nothing.comparable and "0 customers" in nothing.reason


def test_rows_with_another_outcome_are_left_out() -> None:
    one = pd.DataFrame({"customer_id": [1, 2, 3], "cutoff_us": 0, "y": [1, 0, 1], "p": 0.5})
    two = one.assign(y=[1.0, 1.0, 1.0])[::-1]
    assert paired_rows(one, two)["customer_id"].tolist() == [1, 3]
