"""Exports of marketing: what was decided for whom, with which probability, and what advertising cost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo_shop.effects import ACTIONS, COST
from pipelines.demo_shop.evidence import PHASES
from pipelines.demo_shop.exports.files import Exports, moments, money, numbered
from pipelines.demo_shop.exports.people import People
from pipelines.demo_shop.log import DAY_S, Log
from pipelines.demo_shop.settings import DECISION_HOUR, DemoSettings
from pipelines.demo_shop.state import Ints, Mask


def write_decisions(log: Log, people: People, out: Exports) -> None:
    """Write ``decisions/decisions.csv``: one row per customer and decision moment."""
    if not log.decisions:
        return
    person = np.concatenate([decided.person for _, _, decided in log.decisions])
    week = np.concatenate([np.full(len(decided.person), at) for at, _, decided in log.decisions])
    action = np.concatenate([decided.action for _, _, decided in log.decisions])
    eligible = np.concatenate([decided.eligible for _, _, decided in log.decisions])
    chance = np.concatenate([decided.propensity for _, _, decided in log.decisions])[
        np.arange(len(action)), action
    ]
    explore = np.concatenate([decided.explore for _, _, decided in log.decisions])
    phase = np.concatenate([phase[decided.person] for _, phase, decided in log.decisions])
    code = eligible @ (1 << np.arange(len(ACTIONS)))
    words = ["|".join(a for i, a in enumerate(ACTIONS) if mask >> i & 1) for mask in range(1 << len(ACTIONS))]
    out.write(
        "decisions/decisions.csv",
        {
            "decision_id": numbered("X", np.arange(len(person)) + 1, 7),
            "decided_at": moments(week * 7 * DAY_S + DECISION_HOUR * 3_600),
            "customer_id": people.number.take(pa.array(person)), "phase": pa.array(PHASES).take(pa.array(phase)),
            "eligible": pa.array(words).take(pa.array(code)), "action": pa.array(ACTIONS).take(pa.array(action)),
            "propensity": pa.array(chance), "policy": pa.repeat("marketeer_v1", len(person)),
            "explore": explore.astype(np.int64), "cost": money(np.array(COST)[action]),
            "outcome": pa.nulls(len(person), pa.string()), "value": pa.nulls(len(person), pa.string()),
        },
        key="decision_id", moment="decided_at", share=0.0001,
    )  # fmt: skip


def write_costs(log: Log, settings: DemoSettings, out: Exports) -> None:
    """Write ``ads/costs.csv``: what was spent per day on search, display, social media and affiliates."""
    rng = out.rng(40)
    # Euro per day and per click: as many clicks as the web measures sessions from there, or a few more.
    channels = (("paid_search", "zoeken_merk", 14.0, 0.45), ("paid_search", "zoeken_generiek", 22.0, 0.80),
                ("display", "retargeting", 9.6, 0.65), ("social", "instagram_inspiratie", 21.5, 0.55),
                ("affiliate", "vergelijkers", 5.7, 0.35))  # fmt: skip
    day = np.repeat(np.arange(settings.days), len(channels))
    which = np.tile(np.arange(len(channels)), settings.days)
    scale = settings.customers / 20_000
    typical, per_click = np.array([c[2] for c in channels])[which], np.array([c[3] for c in channels])[which]
    cost = typical * scale * np.exp(0.25 * rng.normal(size=len(day))) * np.where(_busy(day), 1.5, 1.0)
    clicks = rng.poisson(cost / per_click)
    out.write(
        "ads/costs.csv",
        {
            "day": moments(day * DAY_S, "%Y-%m-%d", "utc"),
            "channel": pa.array([c[0] for c in channels]).take(pa.array(which)),
            "campaign": pa.array([c[1] for c in channels]).take(pa.array(which)),
            "impressions": clicks * 60 + rng.integers(0, 60, size=len(day)), "clicks": clicks, "cost": money(cost),
        },
        key="campaign", moment="day",
    )  # fmt: skip


def _busy(day: Ints) -> Mask:
    month = pc.month(pa.array(day + 19_723, pa.int32()).cast(pa.date32())).to_numpy()
    return np.asarray((month == 11) | (month == 12))
