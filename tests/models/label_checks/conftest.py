"""A plan that fits a synthetic panel, and a linter that needs no files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from features.contract import DAY_US
from features.plan import Plan
from features.settings import JourneySettings, LabelContract, PhaseSettings, Words
from models.label_checks._lint import Asked, lint
from models.panel import Panel
from models.settings import TrainSettings

WORDS: Words = {"nl": "", "en": ""}


@pytest.fixture(scope="session")
def plan_of() -> Callable[..., Plan]:
    """Settle a plan: the last cutoff of the panel is the moment of scoring, all others have a label."""

    def settle(panel: Panel, contract: LabelContract, missing_days: tuple[date, ...] = ()) -> Plan:
        cutoffs = np.unique(panel.cutoff_us).tolist()
        phases = tuple(
            PhaseSettings(key=key, label=WORDS, goal=WORDS, part="buyer", priority=place + 1, evidence=())
            for place, key in enumerate(panel.phases[:-1])
        )
        journey = JourneySettings(name="two", title=WORDS, phases=phases, dormant=WORDS)
        return Plan(
            source="made", currency="EUR", kinds=(), channels=(), complete_until_us=cutoffs[-1],
            missing_days=missing_days, as_of_us=cutoffs[-1], cutoffs={contract.target: tuple(cutoffs[:-1])},
            contracts=(contract,), families=(), windows_days=(7,), lookback_days=7, mean_gap_days=7.0, journey=journey,
        )  # fmt: skip

    return settle


@pytest.fixture(scope="session")
def contract() -> LabelContract:
    return LabelContract(target="churn", horizon_days=14, active_days=56)


@pytest.fixture(scope="session")
def linted(plan_of: Callable[..., Plan]) -> Callable[..., dict[str, Any]]:
    """Lint a panel; labels of the last cutoff are made unknown, as at the moment of scoring."""

    def run(panel: Panel, contract: LabelContract, **known: Any) -> dict[str, Any]:
        plan = plan_of(panel, contract, known.pop("missing_days", ()))
        panel.y[panel.cutoff_us == plan.as_of_us] = np.nan
        asked = Asked(known.pop("asked", contract), **known)
        return lint(panel, plan, contract, TrainSettings(estimators=("logistic",)), asked)

    return run


@pytest.fixture(scope="session")
def said() -> Callable[..., list[str]]:
    """Give the reasons of one check in one phase that have a verdict."""

    def find(found: dict[str, Any], phase: str, check: str, verdict: str) -> list[str]:
        cell = found["phases"][phase]
        return [
            one["reason"] for one in cell["findings"] if (one["check"], one["verdict"]) == (check, verdict)
        ]

    return find


@pytest.fixture
def at(make_panel: Callable[..., Panel]) -> Panel:
    """A sound panel: 300 customers, 8 cutoffs two weeks apart."""
    panel = make_panel()
    assert int(np.diff(np.unique(panel.cutoff_us)).min()) == 14 * DAY_US
    return panel
