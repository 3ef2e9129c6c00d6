"""A small journey as the stage ``journey`` writes it, with gaps, nasty words and numbers that are not there."""

from __future__ import annotations

from typing import Any

import pytest

from features.settings import JourneySettings

PHASES = ("look", "buy", "stay")
KEYS = (*PHASES, "dormant")
#: What must never reach a page or a picture as markup.
NASTY = "<script>alert('x')</script> & Co"
MOVES = {
    "look": (0.3, 0.3, 0.1, 0.3), "buy": (0.2, 0.2, 0.5, 0.1), "stay": (0.15, 0.05, 0.7, 0.1),
    "dormant": (0.004, 0.02, 0.05, 0.926),
}  # fmt: skip

NO_DWELL = dict.fromkeys(("p25", "median", "low", "high"))


def estimate(value: float | None, n: int = 100) -> dict[str, Any]:
    ends = (None, None) if value is None else (value - 0.01, value + 0.01)
    return {"value": value, "low": ends[0], "high": ends[1], "n": n}


def kpi(key: str, unit: str, value: float | None, **more: Any) -> dict[str, Any]:
    about = {"key": key, "unit": unit, "better": "higher", "reason": None, "figures": {}, "rate": None}
    return estimate(value) | about | more


def phase(key: str, part: str | None, customers: int, mood: float | None) -> dict[str, Any]:
    touch = {"kind": "page_view", "channel": "paid_search", "events": 9, "customers": 5, "share": 0.5}
    other = touch | {"kind": NASTY, "channel": None, "share": 0.1}
    last = [{"kind": "purchase", "channel": "store", "n": 4, "share": 0.4}]
    dwell = {"p25": 7.0, "median": 14.0, "p75": None, "low": 7.0, "high": 21.0, "n": 30, "ended": 20}
    return {
        "key": key, "part": part, "customers": customers, "share": customers / 1000, "customers_seen": 100,
        "entries": 40, "events": 900, "dwell": dwell if key != "buy" else dwell | NO_DWELL,
        "drop_off": None if part is None else estimate(0.25) | {"lost": 5, "last_touches": last},
        "lost_within": None if part is None else estimate(0.4) | {"days": 56, "lost": 8},
        "touchpoints": [touch, other] if key != "stay" else [], "sentiment": estimate(mood, 40),
        "kpis": [kpi("visits", "count", 120, rate=estimate(1.5)), kpi("nps", "points", None, reason="nothing_seen")],
        "pains": [{"key": "drop_off", "weight": 1.0, "figures": {"drop_share": 0.47, "other_share": 0.21}}],
        "chances": [],
    }  # fmt: skip


@pytest.fixture
def data() -> dict[str, Any]:
    moves = [
        {"from": start, "to": end, "moved": 10, **estimate(share, 500)}
        for start, row in MOVES.items()
        for end, share in zip(KEYS, row, strict=True)
    ]
    loop = {
        "days": 91, "customers": 40, "orders": 90, "again": estimate(0.5), "reentered": estimate(0.6),
        "looped": estimate(0.33), "median_days": 37.0, "orders_per_customer": estimate(2.2),
    }  # fmt: skip
    role = {"channel": "email", "orders": 5, "starter": 1, "assist": 2, "closer": 2}
    role |= {f"{name}_share": estimate(0.2) for name in ("starter", "assist", "closer")}
    trend = {"key": "visits", "unit": "count", "better": "higher", "now": estimate(120), "before": estimate(100),
             "change": estimate(20), "clear": True}  # fmt: skip
    traffic = {"channel": None, "visits": 9, "visitors": 4, "share": 1.0, "visits_now": 3}
    traffic |= {"bounce": estimate(0.4), "conversion": estimate(0.03)}
    goods = {"category": NASTY, "views": 3, "order_lines": 2, "customers": 2, "value": 99.5, "share": 1.0}
    return {
        "journey": "three", "source": "shop", "currency": "EUR", "as_of": "2025-06-30", "from_day": "2024-01-01",
        "step_days": 7, "period_days": 28, "kinds": ["page_view", "purchase"],
        "phases": [
            phase("look", "buyer", 500, 0.2), phase("buy", "buyer", 200, None), phase("stay", "customer", 200, -0.1),
            phase("dormant", None, 100, None),
        ],
        "transitions": {"weekly": moves, "four_weekly": moves}, "entries": [], "kpis": [kpi("visits", "count", 120)],
        "trend": [trend], "loop": loop,
        "channel_roles": {"window_days": 28, "orders": 90, "with_touch": 60, "channels": [role]},
        "traffic": [traffic], "categories": [goods], "acquisition": [], "weeks": [], "totals": {}, "missing_days": [],
        "notes": [],
    }  # fmt: skip


@pytest.fixture(scope="session")
def journey() -> JourneySettings:
    labels = {
        "look": ("Kijken", "Look"),
        "buy": ("Kopen", "Buy"),
        "stay": ("Blijven & delen", "Stay & share"),
    }
    phases = [
        {
            "key": key, "label": {"nl": labels[key][0], "en": labels[key][1]},
            "goal": {"nl": "Laat zien <b>wat</b> er is", "en": "Show <b>what</b> there is"},
            "part": "customer" if key == "stay" else "buyer", "priority": place + 1, "evidence": [],
        }
        for place, key in enumerate(PHASES)
    ]  # fmt: skip
    words = {"name": "three", "title": {"nl": "Drie fasen", "en": "Three phases"}, "phases": phases}
    return JourneySettings.model_validate(
        words | {"dormant": {"nl": "Slapend", "en": "Dormant"}}, strict=False
    )
