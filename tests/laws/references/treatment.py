"""Treatment, the slow way: lists of contacts, of what followed, and of orders."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from features.contract import DAY_US, TREATMENTS
from features.families._base import Scope
from features.view import Frame
from tests.laws.references._rows import Row

RESPONSES = ("ad_click", "email_open", "email_click", "loyalty_redeem")


def reference(mine: list[Row], scope: Scope, frame: Frame, learnt: pa.Table | None) -> dict[str, float]:
    """Measures of one customer."""
    treatments = [kind for kind in TREATMENTS if kind in scope.kinds]
    contacts = [row for row in mine if row.kind in treatments]
    ages = [age(row, frame) for row in contacts]
    recency = min(ages, default=frame.lookback_days)
    out: dict[str, float] = {"contacts": len(contacts), "contact_recency": recency}
    for days in frame.windows_days:
        if days in scope.kind_windows_days:
            out[f"contacts__{days}d"] = len(days_of(row for row in contacts if age(row, frame) <= days))
    if len(treatments) > 1:
        for kind in treatments:
            number = sum(row.kind == kind for row in contacts)
            out[f"{kind}_share"] = number / len(contacts) if contacts else 0.0
    for name, done, followed, usual in (
        ("open_rate", "email_sent", "email_open", 0.2),
        ("click_rate", "email_sent", "email_click", 0.02),
        ("ad_click_rate", "ad_impression", "ad_click", 0.02),
        ("bounce_rate", "email_sent", "email_bounce", 0.0),
    ):
        if done in scope.kinds and followed in scope.kinds:
            above = days_of(row for row in mine if row.kind == followed)
            below = days_of(row for row in mine if row.kind == done)
            out[name] = (len(above) + 2 * usual) / (len(below) + 2)
    if set(RESPONSES) & set(scope.kinds):
        out |= responses(mine, contacts, scope, frame)
    if "purchase" in scope.kinds:
        orders = sorted({row.occurred_us for row in mine if row.kind == "purchase"})
        last = max((row.occurred_us for row in contacts), default=None)
        out["orders_since_contact"] = sum(moment > last for moment in orders) if last is not None else 0
        if "discount" in scope.kinds:
            out |= coupons([row for row in contacts if row.kind == "discount"], orders, frame)
    return out


def responses(mine: list[Row], contacts: list[Row], scope: Scope, frame: Frame) -> dict[str, float]:
    answers = [row for row in mine if row.kind in RESPONSES and row.kind in scope.kinds]
    usual = (len(days_of(answers)) + 0.1) / (len(days_of(contacts)) + 1)
    late_answers = days_of(row for row in answers if age(row, frame) <= 28)
    late_contacts = days_of(row for row in contacts if age(row, frame) <= 28)
    lately = (len(late_answers) + usual) / (len(late_contacts) + 1)
    return {
        "response_rate": usual,
        "response_recency": age(answers[-1], frame) if answers else frame.lookback_days,
        "response_lately": lately / usual,
        "contacts_since_response": sum(
            not answers or row.occurred_us > answers[-1].occurred_us for row in contacts
        ),
    }


def coupons(given: list[Row], orders: list[int], frame: Frame) -> dict[str, float]:
    ordered = [moment // DAY_US for moment in orders]
    gave = [row.occurred_us // DAY_US for row in given]
    used = sum(any(day <= order <= day + 7 for order in ordered) for day in gave)
    lured = sum(any(order - 7 <= day <= order for day in gave) for order in ordered)
    return {
        "coupons": len(given),
        "coupon_recency": min((age(row, frame) for row in given), default=frame.lookback_days),
        "coupons_used": (used + 0.5) / (len(given) + 1),
        "orders_on_coupon": lured / (len(orders) + 1),
    }


def age(row: Row, frame: Frame) -> float:
    return (frame.cutoff_us - row.occurred_us) / DAY_US


def days_of(rows: Iterable[Row]) -> set[int]:
    return {row.occurred_us // DAY_US for row in rows}
