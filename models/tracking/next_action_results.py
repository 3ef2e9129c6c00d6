"""The next best action in MLflow: the tournament and the effects per segment as tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from models.json_files import read_json_if_there
from models.tracking.journey_results import Row, Tables

#: What a reader compares policies by.
NUMBERS = ("value", "low", "high", "n", "ess", "max_weight")


def next_action_tables(root: Path) -> Tables:
    """Give the policies of every phase and the effects per segment that were tested; empty without a tournament.

    The policy that serves a phase says so in ``served``.

    Parameters
    ----------
    root : Path
        The project folder.
    """
    artifacts = root / "artifacts/next_action"
    phases = read_json_if_there(artifacts / "tournament.json").get("phases", {})
    policies = [
        _policy(phase, one["state"], policy) | {"served": "yes" if policy["name"] == _served(one) else ""}
        for phase, one in phases.items()
        for policy in one.get("policies", [])
    ]
    effects = _effects(artifacts / "segment_effects.parquet")
    named = (("next_action_policies", policies), ("next_action_segment_effects", effects))
    return {name: rows for name, rows in named if rows}


def _served(phase: dict[str, object]) -> object:
    return "personalised" if phase["state"] == "personalise" else phase.get("recommended")


def _policy(phase: str, state: str, policy: dict[str, object]) -> Row:
    over = policy.get("minus_best_constant")
    gain = over if isinstance(over, dict) else {}
    numbers: dict[str, object] = {name: policy.get(name) for name in NUMBERS}
    numbers |= {f"gain_{name}": gain.get(name) for name in ("value", "low", "high")}
    found: Row = {"phase": phase, "state": state, "policy": str(policy["name"])}
    return found | {
        name: float(one) if isinstance(one, int | float) else None for name, one in numbers.items()
    }


def _effects(path: Path) -> list[Row]:
    if not path.is_file():
        return []
    frame = pq.read_table(path).to_pandas()
    tested = frame[frame["note"] == ""].drop(columns="note")
    rows: list[Row] = tested.astype(object).where(tested.notna(), None).to_dict("records")
    return rows
