"""Command ``experiment analyse``: what came of an experiment, and the log of decisions to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from features.errors import InputError
from models.experiments.analysis import Agreed, Analysis, analyse
from models.experiments.comparisons import Correction
from models.experiments.customers import Measured
from models.experiments.verdicts import verdict
from models.json_files import read_json, write_json
from pipelines.experiment_draw import Facts, decision_table, experiment_folder
from pipelines.experiment_outcomes import Columns, Outcomes, from_events, from_table, read_assignment
from pipelines.experiment_reasons import left_out_lines
from pipelines.experiment_tables import numbers, write_table
from pipelines.params import Params, load_params
from pipelines.paths import Project


@dataclass(frozen=True)
class Asked:
    """What is asked of an analysis; see ``klantreis experiment analyse --help``."""

    name: str
    outcomes: Path | None = None
    outcome_column: str = "outcome"
    value_column: str | None = None
    rows_column: str | None = None
    absent: str = "unknown"
    measure: str | None = None
    assignment: Path | None = None
    control: str = "none"
    correction: Correction | None = None
    cuped: bool = True
    decisions: Path | None = None


def run(root: Path, asked: Asked) -> tuple[bool, list[str]]:
    """Tell what came of an experiment.

    Writes ``data/experiments/<name>/analysis.json`` and ``effects.csv``; with ``asked.decisions`` also the log of
    decisions, with outcomes and known propensities, for a source of kind ``decision_log`` or ``canonical``.

    Parameters
    ----------
    root : Path
        Project folder.
    asked : Asked

    Returns
    -------
    tuple of (bool, list of str)
        Whether the counts per arm are as drawn; and what to tell, in the language of params.yaml.

    Raises
    ------
    InputError
        If the assignment or the outcomes are not as needed.
    """
    params, project = load_params(root), Project(root)
    folder = experiment_folder(project, asked.name)
    planned = asked.assignment is None
    plan = read_json(folder / "plan.json") if planned and (folder / "plan.json").is_file() else {}
    if planned and not plan:
        raise InputError(
            f"no experiment {asked.name!r}; planned are: {_names(folder.parent)}; one that was drawn elsewhere goes "
            "with --assignment FILE --control ARM"
        )
    drawn = read_assignment(asked.assignment or folder / "assignment.csv")
    shares = _shares(plan, drawn, asked)
    outcomes = _outcomes(project, params, asked, drawn, plan)
    measured, known = _measured(drawn, tuple(shares), outcomes, asked)
    agreed = _agreed(plan, drawn, shares, asked)
    analysis = analyse(measured, agreed)
    words = verdict(analysis)
    found = analysis.to_json() | {
        "name": asked.name, "words": words, "left_out": outcomes.left_out, "correction": agreed.correction,
        "alpha": agreed.alpha, "measured": int(known.sum()),
    }  # fmt: skip
    write_json(folder / "analysis.json", found)
    write_table(_effect_table(analysis), folder / "effects.csv")
    told = [
        *words[params.language].split("\n"),
        *left_out_lines(outcomes.left_out, params.language),
    ]
    if asked.decisions is not None:
        if not analysis.ratio.holds:
            raise InputError(
                "--decisions: the counts per arm are not as drawn, so neither are the propensities known"
            )
        told.append(_write_decisions(asked, params, plan, drawn, shares, outcomes))
    return analysis.ratio.holds, [
        *told,
        f"{folder.relative_to(project.root).as_posix()}/analysis.json, effects.csv",
    ]


def _names(folder: Path) -> str:
    return ", ".join(sorted(path.parent.name for path in folder.glob("*/plan.json"))) or "none"


def _shares(plan: dict[str, Any], drawn: pd.DataFrame, asked: Asked) -> dict[str, float]:
    """Share per arm, the control first: as planned, else the column ``propensity``, else even."""
    seen = sorted(drawn["arm"].unique())
    if plan:
        unknown = sorted(set(seen) - set(plan["arms"]))
        if unknown:
            raise InputError(
                f"the assignment holds arm(s) {', '.join(unknown)}; planned are {', '.join(plan['arms'])}"
            )
        return {arm: float(plan["shares"][arm]) for arm in plan["arms"]}
    if asked.control not in seen or len(seen) < 2:
        raise InputError(
            f"--control {asked.control!r}: found arm(s) {', '.join(seen)}; name the one compared with"
        )
    arms = [asked.control, *(arm for arm in seen if arm != asked.control)]
    if "propensity" not in drawn:
        return dict.fromkeys(arms, 1 / len(arms))
    drawn = drawn.assign(propensity=numbers(drawn, "propensity", "assignment"))
    each = drawn.groupby("arm")["propensity"].agg(["min", "max"]).loc[arms]
    if (each["max"] - each["min"] > 1e-9).any() or abs(each["max"].sum() - 1) > 1e-6:
        raise InputError(
            "assignment: the column propensity must be one share per arm, and these must add up to 1; an experiment "
            "with shares that differ between customers is for `klantreis train next_action`, as a log of decisions"
        )
    return {arm: float(each["max"][arm]) for arm in arms}


def _outcomes(
    project: Project, params: Params, asked: Asked, drawn: pd.DataFrame, plan: dict[str, Any]
) -> Outcomes:
    if asked.outcomes is not None:
        columns = Columns(asked.outcome_column, asked.value_column, asked.rows_column, asked.absent)
        return from_table(asked.outcomes, drawn, columns)
    if not plan or plan["start"] is None or plan["horizon_days"] is None:
        raise InputError(
            "the project's events tell who bought only if the plan has a start and a horizon (`klantreis experiment "
            "plan --start YYYY-MM-DD --horizon-days N`); else give a table: --outcomes FILE"
        )
    facts = Facts(asked.name, tuple(plan["arms"]), (), date.fromisoformat(plan["start"]), {})
    return from_events(project, params, drawn, facts, int(plan["horizon_days"]), _measure(asked, plan))


def _measure(asked: Asked, plan: dict[str, Any]) -> str:
    """Say what is read from the events: that which was planned for."""
    return asked.measure or {"churn": "no_purchase", "value": "money"}.get(plan["outcome"], "purchase")


def _measured(
    drawn: pd.DataFrame, arms: tuple[str, ...], outcomes: Outcomes, asked: Asked
) -> tuple[Measured, np.ndarray]:
    known = np.isfinite(outcomes.total)
    if asked.rows_column is not None and not outcomes.rows[known].sum() > 0:
        raise InputError(
            f"column {asked.rows_column!r} adds up to nothing: it is what the outcome is divided by"
        )
    if not known.any():
        raise InputError(f"no outcome was measured ({outcomes.left_out or 'nobody was drawn'})")
    place = pd.Index(arms).get_indexer(pd.Index(drawn["arm"])).astype(np.int64)
    score = None
    if asked.cuped and "covariate" in drawn:
        score = numbers(drawn, "covariate", "assignment")[known]
    return Measured(arms, place[known], outcomes.total[known], outcomes.rows[known], score), known


def _agreed(plan: dict[str, Any], drawn: pd.DataFrame, shares: dict[str, float], asked: Asked) -> Agreed:
    counts = drawn["arm"].value_counts()
    same = plan and (
        asked.outcomes is not None or (_measure(asked, plan) == "money") == (plan["sd"] is not None)
    )
    return Agreed(
        shares,
        {arm: int(counts.get(arm, 0)) for arm in shares},
        plan.get("alpha", 0.05),
        asked.correction or plan.get("correction", "dunnett"),
        abs(plan["effect"]) if same else None,
        plan.get("lower_is_better", False),
    )


def _effect_table(analysis: Analysis) -> pa.Table:
    """One row per variant, for a spreadsheet."""
    states = analysis.states or {}
    return pa.Table.from_pylist(
        [
            {
                "variant": one.variant, "verdict": states[one.variant], "customers": one.customers, "mean": one.mean,
                "control_mean": one.control_mean, "effect": one.effect, "se": one.se, "fixed_low": one.fixed.low,
                "fixed_high": one.fixed.high, "p_adjusted": one.p_adjusted, "always_low": one.always.low,
                "always_high": one.always.high, "always_p": one.always_p, "relative": one.relative,
            }
            for one in analysis.effects
        ],
        pa.schema([("variant", pa.string()), ("verdict", pa.string()), ("customers", pa.int64())]
                  + [(name, pa.float64()) for name in ("mean", "control_mean", "effect", "se", "fixed_low",
                     "fixed_high", "p_adjusted", "always_low", "always_high", "always_p", "relative")]),
    )  # fmt: skip


def _write_decisions(
    asked: Asked, params: Params, plan: dict[str, Any], drawn: pd.DataFrame, shares: dict[str, float],
    outcomes: Outcomes,
) -> str:  # fmt: skip
    if asked.decisions is None or not plan or plan["start"] is None:
        raise InputError("--decisions: decisions have a moment; plan the experiment with --start YYYY-MM-DD")
    costs = {arm: params.next_action.action_cost.get(arm, 0.0) for arm in shares}
    facts = Facts(asked.name, tuple(shares), tuple(shares.values()), date.fromisoformat(plan["start"]), costs)
    week = numbers(drawn, "week", "assignment").astype(np.int64)
    success = np.where(np.isfinite(outcomes.total), (outcomes.total > 0).astype(np.float64), np.nan)
    if plan["lower_is_better"]:
        success = 1 - success
    arm = pa.array(drawn["arm"], pa.string())
    log = decision_table(drawn, arm, week, facts, success, outcomes.value)
    write_table(log, asked.decisions)
    return (
        f"{asked.decisions}: {log.num_rows} decisions with known propensities (a source of kind decision_log)"
    )
