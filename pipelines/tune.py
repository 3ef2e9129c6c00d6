"""Command ``tune``: look for better settings of the estimators, on cutoffs before those that are reported.

Writes ``reports/tuning.json``: ``asked`` (the targets tuned), ``sampler``, ``rows``, ``plan`` (digest), ``source``,
``as_of``, ``default`` and ``best`` (settings below ``train``), ``trials`` (one row each: ``loss`` is log loss divided
by that of the base rate, mean of cutoffs and targets), ``targets`` (per target what
`models.tuning.verdict.compared` gives, with the cutoffs and rows, or ``reason`` why it could not be judged),
``verdict`` and ``written`` (what changed in params.yaml). With ``--seconds`` the number of trials depends on the
machine, so no DVC stage makes this file.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from features.cutoffs import day_of
from features.errors import InputError
from features.plan import Plan
from models.json_files import write_json
from models.panel import load_panel
from models.side_by_side import side_by_side
from models.target import PROBABILITY_TARGETS
from models.tuning.folds import Folds, folds_of
from models.tuning.samplers import Sampler, sampler_of
from models.tuning.search import Trial, best, search
from models.tuning.space import searched, values_of, written
from models.tuning.verdict import compared, verdict
from pipelines.edit_nested import edit_below
from pipelines.params import Params, load_params
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.train_probability import contract_of

logger = logging.getLogger(__name__)

#: The winner may be the settings of params.yaml themselves.
NOTHING = "nothing"


def run(
    root: Path, target: str | None = None, *, trials: int = 30, seconds: float | None = None, rows: int = 12_000,
    cutoffs: int = 3, write: bool = False, track: bool = True, storage: str | None = None,
) -> list[str]:  # fmt: skip
    """Search, compare the winner with params.yaml, and write it there if asked and if it is better beyond noise.

    Parameters
    ----------
    root : Path
        Project folder; the features stage must have run.
    target : str, optional
        ``churn`` or ``readiness``; left out: both together, as both are learnt with the same settings.
    trials : int
        How many settings besides those of params.yaml.
    seconds : float, optional
        No trial begins later than this.
    rows : int
        At most so many rows are learnt from per cutoff and target (whole customers, drawn by ``train.seed``).
    cutoffs : int
        How many past cutoffs are judged, all before the test cutoffs.
    write : bool
        Whether the winner may be written to params.yaml.
    track : bool
        Whether the study is written to MLflow.
    storage : str, optional
        An address of optuna to go on from earlier trials; left out: nothing is kept.

    Returns
    -------
    list of str
        What was found, in words.

    Raises
    ------
    InputError
        If the target is unknown, the features stage has not run, or no past cutoff can be judged.
    """
    if target is not None and target not in PROBABILITY_TARGETS:
        raise InputError(f"no target {target!r} to tune; allowed: {', '.join(PROBABILITY_TARGETS)}")
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    ready, reasons = _folds(project, plan, params, cutoffs, rows)
    asked = [name for name in ready if target in (None, name)]
    if not asked:
        wanted = PROBABILITY_TARGETS if target is None else (target,)
        raise InputError(
            "; ".join(f"{name}: {reasons.get(name, 'this source has no such label')}" for name in wanted)
        )
    sampler = _sampler(params, plan, asked, rows, cutoffs, storage)
    # One task: BLAS keeps to one thread around all of it.
    searching = partial(search, [ready[name] for name in asked], params.train, sampler, trials, seconds)
    (tried,) = side_by_side([searching], 1)
    winner = best(tried)
    found = _compared(ready, reasons, winner, params)
    decided = verdict(found, asked) if winner.number else NOTHING
    content: dict[str, Any] = {
        "asked": asked, "sampler": sampler.name, "rows": rows, "plan": plan.digest, "source": plan.source,
        "as_of": day_of(plan.as_of_us).isoformat(), "default": dict(written(values_of(params.train))),
        "best": dict(written(winner.values)), "trials": [trial.told() for trial in tried],
        "targets": {**found, **{name: {"reason": why} for name, why in reasons.items()}}, "verdict": decided,
    }  # fmt: skip
    changed = edit_below(root, "train", content["best"]) if write and decided == "better" else {}
    report = project.reports / "tuning.json"
    write_json(report, content | {"written": changed})
    if track:
        from models.tracking.study import log_study

        log_study(root, params.tracking, content, report)
    return told(content, tried, changed, write)


def told(
    content: Mapping[str, Any], tried: Sequence[Trial], changed: Mapping[str, Any], write: bool
) -> list[str]:
    """Say what was found: best against params.yaml per target, and what to do."""
    stopped = sum(trial.stopped for trial in tried)
    lines = [f"{len(tried) - 1} settings tried by {content['sampler']}, {stopped} of them stopped early"]
    for target, one in content["targets"].items():
        if "reason" in one:
            lines.append(f"{target}: {one['reason']}")
            continue
        days = ", ".join(day_of(cutoff).isoformat() for cutoff in one["cutoffs_us"])
        lines.append(
            f"{target}: log loss {one['best']:.5f} with the best, {one['default']:.5f} with params.yaml; gain "
            f"{one['gain']:+.5f} ({one['low']:+.5f} to {one['high']:+.5f}), cutoffs {days}"
        )
    old = content["default"]
    for key, value in content["best"].items():
        if old.get(key) != value:
            lines.append(f"  train.{key}: {old.get(key)} -> {value}")
    return [*lines, _advice(content["verdict"], changed, write)]


def _advice(decided: str, changed: Mapping[str, Any], write: bool) -> str:
    if decided == NOTHING:
        return "the defaults stay: no setting tried did better than params.yaml"
    if decided == "noise":
        return "the defaults stay: gain within noise"
    if decided == "harms":
        return "the defaults stay: the gain of one target is a loss for another, beyond noise"
    if changed:
        return f"params.yaml: {len(changed)} value(s) of train changed; run dvc repro"
    return "the gain is beyond noise" + ("" if write else "; add --write to put it into params.yaml")


def _folds(
    project: Project, plan: Plan, params: Params, cutoffs: int, rows: int
) -> tuple[dict[str, Folds], dict[str, str]]:
    """Give the folds of every target that can be judged, and why the others cannot."""
    ready, reasons = dict[str, Folds](), dict[str, str]()
    have = {contract.target for contract in plan.contracts}
    for name in PROBABILITY_TARGETS:
        if name not in have:
            continue
        # One panel at a time is held in memory; folds keep the rows they drew.
        panel = load_panel(project.features, project.labels, name, plan.journey.phase_keys, plan.digest)
        one = folds_of(panel, contract_of(plan, params, name), params.train, params.evaluation, cutoffs, rows)
        if isinstance(one, str):
            reasons[name] = one
        else:
            ready[name] = one
            logger.info("tune: %s, learnt from at most %d rows", name, max(one.told()["learnt_rows"]))
    return ready, reasons


def _sampler(
    params: Params, plan: Plan, asked: Sequence[str], rows: int, cutoffs: int, storage: str | None
) -> Sampler:
    knobs, penalties = searched(params.train)
    about = f"{plan.digest} {rows} {cutoffs} {params.train.seed}"
    digest = hashlib.sha256(about.encode()).hexdigest()[:12]
    return sampler_of(knobs, penalties, params.train.seed, f"klantreis {' '.join(asked)} {digest}", storage)


def _compared(
    ready: Mapping[str, Folds], reasons: dict[str, str], winner: Trial, params: Params
) -> dict[str, dict[str, Any]]:
    """Compare the winner with params.yaml on every target, also those not tuned: all share the settings."""
    if not ready:
        return {}
    tasks = [partial(compared, one, params.train, winner.values, params.evaluation) for one in ready.values()]
    found = side_by_side(tasks, params.train.workers)
    return {name: ready[name].told() | one for name, one in zip(ready, found, strict=True)}
