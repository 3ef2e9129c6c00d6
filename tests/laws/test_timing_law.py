"""The timing label says at each horizon what a label of that horizon would say, known by its own end."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.contract import DAY_US
from features.plan import Plan
from features.table import build
from tests.laws.test_feature_laws import few

Log = Callable[..., pd.DataFrame]


def of_readiness(plan: Plan, days: int) -> Plan:
    """The same cutoffs and population, with a readiness label of so many days."""
    timing = next(one for one in plan.contracts if one.target == "timing")
    contract = timing.model_copy(update={"target": "readiness", "horizon_days": days, "horizons_days": ()})
    cutoffs = {"readiness": plan.cutoffs["timing"]}
    return plan.model_copy(update={"contracts": (contract,), "cutoffs": cutoffs, "families": ()})


@few
@given(seed=st.integers(0, 10_000), linked=st.booleans())
def test_every_horizon_is_a_label_of_its_own(
    seed: int, linked: bool, random_log: Log, batch_of: Callable[[pd.DataFrame], pa.Table], plan: Plan
) -> None:
    batch = batch_of(random_log(seed, linked=linked))
    timing = next(one for one in plan.contracts if one.target == "timing")
    only = plan.model_copy(
        update={"contracts": (timing,), "cutoffs": {"timing": plan.cutoffs["timing"]}, "families": ()}
    )
    _, found = build(batch, only)
    rows = {(row["customer_id"], row["cutoff_us"]): row for row in found.to_pylist()}
    seen = {0.0: 0, 1.0: 0}
    ended = dict.fromkeys(rows, 0.0)
    for days in timing.horizons_days:
        _, other = build(batch, of_readiness(plan, days))
        for row in other.to_pylist():
            key = (row["customer_id"], row["cutoff_us"])
            mine = rows[key]
            assert mine["timing__population"] == row["readiness__population"]
            if row["readiness__label"] is None:
                assert mine["timing__observed"] is None or mine["timing__observed"] < days
                continue
            assert mine["timing__observed"] >= days
            # Who is somebody else by the next horizon keeps what was known of them by this one.
            ended[key] = max(ended[key], row["readiness__label"])
            assert (0 <= mine["timing__days"] < days) == ended[key]
            seen[row["readiness__label"]] += 1
    assert min(seen.values()) > 5


@pytest.mark.parametrize("later", [0, 30, 60])
def test_a_row_whose_window_is_not_over_is_there_and_says_how_long_we_looked(
    later: int, random_log: Log, batch_of: Callable[[pd.DataFrame], pa.Table], plan: Plan
) -> None:
    timing = next(one for one in plan.contracts if one.target == "timing")
    newest = max(plan.cutoffs["timing"])
    end = newest + (timing.gap_days + timing.horizons_days[0] + later) * DAY_US
    seen_from = plan.model_copy(update={"as_of_us": max(end, newest), "complete_until_us": end})
    _, labels = build(batch_of(random_log(5)), seen_from)
    rows = [row for row in labels.to_pylist() if row["cutoff_us"] == newest and row["timing__population"]]
    assert rows
    assert {row["timing__observed"] for row in rows} == {float(min(timing.horizons_days[0] + later, 84))}
    assert all(row["timing__days"] < row["timing__observed"] for row in rows)
