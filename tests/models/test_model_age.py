"""Old models are refused or told, never silent."""

from __future__ import annotations

import pytest

from features.contract import DAY_US
from features.errors import InputError
from models.model_age import check_ages

MODEL = {"training_cutoffs_us": [0, 10 * DAY_US], "contract": {"gap_days": 0, "horizon_days": 20}}
MODELS = {("churn", "decision"): MODEL, ("churn", "retention"): MODEL | {"training_cutoffs_us": []}}


@pytest.mark.parametrize(("day", "limit", "outcome"), [(114, None, 0), (115, None, 1), (50, 20, 0)])
def test_old_is_counted_from_the_newest_outcome(day: int, limit: int | None, outcome: int) -> None:
    assert len(check_ages(MODELS, day * DAY_US, limit)) == outcome


def test_beyond_the_limit_is_refused_with_the_key_and_the_remedy() -> None:
    with pytest.raises(
        InputError, match=r"until 1970-01-31, 21 days .* at most 20 .*max_model_age_days.*dvc repro"
    ):
        check_ages(MODELS, 51 * DAY_US, 20)


def test_scoring_the_past_is_not_old() -> None:
    assert check_ages(MODELS, 5 * DAY_US, 1) == []
