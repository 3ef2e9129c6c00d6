"""Phases whose truth is in plain sight: the net money of each action is a column of ``x``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from models.actions.average_effects import AverageEffect, average_effect
from models.actions.phase_policy import PhasePolicy

WORDS = {"en": "", "nl": ""}


@dataclass(frozen=True)
class OpenRule:
    """Stands for an ``ActionRule``: gain over doing nothing = column of x less the cost."""

    arms: tuple[str, ...]
    cost: np.ndarray

    def net_value(self, x: np.ndarray) -> np.ndarray:
        return np.hstack([np.zeros((len(x), 1)), x.astype(float) - self.cost[1:]])

    def effect(self, x: np.ndarray) -> np.ndarray:
        return np.hstack([np.zeros((len(x), 1)), x.astype(float) / 100])

    def success(self, x: np.ndarray) -> np.ndarray:
        return np.clip(0.1 + self.effect(x), 0.0, 1.0)

    def to_json(self) -> dict[str, Any]:
        return {"arms": list(self.arms), "cost": self.cost.tolist()}


def average(gain: float) -> AverageEffect:
    contrast = np.tile([gain - 0.5, gain + 0.5], 50)
    return average_effect(contrast / 10, contrast, contrast, np.arange(100), 90.0, 0.95)


@pytest.fixture(scope="session")
def for_all() -> Callable[..., PhasePolicy]:
    """A phase in which one action is for all."""

    def make(
        recommended: str, cost: dict[str, float], phase: str = "decision", gain: float = 1.0, **more: Any
    ) -> PhasePolicy:
        effects = {arm: average(gain) for arm in cost}
        given = {"effects": effects, "cost": {"none": 0.0, **cost}, **more}
        return PhasePolicy(phase, "constant", recommended, WORDS, (), **given)

    return make


@pytest.fixture(scope="session")
def personal() -> Callable[..., PhasePolicy]:
    """A phase that may choose: columns a, b, ... of x are what each action brings before its cost."""

    def make(cost: dict[str, float], phase: str = "decision", **more: Any) -> PhasePolicy:
        arms = ("none", *sorted(cost))
        rule: Any = OpenRule(arms, np.array([0.0, *(cost[arm] for arm in arms[1:])]))
        effects = {arm: average(0.1) for arm in cost}
        given = {"rule": rule, "effects": effects, "cost": {"none": 0.0, **cost}, **more}
        return PhasePolicy(phase, "personalise", "none", WORDS, tuple("abcdef"[: len(cost)]), **given)

    return make
