"""One machine: DuckDB and Arrow read persons in order, threads run the kernel on them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pyarrow as pa

from features.atomic import replacing, workspace
from features.crowd import Learnt, count_crowd, crowds, fit_crowd
from features.engines.memory import keep_freed_memory
from features.engines.persons import each, persons
from features.engines.tables import merge, put_aside
from features.plan import Plan
from features.settings import EngineSettings
from features.table import build, columns_read


def learn(events: Path, plan: Plan, settings: EngineSettings, folder: Path) -> Learnt:
    """Learn what families need from everybody (``features.crowd``); see ``features.engines``."""
    if not crowds(plan):
        return Learnt()
    keep_freed_memory()
    with workspace(folder) as scratch:
        batches = persons(events, settings, scratch, columns_read(plan))
        return fit_crowd(each(lambda _, batch: count_crowd(batch, plan), batches, settings), plan)


def run(
    events: Path, plan: Plan, settings: EngineSettings, features: Path, labels: Path, learnt: Learnt
) -> dict[str, int]:
    """Build the features and labels of everybody; see ``features.engines``."""
    keep_freed_memory()
    with (
        replacing(features) as features_out,
        replacing(labels) as labels_out,
        workspace(features.with_name("build")) as folder,
    ):
        batches = persons(events, settings, folder, columns_read(plan))
        counts = list(each(partial(_one, plan, learnt, folder), batches, settings))
        for name, out in (("features", features_out), ("labels", labels_out)):
            merge(name, plan, folder, out, settings.threads)
    return {"events": sum(events for events, _ in counts), "rows": sum(rows for _, rows in counts)}


def _one(plan: Plan, learnt: Learnt, folder: Path, part: int, batch: pa.Table) -> tuple[int, int]:
    features, labels = build(batch, plan, learnt)
    put_aside("features", part, features, plan, folder)
    put_aside("labels", part, labels, plan, folder)
    return len(batch), len(features)
