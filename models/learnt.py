"""What served at each test cutoff: a note that goes along in the schema of ``out_of_time.parquet``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

#: Key of the schema metadata.
LEARNT = b"klantreis.learnt"


def with_learnt(table: pa.Table, served: Sequence[dict[str, Any]]) -> pa.Table:
    """Attach to predictions, per test cutoff, ``cutoff_us`` and the ``candidate`` and ``reason`` of the pooled model.

    Examples
    --------
    >>> table = with_learnt(pa.table({"p": [0.5]}), [{"cutoff_us": 0, "candidate": "pooled blend", "reason": ""}])
    >>> json.loads(table.schema.metadata[LEARNT])[0]["candidate"]
    'pooled blend'
    """
    return table.replace_schema_metadata({LEARNT: json.dumps(list(served), sort_keys=True)})


def learnt(path: Path) -> list[dict[str, Any]]:
    """Read the note of a file of predictions, oldest cutoff first; empty if it has none."""
    served: list[dict[str, Any]] = json.loads((pq.read_schema(path).metadata or {}).get(LEARNT, b"[]"))
    return served
