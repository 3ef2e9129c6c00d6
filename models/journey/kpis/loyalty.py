"""Loyalty: ordering again, staying, and what customers are worth."""

from __future__ import annotations

from models.journey.kpis._kpi import ratio

_PURCHASE = (("purchase",),)
#: Weeks in a year.
_YEAR = 365.25 / 7

KPIS = (
    # Repeat purchase rate: of the customers with an order, those with more. Over a period it is Shopify's returning
    # customer rate: of who ordered in it, those who had ordered before.
    ratio("repeat_rate", "ordering_again", "ordering", "share", _PURCHASE, "higher"),
    ratio("order_frequency", "standing_orders", "buyer_weeks", "per_year", _PURCHASE, "higher", _YEAR,
          counted="standing_orders"),
    ratio("retention_rate", "churn_stayed", "churn_at_risk", "share", (), "higher"),
    ratio("churn_rate", "churn_lost", "churn_at_risk", "share", (), "lower"),
    # Historic value: what was ordered minus what came back, over the time looked at; no margin, no forecast.
    ratio("customer_value", "net_value", "buyers_seen", "money", _PURCHASE, "higher"),
    ratio("return_rate", "returned_value", "standing_value", "share", (("return",), ("purchase",)), "lower",
          counted="standing_orders"),
)  # fmt: skip
