"""Simulated customers and what every action does to them: three worlds with the same customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
World = Literal["near_linear", "interactions", "null"]
ACTIONS = ("email", "discount", "ad", "call", "referral")


@dataclass(frozen=True)
class Customers:
    """Features of customers at the moment of a decision, one array per feature, and the driver nobody logged."""

    recency: FloatArray
    freq: FloatArray
    monetary: FloatArray
    page_views_7d: FloatArray
    open_rate: FloatArray
    contacts_28d: FloatArray
    discount_share: FloatArray
    cart_value: FloatArray
    tickets: FloatArray
    csat: FloatArray
    tenure: FloatArray
    mobile: FloatArray
    noise_1: FloatArray
    noise_2: FloatArray
    engagement: FloatArray

    def columns(self) -> tuple[str, ...]:
        """Name what is logged: every feature, in this order, and never the hidden driver."""
        return tuple(name for name in self.__dataclass_fields__ if name != "engagement")

    def x(self) -> NDArray[np.float32]:
        """Give the logged features: array (rows, columns)."""
        return np.column_stack([getattr(self, name) for name in self.columns()]).astype(np.float32)


def draw_customers(phase: str, n: int, rng: np.random.Generator) -> Customers:
    """Draw ``n`` customers of a phase; only carts and tickets depend on the phase."""
    u, s = rng.normal(size=(2, n))
    mean_views = np.exp(1 + 0.6 * u)
    with_cart = {"decision": 1.0, "consideration": 0.45}.get(phase, 0.15)
    tickets = rng.poisson(0.5 if phase == "service" else 0.15, n).astype(np.float64)
    return Customers(
        recency=np.minimum(rng.exponential(40 * np.exp(-0.4 * u)), 365.0),
        freq=rng.poisson(np.exp(-0.3 + 0.7 * u)).astype(np.float64),
        monetary=np.exp(3.8 + 0.25 * u + 0.55 * rng.normal(size=n)),
        page_views_7d=rng.negative_binomial(2, 2 / (2 + mean_views)).astype(np.float64),
        open_rate=0.6 * rng.beta(2, 5, n) + 0.4 * sigma(-1 + 0.7 * u + 0.5 * rng.normal(size=n)),
        contacts_28d=rng.poisson(3, n).astype(np.float64),
        discount_share=sigma(-1 + 0.9 * s + 0.5 * rng.normal(size=n)),
        cart_value=np.where(rng.random(n) < with_cart, np.exp(4 + 0.5 * rng.normal(size=n)), 0.0),
        tickets=tickets,
        csat=np.clip(np.round(3.8 + 0.4 * u - 0.7 * tickets + 0.9 * rng.normal(size=n)), 1, 5),
        tenure=rng.exponential(500, n),
        mobile=(rng.random(n) < 0.6).astype(np.float64),
        noise_1=rng.normal(size=n),
        noise_2=rng.normal(size=n),
        engagement=u,
    )


def sigma(logit: FloatArray) -> FloatArray:
    """Log-odds to probability."""
    chance: FloatArray = 1.0 / (1.0 + np.exp(-logit))
    return chance


def near_linear(c: Customers) -> dict[str, FloatArray]:
    """Effects in log-odds that are close to linear in a few features."""
    return {
        "email": 0.12 + 2.0 * (c.open_rate - 0.28) - 0.14 * (c.contacts_28d - 3),
        "discount": 0.20 + 2.4 * (c.discount_share - 0.30) + 0.25 * (c.cart_value > 80),
        "ad": 0.45 * (c.recency < 14) - 0.20 * c.mobile + 0.10 * (c.cart_value > 0),
        "call": -0.30 + 1.3 * (c.tickets >= 1) + 0.6 * (c.csat <= 2),
        "referral": 0.15 + 0.55 * (c.csat >= 4) - 0.6 * (c.csat <= 2),
    }


def interactions(c: Customers) -> dict[str, FloatArray]:
    """Effects in log-odds made of interactions and thresholds, three or four for every action."""
    low_csat, mobile = c.csat <= 2, c.mobile > 0
    return {
        "email": 0.7 * ((c.open_rate > 0.35) & (c.contacts_28d <= 3))
        - 0.5 * (c.contacts_28d >= 6)
        + 0.4 * ((c.recency > 60) & (c.freq >= 1))
        - 0.3 * ((c.open_rate < 0.20) & (c.recency < 14)),
        "discount": 0.9 * ((c.discount_share > 0.4) & (c.recency > 30))
        - 0.3 * (c.freq >= 3)
        + 0.6 * ((c.cart_value > 80) & (c.discount_share > 0.25))
        - 0.2 * ((c.discount_share < 0.2) & (c.recency < 30)),
        "ad": 0.6 * ((c.recency < 14) & ~mobile)
        + 0.5 * ((c.cart_value > 0) & (c.page_views_7d >= 4))
        - 0.4 * (mobile & (c.recency > 45)),
        "call": -0.4
        + 1.5 * ((c.tickets >= 1) & (c.csat <= 3))
        + 0.6 * ((c.tickets >= 2) & (c.contacts_28d <= 3))
        + 0.5 * ((c.recency > 60) & (c.monetary > 60)),
        "referral": 0.9 * ((c.csat >= 4) & (c.freq >= 1))
        - 0.6 * low_csat
        + 0.4 * ((c.open_rate > 0.35) & (c.csat >= 3))
        - 0.3 * ((c.contacts_28d >= 5) & (c.recency > 30)),
    }


def null(c: Customers) -> dict[str, FloatArray]:
    """Effects in log-odds that are the same for everybody."""
    constant = {"email": 0.15, "discount": 0.25, "ad": 0.10, "call": 0.35, "referral": 0.50}
    return {name: np.full(len(c.recency), value) for name, value in constant.items()}


WORLDS: dict[World, Callable[[Customers], dict[str, FloatArray]]] = {
    "near_linear": near_linear,
    "interactions": interactions,
    "null": null,
}
