"""The finished project and the empty store of the tests of tracking, for the tests in a browser."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_place = Path(__file__).parents[1] / "models" / "tracking" / "conftest.py"
_spec = importlib.util.spec_from_file_location("tracking_fixtures", _place)
assert _spec is not None and _spec.loader is not None
tracking_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tracking_fixtures)

finished_project = tracking_fixtures.finished_project
empty_store = tracking_fixtures.empty_store
