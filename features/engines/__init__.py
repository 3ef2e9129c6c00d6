"""Engines move rows: read, hand whole persons to the kernel in batches, write. They know nothing of journeys.

An engine is a module with

- ``learn(events, plan, settings, folder) -> Learnt``: what families learn from everybody (``features.crowd``);
- ``run(events, plan, settings, features, labels, learnt) -> counts``: builds the features and labels tables, folders
  with one Parquet file per cutoff, sorted by ``customer_id``, written whole or not at all; gives the number of
  ``events`` and ``rows``.

Which one is ``engine.name`` in params.yaml; the bytes are the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from features.crowd import Learnt
from features.plan import Plan
from features.settings import EngineSettings


class Engine(Protocol):
    """What every engine does."""

    def learn(self, events: Path, plan: Plan, settings: EngineSettings, folder: Path) -> Learnt:
        """Learn what families need from everybody; ``folder`` is a place for scratch files, made and removed."""

    def run(
        self, events: Path, plan: Plan, settings: EngineSettings, features: Path, labels: Path, learnt: Learnt
    ) -> dict[str, int]:
        """Build the features and labels tables of everybody in ``events``."""


def engine_of(settings: EngineSettings) -> Engine:
    """Give the engine that params.yaml names.

    Examples
    --------
    >>> engine_of(EngineSettings()).__name__
    'features.engines.local'
    """
    if settings.name == "spark":
        from features.engines import spark

        return spark
    from features.engines import local

    return local
