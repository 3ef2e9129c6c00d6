"""Ingest on Spark: what `features.ingest` does, its heavy half in tasks; the same bytes.

Tasks read, check and stage the raw files (one file is one task), drop copies, find the owners of events and sort them;
attributes, links, decisions and the quarantine are small, and are written by the driver as ever.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from features.atomic import replacing, workspace
from features.engines.spark_canonical import SparkCanonical
from features.engines.spark_session import session
from features.engines.spark_staging import SparkStaging
from features.ingest import _write
from features.settings import EngineSettings, SourceSettings
from features.sources import open_source


def ingest(
    name: str, settings: SourceSettings, root: Path, out: Path, ids_out: Path, *, now_us: int, engine: EngineSettings
) -> dict[str, Any]:  # fmt: skip
    """Read a source whole and write its canonical tables, with the session that `features.engines` finds.

    Parameters
    ----------
    name, settings, root, out, ids_out, now_us
        As in `features.ingest.ingest`. ``out`` and the raw files lie on paths that driver and executors share.
    engine : EngineSettings
        Threads and memory of the driver; a task sorts about ``events_per_batch`` events.

    Returns
    -------
    dict
        What meta.json holds.
    """
    source = open_source(name, settings, root, now_us=now_us)
    files = [file for file in source.raw_files() if file.role != "lookup"]
    with replacing(ids_out) as ids_beside, replacing(out) as beside:
        scratch = beside / "staging"
        with workspace(beside / "spark") as spill, session(engine, spill) as spark:
            staging = SparkStaging(scratch, source, spark)
            staging.add_all(files)
            canonical = SparkCanonical(beside, staging, source, spark, engine)
            try:
                meta = _write(canonical, staging, source, ids_beside)
            finally:
                canonical.close()
        shutil.rmtree(scratch)
        text = json.dumps(meta, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (beside / "meta.json").write_text(text, encoding="utf-8")
    return meta
