"""Visits: how many, whose first, how long and how engaged (definitions of Google Analytics 4)."""

from __future__ import annotations

from features.journey.visits import BROWSING
from models.journey.kpis._kpi import count, customers_with, ratio

#: GA4: a session is engaged if it lasts 10 seconds, has two page views or a key event; a bounce is not engaged.
KPIS = (
    count("visits", (BROWSING,)),
    customers_with("visits", (BROWSING,), key="visitors"),
    count("first_visits", (BROWSING,), key="new_visitors"),
    ratio("bounce_rate", "bounces", "visits", "share", (BROWSING,), "lower"),
    ratio("time_on_page", "view_seconds", "views", "seconds",
          (("page_view", "product_view", "content_view", "search"),), "higher"),
    count("product_views", (("product_view",),)),
    count("sign_ups", (("subscribe",),)),
)  # fmt: skip
