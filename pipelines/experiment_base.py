"""What an outcome is without an experiment: its rate or mean, its spread, and how well a score foresees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from features.errors import InputError
from models.actions.decision_log import NONE
from models.json_files import read_json, read_json_if_there
from pipelines.paths import Project

#: The outcomes that the project can tell by itself, and the score that foresees each.
OUTCOMES = {"next_action": "p_ready", "readiness": "p_ready", "churn": "p_churn", "value": "predicted_value"}


@dataclass(frozen=True)
class Base:
    """An outcome as it is now.

    Attributes
    ----------
    mean : float
        A rate, or a mean per customer.
    sd : float or None
        Of one customer; None: a rate.
    correlation : float
        With the covariate, out of time; 0: not known.
    where : str
        Where the numbers come from.
    """

    mean: float
    sd: float | None = None
    correlation: float = 0.0
    where: str = "as given"


def base_of(project: Project, outcome: str, phases: Mapping[str, int]) -> Base:
    """Read what an outcome was among customers of these phases.

    Parameters
    ----------
    project : Project
    outcome : str
        One of `OUTCOMES`.
    phases : mapping of str to int
        Customers of the list per phase.

    Raises
    ------
    InputError
        If the stage that measures it has not run, or it was never measured in these phases.
    """
    if outcome == "next_action":
        return _after_decisions(project, phases)
    path = project.artifacts(outcome) / "out_of_time.parquet"
    if not path.is_file():
        raise InputError(f"{path} is missing; run `klantreis train {outcome}`, or give --base-rate")
    rows = pq.read_table(path).to_pandas()
    rows = rows[rows["phase"].isin(list(phases))]
    if len(rows) < 2:
        raise InputError(f"{path}: {outcome} was never measured in {', '.join(phases)}; give --base-rate")
    y = rows["y"].to_numpy(np.float64)
    foreseen = rows["predicted_value" if outcome == "value" else "p"].to_numpy(np.float64)
    known = np.isfinite(foreseen) & np.isfinite(y)
    varies = known.sum() > 2 and foreseen[known].std() > 0 and y[known].std() > 0
    found = float(np.corrcoef(foreseen[known], y[known])[0, 1]) if varies else 0.0
    sd = float(y.std(ddof=1)) if outcome == "value" else None
    return Base(float(y.mean()), sd, min(max(found, 0.0), 0.99), f"{len(rows)} customers out of time")


def known_phases(project: Project, outcome: str) -> set[str] | None:
    """Name the phases in which the outcome was measured; None: it does not go by phase."""
    if outcome != "next_action":
        return None
    return {phase for phase, one in _tournament(project).items() if _rate(one["arms"]) is not None}


def horizon_of(project: Project, outcome: str) -> int | None:
    """Days after the start in which the outcome counts, as the features stage settled; None: not known."""
    contracts = read_json_if_there(project.plan).get("contracts", [])
    return next((int(one["horizon_days"]) for one in contracts if one["target"] == outcome), None)


def best_covariate(scores: pd.DataFrame, outcome: str, horizon: int | None) -> str | None:
    """Name the score that foresees the outcome best, among the columns of the list."""
    wanted = [OUTCOMES.get(outcome, "")]
    # A purchase within the very window, known of more customers than readiness.
    wanted = [f"p_order_{horizon}d", *wanted] if outcome == "next_action" else wanted
    return next((name for name in wanted if name in scores), None)


def _after_decisions(project: Project, phases: Mapping[str, int]) -> Base:
    rates = {phase: _rate(one["arms"]) for phase, one in _tournament(project).items()}
    both = [(rate, phases[phase]) for phase, rate in rates.items() if rate is not None and phase in phases]
    if not both:
        raise InputError(
            f"no outcome was logged after decisions in {', '.join(phases)} (artifacts/next_action/tournament.json); "
            "give --base-rate"
        )
    share, weight = np.array(both).T
    return Base(
        float(np.average(share, weights=weight)), where="outcomes after logged decisions, without an action"
    )


def _tournament(project: Project) -> dict[str, Any]:
    phases: dict[str, Any] = read_json(project.artifacts("next_action") / "tournament.json")["phases"]
    return phases


def _rate(arms: Mapping[str, Any]) -> float | None:
    """Rate without an action; where nobody was left without one, that of all."""
    measured = {name: one for name, one in arms.items() if one["n"] and one["mean_outcome"] is not None}
    if NONE in measured:
        return float(measured[NONE]["mean_outcome"])
    total = sum(one["n"] for one in measured.values())
    return sum(one["n"] * one["mean_outcome"] for one in measured.values()) / total if total else None
