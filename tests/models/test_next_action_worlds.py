"""The next best action on simulated worlds whose truth is known, and on a real randomised experiment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.action_rule import Learning
from models.candidates import comparable
from models.decision_log import DecisionLog, decision_log
from models.next_action import train_phase
from models.settings import NextActionSettings
from models.tournament import run_tournament

COLUMNS = (
    "recency", "freq", "monetary", "pv7", "open", "contacts", "dshare", "cart", "csat", "mobile", "noise",
)  # fmt: skip
ACTIONS = ("none", "email", "discount", "ad")
SETTINGS = NextActionSettings(num_threads=1, folds=3)


def sigma(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@dataclass
class World:
    """Decisions in the decision phase by the equations of notes/next-best-action.md section 5a."""

    log: DecisionLog
    net: np.ndarray
    """True expected money after costs, rows x actions."""
    success: np.ndarray


def world(seed: int, n: int, kind: str = "linear", strength: float = 1.0, known: bool = True) -> World:
    rng = np.random.default_rng([seed, 2])
    u, s, z = rng.normal(size=(3, n))
    recency = np.minimum(rng.exponential(40 * np.exp(-0.4 * u)), 365)
    freq = rng.poisson(np.exp(-0.3 + 0.7 * u))
    monetary = np.exp(3.8 + 0.25 * u + 0.55 * rng.normal(size=n))
    mean = np.exp(1 + 0.6 * u)
    pv7 = rng.negative_binomial(2, 2 / (2 + mean))
    opens = 0.6 * rng.beta(2, 5, n) + 0.4 * sigma(-1 + 0.7 * u + 0.5 * rng.normal(size=n))
    contacts = rng.poisson(3, n)
    dshare = sigma(-1 + 0.9 * s + 0.5 * rng.normal(size=n))
    cart = np.exp(4 + 0.5 * z)
    csat = np.clip(np.round(3.8 + 0.4 * u + 0.9 * rng.normal(size=n)), 1, 5)
    mobile = rng.random(n) < 0.6
    x = np.column_stack(
        [recency, freq, monetary, pv7, opens, contacts, dshare, cart, csat, mobile, rng.normal(size=n)]
    ).astype(np.float32)
    base = -0.35 * (np.log1p(recency) - 3.3) + 0.25 * (np.log1p(pv7) - 1.2) + 0.1 * np.clip(freq - 1, -1, 4)
    effect = np.column_stack(
        [
            np.zeros(n),
            0.12 + 2.0 * (opens - 0.28) - 0.14 * (contacts - 3),
            0.20 + 2.4 * (dshare - 0.30) + 0.25 * (cart > 80),
            0.45 * (recency < 14) - 0.20 * mobile + 0.10,
        ]
    )
    if kind == "null":
        effect = np.broadcast_to(np.array([0.0, 0.15, 0.15, 0.15]), (n, 4))
    logit = np.log(0.30 / 0.70) + base
    success = sigma(logit[:, None] + strength * effect)
    worth = 0.40 * np.maximum(cart, 20)
    value = np.column_stack([worth, worth, worth - 0.10 * np.maximum(cart, 20), worth])
    cost = np.array([0, 0.02, 0.02, 0.04])
    rise = (logit - logit.mean()) / logit.std()
    score = np.column_stack(
        [0.3 - 0.3 * rise, 0.5 + 0.6 * rise + (opens - 0.28), 0.2 + 0.8 * rise, 0.2 + 0.4 * rise]
    )
    chance = 0.9 * np.exp(score) / np.exp(score).sum(axis=1, keepdims=True) + 0.1 / 4
    action = (rng.random(n)[:, None] > chance.cumsum(axis=1)).sum(axis=1)
    row = np.arange(n)
    outcome = (rng.random(n) < success[row, action]).astype(float)
    log = decision_log(
        COLUMNS,
        x,
        np.full(n, "decision", dtype=object),
        np.arange(n) // 2 + 1000,
        [ACTIONS[code] for code in action],
        [ACTIONS] * n,
        chance[row, action] if known else np.full(n, np.nan),
        outcome,
        outcome * value[row, action],
        cost[action],
    )
    position = [ACTIONS.index(name) for name in log.actions]
    return World(log, (success * value - cost)[:, position], success[:, position])
