"""What goes into the MLflow run, read from the outputs of the stages before; knows nothing of MLflow."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from features.errors import InputError
from models.actions.judged_decisions import JUDGED
from models.beats_baselines import tags_of
from models.folder_digest import folder_digest
from models.json_files import read_json_if_there
from models.target import TARGETS
from models.tracking.aliases import DIGEST, MONEY, QUESTION, question
from models.tracking.headline import LIMIT, model_metrics, run_metrics
from models.tracking.identity import changed_params, content_key, data_md5, git, shown_params
from models.tracking.journey_results import Tables, journey_tables
from models.tracking.next_action_results import next_action_tables
from models.tracking.results import Results, results_of
from models.tracking.run_tags import run_tags
from models.tracking.stored_models import PREDICTIONS

#: What goes along as an artifact, by folder: a person opens the first ones, the rest is there to look things up.
FILES = {
    "": ("reports/report.html", "reports/journey_map.svg", "params.yaml"),
    "tables": ("reports/segment_lift.csv",),
    "numbers": (
        "reports/evaluation.json", "reports/metrics.json", "reports/journey.json", "reports/exits.json",
        "reports/timing.json", "reports/value.json", "reports/next_category.json", "reports/exposure.json",
        "data/columns.json", "artifacts/personas/personas.json",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class ModelContent:
    """One logged model: one target in one phase.

    Parameters
    ----------
    target, phase : str
        Whom it serves.
    folder : Path
        ``artifacts/<target>/<phase>``.
    columns : tuple of str
        Feature columns it needs.
    candidate : str
        What serves the phase, for example ``pooled blend``.
    eligible : bool
        Whether the phase's own data carries a model; if not, a fallback serves it and it is never registered.
    reason : str
        Why this candidate, or why not eligible.
    metrics : mapping
        Out-of-time metrics to compare models by (``headline.OF_A_MODEL``); empty when not eligible.
    judged_on : str
        Hash of the rows (customers, cutoffs, outcomes) behind ``metrics``: only equal ones may be compared.
    gate : mapping
        Whether it ``passes`` the baselines (then it is registered), and the ``reason``; empty for next_action.
    question : str
        Source, journey and horizon it was learnt for.
    money : mapping
        Of next_action, how the money of an action is counted: only policies of equal money are compared.
    """

    target: str
    phase: str
    folder: Path
    columns: tuple[str, ...]
    candidate: str
    eligible: bool
    reason: str
    metrics: Mapping[str, float]
    judged_on: str
    gate: Mapping[str, Any] = field(default_factory=dict)
    question: str = ""
    money: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tags(self) -> dict[str, str]:
        """Say what it is, for people and for the register stage."""
        return tags_of(self.gate) | {
            "target": self.target,
            "phase": self.phase,
            "candidate": self.candidate,
            "eligible": str(self.eligible).lower(),
            "reason": self.reason[:4000],
            "judged_on": self.judged_on,
            QUESTION: self.question,
            DIGEST: folder_digest(self.folder),
            **({MONEY: json.dumps(self.money, sort_keys=True)} if self.money else {}),
        }


@dataclass(frozen=True)
class RunContent:
    """One execution of the pipeline.

    Parameters
    ----------
    key : str
        Hash of parameters, metrics and models: equal key, equal run.
    name : str
        What people see in the list of runs.
    params, tags : mapping
        At most 30 and 20 short texts.
    metrics : mapping
        At most 39 with those of the models, the most important first: ``headline.run_metrics``.
    models : tuple of ModelContent
        Targets in order, phases in journey order.
    files : tuple of (Path, str)
        A file and the folder it goes to among the artifacts.
    table : Path or None
        Segment lift, also shown as a table.
    tables : mapping
        KPIs and transitions of the journey: rows by name of the table.
    data : str
        md5 of the feature table, as DVC knows it; empty when unknown.
    """

    key: str
    name: str
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    models: tuple[ModelContent, ...]
    files: tuple[tuple[Path, str], ...]
    table: Path | None
    tables: Tables
    data: str

    @property
    def model_means(self) -> dict[str, float]:
        """Mean of each metric over the models of all targets, by metric."""
        values: dict[str, list[float]] = {}
        for model in self.models:
            for name, value in model.metrics.items():
                values.setdefault(name, []).append(value)
        return {name: math.fsum(found) / len(found) for name, found in values.items()}


def read_content(
    root: Path, params: Mapping[str, Any], defaults: Mapping[str, Any], phases: Sequence[str]
) -> RunContent:
    """Collect what the stages before have written.

    Parameters
    ----------
    root : Path
        The project folder.
    params : mapping
        The whole of ``params.yaml``, with what the source declares filled in.
    defaults : mapping
        The same keys with their default values.
    phases : sequence of str
        Phases of the journey, in order.

    Returns
    -------
    RunContent

    Raises
    ------
    InputError
        If an output of an earlier stage is missing.
    """
    key = content_key(root, params)
    results = {target: results_of(root, target, _money(params)) for target in TARGETS}
    models = tuple(
        replace(
            one,
            question=question(params["source"], params["journey"], params[one.target]["horizon_days"]),
            money=_money(params) if one.target == "next_action" else {},
        )
        for one in _models(root, phases, results)
    )
    if not models:
        raise InputError("artifacts/ holds no model of a phase of the journey; run the train stage first")
    data = data_md5(root)
    of_models = {name for model in models for name in model.metrics}
    return RunContent(
        key=key,
        name=os.environ.get("DVC_EXP_NAME")
        or f"{git(root, 'rev-parse', '--short', 'HEAD') or 'nogit'}-{key[:6]}",
        params=shown_params(params, defaults),
        tags=run_tags(root, key, params, models, data, changed_params(params, defaults)),
        metrics=run_metrics(root, results, phases, LIMIT - len(of_models)),
        models=models,
        files=tuple(_files(root, predictions=params["tracking"].get("log_predictions", True))),
        table=table if (table := root / "reports/segment_lift.csv").is_file() else None,
        tables={**journey_tables(root), **next_action_tables(root)},
        data=data,
    )


def _money(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: params["next_action"][name] for name in ("horizon_days", "margin_rate", "action_cost")}


def _models(root: Path, phases: Sequence[str], results: Mapping[str, Results]) -> Iterator[ModelContent]:
    for target in TARGETS:
        for phase in phases:
            folder = root / "artifacts" / target / phase
            saved = read_json_if_there(folder / ("policy.json" if target == "next_action" else "model.json"))
            if saved:
                numbers = results[target].phases.get(phase, {})
                found = results[target]
                yield _model(
                    target,
                    phase,
                    folder,
                    saved,
                    numbers,
                    found.judged_on.get(phase, ""),
                    found.gate.get(phase, {}),
                )


def _model(
    target: str,
    phase: str,
    folder: Path,
    saved: Mapping[str, Any],
    numbers: Mapping[str, float],
    judged_on: str,
    gate: Mapping[str, Any],
) -> ModelContent:
    reason = saved["reason"]
    # An action for everybody needs no column; only a rule that chooses per customer does.
    needed = saved["columns"] if saved.get("state", "personalise") == "personalise" else ()
    return ModelContent(
        target=target,
        phase=phase,
        folder=folder,
        columns=tuple(needed),
        candidate=str(saved["state"] if target == "next_action" else saved["candidate"]),
        eligible=bool(saved["state"] != "refuse" if target == "next_action" else saved["eligible"]),
        reason=str(reason["en"] if isinstance(reason, dict) else reason),
        metrics=model_metrics(numbers),
        judged_on=judged_on,
        gate=gate,
    )


def _files(root: Path, predictions: bool) -> Iterator[tuple[Path, str]]:
    for folder, names in FILES.items():
        yield from ((root / name, folder) for name in names if (root / name).is_file())
    for path in sorted((root / "reports/plots").rglob("*")):
        if path.is_file():
            yield path, path.parent.relative_to(root / "reports").as_posix()
    for target in TARGETS:
        rows = (PREDICTIONS, JUDGED) if predictions else ()
        for name in ("selection.json", "tournament.json", "segment_effects.parquet", *rows):
            if (root / "artifacts" / target / name).is_file():
                yield root / "artifacts" / target / name, target
