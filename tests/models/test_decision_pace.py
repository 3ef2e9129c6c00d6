from __future__ import annotations

import numpy as np

from models.actions.decision_pace import decisions_per_week, whole_weeks


def test_the_pace_is_that_of_the_last_eight_weeks():
    early, late = np.repeat(np.arange(100.0), 50), np.repeat(np.arange(100.0, 156.0), 4)
    assert decisions_per_week(np.concatenate([early, late]).astype(np.float32)) == 28.0


def test_part_of_a_week_is_left_out_and_a_campaign_on_one_day_has_no_pace():
    assert decisions_per_week(np.arange(20, dtype=np.float32)) == 7.0
    assert decisions_per_week(np.arange(13, dtype=np.float32)) is None
    assert decisions_per_week(np.full(900, 17_000, np.float32)) is None
    assert decisions_per_week(np.zeros(0, np.float32)) is None


def test_weeks_are_whole_and_at_least_one():
    assert [whole_weeks(n, 100.0) for n in (1, 100, 101)] == [1, 1, 2]
