"""The scan floor: what reading the columns of the task costs, hashed so that nothing is skipped.

``python -m benchmarks.features.floor EVENTS_FOLDER`` prints the CPU and wall seconds of the cheapest of some
scans as JSON. The interpreter and the libraries are up before the clock starts, so the floor is as low as it
can be; every engine pays for its own start.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.features.task import READS

SCANS = 5


def scan(events: Path) -> dict[str, float]:
    """Scan and hash the columns of the task.

    Returns
    -------
    dict of str to float
        ``cpu_s`` (user and system), ``wall_s`` and ``peak_mb`` of this process.
    """
    found = []
    with duckdb.connect() as connection:
        for _ in range(SCANS):
            began, clock = _cpu(), time.perf_counter()
            hashed = f"SELECT sum(hash({', '.join(READS)})) FROM read_parquet(?)"
            connection.execute(hashed, [str(events / "events.parquet")]).fetchall()
            found.append((_cpu() - began, time.perf_counter() - clock))
    cpu_s, wall_s = min(found)
    return {
        "cpu_s": cpu_s,
        "wall_s": wall_s,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(scan(Path(sys.argv[1]))))
