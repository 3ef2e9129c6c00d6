"""The fixtures of the tests of tracking (a finished project, an empty store), for the tests in a browser."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_place = Path(__file__).parents[1] / "models" / "tracking" / "conftest.py"
_spec = importlib.util.spec_from_file_location("tracking_fixtures", _place)
assert _spec is not None and _spec.loader is not None
tracking_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tracking_fixtures)

# All of them: those that are asked for ask for others.
globals().update(
    {
        name: one
        for name, one in vars(tracking_fixtures).items()
        if isinstance(one, type(pytest.fixture(lambda: None)))
    }
)
