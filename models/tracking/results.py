"""How well each model did, and on which rows: read from the evaluation, for MLflow and for the registry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from models.actions.headline_metrics import headline_numbers
from models.evaluation import MODEL
from models.json_files import read_json_if_there

Numbers = dict[str, float]


@dataclass(frozen=True)
class Results:
    """Out-of-time results of one target.

    Parameters
    ----------
    phases : mapping
        Phase to metric to value; a phase that could not be judged is absent. ``all`` is everybody together.
    mean : mapping
        Metric to its plain mean over the phases that could be judged.
    judged_on : mapping
        Phase to the hash of the rows behind its metrics: only results on equal rows may be compared.
    gate : mapping
        Phase to its verdict (``models.beats_baselines``): whether it ``passes``, and the ``reason``.
    """

    phases: Mapping[str, Numbers]
    mean: Numbers
    judged_on: Mapping[str, str]
    gate: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def results_of(root: Path, target: str, money: Mapping[str, Any]) -> Results:
    """Read the results of one target.

    Parameters
    ----------
    root : Path
        The project folder.
    target : str
        ``next_action`` is read from its tournament, the others from ``reports/evaluation.json``.
    money : mapping
        What the value of an action is made of (costs, margin, horizon): part of what is compared.
    """
    if target == "next_action":
        return _next_action(root, money)
    document = read_json_if_there(root / "reports/evaluation.json")
    found = document.get("targets", document).get(target, {})
    phases = {phase: _values(one.get("metrics", {})) for phase, one in found.get("phases", {}).items()}
    return Results(
        {phase: numbers for phase, numbers in phases.items() if numbers},
        _values(found.get("mean", {})),
        _rows_behind(root / "artifacts" / target / "out_of_time.parquet"),
        found.get("gate", {}),
    )


def _values(metrics: Mapping[str, Any]) -> Numbers:
    values = {name: scorers.get(MODEL, {}).get("value") for name, scorers in metrics.items()}
    return {name: float(value) for name, value in values.items() if value is not None}


def _rows_behind(path: Path) -> dict[str, str]:
    """Hash customers, cutoffs and outcomes per phase; predictions and features are no part of it."""
    if not path.is_file():
        return {}
    rows = pq.read_table(path, columns=["customer_id", "cutoff_us", "phase", "y"])
    customer, cutoff, outcome = (rows[name].to_numpy() for name in ("customer_id", "cutoff_us", "y"))
    phase = np.asarray(rows["phase"].cast("string").to_pylist(), dtype=object)
    order = np.lexsort((customer, cutoff))
    hashes = {}
    for name in sorted(set(phase.tolist())):
        inside = order[phase[order] == name]
        digest = hashlib.sha256()
        for column, kind in ((customer, "<i8"), (cutoff, "<i8"), (outcome, "<f8")):
            digest.update(column[inside].astype(kind).tobytes())
        hashes[name] = digest.hexdigest()[:16]
    return hashes


def _next_action(root: Path, money: Mapping[str, Any]) -> Results:
    tournament = read_json_if_there(root / "artifacts/next_action/tournament.json")
    log = root / "data/canonical/decisions.parquet"
    phases, judged_on = {}, {}
    numbers = headline_numbers(tournament)
    for phase, one in tournament.get("phases", {}).items():
        digest = hashlib.sha256(log.read_bytes() if log.is_file() else b"")
        digest.update(json.dumps([one.get("n"), one.get("customers"), money], sort_keys=True).encode())
        judged_on[phase] = digest.hexdigest()[:16]
        if numbers[phase]:
            phases[phase] = numbers[phase]
    gains = [found["gain"] for found in phases.values() if "gain" in found]
    return Results(phases, {"gain": sum(gains) / len(gains)} if gains else {}, judged_on)
