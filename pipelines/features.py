"""Stage ``features``: phases, features and labels, one row per customer and cutoff."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.atomic import replacing
from features.engines import engine_of
from features.errors import InputError
from features.labels._base import contracts
from features.labels.timing import TimingLabelSettings
from features.plan import Plan
from features.planning import make_plan
from features.settings import LabelContract, LabelSettings, SourceSettings
from features.table import column_dictionary
from pipelines.params import Params, load_journey, load_params, load_source
from pipelines.paths import Project

logger = logging.getLogger(__name__)


def run(root: Path) -> None:
    """Write ``data/features.parquet``, ``labels.parquet``, ``crowd``, ``columns.json`` and ``plan.json``."""
    params, project = load_params(root), Project(root)
    plan = plan_of(root, params, load_source(params.source, root))
    events = project.canonical / "events.parquet"
    engine = engine_of(params.engine)
    learnt = engine.learn(events, plan, params.engine, project.root / "data/learn")
    learnt.write(project.crowd)
    counts = engine.run(events, plan, params.engine, project.features, project.labels, learnt)
    columns = column_dictionary(plan)
    with replacing(project.columns) as beside:
        beside.write_text(json.dumps(columns, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")
    with replacing(project.plan) as beside:
        beside.write_text(plan.model_dump_json(indent=1) + "\n", encoding="utf-8")
    logger.info(
        "features: %d rows of %d columns from %d events", counts["rows"], len(columns), counts["events"]
    )


def plan_of(root: Path, params: Params, source: SourceSettings) -> Plan:
    """Settle what the tables look like, from params.yaml, conf/ and the canonical log."""
    canonical = Project(root).canonical
    if not (canonical / "meta.json").is_file():
        raise InputError("data/canonical/meta.json is missing; run `klantreis ingest` first (or `dvc repro`)")
    meta: dict[str, Any] = json.loads((canonical / "meta.json").read_text(encoding="utf-8"))
    decided = pq.read_table(canonical / "decisions.parquet", columns=["decided_us"])["decided_us"]
    return make_plan(
        meta, params.features, params.cutoffs, label_contracts(params, source, meta),
        load_journey(params.journey, root), source.rhythm, decided.unique().to_pylist(),
    )  # fmt: skip


def label_contracts(
    params: Params, source: SourceSettings, meta: dict[str, Any]
) -> tuple[LabelContract, ...]:
    """Resolve the label contract of every target that the source can support."""
    wanted: dict[str, LabelSettings] = {"churn": params.churn, "readiness": params.readiness}
    wanted["exits"] = LabelSettings(horizon_days=params.exits.horizon_days)
    wanted["timing"] = TimingLabelSettings(horizons_days=params.timing.horizons_days)
    value = params.value
    wanted["value"] = LabelSettings(
        horizon_days=value.horizon_days, active_days=value.active_days, gap_days=value.gap_days
    )
    # How many labels a model needs is a matter of learning: it must not mark the tables as changed.
    minima = {name: LabelSettings.model_fields[name].default for name in ("min_positives", "min_negatives")}
    wanted = {target: settings.model_copy(update=minima) for target, settings in wanted.items()}
    if meta["has_decisions"]:
        wanted["next_action"] = LabelSettings(horizon_days=params.next_action.horizon_days)
    return contracts(wanted, source.rhythm)
