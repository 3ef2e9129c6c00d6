"""Command ``labels check``: what may be wrong with the labels, before anything is learnt; ``reports/labels.json``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds

from features.contract import BEHAVIOUR
from features.cutoffs import day_of
from features.errors import InputError
from features.label_presets import LabelPreset, with_preset
from features.labels._base import contracts
from features.plan import Plan
from features.settings import LabelContract
from models.json_files import read_json_if_there, write_json
from models.label_checks import registered
from models.label_checks._check import ALL
from models.label_checks._delays import Delays, delays_of
from models.label_checks._lint import Asked, lint
from models.panel import load_panel
from models.reporting.facts import label_words
from models.reporting.words import Words
from models.target import PROBABILITY_TARGETS
from pipelines.params import Params, check_settings, load_params, load_source, read_settings
from pipelines.paths import Project
from pipelines.plan import load_plan

logger = logging.getLogger(__name__)


def run(root: Path) -> tuple[bool, list[str]]:
    """Check the labels of every target that predicts a yes or no.

    Parameters
    ----------
    root : Path
        Project folder; the features stage must have run.

    Returns
    -------
    tuple of (bool, list of str)
        Whether no target is refused as a whole; and what to tell.

    Raises
    ------
    InputError
        If the features stage has not run, or its tables and plan are not of one run.
    """
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    have = {contract.target: contract for contract in plan.contracts}
    targets: dict[str, Any] = {}
    for target in PROBABILITY_TARGETS:
        if target not in have:
            continue
        asked = _asked(root, params, target, have[target], project)
        minima = {name: getattr(asked.contract, name) for name in ("min_positives", "min_negatives")}
        panel = load_panel(project.features, project.labels, target, plan.journey.phase_keys, plan.digest)
        targets[target] = lint(panel, plan, have[target].model_copy(update=minima), params.train, asked) | {
            "preset": getattr(params, target).preset
        }
        logger.info("labels check: %s, %s", target, targets[target]["verdict"])
    found = {
        "source": plan.source, "journey": plan.journey.name, "as_of": day_of(plan.as_of_us).isoformat(),
        "plan": plan.digest, "targets": targets,
    }  # fmt: skip
    write_json(project.reports / "labels.json", found)
    passed = all(one["verdict"] != "refused" for one in targets.values())
    return passed, [*lines(found, plan, Words(params.language, plan.journey)), "", "reports/labels.json"]


def presets(root: Path) -> dict[str, LabelPreset]:
    """Read every file of conf/labels, by name."""
    files = sorted((root / "conf/labels").glob("*.yaml"))
    return {path.stem: read_settings(path, LabelPreset) for path in files}


def _asked(root: Path, params: Params, target: str, built: LabelContract, project: Project) -> Asked:
    settings = with_preset(getattr(params, target), target, lambda: presets(root))
    contract = contracts({target: settings}, load_source(params.source, root).rhythm)[0]
    start_us = read_json_if_there(project.canonical / "meta.json").get("start_us")
    return Asked(
        contract,
        presets(root)[settings.preset] if settings.preset else None,
        _delays(project.canonical / "events.parquet", built),
        start_us,
    )


def _delays(events: Path, contract: LabelContract) -> Delays | None:
    """Read when the events that a label counts happened, and when they were known."""
    if not events.exists():
        return None
    kinds = ("purchase",) if contract.event == "purchase" else BEHAVIOUR
    rows = ds.dataset(events, format="parquet").to_table(
        columns=["occurred_us", "known_us"], filter=ds.field("kind").isin(list(kinds))
    )
    occurred, known = (rows[name].to_numpy().astype(np.int64) for name in ("occurred_us", "known_us"))
    return delays_of(occurred, known, contract.gap_days, contract.horizon_days)


def lines(found: dict[str, Any], plan: Plan, words: Words) -> list[str]:
    """Set ``reports/labels.json`` out for the terminal: a table per target, then what is not fine and what helps."""
    told: list[str] = []
    for target, one in found["targets"].items():
        contract = check_settings(one["contract"], LabelContract, "reports/labels.json")
        preset = f" (preset {one['preset']})" if one["preset"] else ""
        told += [f"{target}{preset}: {one['verdict']}. {label_words(contract, words)}"]
        names = {key: words.phase(key) for key in one["phases"]}
        width = max(len(name) for name in names.values())
        told.append(f"  {'':<{width}}  {'rows':>8}  {'label 1':>8}  {'label 0':>8}  {'to score':>8}")
        for key, cell in one["phases"].items():
            counts = "  ".join(f"{cell[name]:>8}" for name in ("rows", "positives", "negatives", "scored"))
            served = f": {cell['served']}" if cell["verdict"] == "refused" else ""
            told.append(f"  {names[key]:<{width}}  {counts}  {cell['verdict']}{served}")
        told += _findings(one["phases"], names, words)
        told.append("")
    if not told:
        raise InputError("the tables hold neither churn nor readiness; run klantreis features again")
    return told[:-1]


def _findings(cells: dict[str, Any], names: dict[str, str], words: Words) -> list[str]:
    """Tell every finding that is not fine, those with one remedy together."""
    titles = {name: check.title[words.language] for name, check in registered().items()}
    where: dict[tuple[str, str, str], list[str]] = {}
    for key, cell in cells.items():
        for one in cell["findings"]:
            if one["verdict"] != "fine" and one["check"] != ALL:
                what = (one["verdict"], one["check"], one["remedy"])
                where.setdefault(what, []).append(f"    {names[key]}: {one['reason']}")
    told = []
    for (verdict, check, remedy), reasons in where.items():
        told += [f"  {verdict}: {titles[check]}?", *reasons]
        told += [f"    what helps: {remedy}"] if remedy else []
    return told


def listed(root: Path) -> list[str]:
    """Tell which presets there are: name, target, numbers and title in the chosen language; ``*`` is in use."""
    params, found = load_params(root), presets(root)
    used = {(target, getattr(params, target).preset) for target in PROBABILITY_TARGETS}
    width = max((len(name) for name in found), default=0)
    told = []
    for name, one in found.items():
        mark = "*" if (one.target, name) in used else " "
        window = f"{one.horizon_days} days ahead, {one.active_event} in the last {one.active_days}"
        told.append(f"{mark} {name:<{width}}  {one.target:<9}  {one.title[params.language]} ({window})")
    return told
