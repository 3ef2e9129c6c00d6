"""What channels do: which start, assist and close a journey, which bring visits, and what a new customer costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from features.contract import CHANNELS
from features.journey.tally import STATISTICS, number
from features.journey.touches import ROLE_DAYS
from models.journey.facts import Facts, Found, ratio_of, tidy
from models.journey.report_data import Acquisition, Category, ChannelRole, ChannelRoles, Traffic

#: Name of the row that holds the categories that are not named.
REST = "__rest__"
NAMED_CATEGORIES = 20


def channel_roles(facts: Facts) -> ChannelRoles | None:
    """Give the roles of every channel; None where no order has a touch before it."""
    channels: list[ChannelRole] = []
    with_touch = round(_stats(facts, "role_any", 0)["below"])
    if not with_touch:
        return None
    for place, channel in enumerate(CHANNELS):
        found = {
            role: _stats(facts, f"role_{role}", place) for role in ("starter", "assist", "closer", "any")
        }
        if not found["any"]["above"]:
            continue
        channels.append(
            {"channel": channel, "orders": round(found["any"]["above"]),
             "starter": round(found["starter"]["above"]), "assist": round(found["assist"]["above"]),
             "closer": round(found["closer"]["above"]),
             "starter_share": ratio_of(found["starter"], share=True).estimate(),
             "assist_share": ratio_of(found["assist"], share=True).estimate(),
             "closer_share": ratio_of(found["closer"], share=True).estimate()}
        )  # fmt: skip
    channels.sort(key=lambda one: (-one["orders"], one["channel"]))
    orders = round(facts.total("orders"))
    return {"window_days": ROLE_DAYS, "orders": orders, "with_touch": with_touch, "channels": channels}


def traffic(facts: Facts) -> list[Traffic]:
    """Give visits by the channel that brought them, most first."""
    rows: list[Traffic] = []
    visits = [_stats(facts, "traffic_bounces", place)["below"] for place in range(len(CHANNELS) + 1)]
    for place, n in enumerate(visits):
        if not n:
            continue
        rows.append(
            {"channel": CHANNELS[place] if place < len(CHANNELS) else None, "visits": round(n),
             "visitors": int(facts.tally.counts["visitors"][place]), "share": tidy(n / sum(visits)) or 0.0,
             "visits_now": round(_stats(facts, "traffic_now", place)["above"]),
             "bounce": ratio_of(_stats(facts, "traffic_bounces", place), share=True).estimate(),
             "conversion": _conversion(facts, place).estimate()}
        )  # fmt: skip
    return sorted(rows, key=lambda one: (-one["visits"], one["channel"] or ""))


def categories(facts: Facts) -> list[Category]:
    """Give product categories by value (by views where nothing is sold), the rest in one row."""
    values = {name: float(number(row[3:])) for name, row in facts.tally.categories.items()}
    whole = sum(values[name] for name in sorted(values))
    order = sorted(values, key=lambda name: (-values[name], -int(facts.tally.categories[name][0]), name))
    named = [(name, [name]) for name in order[:NAMED_CATEGORIES]]
    if order[NAMED_CATEGORIES:]:
        named.append((REST, order[NAMED_CATEGORIES:]))
    rows: list[Category] = []
    for name, members in named:
        counts = np.sum([facts.tally.categories[member] for member in members], axis=0)
        value = sum(values[member] for member in members)
        rows.append(
            {"category": name, "views": int(counts[0]), "order_lines": int(counts[1]),
             # A customer of two categories of the rest stands twice in it: then the number says nothing.
             "customers": 0 if name == REST else int(counts[2]), "value": tidy(value) or 0.0,
             "share": tidy(value / whole) or 0.0 if whole else 0.0}
        )  # fmt: skip
    return rows


def acquisition(facts: Facts) -> list[Acquisition]:
    """Give spend and new customers per channel with spend; the new customer goes to the channel of the last touch.

    The touch lies in the ``ROLE_DAYS`` before the first order; who had none was brought by no channel.
    """
    spend = facts.spend.get("all", {})
    first = dict(zip(CHANNELS, facts.tally.counts["first_orders"].tolist(), strict=False))
    return [
        {"channel": channel, "spend": tidy(spend[channel]) or 0.0, "new_customers": first.get(channel, 0),
         "cost_per_acquisition": tidy(spend[channel] / first[channel]) if first.get(channel) else None}
        for channel in sorted(spend, key=lambda name: (-spend[name], name))
    ]  # fmt: skip


def _stats(facts: Facts, name: str, place: int) -> dict[str, Any]:
    return dict(zip(STATISTICS, number(facts.tally.ratios[name][place]).tolist(), strict=True))


def _conversion(facts: Facts, place: int) -> Found:
    return ratio_of(_stats(facts, "traffic_ordered", place), share=True)
