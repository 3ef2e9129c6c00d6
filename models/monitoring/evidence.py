"""What the checks look at: read once, when the first check asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from features.plan import Plan
from models.json_files import read_json, read_json_if_there
from models.monitoring.histograms import Histograms, histograms
from models.monitoring.settings import MonitorSettings
from models.monitoring.weekly import WeeklyLog, weekly_log


@dataclass(frozen=True)
class Places:
    """Where the outputs of the pipeline are; see DESIGN section 3."""

    features: Path
    labels: Path
    columns: Path
    artifacts: Path
    canonical: Path
    scores: Path
    reports: Path


@dataclass(frozen=True)
class Evidence:
    """One project at one moment.

    Attributes
    ----------
    places : Places
        Its files.
    plan : Plan
        What the features stage settled.
    settings : MonitorSettings
        The limits.
    raw : mapping
        How the raw files are written now (`models.monitoring.raw_files.raw_schema`); empty: not looked at.
    refused : str
        Why the raw files could not be read; empty: they could.
    remembered : mapping
        What `models.monitoring.memory` kept of an earlier run; empty on the first.
    today_us : int
        The present (midnight): by default the end of the log.
    """

    places: Places
    plan: Plan
    settings: MonitorSettings
    today_us: int
    raw: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""
    remembered: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def meta(self) -> dict[str, Any]:
        """Content of ``data/canonical/meta.json``."""
        return read_json(self.places.canonical / "meta.json")

    @cached_property
    def dictionary(self) -> list[dict[str, Any]]:
        """The column dictionary."""
        import json

        found: list[dict[str, Any]] = json.loads(self.places.columns.read_text(encoding="utf-8"))
        return found

    @cached_property
    def log(self) -> WeeklyLog:
        """The canonical log by week."""
        return weekly_log(
            self.places.canonical / "events.parquet", int(self.meta["complete_until_us"]),
            int(self.meta["start_us"]), self.settings.weeks + 1,
        )  # fmt: skip

    @cached_property
    def cutoffs_us(self) -> Sequence[int]:
        """The cutoffs that are looked at, oldest first; the last is the moment of scoring."""
        return self.plan.all_cutoffs[-self.settings.cutoffs :]

    @cached_property
    def histograms(self) -> Histograms:
        """How every feature is spread."""
        defaults = {one["name"]: float(one["default"]) for one in self.dictionary}
        phases = self.plan.journey.phase_keys
        return histograms(self.places.features, self.cutoffs_us, phases, defaults, self.settings.rows)

    def selection(self, target: str) -> dict[str, Any]:
        """Content of ``artifacts/<target>/selection.json``; empty: not trained."""
        return read_json_if_there(self.places.artifacts / target / "selection.json")
