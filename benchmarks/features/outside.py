"""featuretools, in an environment of its own and on small logs only; its cost at full size is a straight line.

It does not run on pandas 3, and takes minutes where the others take seconds: so two small logs are run, the results
compared with the naive SQL, and the line through both costs is followed to the size asked. Memory is not followed.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from benchmarks.features import task
from benchmarks.features.harness import PACKAGE, ROOT, wrong
from benchmarks.features.measure import Cost, measure

REQUIREMENTS = ("featuretools==1.31.0", "pandas==2.2.3", "pyarrow", "numpy<2.3", "setuptools<81")
#: Events of the two small logs.
SIZES = (20_000, 50_000)
#: Columns it has no words for.
LEFT_OUT = ("trend", "rhythm__gap")

logger = logging.getLogger(__name__)


def environment(folder: Path) -> Path:
    """Give the python of an environment with featuretools; made once, with pip.

    Parameters
    ----------
    folder : Path
        Where the environment stands, or will.
    """
    python, done = folder / "bin/python", folder / ".done"
    if not done.is_file():
        logger.info("making an environment for featuretools, once")
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
        done.touch()
    return python


def add_featuretools(answer: dict[str, Any], work: Path) -> None:
    """Run featuretools on small logs and add it to the results of a run.

    Parameters
    ----------
    answer : dict
        What ``Run.everything`` gives; gets the entry ``scaled`` and featuretools beside the other engines.
    work : Path
        Where the small logs stand or are made, and the environment.
    """
    from benchmarks.features.compare import compare

    python, columns = environment(work / "env"), [n for n in task.COLUMNS if not n.startswith(LEFT_OUT)]
    costs, compared = [], {}
    for events in SIZES:
        log, out = work / str(events), work / f"{events}_out/featuretools"
        measure((sys.executable, "-m", f"{PACKAGE}.generate", str(events), str(log)), ROOT)
        command = (
            str(python),
            "-W",
            "ignore",
            "-m",
            f"{PACKAGE}.peers.with_featuretools",
            str(log),
            str(out),
        )
        costs.append(measure(command, ROOT)[0])
        logger.info("featuretools: %.1f CPU s at %d events", costs[-1].cpu_s, events)
        if events == SIZES[0]:
            measure(
                (sys.executable, "-m", f"{PACKAGE}.peers.naive_sql", str(log), str(out.with_name("naive"))),
                ROOT,
            )
            compared = compare(out.with_name("naive"), out, columns)
    answer["equal"]["featuretools"] = {"reference": "naive_sql", **compared}
    cost = followed(costs[0], costs[1], answer["events"])
    answer["measured"]["featuretools"] = {name: round(value, 3) for name, value in vars(cost).items()}
    answer["scaled"] = {
        "featuretools": {
            "events": list(SIZES),
            "cpu_s": [round(one.cpu_s, 3) for one in costs],
            "columns": len(columns),
        }
    }
    if not wrong(compared) and "scan_floor" in answer["ratios"]:
        project = answer["measured"]["project"]
        for unit in ("cpu", "wall"):
            times = vars(cost)[f"{unit}_s"] / project[f"{unit}_s"]
            answer["ratios"][f"featuretools_{unit}"] = round(times, 1)


def followed(small: Cost, large: Cost, events: int) -> Cost:
    """Follow the straight line through the costs of the two small logs; memory as measured.

    Examples
    --------
    >>> followed(Cost(3.0, 3.0, 100.0), Cost(6.0, 6.0, 120.0), 80_000)
    Cost(cpu_s=9.0, wall_s=9.0, peak_mb=120.0)
    """
    share = (events - SIZES[0]) / (SIZES[1] - SIZES[0])
    cpu_s = small.cpu_s + share * (large.cpu_s - small.cpu_s)
    return Cost(cpu_s, small.wall_s + share * (large.wall_s - small.wall_s), large.peak_mb)
