"""Stage ``ingest``: raw exports to canonical tables, with quarantine and the row-count law."""

from __future__ import annotations

import time
from pathlib import Path

from features.ingest import ingest
from pipelines.params import load_params, load_source
from pipelines.paths import Project


def run(root: Path) -> None:
    """Write ``data/canonical/`` and ``data/ids.parquet``."""
    params, project = load_params(root), Project(root)
    reader = None
    if params.engine.name == "spark":
        from features.engines.spark_ingest import reader as spark_reader

        reader = spark_reader(params.engine)
    ingest(
        params.source, load_source(params.source, root), root, project.canonical, project.ids,
        now_us=time.time_ns() // 1000, threads=params.engine.threads, memory_gb=params.engine.memory_gb,
        reader=reader,
    )  # fmt: skip
