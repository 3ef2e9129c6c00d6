"""Laws 1, 2, 3, 5 and the label part of 6 over every registered family, label and phase."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from features.contract import BEHAVIOUR, DAY_US
from features.labels._base import labels as label_of
from features.plan import Plan
from features.table import build, column_dictionary
from tests.laws import feature_laws as law
from tests.laws.feature_laws import at, built, only_at, same, visible

Log = Callable[..., pd.DataFrame]
Batch = Callable[[pd.DataFrame], pa.Table]
# A smaller seed is no simpler log: nothing to shrink.
few = settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])


@few
@given(seed=st.integers(0, 10_000), linked=st.booleans())
def test_what_is_not_yet_known_changes_no_bit(seed: int, linked: bool, random_log: Log, plan: Plan) -> None:
    law.what_is_not_yet_known_changes_no_bit(plan, random_log(seed, linked=linked), random_log(seed + 1))


@few
@given(seed=st.integers(0, 10_000))
def test_a_row_learnt_of_in_time_does_change_something(seed: int, random_log: Log, plan: Plan) -> None:
    # The counterpart of the law above: it can only hold by looking, not by being blind.
    log = random_log(seed)
    newest = plan.all_cutoffs[-1]
    bought = log[visible(log, newest) & (log["kind"] == "purchase")].sort_values("occurred_us").tail(1)
    late = log.copy()
    late.loc[bought.index, "known_us"] = newest + 1
    whole, _ = built(log, only_at(plan, newest))
    without, _ = built(late, only_at(plan, newest))
    assert not same(whole, without)


@few
@given(seed=st.integers(0, 10_000), parts=st.integers(2, 5), linked=st.booleans())
def test_order_and_partition_change_no_bit(
    seed: int, parts: int, linked: bool, random_log: Log, plan: Plan
) -> None:
    law.order_and_partition_change_no_bit(plan, random_log(seed, linked=linked), parts, seed)


@few
@given(seed=st.integers(0, 10_000), linked=st.booleans())
def test_training_row_is_scoring_row(seed: int, linked: bool, random_log: Log, plan: Plan) -> None:
    law.training_row_is_scoring_row(plan, random_log(seed, linked=linked))


@few
@given(seed=st.integers(0, 10_000), linked=st.booleans())
def test_everybody_with_history_has_one_row_one_phase_and_no_gap(
    seed: int, linked: bool, random_log: Log, plan: Plan
) -> None:
    law.everybody_has_one_row_and_no_gap(plan, random_log(seed, linked=linked))


def test_an_empty_look_back_gives_the_documented_defaults(random_log: Log, plan: Plan) -> None:
    law.an_empty_look_back_gives_the_documented_defaults(plan, random_log(1))
    assert {column["family"] for column in column_dictionary(plan)} == {"phase", *plan.families}


def test_no_customers_give_the_same_columns(random_log: Log, plan: Plan) -> None:
    law.no_customers_give_the_same_columns(plan, random_log(1))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_family_says_the_same_beside_others(seed: int, random_log: Log, plan: Plan) -> None:
    law.a_family_says_the_same_beside_others(plan, random_log(seed, linked=seed == 2))


@few
@given(seed=st.integers(0, 10_000))
def test_labels_count_the_window_as_known_at_its_end(
    seed: int, random_log: Log, batch_of: Batch, plan: Plan
) -> None:
    log = random_log(seed)
    _, labels = build(batch_of(log), plan)
    checked = 0
    # A label about phases is held to its own word in tests/features/test_exits.py, a censored one to
    # tests/laws/test_timing_law.py.
    counted = {name for name, one in label_of().items() if one.of_phases is None and not one.censored}
    contracts = [one for one in plan.contracts if one.target in counted]
    for contract in contracts:
        for row in labels.to_pylist():
            t = row["cutoff_us"]
            mine = log[log["customer_id"] == row["customer_id"]]
            kinds = ["purchase"] if contract.active_event == "purchase" else list(BEHAVIOUR)
            since = t - (contract.active_days or 10_000) * DAY_US
            active = visible(mine, t) & (mine["occurred_us"] >= since) & mine["kind"].isin(kinds)
            start = t + contract.gap_days * DAY_US
            end = start + contract.horizon_days * DAY_US
            inside = (mine["occurred_us"] >= start) & (mine["occurred_us"] < end) & (mine["known_us"] <= end)
            bought = mine[inside & (mine["kind"] == "purchase")]
            on_grid = t in plan.cutoffs[contract.target]
            if contract.target == "next_action":
                population, expected = on_grid, {"outcome": len(bought) > 0, "value": bought["value"].sum()}
            elif contract.target == "value":
                population = bool(active.any()) and (on_grid or t == plan.as_of_us)
                expected = {"label": mine[inside & mine["kind"].isin(["purchase", "return"])]["value"].sum()}
            else:
                population = bool(active.any()) and (on_grid or t == plan.as_of_us)
                expected = {"label": (len(bought) > 0) == (contract.target == "readiness")}
            assert row[f"{contract.target}__population"] == population
            for column, value in expected.items():
                found = row[f"{contract.target}__{column}"]
                if population and on_grid and end <= plan.as_of_us:
                    assert found == pytest.approx(float(value), rel=1e-6)
                    checked += 1
                else:
                    assert found is None
    assert checked > 50


def test_a_window_over_a_missing_day_has_no_label(random_log: Log, batch_of: Batch, plan: Plan) -> None:
    from features.cutoffs import day_of, label_window

    contract = next(contract for contract in plan.contracts if contract.target == "churn")
    oldest, *others = plan.cutoffs["churn"]
    missing = day_of(label_window(oldest, contract)[1] - 1)
    _, labels = build(batch_of(random_log(3)), plan.model_copy(update={"missing_days": (missing,)}))
    assert at(labels, oldest)["churn__label"].null_count == len(at(labels, oldest))
    assert at(labels, others[-1])["churn__label"].null_count < len(at(labels, others[-1]))
