"""Command ``features report``: what each feature family costs and brings, side by side, on your own log.

Writes ``reports/features.json``: ``plan`` (the digest of the plan that was measured), ``measured`` (``events`` and
``persons`` that the families were built for, ``events_in_log``, ``cutoffs``: CPU-seconds are scaled to the whole log
by events), ``settings`` (``rows``, ``resamples``, ``confidence``, ``keep``: the share of the gain that the short list
keeps) and what `models.family_gains.verdict.assembled` gives. CPU-seconds are measurements and differ from run to run,
so no DVC stage makes this file.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import workspace
from features.crowd import Learnt
from features.engines.persons import persons
from features.errors import InputError
from features.plan import Plan
from features.table import columns_read
from models.actions.keyed_draws import keyed_uniform
from models.family_gains.costs import build_seconds, columns_of, stored_bytes
from models.family_gains.gains import gains
from models.family_gains.report_lines import lines
from models.family_gains.shortlist import shortlist
from models.family_gains.trial import NoTrial, Trial, trial_of
from models.family_gains.verdict import assembled
from models.json_files import write_json
from models.panel import PHASE_PREFIX, load_panel
from models.target import PROBABILITY_TARGETS
from pipelines.params import Params, load_params
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.train_probability import contract_of

logger = logging.getLogger(__name__)

#: Events times cutoffs that the families are built for: enough to drown the clock's grain, little enough to wait for.
WORK = 5_000_000
#: But at least so many events: small batches cost more per event than the features stage pays.
LEAST_EVENTS = 50_000
#: Share of the gain that the short list of families must keep.
KEEP = 0.95


def run(root: Path, rows: int) -> list[str]:
    """Measure, write ``reports/features.json``, and write ``reports/report.html`` again if it can be.

    Parameters
    ----------
    root : Path
        Project folder; the features stage must have run.
    rows : int
        At most so many rows are learnt from per target (whole customers, drawn by ``train.seed``).

    Returns
    -------
    list of str
        A table to read.

    Raises
    ------
    InputError
        If the features stage has not run.
    """
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    columns = columns_of(json.loads(project.columns.read_text(encoding="utf-8")))
    batch, measured = _drawn(project, plan, params)
    built = build_seconds(batch, plan, Learnt.read(project.crowd))
    built = built.times(measured["events_in_log"] / max(measured["events"], 1))
    trials = _trials(project, plan, params, rows)
    ready = [one for one in trials.values() if isinstance(one, Trial)]
    found = _gains(ready, columns, plan, params)
    told = {
        target: one if isinstance(one, NoTrial) else one.told() | found[target]
        for target, one in trials.items()
    }
    families = {name: columns[name] for name in built.families if name in columns}
    short = shortlist(ready, families, KEEP, params.train.workers)
    content = assembled(columns, stored_bytes(project.features), built, told, short) | {
        "plan": plan.digest,
        "measured": measured,
        "settings": {
            "rows": rows, "resamples": params.evaluation.resamples, "confidence": params.evaluation.confidence,
            "keep": KEEP,
        },
    }  # fmt: skip
    write_json(project.reports / "features.json", content)
    return [*lines(content), "", "reports/features.json", _shown(root, project)]


def _drawn(project: Project, plan: Plan, params: Params) -> tuple[pa.Table, dict[str, int]]:
    """Read the events of persons drawn from the log, as many as the measurement can bear."""
    source = project.canonical / "events.parquet"
    if not source.exists():
        raise InputError(
            "data/canonical/events.parquet is missing; run `klantreis ingest` first (or `dvc repro`)"
        )
    files = [source] if source.is_file() else sorted(source.glob("**/*.parquet"))
    total = sum(pq.read_metadata(path).num_rows for path in files)
    share = max(LEAST_EVENTS, WORK / len(plan.all_cutoffs)) / max(total, 1)
    kept = []
    with workspace(project.root / "data" / "features_report") as folder:
        for batch in persons(source, params.engine, folder, columns_read(plan)):
            drawn = keyed_uniform(batch["person_id"].to_numpy(), "features report", params.train.seed)
            kept.append(batch.filter(pa.array(drawn < share)))
    table = pa.concat_tables(kept).unify_dictionaries().combine_chunks()
    people = len(table["person_id"].unique())
    logger.info("features report: building every family for %d of %d events", len(table), total)
    return table, {
        "events": len(table), "events_in_log": total, "persons": people, "cutoffs": len(plan.all_cutoffs),
    }  # fmt: skip


def _trials(project: Project, plan: Plan, params: Params, rows: int) -> dict[str, Trial | NoTrial]:
    have = {contract.target for contract in plan.contracts}
    found: dict[str, Trial | NoTrial] = {}
    for target in PROBABILITY_TARGETS:
        if target not in have:
            found[target] = NoTrial("no_label", {})
            continue
        # One panel at a time is held in memory; a trial keeps the rows it drew.
        panel = load_panel(project.features, project.labels, target, plan.journey.phase_keys, plan.digest)
        contract = contract_of(plan, params, target)
        found[target] = trial_of(panel, contract, params.train, params.evaluation, plan.as_of_us, rows)
        logger.info("features report: %s, tuned with all columns", target)
    return found


def _gains(
    ready: Sequence[Trial], columns: dict[str, tuple[str, ...]], plan: Plan, params: Params
) -> dict[str, dict[str, Any]]:
    here = [PHASE_PREFIX + phase for phase in plan.journey.phase_keys]
    groups = columns | {"phase": (*columns.get("phase", ()), *here)}
    return gains(ready, groups, params.evaluation, params.train.workers)


def _shown(root: Path, project: Project) -> str:
    """Write the report again, now with its section on families."""
    needed = ("evaluation.json", "segment_lift.parquet")
    if not all((project.reports / name).is_file() for name in needed):
        return "reports/report.html is not there yet: `klantreis evaluate`, then `klantreis report`"
    from pipelines.report import run as write_report

    write_report(root)
    return "reports/report.html"
