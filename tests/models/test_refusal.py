from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.actions.decision_log import DecisionLog, decision_log
from models.actions.refusal import by_rule_words, experiment_for, too_few_words


def logged(n: int = 700, days: int = 70, held: bool = True) -> DecisionLog:
    actions = np.array(["none", "mail"] if held else ["call", "mail"])[np.arange(n) % 2]
    return decision_log(
        ["x"],
        np.zeros((n, 1), np.float32),
        ["decision"] * n,
        np.arange(n),
        actions.tolist(),
        [["none", "mail", "call"]] * n,
        np.full(n, np.nan),
        np.where(np.arange(n) % 2 == 0, np.arange(n) % 10 == 0, 1.0),
        np.zeros(n),
        np.zeros(n),
        decided_us=np.arange(n) * days // n * 86_400_000_000,
    )


def test_the_experiment_takes_rate_and_pace_from_the_log():
    plan = experiment_for(logged())
    assert list(plan["arms"]) == ["none", "call", "mail"]
    # Of those held back one in five succeeded; ten decisions a day.
    assert abs(plan["base_rate"] - 0.2) < 1e-9
    assert abs(plan["decisions_per_week"] - 70) < 1e-9
    assert plan["weeks"] and "nothing" in plan["words"]["en"] and "niets" in plan["words"]["nl"]


def test_where_nobody_was_held_back_the_rate_is_that_of_all():
    assert abs(experiment_for(logged(held=False))["base_rate"] - 0.6) < 1e-9


def test_a_log_of_one_day_without_results_still_names_the_arms():
    log = logged(days=1)
    log.outcome[:] = np.nan
    plan = experiment_for(log)
    assert plan["base_rate"] is None and plan["decisions_per_week"] is None and plan["weeks"] is None
    assert list(plan["arms"]) == ["none", "call", "mail"]


def test_words_say_that_nobody_was_held_back_only_where_that_is_so():
    assert "ever held back" not in too_few_words(logged(), [0], {})["en"]
    said = too_few_words(logged(held=False), [1, 2], {})
    assert "nobody was ever held back" in said["en"] and "bewust niets gedaan" in said["nl"]
    assert "left is 'call', 'mail'" in said["en"]


def test_words_name_the_first_of_many_actions():
    log = logged()
    names = tuple(f"item_{number:02}" for number in range(80))
    many = replace(
        log, actions=("none", *names), eligible=np.ones((len(log), 81), bool), action=log.action + 1
    )
    said = too_few_words(many, list(range(1, 81)), {})["en"]
    assert "'item_05' (+74)" in said and "item_06" not in said
    arms = experiment_for(many)["arms"]
    assert len(arms) == 7 and {"none", "item_00", "item_02"} <= set(arms)


def test_words_name_every_action_that_a_rule_gave():
    said = by_rule_words({"mail": 0.39, "call": 1.0})
    for language in ("en", "nl"):
        assert "'mail'" in said[language] and "39%" in said[language] and "'call'" in said[language]
