from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import stdtr, stdtrit

from models.actions.action_rule import Candidates
from models.actions.effect_cells import compared, in_cells, too_small
from models.actions.segment_effects import (
    SEGMENT_EFFECTS,
    PhaseScores,
    effects_summary,
    segment_effects,
)

PROPENSITY = np.array([0.5, 0.3, 0.2])


def phase(seed: int, n: int = 3000, lift: float = 0.0, name: str = "buy") -> PhaseScores:
    """About two decisions per customer; a coupon works for segment ``b`` of ``band`` only, by ``lift``."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, n // 2, n)
    frailty = rng.normal(0, 0.1, n // 2)[who]
    kinds = {"sex": 2, "band": 3, "town": 5, "channel": 4}
    segments = {
        kind: np.array(list("abcde"))[rng.integers(0, size, n // 2)[who]] for kind, size in kinds.items()
    }
    arm = rng.choice(3, n, p=PROPENSITY)
    chance = np.clip(0.3 + frailty + lift * (arm == 1) * (segments["band"] == "b"), 0, 1)
    outcome = (rng.random(n) < chance).astype(float)
    value = outcome * rng.lognormal(3, 0.8, n)
    log = Candidates(
        ("none", "coupon", "mail"), np.zeros((n, 1), np.float32), np.zeros(n, np.float32), who, arm,
        np.ones((n, 3), bool), PROPENSITY[arm], outcome, value, np.zeros(3),
    )  # fmt: skip
    weight = (arm[:, None] == np.arange(3)) / PROPENSITY[arm][:, None]
    outcomes = 0.3 + weight * (outcome[:, None] - 0.3)
    return PhaseScores(name, log, outcomes, 8.0 + weight * (value[:, None] - 8.0), segments)


def test_without_a_true_difference_false_findings_stay_below_ten_percent() -> None:
    false = [
        bool(effects_summary(segment_effects([phase(10_000 + seed, 1500)]))["different"])
        for seed in range(40)
    ]
    # 10 % of 40 is 4; 9 or more would have a chance below 2 % if that held exactly.
    assert sum(false) < 9


def test_a_true_difference_is_found_where_it_is_and_with_its_size() -> None:
    found = segment_effects([phase(1, 12_000, lift=0.15), phase(2, name="stay")])
    different = effects_summary(found)["different"]
    top = different[0] if different[0]["measure"] == "probability" else different[1]
    assert (top["phase"], top["action"], top["segment_kind"], top["segment"]) == (
        "buy",
        "coupon",
        "band",
        "b",
    )
    assert top["difference_low"] < 0.15 < top["difference_high"] and top["low"] < 0.15 < top["high"]
    assert top["difference_q"] >= top["difference_p"]


def test_intervals_cover_the_truth_when_customers_come_back() -> None:
    covered = []
    for seed in range(25):
        found = segment_effects([phase(5000 + seed, 2000)])
        known = found[found["difference"].notna() & (found["measure"] == "probability")]
        covered.append(((known["difference_low"] <= 0) & (known["difference_high"] >= 0)).mean())
    assert 0.91 < np.mean(covered) < 0.985


def test_clusters_are_summed_as_by_hand() -> None:
    rng = np.random.default_rng(3)
    who, segment, contrast = rng.integers(0, 60, 400), rng.integers(0, 3, 400), rng.normal(5, 2, 400)
    who = np.unique(who, return_inverse=True)[1]
    found = compared(in_cells(who, segment, 3), contrast, 0.95)
    inside = segment == 1
    pull = inside * (contrast - contrast[inside].mean()) / inside.sum()
    pull -= ~inside * (contrast - contrast[~inside].mean()) / (~inside).sum()
    customers = min(len(np.unique(who[side])) for side in (inside, ~inside))
    se = np.sqrt(customers / (customers - 1) * (np.bincount(who, pull) ** 2).sum())
    half = stdtrit(customers - 1, 0.975) * se
    value = contrast[inside].mean() - contrast[~inside].mean()
    assert found["difference"][1] == pytest.approx(value)
    assert found["difference_high"][1] == pytest.approx(value + half)
    assert found["difference_p"][1] == pytest.approx(2 * stdtr(customers - 1, -abs(value) / se))


def test_small_cells_are_named_and_not_tested() -> None:
    part = phase(4, 1500)
    part.segments["town"][:] = "a"
    part.segments["town"][:60] = "e"
    found = segment_effects([part])
    small = found[(found["segment_kind"] == "town") & (found["segment"] == "e")]
    assert small["note"].str.startswith("too small: 60 decisions < 100").all() and len(small) == 4
    assert small[["effect", "p_value", "difference_q"]].isna().all(axis=None)
    assert (small["n_action"] + small["n_none"] <= small["n"]).all()
    rest = found[(found["segment_kind"] == "town") & (found["segment"] == "a")]
    assert rest["effect"].notna().all() and rest["difference"].isna().all()
    assert effects_summary(found)["too_small"] == (found["note"] != "").sum() > 0


@pytest.mark.parametrize(
    ("change", "why"),
    [({"customers": 29}, "29 customers < 30"), ({"events_action": 9}, "9 successes with the action"),
     ({"events_none": 95}, "5 failures without the action")],
)  # fmt: skip
def test_why_a_cell_is_too_small(change: dict[str, int], why: str) -> None:
    large = {
        "n": 200,
        "customers": 90,
        "n_action": 100,
        "n_none": 100,
        "events_action": 50,
        "events_none": 50,
    }
    assert too_small(large) == "" and why in too_small(large | change)


def test_an_action_that_was_not_possible_is_compared_where_it_was() -> None:
    part = phase(6)
    part.log.eligible[:1000, 1] = False
    part.outcomes[:1000, 1] = np.nan
    part.money[:1000, 1] = np.nan
    found = segment_effects([part])
    whole = found[found["segment_kind"] == "all"].set_index(["action", "measure"])["n"]
    assert whole["coupon", "money"] == 2000 and whole["mail", "money"] == 3000
    assert found.loc[found["note"] == "", "effect"].notna().all()


def test_the_frame_and_the_summary_are_plain() -> None:
    found = segment_effects([phase(7, 400)])
    assert list(found.columns) == SEGMENT_EFFECTS.names
    json.dumps(effects_summary(found), allow_nan=False)


def test_nothing_at_all_is_an_empty_frame() -> None:
    empty = segment_effects([])
    assert empty.empty and list(empty.columns) == SEGMENT_EFFECTS.names
    assert effects_summary(empty) == {
        "discovery": 0.1, "cells": 0, "tested": 0, "too_small": 0, "found": [], "different": [],
    }  # fmt: skip
    one = phase(8, 400)
    alone = PhaseScores("buy", one.log.take(np.arange(400) == 3), one.outcomes[3:4], one.money[3:4], {})
    assert (segment_effects([alone])["note"] != "").all()
