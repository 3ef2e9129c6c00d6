from __future__ import annotations

import numpy as np
import pytest

from features.errors import InputError
from models.actions.decision_log import DecisionLog, decision_log


def small(**changes: object) -> DecisionLog:
    given: dict[str, object] = {
        "columns": ["recency"],
        "x": np.arange(4, dtype=np.float32)[:, None],
        "phase": ["decision"] * 4,
        "customers": np.array([1, 1, 2, 3]),
        "action": ["mail", "none", "none", "call"],
        "eligible": [["none", "mail"], ["none", "mail"], ["none"], ["call", "none"]],
        "propensity": np.array([0.5, 0.5, 1.0, np.nan]),
        "outcome": np.array([1.0, 0.0, np.nan, 1.0]),
        "value": np.array([9.0, 0.0, np.nan, 3.0]),
        "cost": np.array([0.5, 0.0, 0.0, 2.0]),
    }
    return decision_log(**{**given, **changes})  # type: ignore[arg-type]


def test_none_comes_first_and_eligibility_follows_the_names():
    log = small()
    assert log.actions == ("none", "call", "mail")
    assert log.action.tolist() == [2, 0, 0, 1]
    assert log.eligible.tolist() == [
        [True, False, True],
        [True, False, True],
        [True, False, False],
        [True, True, False],
    ]


def test_take_keeps_every_column_in_step():
    part = small().take(np.array([3, 0]))
    assert part.customers.tolist() == [3, 1]
    assert part.x[:, 0].tolist() == [3.0, 0.0]
    assert part.cost.tolist() == [2.0, 0.5]
    assert len(part) == 2


def test_an_action_that_was_not_eligible_is_refused():
    with pytest.raises(InputError, match=r"1 decisions took an action that was not eligible.*row 3, 'mail'"):
        small(action=["mail", "none", "mail", "call"])


@pytest.mark.parametrize("wrong", [0.0, -0.1, 1.5])
def test_a_propensity_outside_its_range_is_refused(wrong: float):
    with pytest.raises(InputError, match="1 of 4 propensities outside"):
        small(propensity=np.array([0.5, wrong, 1.0, np.nan]))


def test_an_outcome_that_is_no_success_or_failure_is_refused():
    with pytest.raises(InputError, match="outcome 7 found"):
        small(outcome=np.array([1.0, 7.0, np.nan, 1.0]))


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match="different length"):
        small(cost=np.zeros(3))


def test_what_was_alone_eligible_was_certain():
    with pytest.raises(InputError, match=r"in 1 of 4 decisions only one action was eligible.*row 3, 0\.9"):
        small(propensity=np.array([0.5, 0.5, 0.9, np.nan]))
    assert len(small(propensity=np.array([0.5, 0.5, np.nan, np.nan]))) == 4
