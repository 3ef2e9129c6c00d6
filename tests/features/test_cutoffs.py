from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from features.contract import DAY_US, EVENTS
from features.cutoffs import (
    future,
    label_cutoffs,
    label_window,
    past,
    train_cutoffs,
    validation_split,
    window_is_complete,
)
from features.errors import InputError
from features.events import Events
from features.settings import LabelContract

GAP_AND_HORIZON = LabelContract(target="churn", horizon_days=14, gap_days=3)


def events(*moments: tuple[float, float]) -> Events:
    """One purchase per (occurred, known) in days."""
    rows = [
        {"event_id": i, "customer_id": 1, "occurred_us": int(occurred * DAY_US),
         "known_us": int(known * DAY_US), "kind": "purchase", "source": "test"}
        for i, (occurred, known) in enumerate(moments)
    ]  # fmt: skip
    return Events.from_arrow(pa.Table.from_pylist(rows, schema=EVENTS))


def test_label_cutoffs_count_back_from_the_newest_matured_one() -> None:
    cutoffs = label_cutoffs(
        GAP_AND_HORIZON, as_of_us=100 * DAY_US + 5, start_us=DAY_US, step_days=20, min_history_days=22
    )
    assert [t // DAY_US for t in cutoffs] == [23, 43, 63, 83]
    assert label_window(cutoffs[-1], GAP_AND_HORIZON) == (86 * DAY_US, 100 * DAY_US)


def test_only_matured_cutoffs_are_learnt_from() -> None:
    cutoffs = [t * DAY_US for t in (10, 20, 30)]
    assert train_cutoffs(cutoffs, 37 * DAY_US, GAP_AND_HORIZON) == cutoffs[:2]
    assert train_cutoffs(cutoffs, 37 * DAY_US - 1, GAP_AND_HORIZON) == cutoffs[:1]


def test_validation_is_the_newest_cutoff_beyond_gap_and_horizon() -> None:
    fit, validation = validation_split([t * DAY_US for t in (40, 10, 23, 24, 30)], GAP_AND_HORIZON)
    assert ([t // DAY_US for t in fit], validation // DAY_US) == ([10, 23], 40)


@pytest.mark.parametrize("days", [[], [40], [30, 40]])
def test_too_few_cutoffs_are_refused_with_the_remedy(days: list[int]) -> None:
    with pytest.raises(InputError, match=r"churn: .* cutoff.*lower horizon_days"):
        validation_split([t * DAY_US for t in days], GAP_AND_HORIZON)


def test_the_past_ends_before_the_cutoff_and_at_what_was_known() -> None:
    seen = past(events((3, 3), (4.5, 4.5), (5, 5), (4, 5), (4, 5.1), (1, 1)), 5 * DAY_US, lookback_days=3)
    assert sorted(seen.floats("occurred_us") / DAY_US) == [3, 4, 4.5]


def test_a_cutoff_inside_a_day_is_refused() -> None:
    with pytest.raises(InputError, match="midnight"):
        past(events((1, 1)), DAY_US + 1)


def test_the_future_is_the_window_as_known_at_its_end() -> None:
    seen = future(events((5, 5), (7.9, 7.9), (8, 8), (6, 8), (6, 8.1)), 5 * DAY_US, 8 * DAY_US, 8 * DAY_US)
    assert sorted(seen.floats("occurred_us") / DAY_US) == [5, 6, 7.9]


@pytest.mark.parametrize(("missing", "complete"), [(4, True), (5, False), (7, False), (8, True)])
def test_a_window_is_complete_without_missing_days(missing: int, complete: bool) -> None:
    gaps = [date.fromordinal(date(1970, 1, 1).toordinal() + missing)]
    assert window_is_complete(5 * DAY_US, 8 * DAY_US, gaps, 8 * DAY_US) is complete
    assert not window_is_complete(5 * DAY_US, 8 * DAY_US, [], 8 * DAY_US - 1)
