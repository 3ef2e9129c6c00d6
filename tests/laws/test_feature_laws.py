"""Laws 1, 2, 3, 5 and the label part of 6 over every registered family, label and phase."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract import BEHAVIOUR, DAY_US
from features.labels._base import labels as label_of
from features.plan import Plan
from features.table import build, column_dictionary

Log = Callable[..., pd.DataFrame]
Batch = Callable[[pd.DataFrame], pa.Table]
few = settings(max_examples=4, deadline=None, derandomize=True)


def at(table: pa.Table, cutoff_us: int) -> pa.Table:
    return table.filter(pa.compute.equal(table["cutoff_us"], cutoff_us)).combine_chunks()


def same(one: pa.Table, other: pa.Table) -> bool:
    """Bit for bit: also the sign of zero counts."""
    if one.schema != other.schema or len(one) != len(other):
        return False
    for left, right in zip(one.columns, other.columns, strict=True):
        if pa.types.is_floating(left.type):
            if not left.is_null().equals(right.is_null()):
                return False
            if left.fill_null(0).to_numpy().tobytes() != right.fill_null(0).to_numpy().tobytes():
                return False
        elif left.to_pylist() != right.to_pylist():
            return False
    return True


def only_at(plan: Plan, cutoff_us: int) -> Plan:
    """The plan of a scoring run: one cutoff, no labels."""
    return plan.model_copy(update={"as_of_us": cutoff_us, "cutoffs": dict.fromkeys(plan.cutoffs, ())})


def visible(log: pd.DataFrame, cutoff_us: int) -> pd.Series:
    return (log["occurred_us"] < cutoff_us) & (log["known_us"] <= cutoff_us)


@few
@given(seed=st.integers(0, 10_000))
def test_what_is_not_yet_known_changes_no_bit(
    seed: int, random_log: Log, batch_of: Batch, plan: Plan
) -> None:
    log = random_log(seed)
    whole, _ = build(batch_of(log), plan)
    for cutoff_us in plan.all_cutoffs:
        seen = visible(log, cutoff_us)
        other = random_log(seed + 1).assign(event_id=lambda rows: rows["event_id"] + 10_000)
        other = other[~visible(other, cutoff_us)]
        removed, _ = build(batch_of(log[seen]), only_at(plan, cutoff_us))
        replaced, _ = build(batch_of(pd.concat([log[seen], other])), only_at(plan, cutoff_us))
        assert same(at(whole, cutoff_us), removed)
        assert same(at(whole, cutoff_us), at(replaced, cutoff_us))


@few
@given(seed=st.integers(0, 10_000))
def test_a_row_learnt_of_in_time_does_change_something(
    seed: int, random_log: Log, batch_of: Batch, plan: Plan
) -> None:
    # The counterpart of the law above: it can only hold by looking, not by being blind.
    log = random_log(seed)
    newest = plan.all_cutoffs[-1]
    bought = log[visible(log, newest) & (log["kind"] == "purchase")].sort_values("occurred_us").tail(1)
    late = log.copy()
    late.loc[bought.index, "known_us"] = newest + 1
    whole, _ = build(batch_of(log), only_at(plan, newest))
    without, _ = build(batch_of(late), only_at(plan, newest))
    assert not same(whole, without)


@few
@given(seed=st.integers(0, 10_000), parts=st.integers(2, 5))
def test_order_and_partition_change_no_bit(
    seed: int, parts: int, random_log: Log, batch_of: Batch, plan: Plan
) -> None:
    log = random_log(seed)
    tables = build(batch_of(log), plan)
    shuffled = build(batch_of(log.sample(frac=1, random_state=seed)), plan)
    split = [build(batch_of(log[log["customer_id"] % parts == part]), plan) for part in range(parts)]
    for place in (0, 1):
        joined = pa.concat_tables([pair[place] for pair in split]).unify_dictionaries()
        joined = joined.sort_by([("cutoff_us", "ascending"), ("customer_id", "ascending")])
        assert same(tables[place], shuffled[place])
        assert same(tables[place], joined.combine_chunks())


@few
@given(seed=st.integers(0, 10_000))
def test_training_row_is_scoring_row(seed: int, random_log: Log, batch_of: Batch, plan: Plan) -> None:
    log = random_log(seed)
    training, _ = build(batch_of(log), plan)
    for cutoff_us in plan.all_cutoffs:
        scored, found = build(batch_of(log), only_at(plan, cutoff_us))
        assert same(at(training, cutoff_us), scored)
        assert found["churn__label"].null_count == len(found)


@few
@given(seed=st.integers(0, 10_000))
def test_everybody_with_history_has_one_row_one_phase_and_no_gap(
    seed: int, random_log: Log, batch_of: Batch, plan: Plan
) -> None:
    log = random_log(seed)
    features, labels = build(batch_of(log), plan)
    assert features.column_names[:3] == ["customer_id", "cutoff_us", "phase"]
    assert features.column_names[3:] == [column["name"] for column in column_dictionary(plan)]
    assert features.select(["customer_id", "cutoff_us"]).equals(labels.select(["customer_id", "cutoff_us"]))
    for cutoff_us in plan.all_cutoffs:
        known = sorted(log.loc[visible(log, cutoff_us), "customer_id"].unique())
        assert at(features, cutoff_us)["customer_id"].to_pylist() == known
    assert features["phase"].null_count == 0
    assert set(features["phase"].to_pylist()) <= set(plan.journey.phase_keys)
    for name in features.column_names[3:]:
        assert features.schema.field(name).type == pa.float32()
        assert np.isfinite(features[name].to_numpy()).all(), name


def test_an_empty_look_back_gives_the_documented_defaults(
    random_log: Log, batch_of: Batch, plan: Plan
) -> None:
    # One event, known but older than the look-back: a row, yet nothing to tell.
    one = random_log(1).head(1).assign(occurred_us=5, known_us=5)
    features, _ = build(batch_of(one), plan)
    dictionary = column_dictionary(plan)
    assert {column["family"] for column in dictionary} == {"phase", *plan.families}
    newest = at(features, plan.as_of_us)
    assert newest["phase"].to_pylist() == ["dormant"]
    for column in dictionary:
        assert newest[column["name"]].to_pylist() == [pytest.approx(column["default"], rel=1e-6)]
        assert column["meaning_en"] and column["meaning_nl"] and column["unit"]


def test_no_customers_give_the_same_columns(random_log: Log, batch_of: Batch, plan: Plan) -> None:
    none, no_labels = build(batch_of(random_log(1).head(0)), plan)
    some, labels = build(batch_of(random_log(1)), plan)
    assert (len(none), none.schema, no_labels.schema) == (0, some.schema, labels.schema)


@few
@given(seed=st.integers(0, 10_000))
def test_labels_count_the_window_as_known_at_its_end(
    seed: int, random_log: Log, batch_of: Batch, plan: Plan
) -> None:
    log = random_log(seed)
    _, labels = build(batch_of(log), plan)
    checked = 0
    # A label about phases is held to its own word in tests/features/test_exits.py.
    contracts = [one for one in plan.contracts if label_of()[one.target].of_phases is None]
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
