"""Commands ``journeys`` and ``journeys compare``: the phase models there are, and which of them says most."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.atomic import replacing, workspace
from features.cutoffs import day_of
from features.engines.persons import each, persons
from features.errors import InputError
from features.events import READS
from features.journey_phases import DAYS, phases_under
from features.plan import Plan
from features.planning import usual_gap_days
from features.settings import EngineSettings, JourneySettings
from models.journey_comparison import compare, under_journey
from models.json_files import write_json
from models.panel import Panel, load_panel
from models.target import PROBABILITY_TARGETS
from pipelines.params import Params, load_journey, load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.train_probability import contract_of

logger = logging.getLogger(__name__)

WORDS = {"phase_alone": "phase alone", "model": "phase-conditional model"}


def names(root: Path) -> list[str]:
    """Give the names of all files in conf/journeys."""
    return sorted(path.stem for path in (root / "conf/journeys").glob("*.yaml"))


def lines(root: Path) -> list[str]:
    """Tell which journeys there are: name, title and phases in the chosen language; ``*`` is the one in use."""
    params = load_params(root)
    journeys = [load_journey(name, root) for name in names(root)]
    width = max((len(journey.name) for journey in journeys), default=0)
    told = []
    for journey in journeys:
        phases = " > ".join(phase.label[params.language] for phase in journey.phases)
        mark = "*" if journey.name == params.journey else " "
        told.append(f"{mark} {journey.name:<{width}}  {journey.title[params.language]}: {phases}")
    return told


def run_comparison(root: Path, wanted: Sequence[str], customers: int, track: bool) -> list[str]:
    """Compare journeys on the same customers and cutoffs; ``reports/journeys.json``, and MLflow if asked.

    Parameters
    ----------
    root : Path
        Project folder; the features stage must have run.
    wanted : sequence of str
        Journeys, the first is what the others are compared with; empty: all, the one in use first.
    customers : int
        At most so many, drawn by ``evaluation.seed``; 0 is everybody.
    track : bool
        Whether one MLflow run per journey is written.

    Returns
    -------
    list of str
        A table to read.

    Raises
    ------
    InputError
        If a journey does not exist or the features were built under other settings.
    """
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    wanted = list(wanted) or sorted(names(root), key=lambda name: (name != plan.journey.name, name))
    if len(set(wanted)) < 2:
        raise InputError(
            f"--journeys names {', '.join(wanted)}: at least two different ones are needed to compare"
        )
    journeys = {name: load_journey(name, root) for name in dict.fromkeys(wanted)}
    phases = _phases(root, project, params, plan, list(journeys.values()))
    keep = _drawn(phases["customer_id"].to_numpy(), customers, params.evaluation.seed)
    targets = {}
    for target in PROBABILITY_TARGETS:
        panel = load_panel(project.features, project.labels, target, plan.journey.phase_keys, plan.digest)
        targets[target] = compare(
            _panels(panel, phases, journeys, keep), contract_of(plan, params, target), params.train,
            params.evaluation,
        )  # fmt: skip
    found = {
        "source": plan.source, "as_of": day_of(plan.as_of_us).isoformat(), "journeys": list(journeys),
        "customers": len(np.unique(phases["customer_id"].to_numpy()[keep])),
        "shares": {name: _shares(phases[name], keep, one) for name, one in journeys.items()}, "targets": targets,
    }  # fmt: skip
    report = project.reports / "journeys.json"
    with replacing(report) as beside:
        write_json(beside, found)
    if track:
        from models.tracking.journeys import log_comparison

        log_comparison(root, params.tracking, found, report)
    return table(found)


def _phases(
    root: Path, project: Project, params: Params, plan: Plan, journeys: Sequence[JourneySettings]
) -> pa.Table:
    """Phases under every journey, one pass over the events; the rows of the features table, in their order."""
    rhythm = load_source(params.source, root).rhythm
    rules = [(journey, usual_gap_days(journey, rhythm)) for journey in journeys]
    with workspace(project.root / "data" / "journeys") as folder:
        engine: EngineSettings = params.engine
        batches = persons(project.canonical / "events.parquet", engine, folder, READS)
        tables = list(each(lambda _, batch: phases_under(batch, plan, rules), batches, engine))
    whole = pa.concat_tables(tables).unify_dictionaries()
    return whole.sort_by([("cutoff_us", "ascending"), ("customer_id", "ascending")]).combine_chunks()


def _drawn(customer_id: np.ndarray[tuple[int], np.dtype[np.int64]], number: int, seed: int) -> Any:
    """Which rows belong to the customers that take part."""
    known = np.unique(customer_id)
    if not number or number >= len(known):
        return np.ones(len(customer_id), dtype=np.bool_)
    chosen = np.random.default_rng(seed).permutation(len(known))[:number]
    return np.isin(customer_id, known[chosen])


def _panels(
    panel: Panel, phases: pa.Table, journeys: Mapping[str, JourneySettings], keep: Any
) -> dict[str, Callable[[], Panel]]:
    same = len(panel) == len(phases) and all(
        np.array_equal(own, phases[name].to_numpy())
        for name, own in (("customer_id", panel.customer_id), ("cutoff_us", panel.cutoff_us))
    )
    if not same:
        raise InputError("data/features.parquet is older than data/canonical; run `klantreis features` again")
    rows = panel.take(keep)
    return {name: partial(_under, rows, phases, one, keep) for name, one in journeys.items()}


def _under(rows: Panel, phases: pa.Table, journey: JourneySettings, keep: Any) -> Panel:
    codes = _codes(phases[journey.name], journey)[keep]
    days = phases[journey.name + DAYS].to_numpy()[keep].astype(np.float32)
    return under_journey(rows, journey.phase_keys, codes, days)


def _codes(column: pa.ChunkedArray, journey: JourneySettings) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    found = pc.index_in(column.cast(pa.string()), value_set=pa.array(journey.phase_keys, pa.string()))
    return np.asarray(found.to_numpy(), dtype=np.int16)


def _shares(column: pa.ChunkedArray, keep: Any, journey: JourneySettings) -> dict[str, float]:
    counts = np.bincount(_codes(column, journey)[keep], minlength=len(journey.phase_keys))
    return dict(zip(journey.phase_keys, (counts / max(counts.sum(), 1)).tolist(), strict=True))


def table(found: Mapping[str, Any]) -> list[str]:
    """Set the numbers of ``reports/journeys.json`` out for the terminal."""
    width = max(len(name) for name in found["journeys"])
    told = []
    for target, one in found["targets"].items():
        if not one["journeys"]:
            told.append(f"{target}: the log is too short to judge a past cutoff")
            continue
        days = ", ".join(day_of(cutoff).isoformat() for cutoff in one["cutoffs_us"])
        told += [
            f"{target}: log loss out of time (lower is better), {one['rows']} rows of {one['customers']} customers, "
            f"cutoffs {days}",
            f"  {'':<{width}}  {WORDS['phase_alone']:<36}  {WORDS['model']}",
        ]
        for name, rungs in one["journeys"].items():
            told.append(
                f"  {name:<{width}}  {_number(rungs['phase_alone']):<36}  {_number(rungs['model'])}".rstrip()
            )
    first = found["journeys"][0]
    return [
        *told,
        f"in brackets: difference to {first}, with its interval (customers drawn); below 0 is better",
    ]


def _number(rung: Mapping[str, float]) -> str:
    if "difference" not in rung:
        return f"{rung['log_loss']:.4f}"
    return f"{rung['log_loss']:.4f} ({rung['difference']:+.4f}, {rung['low']:+.4f} to {rung['high']:+.4f})"
