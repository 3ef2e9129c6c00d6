"""Sample sizes: those of the literature note, what they promise in simulation, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from features.errors import InputError
from models.experiments.power import (
    Question,
    customers_needed,
    detectable_effect,
    dunnett_shares,
    even_shares,
    whole_weeks,
)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (Question(base=0.0057, effect=0.0057 * 0.20), 75_300),
        (Question(base=0.30, effect=0.015), 14_900),
        (Question(base=0.08, effect=-0.008), 17_200),
    ],
    ids=["conversion", "cart completion", "churn"],
)
def test_sizes_of_the_note_to_the_hundred(question: Question, told: int) -> None:
    control, variant = customers_needed(question, even_shares(1))
    assert control == variant
    assert round(control, -2) == told


@pytest.mark.parametrize(
    ("lowest", "highest", "told"),
    [
        (Question(base=0.1055, effect=0.005), Question(base=0.1065, effect=0.005), 60_900),
        (
            Question(base=1.0, effect=0.1, sd=11.55, sd_variant=17.75),
            Question(base=1.0, effect=0.1, sd=11.65, sd_variant=17.85),
            353_000,
        ),
    ],
    ids=["visit", "spend"],
)
def test_sizes_of_the_note_within_the_rounding_of_what_it_prints(
    lowest: Question, highest: Question, told: int
) -> None:
    """The note gives 10.6 % and SDs of 17.8 and 11.6; its size lies between those of the roundings."""
    least, most = (customers_needed(one, even_shares(1))[0] for one in (lowest, highest))
    assert least <= told <= most
    assert most / least < 1.02


def test_power_is_what_was_asked() -> None:
    question = Question(base=0.10, effect=0.02)
    control, variant = customers_needed(question, even_shares(1))
    rng = np.random.default_rng(3)
    before, after = (rng.binomial(n, p, 20_000) / n for n, p in ((control, 0.10), (variant, 0.12)))
    se = np.sqrt(before * (1 - before) / control + after * (1 - after) / variant)
    found = np.mean(np.abs(after - before) / se > norm.isf(0.025))
    assert 0.785 < found < 0.81


def test_a_known_score_makes_it_smaller_by_its_share_of_the_variance() -> None:
    plain = Question(base=50.0, effect=5.0, sd=40.0)
    scored = Question(base=50.0, effect=5.0, sd=40.0, correlation=0.6)
    both = [sum(customers_needed(one, even_shares(1))) for one in (plain, scored)]
    assert both[1] / both[0] == pytest.approx(1 - 0.36, abs=0.01)


def test_more_variants_need_more_customers_each_and_dunnett_fewer_than_bonferroni() -> None:
    sizes = {
        correction: customers_needed(Question(base=0.1, effect=0.01, correction=correction), even_shares(3))[
            1
        ]
        for correction in ("none", "dunnett", "holm")
    }
    assert sizes["none"] < sizes["dunnett"] < sizes["holm"]
    one = customers_needed(Question(base=0.1, effect=0.01), even_shares(1))[1]
    assert one == sizes["none"]


def test_a_heavier_control_needs_fewer_customers_in_all() -> None:
    question = Question(base=0.1, effect=0.01)
    assert sum(customers_needed(question, dunnett_shares(4))) < sum(
        customers_needed(question, even_shares(4))
    )


@pytest.mark.parametrize("effect", [0.01, -0.01])
def test_what_a_list_shows_is_what_its_size_was_computed_from(effect: float) -> None:
    for question in (Question(base=0.2, effect=effect), Question(base=9.0, effect=effect, sd=2.0)):
        shares = dunnett_shares(2)
        total = sum(customers_needed(question, shares))
        assert detectable_effect(question, shares, total) == pytest.approx(effect, rel=1e-3)


def test_a_handful_of_customers_shows_nothing() -> None:
    assert detectable_effect(Question(base=0.5, effect=0.1), even_shares(1), 4) is None


def test_weeks_are_whole_and_at_least_two() -> None:
    assert [whole_weeks(n, 1000) for n in (1, 2000, 2001, 7000)] == [2, 2, 3, 7]
    assert whole_weeks(1, 1000, least=1) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"base": 0.1, "effect": 0.0}, "effect to find is 0"),
        ({"base": 1.2, "effect": 0.1}, "between 0 and 1"),
        ({"base": 0.95, "effect": 0.1}, "is no rate"),
        ({"base": 0.1, "effect": 0.01, "power": 1.0}, "power 1"),
        ({"base": 0.1, "effect": 0.01, "alpha": 0.0}, "alpha 0"),
        ({"base": 9.0, "effect": 1.0, "sd": 0.0}, "standard deviation"),
        ({"base": 9.0, "effect": 1.0, "sd": 1.0, "correlation": 1.0}, "correlation 1"),
    ],
)
def test_a_question_without_an_answer_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Question(**given)
