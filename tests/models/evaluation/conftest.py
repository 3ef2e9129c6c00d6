"""Lets these tests import the made-up world (``synthetic.py``) they share, and judges it once for all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import synthetic


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with its reports; read only."""
    root = synthetic.write_world(tmp_path_factory.mktemp("world"))
    synthetic.evaluate(root, workers=2)
    return root
