"""Baskets: visits that fill one, baskets left behind, visits that lead to an order."""

from __future__ import annotations

from features.journey.visits import BROWSING
from models.journey.kpis._kpi import count, ratio

KPIS = (
    # In a phase, both are of the visits of customers who stood in it when the week began.
    ratio("basket_rate", "visits_with_cart", "standing_visits", "share", (("cart_add",),), "higher"),
    # 1 - orders / baskets, basket by basket: no order of the customer within 7 days.
    ratio("abandoned_baskets", "carts_abandoned", "carts", "share", (("cart_add",), ("purchase",)), "lower"),
    ratio("conversion", "visits_ordered", "standing_visits", "share", (BROWSING, ("purchase",)), "higher"),
    count("orders", (("purchase",),), better="higher"),
    ratio("order_value", "order_value", "orders", "money", (("purchase",),), "higher"),
)
