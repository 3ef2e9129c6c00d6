"""The calm world, and a look at it by one check."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from models.monitoring.checks import checks  # noqa: E402
from models.monitoring.checks._check import Looked  # noqa: E402
from models.monitoring.memory import memorable  # noqa: E402
from tests.models.monitoring.calm_world import END_US, Looks, World, calm_world  # noqa: E402


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world in which nothing is wrong; do not change it."""
    return calm_world(tmp_path_factory.mktemp("calm"))


@pytest.fixture(scope="session")
def remembered(calm: World) -> dict[str, Any]:
    """What a run kept when all was well, a thousand rows ago."""
    found: dict[str, Any] = json.loads(json.dumps(memorable(calm.evidence())))
    return found


@pytest.fixture
def world(calm: World, remembered: dict[str, Any], tmp_path: Path) -> World:
    """A world to change."""
    return calm.copy(tmp_path)


@pytest.fixture
def looks(world: World, remembered: dict[str, Any]) -> Looks:
    """Let one check look at the world as it is now."""

    def look(name: str, today_us: int = END_US, **settings: Any) -> Looked:
        evidence = replace(world.evidence(remembered, **settings), today_us=today_us)
        return checks()[name].look(evidence)

    return look
