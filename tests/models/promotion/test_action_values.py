"""Two policies at the same decisions: only what chance cannot do makes a champion, or keeps one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.contract import DAY_US
from models.actions.judged_decisions import JudgedDecisions
from models.promotion.action_values import ActionEvidence, Known, Pair, action_verdict, other_money
from models.promotion.champion_choice import Chosen
from models.promotion.gate import Verdict
from models.promotion.settings import PromotionSettings
from models.settings import EvaluationSettings

ARMS = ("none", "mail")
N, HALF = 2000, 1000
#: Half of the decisions lie on day 100, half on day 130; the champion scored on day 120.
DAYS = np.repeat([100, 130], HALF)
KNOWN = Known(until_us=120 * DAY_US, newest_us=100 * DAY_US)
MAIL, NOTHING = np.tile([0.0, 1.0], (N, 1)), np.tile([1.0, 0.0], (N, 1))


def decisions(gain: float | np.ndarray, chosen: np.ndarray = MAIL, per_customer: int = 1) -> JudgedDecisions:
    """Decisions at which mail earns ``gain`` more than nothing, give or take 4."""
    rng = np.random.default_rng(2)
    money = np.column_stack([rng.normal(5, 1, N), np.zeros(N)])
    money[:, 1] = money[:, 0] + gain + rng.normal(0, 4, N)
    return JudgedDecisions(
        ARMS,
        customers=np.tile(np.arange(HALF) // per_customer, 2),
        cutoff_us=DAYS * DAY_US,
        money=money,
        chance=chosen,
        taken=rng.integers(0, 2, N),
        propensity=np.full(N, 0.5),
        min_ess=200,
    )


EVERYWHERE = np.ones(N, dtype=bool)


def judged(
    one: JudgedDecisions,
    champion: np.ndarray = NOTHING,
    known: Known = KNOWN,
    refresh: bool = True,
    kept: Chosen | None = None,
) -> Verdict:
    evidence = ActionEvidence(one, Chosen(champion[: len(one)], EVERYWHERE[: len(one)]), known, kept)
    return action_verdict(evidence, PromotionSettings(refresh=refresh), EvaluationSettings())


def test_better_beyond_chance_is_promoted_and_worse_refused() -> None:
    assert judged(decisions(1.0)).reason.startswith("better: value +")
    assert judged(decisions(1.0)).promote
    worse = judged(decisions(-1.0))
    assert (worse.promote, worse.comparable) == (False, True)
    assert worse.reason.startswith("worse: value -")


def test_only_decisions_that_the_champion_cannot_know_count_where_there_are_enough() -> None:
    # On the old decisions the champion shines, for it has seen them; on the new ones it does not.
    gain = np.where(DAYS == 100, -3.0, 1.0)
    fair = judged(decisions(gain))
    assert fair.promote and "1000 of 2000 decisions" in fair.reason
    assert fair.reason.endswith("all after what the champion learnt from (1970-05-01)")
    later = judged(decisions(gain), known=Known(131 * DAY_US, 100 * DAY_US))
    assert not later.promote and "2000 of 2000 decisions" in later.reason
    assert "may have learnt from those before 1970-05-12, which flatters it" in later.reason
    assert "(those that it cannot know: no decision of both)" in later.reason
    silent = judged(decisions(gain), known=Known())
    assert not silent.promote and "what the champion learnt from is not known: if from these" in silent.reason


def test_equal_within_chance_takes_over_only_if_it_is_fresher_and_may() -> None:
    one = decisions(0.0)
    assert judged(one).promote
    assert "learnt from newer decisions (until 1970-05-11 instead of 1970-04-11)" in judged(one).reason
    assert not judged(one, refresh=False).promote
    same = Known(120 * DAY_US, 130 * DAY_US)
    assert judged(one, known=same).reason.startswith("not proven better, nor learnt from newer decisions")
    assert not judged(one, known=same).promote
    assert judged(one, known=Known(120 * DAY_US)).promote, "decided when the champion had learnt all it did"
    assert not judged(one, known=Known()).promote


def test_of_old_decisions_counts_what_the_champion_chose_on_other_customers() -> None:
    # The saved policy knows how the old decisions ended; what its run kept of them does not.
    one, old = decisions(0.5), DAYS == 100
    hindsight = np.where(old[:, None], np.eye(2)[np.argmax(one.money, axis=1)], NOTHING)
    none_newer = Known(131 * DAY_US, 100 * DAY_US)
    flattered = judged(one, hindsight, none_newer)
    assert not flattered.promote and flattered.reason.startswith(
        "worse where the champion is flattered: value -"
    )
    kept = Chosen(NOTHING, np.arange(N) < 700)
    fair = judged(one, hindsight, kept=kept)
    assert fair.promote and "1700 of 2000 decisions" in fair.reason, "700 old ones, and all new ones"
    assert fair.reason.endswith("before 1970-05-01 by what the champion chose as learnt on other customers")
    assert "700 of 2000 decisions" in judged(one, hindsight, none_newer, kept=kept).reason
    assert "700 of 2000 decisions" in judged(one, hindsight, Known(), kept=kept).reason


def test_what_many_decisions_tell_is_not_undone_by_a_few_new_ones() -> None:
    # New alone they look alike; with what was kept the challenger is plainly worse.
    gain = np.where(DAYS == 100, -1.0, 0.0)
    assert judged(decisions(gain)).promote
    assert judged(decisions(gain), kept=Chosen(NOTHING, DAYS == 100)).reason.startswith("worse: value -")


def test_far_below_the_champion_is_not_equal_though_chance_can_do_it() -> None:
    one = replace(decisions(0.0).take(np.arange(N) % 4 == 0), min_ess=50)
    newer = one.money[DAYS[::4] == 130]
    level = np.array([0.0, (newer[:, 1] - newer[:, 0]).mean()])
    far = judged(replace(one, money=one.money - level - [0.0, 0.4]))
    assert not far.promote and far.reason.startswith("not proven better: value -0.4 (-0.")
    assert "chance can do that, but it is more than 5.0% below the champion's" in far.reason
    assert judged(replace(one, money=one.money - level - [0.0, 0.2])).promote


def test_the_same_choice_everywhere_differs_by_nothing() -> None:
    found = judged(decisions(1.0), champion=MAIL, refresh=False)
    assert not found.promote
    assert "value +0 (+0 to +0)" in found.reason and "another action in 0.0% of them" in found.reason


def test_many_decisions_of_few_customers_prove_less() -> None:
    one = decisions(0.4)
    assert judged(one).promote and judged(one).reason.startswith("better")
    crowd = replace(one, customers=np.arange(N) % 101, money=np.sort(one.money - one.money[:, [0]], axis=0))
    few = replace(crowd, customers=np.arange(N) * 101 // N)
    assert judged(crowd).reason.startswith("better")
    # The same scores, but what is alike belongs to one customer: fewer independent witnesses.
    width = [Pair(each, NOTHING).difference(0.95) for each in (crowd, few)]
    assert width[1].high - width[1].low > 3 * (width[0].high - width[0].low)


@pytest.mark.parametrize(
    ("thin", "said"),
    [
        (lambda one: one.take(np.arange(N) < 99), "99 customers, at least 100 needed (evaluation.min_cell"),
        (
            lambda one: replace(one, taken=np.where(np.arange(N) % 20, 0, 1)),
            "effective decisions speak about the challenger, at least 200 needed (next_action.min_ess",
        ),
        (lambda one: replace(one, taken=np.full(N, -1)), "0 effective decisions speak about the challenger"),
    ],
)
def test_a_log_that_cannot_tell_them_apart_says_why(thin: object, said: str) -> None:
    one = thin(decisions(1.0))  # type: ignore[operator]
    found = judged(one)
    assert (found.promote, found.comparable) == (False, False)
    assert found.reason.startswith("not comparable: ") and said in found.reason


def test_money_is_compared_as_far_as_both_say() -> None:
    assert other_money({"margin_rate": 1.0}, {}) == ""
    told = other_money(
        {"action_cost": {"mail": 0.5}, "horizon_days": 14}, {"action_cost": {}, "horizon_days": 14}
    )
    assert told == "the money is counted otherwise (action_cost {'mail': 0.5} instead of {})"
