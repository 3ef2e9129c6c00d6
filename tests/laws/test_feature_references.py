"""Every column of every registered family against a slow and obvious computation (tests/laws/slow_way.py)."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from features.contract import DAY_US, KINDS
from features.plan import Plan
from features.registry import families, family_named
from features.table import build
from tests.laws.slow_way import differences, learnt_differences, written

Log = Callable[..., pd.DataFrame]
FAMILIES = sorted(families())
COMPARED = sorted(written() & set(FAMILIES))
LEARNING = [name for name in COMPARED if families()[name].crowd]
# A smaller seed is no simpler log: nothing to shrink.
few = settings(max_examples=5, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
#: What a source may declare: everything, a till, a web site without orders, and something in between.
KINDS_OF = {
    "everything": KINDS,
    "till": ("purchase", "email_sent"),
    "site": ("page_view", "product_view", "search", "ad_click", "ad_impression"),
    "shop": ("page_view", "cart_add", "checkout", "purchase", "return", "ticket_open", "ticket_close", "survey",
             "email_sent", "email_open", "loyalty_earn"),
}  # fmt: skip


def declared(plan: Plan, log: pd.DataFrame, source: str) -> tuple[Plan, pd.DataFrame]:
    """The plan of a source that has only these kinds (and one channel, for a till), and its log."""
    kinds, channels = KINDS_OF[source], plan.channels[: 1 if source == "till" else None]
    log = log[log["kind"].isin(kinds)]
    log = log.assign(channel=log["channel"].where(log["channel"].isin(channels), None))
    return plan.model_copy(update={"kinds": kinds, "channels": channels}), log


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_slow_reference(family: str) -> None:
    assert family in written(), f"write tests/laws/references/{family}.py"


@pytest.mark.parametrize("family", COMPARED)
@few
@given(seed=st.integers(0, 10_000), source=st.sampled_from(sorted(KINDS_OF)), linked=st.booleans())
def test_every_column_agrees_with_the_slow_way(
    family: str, seed: int, source: str, linked: bool, random_log: Log, plan: Plan
) -> None:
    plan, log = declared(plan, random_log(seed, linked=linked), source)
    if set(family_named(family).needs) & set(plan.kinds):
        assert differences(family, plan, log) == []


@pytest.mark.parametrize("family", COMPARED)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_column_agrees_when_every_kind_is_declared(
    family: str, seed: int, random_log: Log, plan: Plan
) -> None:
    assert differences(family, plan, random_log(seed, linked=seed == 2)) == []


@pytest.mark.parametrize("family", LEARNING)
@few
@given(seed=st.integers(0, 10_000))
def test_what_is_learnt_from_everybody_agrees_with_the_slow_way(
    family: str, seed: int, random_log: Log, plan: Plan
) -> None:
    assert learnt_differences(family, plan, random_log(seed, customers=40, linked=True)) == []


def test_time_in_phase_is_the_time_the_phase_was_the_same(
    random_log: Log, batch_of: Callable[[pd.DataFrame], pa.Table], plan: Plan
) -> None:
    # Without late rows, walking back must find the phases that were found on those days.
    log = random_log(4, late=False)
    newest = plan.as_of_us
    weeks = [newest - 7 * step * DAY_US for step in range(14)]
    # A look-back longer than the log, because walking back keeps the look-back of the newest cutoff.
    weekly = plan.model_copy(
        update={
            "cutoffs": {**dict.fromkeys(plan.cutoffs, ()), "churn": tuple(sorted(weeks))},
            "families": (),
            "lookback_days": 400,
        }
    )
    features, _ = build(batch_of(log), weekly)
    rows = features.select(["customer_id", "cutoff_us", "phase", "days_in_phase"]).to_pandas()
    for customer, history in rows.groupby("customer_id"):
        phases = history.set_index("cutoff_us")["phase"].to_dict()
        weeks_same = 0
        while weeks_same < 13 and phases.get(weeks[weeks_same + 1]) == phases[newest]:
            weeks_same += 1
        found = history.loc[history["cutoff_us"] == newest, "days_in_phase"].item()
        assert found == 7 * weeks_same, customer
