"""The laws of features, each a function over any plan: of every registered family, or of one that was just written.

A law fails by an assertion. What families learn from everybody (``features.crowd``) is learnt from the log itself.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from features.contract import DAY_US
from features.crowd import Learnt, count_crowd, fit_crowd
from features.plan import Plan
from features.table import build, column_dictionary
from tests.laws.random_logs import as_batch


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


def same_learnt(one: Learnt, other: Learnt, until_us: int | None = None) -> bool:
    """Tell whether two crowds taught the same tables, bit for bit, at every cutoff until a moment."""

    def tables(learnt: Learnt) -> dict[tuple[str, int], pa.Table]:
        return {
            (family, moment): table
            for family, moments in learnt.tables.items()
            for moment, table in moments.items()
            if until_us is None or moment <= until_us
        }

    left, right = tables(one), tables(other)
    return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)


def learnt_from(log: pd.DataFrame, plan: Plan) -> Learnt:
    return fit_crowd([count_crowd(as_batch(log), plan)], plan)


def built(log: pd.DataFrame, plan: Plan, learnt: Learnt | None = None) -> tuple[pa.Table, pa.Table]:
    return build(as_batch(log), plan, learnt_from(log, plan) if learnt is None else learnt)


def only_at(plan: Plan, cutoff_us: int) -> Plan:
    """The plan of a scoring run: one cutoff, no labels."""
    return plan.model_copy(update={"as_of_us": cutoff_us, "cutoffs": dict.fromkeys(plan.cutoffs, ())})


def until(plan: Plan, cutoff_us: int) -> Plan:
    """The plan as it was at a cutoff: no later one."""
    cutoffs = {target: tuple(t for t in grid if t <= cutoff_us) for target, grid in plan.cutoffs.items()}
    return plan.model_copy(update={"as_of_us": cutoff_us, "cutoffs": cutoffs})


def visible(log: pd.DataFrame, cutoff_us: int) -> pd.Series:
    seen = (log["occurred_us"] < cutoff_us) & (log["known_us"] <= cutoff_us)
    return seen & ~(log["until_us"] <= cutoff_us).fillna(False) if "until_us" in log else seen


def persons_of(log: pd.DataFrame) -> pd.Series:
    return log["person_id" if "person_id" in log else "customer_id"]


def what_is_not_yet_known_changes_no_bit(plan: Plan, log: pd.DataFrame, other: pd.DataFrame) -> None:
    """Law 1: of features, and of what is learnt from everybody."""
    learnt = learnt_from(log, plan)
    whole, _ = built(log, plan, learnt)
    other = other.assign(event_id=other["event_id"] + 10_000, person_id=persons_of(other))
    log = log.assign(person_id=persons_of(log))
    for cutoff_us in plan.all_cutoffs:
        then = until(plan, cutoff_us)
        # What was known at an earlier cutoff and no longer is counts for what was learnt there.
        seen = (log["occurred_us"] < cutoff_us) & (log["known_us"] <= cutoff_us)
        known = log[seen]
        if "until_us" in log:
            known = known.assign(until_us=known["until_us"].where(known["until_us"] <= cutoff_us))
        unseen = other[(other["occurred_us"] >= cutoff_us) | (other["known_us"] > cutoff_us)]
        for others in (known, pd.concat([known, unseen])):
            again = learnt_from(others, then)
            assert same_learnt(learnt, again, cutoff_us), cutoff_us
            features, _ = built(others, only_at(plan, cutoff_us), again)
            assert same(at(whole, cutoff_us), features), cutoff_us


def order_and_partition_change_no_bit(plan: Plan, log: pd.DataFrame, parts: int, seed: int) -> None:
    """Law 2: of tables, and of what is learnt from everybody."""
    learnt = learnt_from(log, plan)
    tables = built(log, plan, learnt)
    shuffled = log.sample(frac=1, random_state=seed)
    split = [log[persons_of(log) % parts == part] for part in range(parts)]
    assert same_learnt(learnt, learnt_from(shuffled, plan))
    counted = [count_crowd(as_batch(part), plan) for part in split]
    assert same_learnt(learnt, fit_crowd(counted, plan))
    assert same_learnt(learnt, fit_crowd(counted[::-1], plan))
    pieces = [built(part, plan, learnt) for part in split]
    for place, mixed in enumerate(built(shuffled, plan, learnt)):
        joined = pa.concat_tables([pair[place] for pair in pieces]).unify_dictionaries()
        joined = joined.sort_by([("cutoff_us", "ascending"), ("customer_id", "ascending")])
        assert same(tables[place], mixed)
        assert same(tables[place], joined.combine_chunks())


def training_row_is_scoring_row(plan: Plan, log: pd.DataFrame) -> None:
    """Law 3: scored at a cutoff, alone or with others, with what was learnt from everybody handed over."""
    learnt = learnt_from(log, plan)
    training, _ = built(log, plan, learnt)
    persons = persons_of(log)
    few = log[persons.isin(sorted(persons.unique())[::3])]
    for cutoff_us in plan.all_cutoffs:
        scored, found = built(log, only_at(plan, cutoff_us), learnt)
        assert same(at(training, cutoff_us), scored)
        assert all(found[name].null_count == len(found) for name in found.column_names if "__label" in name)
        alone, _ = built(few, only_at(plan, cutoff_us), learnt)
        listed = pa.compute.is_in(scored["customer_id"], alone["customer_id"].combine_chunks())
        assert same(scored.filter(listed).combine_chunks(), alone)


def everybody_has_one_row_and_no_gap(plan: Plan, log: pd.DataFrame) -> None:
    """Law 5: one row per customer known at a cutoff, the columns of the dictionary, all finite."""
    features, labels = built(log, plan)
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


def an_empty_look_back_gives_the_documented_defaults(plan: Plan, log: pd.DataFrame) -> None:
    """One event, known but older than the look-back: a row, yet nothing to tell."""
    one = log.head(1).assign(occurred_us=5, known_us=5)
    assert plan.as_of_us - plan.lookback_days * DAY_US > 5
    features, _ = built(one, plan, Learnt())
    dictionary = column_dictionary(plan)
    newest = at(features, plan.as_of_us)
    assert newest["phase"].to_pylist() == ["dormant"]
    for column in dictionary:
        (found,) = newest[column["name"]].to_pylist()
        assert abs(found - column["default"]) <= 1e-6 * abs(column["default"]), column["name"]
        assert column["meaning_en"] and column["meaning_nl"] and column["unit"]


def no_customers_give_the_same_columns(plan: Plan, log: pd.DataFrame) -> None:
    """An empty log has tables too."""
    none, no_labels = built(log.head(0), plan)
    some, labels = built(log, plan)
    assert (len(none), none.schema, no_labels.schema) == (0, some.schema, labels.schema)


def a_family_says_the_same_beside_others(plan: Plan, log: pd.DataFrame) -> None:
    """What families share at a cutoff (``History.memo``) changes nothing; nor does their order."""
    learnt = learnt_from(log, plan)
    together, _ = built(log, plan, learnt)
    backwards, _ = built(log, plan.model_copy(update={"families": plan.families[::-1]}), learnt)
    assert same(together, backwards.select(together.column_names))
    for family in plan.families:
        alone, _ = built(log, plan.model_copy(update={"families": (family,)}), learnt)
        assert same(together.select(alone.column_names), alone), family
