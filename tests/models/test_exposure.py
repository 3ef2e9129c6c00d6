from __future__ import annotations

import json

import numpy as np
import pytest

from models.actions.exposure import EXPOSURE, Given, exposure, exposure_summary


def customers(seed: int, n: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group ``f`` gains more by a coupon than the others."""
    rng = np.random.default_rng(seed)
    sex = np.where(rng.random(n) < 0.3, "f", "m")
    return sex, rng.normal(size=n) + 0.5 * (sex == "f"), np.full(n, "buy", dtype=object)


def coupons(gets: np.ndarray) -> np.ndarray:
    return np.where(gets, "coupon", "none").astype(object)


def test_a_rule_that_looks_at_the_benefit_alone_is_no_difference_in_treatment() -> None:
    beyond = []
    for seed in range(40):
        sex, benefit, phase = customers(seed)
        found = exposure(Given(coupons(benefit > 0.7), phase, {"coupon": benefit}), {"sex": sex}).iloc[0]
        assert found["share"] - found["share_rest"] > 0.08
        beyond.append(found["p_value"] < 0.05)
    assert np.mean(beyond) < 0.15


def test_a_rule_that_favours_a_group_is_found_with_its_size() -> None:
    sex, benefit, phase = customers(1)
    rng = np.random.default_rng(2)
    gets = rng.random(len(sex)) < 0.3 + 0.2 * (sex == "f")
    found = exposure(Given(coupons(gets), phase, {"coupon": benefit}), {"sex": sex}).set_index("group")
    assert found.loc["f", "low"] < 0.2 < found.loc["f", "high"] and found.loc["f", "q_value"] < 0.01
    assert found.loc["m", "difference"] == pytest.approx(-found.loc["f", "difference"])


def test_without_strata_it_is_the_plain_difference() -> None:
    sex, _, phase = customers(3)
    gets = np.random.default_rng(4).random(len(sex)) < 0.4
    found = exposure(Given(coupons(gets), phase), {"sex": sex}).iloc[0]
    assert found["difference"] == pytest.approx(found["share"] - found["share_rest"])
    assert found["strata"] == 1


def test_phases_where_nobody_receives_it_do_not_dilute() -> None:
    sex, benefit, phase = customers(5)
    elsewhere = np.arange(len(sex)) % 2 == 0
    phase[elsewhere] = "stay"
    found = exposure(Given(coupons((sex == "f") & ~elsewhere), phase, {"coupon": benefit}), {"sex": sex})
    assert found["difference"].round(9).tolist() == [1.0, -1.0]
    assert found["n"].sum() == (~elsewhere).sum()


def test_who_may_not_receive_it_is_not_compared() -> None:
    sex, benefit, phase = customers(6)
    possible = sex == "m"
    possible[np.flatnonzero(sex == "f")[:300]] = True
    given = Given(coupons(possible), phase, {"coupon": benefit}, {"coupon": possible})
    assert exposure(given, {"sex": sex})["difference"].tolist() == [0.0, 0.0]


def test_small_and_unknown_groups_are_shown() -> None:
    sex, benefit, phase = customers(7)
    sex = sex.astype("U7")
    sex[:20], sex[20:600] = "x", "unknown"
    found = exposure(Given(coupons(benefit > 0), phase, {"coupon": benefit}), {"sex": sex}).set_index("group")
    assert found.loc["x", "note"] == "too small: 20 customers < 100"
    assert np.isnan(found.loc["x", "difference"])
    assert found.loc["x", "n"] == 20 and found.loc["unknown", "note"] == ""
    rows = exposure_summary(found.reset_index())["rows"]
    json.dumps(rows, allow_nan=False)
    assert {row["group"] for row in rows} == {"f", "m", "unknown", "x"}


def test_discounts_come_first_and_nothing_given_is_an_empty_frame() -> None:
    sex, benefit, phase = customers(8)
    action = np.where(benefit > 1, "advice", np.where(benefit > 0, "coupon", "none")).astype(object)
    found = exposure(Given(action, phase), {"sex": sex}, discounts=["coupon"])
    assert found["action"].tolist() == ["coupon", "coupon", "advice", "advice"]
    assert found["discount"].tolist() == [True, True, False, False]
    nothing = exposure(Given(np.full(len(sex), "none", dtype=object), phase), {"sex": sex})
    assert nothing.empty and list(nothing.columns) == EXPOSURE.names


def test_a_group_without_anybody_like_it_is_said() -> None:
    sex = np.repeat(["f", "m"], 300)
    phase = np.where(sex == "f", "buy", "stay").astype(object)
    found = exposure(Given(coupons(np.arange(600) % 2 == 0), phase), {"sex": sex})
    assert found["note"].str.startswith("no customers of both sides").all()


def test_customers_without_a_predicted_benefit_are_compared_with_each_other() -> None:
    sex, benefit, phase = customers(9)
    blind = np.arange(len(sex)) % 2 == 0
    gets = np.where(blind, sex == "f", benefit > 0.7)
    given = Given(coupons(gets), phase, {"coupon": np.where(blind, np.nan, benefit)})
    found = exposure(given, {"sex": sex}).set_index("group")
    assert found.loc["f", "difference"] == pytest.approx(0.5, abs=0.03)
    unknown = Given(given.action, phase, {"coupon": np.full(len(sex), np.nan)})
    assert exposure(unknown, {"sex": sex})["strata"].tolist() == [1, 1]
