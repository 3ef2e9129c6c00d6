"""The truth of the simulation, apart from the exports: only benchmarks may read it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.demo_shop.effects import ACTIONS
from pipelines.demo_shop.evidence import PHASES
from pipelines.demo_shop.exports.people import People
from pipelines.demo_shop.log import Log
from pipelines.demo_shop.settings import DemoSettings


def write_truth(
    log: Log, people: People, settings: DemoSettings, faults: dict[str, dict[str, int]], folder: Path
) -> None:
    """Write who is who, every week's state, every decision's propensities, and the faults put into the exports.

    Parameters
    ----------
    folder : Path
        Made anew: ``persons``, ``weekly``, ``decisions`` (parquet) and ``truth.json``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    start, end = log.start, log.end
    n = len(start)
    _write(
        folder / "persons.parquet",
        {
            "person": np.arange(n), "customer_number": people.number, "browser": people.browser,
            "second_number": people.second_number, "simple": people.simple & start.tracked,
            "customer_from_s": people.customer_s, "mail_from_s": people.known_mail_s, "arrival_week": start.arrival,
            "engagement": start.engagement, "thrift": start.thrift, "once": start.once, "passer": start.passer,
            "left_at_end": end.left,
        },
    )  # fmt: skip
    phase = pa.DictionaryArray.from_arrays(pa.array(log.weekly["phase"]), pa.array(PHASES))
    _write(folder / "weekly.parquet", {**log.weekly, "phase": phase})
    if log.decisions:
        decided = [one for _, _, one in log.decisions]
        chance = np.concatenate([one.propensity for one in decided])
        columns = {
            "person": np.concatenate([one.person for one in decided]),
            "week": np.concatenate([np.full(len(one.person), week) for week, _, one in log.decisions]),
            "action": pa.array(ACTIONS).take(pa.array(np.concatenate([one.action for one in decided]))),
            **{f"propensity_{action}": chance[:, place] for place, action in enumerate(ACTIONS)},
        }
        _write(folder / "decisions.parquet", columns)
    facts = {
        "settings": settings.model_dump(),
        "faults": faults,
        "phases": list(PHASES),
        "actions": list(ACTIONS),
    }
    (folder / "truth.json").write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _write(path: Path, columns: dict[str, object]) -> None:
    pq.write_table(pa.table(columns), path, compression="zstd")
