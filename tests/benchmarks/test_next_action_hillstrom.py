"""The benchmark on Hillstrom: its figures are right where the truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.next_action.hillstrom import (
    ARMS,
    TASKS,
    Chosen,
    Mailing,
    choose,
    goals,
    judge,
    read,
    score_matrix,
)
from models.settings import NextActionSettings


def world(n: int, seed: int = 0) -> tuple[Mailing, np.ndarray]:
    """Menswear e-mail helps where the first column is above zero, womenswear where it is below."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2)).astype(np.float32)
    truth = np.column_stack([np.full(n, 0.2), 0.2 + 0.4 * (x[:, 0] > 0), 0.2 + 0.3 * (x[:, 0] <= 0)])
    arm = rng.integers(0, 3, n)
    visit = (rng.random(n) < truth[np.arange(n), arm]).astype(float)
    results = {"visit": visit, "conversion": visit, "spend": 10.0 * visit}
    return Mailing(("x", "noise"), x, arm, results), truth


def chosen(rule: np.ndarray, gain: np.ndarray | None = None) -> Chosen:
    gain = np.ones(len(rule)) if gain is None else gain
    response = np.repeat(gain[:, None], 3, axis=1)
    return Chosen(rule, np.ones(len(rule), np.int64), gain, response, ("constant", "constant"))


def test_the_scores_are_right_on_average() -> None:
    mailing, truth = world(6000)
    scores = score_matrix(mailing, TASKS["visit"])
    assert np.abs(scores.mean(axis=0) - truth.mean(axis=0)).max() < 0.03
    likes = mailing.x[:, 0] > 0
    assert np.abs(scores[likes].mean(axis=0) - truth[likes].mean(axis=0)).max() < 0.05
    money = score_matrix(mailing, TASKS["spend"])
    assert np.abs(money.mean(axis=0) - 10 * truth.mean(axis=0)).max() < 0.3


def test_policies_are_judged_against_the_best_single_mail() -> None:
    _, truth = world(1000)
    right = chosen(truth.argmax(axis=1), truth.max(axis=1) - truth[:, 0])
    found = judge(truth, [right])
    assert found["best_single"] == "mens"
    gain = (truth.max(axis=1) - truth[:, 1]).mean()
    assert found["rule_minus_best"]["value"] == pytest.approx(gain)
    assert found["rule_minus_best"]["low"] < gain < found["rule_minus_best"]["high"]
    assert found["deployed_minus_best"]["value"] == 0.0
    # The 30 % with most to gain gain 0.4 each; a random 30 % gain what menswear brings on average.
    assert found["lift"]["ratio"] == pytest.approx(0.4 / (truth[:, 1] - truth[:, 0]).mean())


def test_a_constant_rule_lifts_nothing_and_who_gains_nothing_is_not_treated() -> None:
    truth = np.tile([0.1, 0.3, 0.2], (1000, 1))
    everybody = judge(truth, [chosen(np.ones(1000, np.int64))])
    assert everybody["lift"]["ratio"] == pytest.approx(1.0)
    assert everybody["shares"] == {"none": 0.0, "mens": 1.0, "womens": 0.0}
    nobody = judge(truth, [chosen(np.zeros(1000, np.int64), np.zeros(1000))])
    assert nobody["lift"]["ratio"] == 0.0
    assert nobody["rule_minus_best"]["high"] < 0


def test_repeated_seeds_narrow_nothing() -> None:
    mailing, truth = world(2000)
    scores = score_matrix(mailing, TASKS["visit"])
    one = judge(scores, [chosen(truth.argmax(axis=1))])["rule_minus_best"]
    three = judge(scores, [chosen(truth.argmax(axis=1))] * 3)["rule_minus_best"]
    assert (three["low"], three["high"]) == pytest.approx((one["low"], one["high"]))


def test_the_product_finds_who_likes_what() -> None:
    mailing, truth = world(3000)
    settings = NextActionSettings(num_threads=1, workers=1)
    found = choose(mailing, TASKS["visit"], 1, settings)
    assert (found.rule == truth.argmax(axis=1)).mean() > 0.8
    assert found.states == ("personalise", "personalise")
    assert (found.gated == found.rule).mean() > 0.9


def test_goals_tell_apart_what_is_reached() -> None:
    _, truth = world(1000)
    good = judge(truth, [chosen(truth.argmax(axis=1), truth.max(axis=1) - truth[:, 0])])
    assert all(goals({"visit": good, "spend": good}).values())
    bad = judge(truth, [chosen(np.zeros(1000, np.int64))])
    missed = [name for name, reached in goals({"visit": bad, "spend": bad}).items() if not reached]
    assert len(missed) == 3 and not any("deployed" in name for name in missed)


def test_eleven_columns_are_read(tmp_path: Path) -> None:
    rows = {
        "recency": [10, 6, 7], "history_segment": ["2)", "3)", "1)"], "history": [142.44, 329.08, 30.0],
        "mens": [1, 1, 0], "womens": [0, 1, 1], "zip_code": ["Surburban", "Rural", "Urban"], "newbie": [0, 1, 1],
        "channel": ["Phone", "Web", "Multichannel"], "segment": ["Womens E-Mail", "No E-Mail", "Mens E-Mail"],
        "visit": [0, 1, 1], "conversion": [0, 0, 1], "spend": [0.0, 0.0, 5.0],
    }  # fmt: skip
    pd.DataFrame(rows).to_parquet(tmp_path / "hillstrom.parquet")
    found = read(tmp_path)
    assert found.x.shape == (3, 11) and len(found.columns) == 11
    assert [ARMS[code] for code in found.arm] == ["womens", "none", "mens"]
    assert found.results["spend"].tolist() == [0.0, 0.0, 5.0]
