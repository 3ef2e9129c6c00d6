"""What may be said of an experiment: broken counts stop it, a look before the end is judged by the wide interval."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.experiments.analysis import Agreed, analyse
from models.experiments.customers import Measured
from models.experiments.verdicts import verdict

ARMS = ("none", "mail", "call")


def rates(per_arm: int, *successes: int) -> Measured:
    y = np.concatenate([np.arange(per_arm) < hits for hits in successes]).astype(np.float64)
    arms = ARMS[: len(successes)]
    return Measured(arms, np.repeat(np.arange(len(arms)), per_arm), y, np.ones(len(y)))


def agreed(measured: Measured, drawn: int, **more: object) -> Agreed:
    even = dict.fromkeys(measured.arms, 1 / len(measured.arms))
    return Agreed(even, dict.fromkeys(measured.arms, drawn), **more)  # type: ignore[arg-type]


def test_at_the_end_the_narrow_interval_decides() -> None:
    measured = rates(5000, 1000, 1080, 1010)
    found = analyse(measured, agreed(measured, 5100))
    assert found.ended
    assert found.states == {"mail": "unclear", "call": "unclear"}
    measured = rates(5000, 1000, 1120, 880)
    found = analyse(measured, agreed(measured, 5100))
    assert found.states == {"mail": "better", "call": "worse"}
    text = verdict(found)
    assert (
        text["en"]
        .split("\n")[0]
        .startswith("mail does better than none. (22.40% against 20.00%; change +2.40 points")
    )
    assert text["nl"].split("\n")[1].startswith("call doet het slechter dan none. (17,60% tegenover 20,00%")


def test_the_same_numbers_before_the_end_are_too_early_to_call() -> None:
    measured = rates(5000, 1000, 1120, 1000)
    found = analyse(measured, agreed(measured, 20_000))
    assert not found.ended
    assert found.effects[0].p_adjusted < 0.05
    assert found.states == {"mail": "early", "call": "early"}
    assert "look before the end (25% of those drawn" in verdict(found)["en"]
    assert "blik voor het einde (25% van de gelote" in verdict(found)["nl"]


def test_a_large_effect_may_be_called_before_the_end() -> None:
    measured = rates(5000, 1000, 1500)
    found = analyse(measured, agreed(measured, 20_000))
    assert found.states == {"mail": "better"}


def test_peeking_every_day_calls_a_null_effect_at_most_once_in_twenty() -> None:
    rng = np.random.default_rng(1)
    called = 0
    for _ in range(120):
        y, arm = rng.binomial(1, 0.2, 4000).astype(np.float64), np.arange(4000) % 2
        for seen in range(400, 4001, 400):
            look = Measured(ARMS[:2], arm[:seen], y[:seen], np.ones(seen))
            found = analyse(look, agreed(look, 2200))  # never reaches the end
            if set((found.states or {}).values()) & {"better", "worse"}:
                called += 1
                break
    assert called <= 8


def test_broken_counts_stop_everything() -> None:
    measured = rates(5000, 1000, 1300)
    lost = Measured(measured.arms, measured.arm[:9000], measured.total[:9000], measured.rows[:9000])
    found = analyse(lost, agreed(lost, 5000))
    assert found.effects == ()
    assert not found.states
    text = verdict(found)
    assert text["en"].startswith(
        "Stop: the customers per arm (none 5,000, mail 4,000) are not as drawn (none 4,500"
    )
    assert text["nl"].startswith("Stop: de klanten per arm (none 5.000, mail 4.000)")


def test_smaller_than_worth_finding_is_an_answer() -> None:
    measured = rates(100_000, 20_000, 20_100)
    found = analyse(measured, agreed(measured, 100_000, smallest=0.02))
    assert found.states == {"mail": "too_small"}


def test_less_churn_is_better() -> None:
    measured = rates(5000, 1000, 850, 1150)
    found = analyse(measured, agreed(measured, 5000, lower_is_better=True))
    assert found.states == {"mail": "better", "call": "worse"}


@pytest.mark.parametrize(
    ("per_arm", "hits"), [(1, (0, 1)), (50, (5, 30)), (5000, (3, 40)), (5000, (4995, 4800))]
)
def test_too_few_to_say_anything(per_arm: int, hits: tuple[int, int]) -> None:
    measured = rates(per_arm, *hits)
    found = analyse(measured, agreed(measured, per_arm))
    assert found.states == {"mail": "too_few"}
    assert "Too few" in verdict(found)["en"]
    json.dumps(found.to_json(), allow_nan=False)


def test_an_arm_without_anybody_is_a_broken_count_or_too_few() -> None:
    measured = Measured(ARMS[:2], np.zeros(3, np.int64), np.ones(3), np.ones(3))
    found = analyse(measured, agreed(measured, 2))
    assert found.states == {"mail": "too_few"}
    assert verdict(found)["nl"]
