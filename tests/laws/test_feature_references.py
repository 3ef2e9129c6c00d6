"""Central columns of every family against a slow and obvious computation, customer by customer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.contract import BEHAVIOUR, DAY_US, TREATMENTS
from features.plan import Plan
from features.table import build

LOOKBACK = 120


def slow(mine: pd.DataFrame, t: int, prior: float) -> dict[str, float]:
    """One customer at one cutoff; ``mine`` is sorted by time and holds only what may be seen."""
    age = (t - mine["occurred_us"]) / DAY_US
    whole_age = (t // DAY_US) - 1 - mine["occurred_us"] // DAY_US
    lines = mine[mine["kind"] == "purchase"].fillna({"value": 0.0, "quantity": 0.0})
    orders = lines.groupby("occurred_us", as_index=False).agg(
        value=("value", "sum"), quantity=("quantity", "sum"), lines=("value", "size")
    )
    order_age = (t - orders["occurred_us"]) / DAY_US
    days = sorted(set(orders["occurred_us"] // DAY_US))
    gaps = np.diff(days)
    gap_mean = (gaps.sum() + prior) / (len(gaps) + 1)
    silence = t // DAY_US - days[-1] if days else LOOKBACK
    behaviour = mine[mine["kind"].isin(BEHAVIOUR)]
    behaviour_age = age[behaviour.index]
    contacts = mine[mine["kind"].isin(TREATMENTS)]
    since = age[contacts.index].min() if len(contacts) else float(LOOKBACK)
    bought = lines.dropna(subset="category")
    recent = bought[age[bought.index] <= 28]
    older = set(bought.loc[age[bought.index] > 28, "category"])
    breadth = recent["category"].nunique()
    counts = bought["category"].value_counts()
    return {
        "recency__order": order_age.min() if len(orders) else LOOKBACK,
        "recency__behaviour": behaviour_age.min() if len(behaviour) else LOOKBACK,
        "recency__order_2": order_age.nsmallest(2).iloc[-1] if len(orders) >= 2 else LOOKBACK,
        "frequency__orders__28d": (order_age <= 28).sum(),
        "frequency__orders": len(orders),
        "frequency__active_days__90d": len(set(behaviour["occurred_us"][behaviour_age <= 90] // DAY_US)),
        "frequency__orders_decayed__28d": sum(
            0.5 ** (((t // DAY_US) - 1 - at // DAY_US) / 28) for at in orders["occurred_us"]
        ),
        "frequency__page_view__90d": ((mine["kind"] == "page_view") & (whole_age < 90)).sum(),
        "monetary__spend__28d": orders["value"][order_age <= 28].sum(),
        "monetary__order_value": orders["value"].mean() if len(orders) else 0,
        "monetary__order_value_spread": orders["value"].std(ddof=0) if len(orders) else 0,
        "monetary__order_value_top": orders["value"].max() if len(orders) else 0,
        "cadence__gap_mean": gap_mean,
        "cadence__silence_in_gaps": silence / gap_mean,
        "cadence__gap_last": gaps[-1] if len(gaps) else gap_mean,
        "cadence__gap_last_3": (days[-1] - days[-4]) / 3 if len(days) >= 4 else gap_mean,
        "cadence__longer_gaps": ((gaps > silence).sum() + 0.5) / (len(gaps) + 1),
        "trend__orders_7_to_90": ((order_age <= 7).sum() + 7 / 90) / (((order_age <= 90).sum() + 1) * 7 / 90),
        "channel__web_share": (behaviour["channel"] == "web").sum() / max(len(behaviour), 1),
        "channel__used": behaviour["channel"].nunique(),
        "category__breadth__28d": breadth,
        "category__new_share__28d": len(set(recent["category"]) - older) / breadth if breadth else 0,
        "category__concentration": ((counts / counts.sum()) ** 2).sum() if len(counts) else 0,
        "category__repeat_share": 1 - len(counts) / counts.sum() if len(counts) else 0,
        "sessions__visits__28d": behaviour["session_id"][behaviour_age <= 28].nunique(),
        "sessions__basket_lines": orders["lines"].mean() if len(orders) else 0,
        "sessions__item_price": lines["value"].sum() / lines["quantity"].sum() if len(lines) else 0,
        "treatment__contacts__90d": len(set(contacts["occurred_us"][age[contacts.index] <= 90] // DAY_US)),
        "treatment__contact_recency": since,
        "treatment__orders_since_contact": (order_age < since).sum() if len(contacts) else 0,
        "tenure__known_days": behaviour_age.max() if len(behaviour) else 0,
        "tenure__customer_days": order_age.max() if len(orders) else 0,
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_families_agree_with_the_slow_way(
    seed: int,
    random_log: Callable[..., pd.DataFrame],
    batch_of: Callable[[pd.DataFrame], pa.Table],
    plan: Plan,
) -> None:
    log = random_log(seed).sort_values(["occurred_us", "event_id"]).reset_index(drop=True)
    features, _ = build(batch_of(log), plan)
    names: set[str] = set()
    for row in features.to_pylist():
        t = row["cutoff_us"]
        seen = log[
            (log["customer_id"] == row["customer_id"])
            & (log["occurred_us"] < t)
            & (log["known_us"] <= t)
            & (log["occurred_us"] >= t - LOOKBACK * DAY_US)
        ]
        expected = slow(seen, t, plan.mean_gap_days)
        found = {name: row[name] for name in expected}
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)
        names |= set(expected)
    assert {name.split("__")[0] for name in names} == set(plan.families)


def test_time_in_phase_is_the_time_the_phase_was_the_same(
    random_log: Callable[..., pd.DataFrame], batch_of: Callable[[pd.DataFrame], pa.Table], plan: Plan
) -> None:
    # Without late rows, walking back must find the phases that were found on those days.
    log = random_log(4, late=False)
    newest = plan.as_of_us
    weeks = [newest - 7 * step * DAY_US for step in range(14)]
    # A look-back longer than the log, because walking back keeps the look-back of the newest cutoff.
    weekly = plan.model_copy(
        update={
            "cutoffs": {**dict.fromkeys(plan.cutoffs, ()), "churn": tuple(sorted(weeks))},
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
