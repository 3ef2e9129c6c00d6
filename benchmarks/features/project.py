"""The project's side of task F: ``python -m benchmarks.features.project EVENTS_FOLDER OUT_FOLDER``.

The engine, kernel and verbs of the product with the families of ``benchmarks/features/families``; nothing else is made
for the benchmark. Where the task has no value (null) the project writes what it would say of nobody.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.features import task
from features.crowd import Learnt
from features.engines import engine_of
from features.plan import Plan
from features.settings import EngineSettings, JourneySettings

FAMILIES = (
    "count",
    "channel",
    "events",
    "sum",
    "mean",
    "max",
    "recency",
    "distinct",
    "rhythm",
    "trend",
    "category",
)


def plan() -> Plan:
    """Settle task F as a plan: its families, windows and cutoffs; no phases and no labels."""
    newest = task.CUTOFFS[-1]
    nothing = {"nl": "geen", "en": "none"}
    return Plan(
        source="task_f", currency="EUR", kinds=task.KINDS15, channels=task.CHANNELS8,
        complete_until_us=task.midnight_us(task.END_DAY), missing_days=(), as_of_us=newest,
        cutoffs={"all": task.CUTOFFS}, contracts=(),
        families=tuple(f"benchmarks.features.families.{name}" for name in FAMILIES),
        windows_days=task.WINDOWS, lookback_days=(task.END_DAY - task.FIRST_DAY).days, mean_gap_days=28.0,
        journey=JourneySettings(name="none", title=nothing, phases=(), dormant=nothing),
    )  # fmt: skip


def run(events: Path, out: Path, settings: EngineSettings | None = None) -> dict[str, int]:
    """Build the features of every customer in ``events/events.parquet`` under ``out``."""
    settings = settings or EngineSettings()
    return engine_of(settings).run(
        events / "events.parquet",
        plan(),
        settings,
        out / "features.parquet",
        out / "labels.parquet",
        Learnt(),
    )


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
