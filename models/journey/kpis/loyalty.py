"""Loyalty: ordering again, staying, and what customers are worth."""

from __future__ import annotations

from models.journey.kpis._kpi import ratio

_PURCHASE = (("purchase",),)
#: Weeks in a year.
_YEAR = 365.25 / 7

KPIS = (
    # Shopify's returning customer rate: of who ordered in the period, who had ordered before.
    ratio("repeat_rate", "ordering_again", "ordering", "share", _PURCHASE, "higher"),
    ratio("order_frequency", "orders", "buyer_weeks", "per_year", _PURCHASE, "higher", _YEAR),
    ratio("retention_rate", "churn_stayed", "churn_at_risk", "share", (), "higher"),
    ratio("churn_rate", "churn_lost", "churn_at_risk", "share", (), "lower"),
    # Historic value: what was ordered minus what came back, over the time looked at; no margin, no forecast.
    ratio("customer_value", "net_value", "buyers_seen", "money", _PURCHASE, "higher"),
    ratio("return_rate", "returned_value", "order_value", "share", (("return",), ("purchase",)), "lower"),
)
