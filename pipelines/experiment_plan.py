"""Command ``experiment plan``: how many customers, how many weeks, and who gets what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import InputError
from models.actions.decision_log import NONE
from models.experiments.assignment import assign
from models.experiments.comparisons import Correction
from models.experiments.plan_words import plan_words
from models.experiments.power import LEAST_WEEKS, Question, customers_needed, detectable_effect, whole_weeks
from models.json_files import write_json
from pipelines.experiment_base import OUTCOMES, Base, base_of, best_covariate, horizon_of, known_phases
from pipelines.experiment_draw import NAME, Draw, Drawn, draw, experiment_folder, known_before, write_draw
from pipelines.experiment_list import Joining, joining
from pipelines.experiment_reasons import NOT_NEEDED, left_out_lines
from pipelines.params import load_params
from pipelines.paths import Project


@dataclass(frozen=True)
class Asked:
    """What is asked of a plan; see ``klantreis experiment plan --help``."""

    name: str
    variants: tuple[str, ...]
    control: str = NONE
    customers: Path | None = None
    outcome: str = "next_action"
    base: float | None = None
    sd: float | None = None
    effect: float = 0.10
    absolute: bool = False
    power: float = 0.80
    alpha: float = 0.05
    correction: Correction = "dunnett"
    shares: tuple[float, ...] = ()
    per_week: float | None = None
    least_weeks: int = LEAST_WEEKS
    phases: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    covariate: str | None = None
    correlation: float | None = None
    only_needed: bool = False
    start: date | None = None
    horizon_days: int | None = None
    lower_is_better: bool | None = None


def run(root: Path, asked: Asked) -> list[str]:
    """Plan an experiment and draw who gets what.

    Writes ``data/experiments/<name>/plan.json``, ``assignment.csv`` and ``decisions.parquet``.

    Parameters
    ----------
    root : Path
        Project folder.
    asked : Asked

    Returns
    -------
    list of str
        What to tell, in the language of params.yaml.

    Raises
    ------
    InputError
        If the question, the list or the project is not as needed.
    """
    params, project = load_params(root), Project(root)
    folder, shares = experiment_folder(project, asked.name), _checked(asked)
    path = asked.customers or project.scores
    own = asked.base is None
    people = joining(
        path, asked.variants, asked.phases, known_phases(project, asked.outcome) if own else None
    )
    base = _base(project, asked, people)
    question = _question(asked, base)
    if asked.only_needed:
        people = _as_many_as_needed(asked.name, people, sum(customers_needed(question, shares)))
    horizon = asked.horizon_days or horizon_of(project, asked.outcome)
    early = known_before(people, asked.start)
    covariate = asked.covariate or (best_covariate(people.frame, asked.outcome, horizon) if early else None)
    if asked.covariate and not early:
        raise InputError(
            f"--covariate {asked.covariate}: the scores are of after --start {asked.start}, so they know what came of "
            "it; start later, or score the list --as-of the start"
        )
    arms = (asked.control, *asked.variants)
    costs = {arm: params.next_action.action_cost.get(arm, 0.0) for arm in arms}
    wanted = Draw(asked.name, arms, shares, asked.strata, covariate, asked.per_week, asked.least_weeks,
                  asked.start, costs)  # fmt: skip
    drawn = draw(people, wanted, path)
    plan = _plan(asked, base, question, drawn) | {"horizon_days": horizon}
    plan["words"] = plan_words(plan)
    write_draw(folder, drawn)
    write_json(folder / "plan.json", plan)
    left = left_out_lines(people.left_out, params.language)
    written = folder.relative_to(project.root).as_posix()
    return [
        *plan["words"][params.language].split("\n"),
        *left,
        f"{written}/plan.json, assignment.csv, decisions.parquet",
    ]


def _checked(asked: Asked) -> tuple[float, ...]:
    arms = (asked.control, *asked.variants)
    wrong = [arm for arm in arms if not NAME.fullmatch(arm)]
    if wrong or not asked.variants:
        raise InputError(
            f"--variants: name one or more actions, each as in the decision log; found {list(arms)}"
        )
    if len(set(arms)) < len(arms):
        raise InputError(
            f"--variants: {', '.join(arms)} names an arm twice; the control is {asked.control!r}"
        )
    if asked.least_weeks < 1 or (asked.per_week is not None and not asked.per_week > 0):
        raise InputError("--per-week is above 0, and --least-weeks 1 or more")
    shares = asked.shares or (1 / len(arms),) * len(arms)
    if len(shares) != len(arms) or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise InputError(
            f"--shares: give {len(arms)} shares above 0 that add up to 1, in the order {', '.join(arms)}; found "
            f"{', '.join(f'{share:g}' for share in shares)}"
        )
    return tuple(shares)


def _base(project: Project, asked: Asked, people: Joining) -> Base:
    if asked.base is not None:
        return Base(asked.base, asked.sd, asked.correlation or 0.0)
    if asked.outcome not in OUTCOMES:
        raise InputError(f"--outcome {asked.outcome!r}: give --base as well, or one of {', '.join(OUTCOMES)}")
    if "phase" not in people.frame:
        raise InputError("the list has no column phase to read the outcome's history by; give --base")
    found = base_of(project, asked.outcome, _phases(people))
    correlation = found.correlation if asked.correlation is None else asked.correlation
    return Base(found.mean, found.sd, correlation, found.where)


def _phases(people: Joining) -> dict[str, int]:
    return {str(phase): int(n) for phase, n in people.frame["phase"].value_counts().items()}


def _question(asked: Asked, base: Base) -> Question:
    effect = asked.effect if asked.absolute else asked.effect * base.mean
    if _lower_is_better(asked):
        effect = -abs(effect)
    return Question(
        base.mean, effect, base.sd, None, asked.power, asked.alpha, asked.correction, base.correlation
    )


def _lower_is_better(asked: Asked) -> bool:
    return asked.outcome == "churn" if asked.lower_is_better is None else asked.lower_is_better


def _as_many_as_needed(name: str, people: Joining, needed: int) -> Joining:
    total = len(people.keys)
    if needed >= total:
        return people
    chosen = (
        assign(people.keys, np.zeros(total, np.int64), (needed / total, 1 - needed / total), name, "who") == 0
    )
    left_out = {**people.left_out, NOT_NEEDED: int((~chosen).sum())}
    return Joining(people.frame[chosen].reset_index(drop=True), people.keys[chosen], left_out)


def _plan(asked: Asked, base: Base, question: Question, drawn: Drawn) -> dict[str, Any]:
    arms, shares = drawn.wanted.arms, drawn.wanted.shares
    needed = customers_needed(question, shares)
    plain = Question(**{**question.__dict__, "correlation": 0.0})
    least = detectable_effect(question, shares, len(drawn.people.keys))
    weeks = max(drawn.weeks, asked.least_weeks)
    if asked.per_week is not None:
        weeks = whole_weeks(sum(needed), asked.per_week, asked.least_weeks)
    return {
        "name": asked.name, "arms": list(arms), "shares": dict(zip(arms, shares, strict=True)),
        "outcome": asked.outcome, "base": base.mean, "sd": base.sd, "base_from": base.where,
        "effect": question.effect, "relative_effect": question.effect / base.mean if base.mean else None,
        "power": asked.power, "alpha": asked.alpha, "correction": asked.correction,
        "correlation": base.correlation, "covariate": drawn.wanted.covariate,
        "needed": dict(zip(arms, needed, strict=True)),
        "needed_without_score": dict(zip(arms, customers_needed(plain, shares), strict=True)),
        "drawn": drawn.counts, "detectable": least, "weeks": weeks, "entry_weeks": drawn.weeks,
        "per_week": asked.per_week, "start": None if asked.start is None else asked.start.isoformat(),
        "strata": list(drawn.strata_columns), "lower_is_better": _lower_is_better(asked),
        "left_out": drawn.people.left_out,
    }  # fmt: skip
