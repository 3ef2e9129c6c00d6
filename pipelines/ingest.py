"""Stage ``ingest``: raw exports to canonical tables, with quarantine and the row-count law."""

from __future__ import annotations

import time
from pathlib import Path

from features.ingest import ingest
from pipelines.params import load_params, load_source
from pipelines.paths import Project


def run(root: Path) -> None:
    """Write ``data/canonical/`` and ``data/ids.parquet``."""
    name = load_params(root).source
    project = Project(root)
    now_us = time.time_ns() // 1000
    ingest(name, load_source(name, root), root, project.canonical, project.ids, now_us=now_us)
