"""Stage ``journey``: how customers went through the phases, what met them there, and what it led to."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq

from features.atomic import workspace
from features.contract import DAY_US
from features.engines.persons import each, persons
from features.journey.grid import Grid, make_grid
from features.journey.log import JOURNEY_READS
from features.journey.scopes import PERIOD_DAYS
from features.journey.tally import Tally
from features.journey_tables import journey_tables
from models.journey.facts import Facts
from models.journey.report import asked_pairs, journey_data
from models.journey.tables import write_kpis, write_transitions
from models.json_files import read_json, write_json
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan

logger = logging.getLogger(__name__)


def run(root: Path) -> None:
    """Write ``reports/journey.json``, ``journey_kpis.csv`` and ``journey_transitions.csv``."""
    project = Project(root)
    facts = gather(root)
    data = journey_data(facts)
    write_json(project.reports / "journey.json", cast(Mapping[str, object], data))
    write_kpis(data, project.reports / "journey_kpis.csv")
    write_transitions(data, project.reports / "journey_transitions.csv")
    logger.info(
        "journey %s: %d customers, %d orders, %s to %s", data["journey"], data["totals"]["customers"],
        data["totals"]["orders"], data["from_day"], data["as_of"],
    )  # fmt: skip


def gather(root: Path) -> Facts:
    """Run the journey kernel over all persons, batch by batch."""
    project, settings = Project(root), load_params(root).engine
    plan = load_plan(project)
    start_us = read_json(project.canonical / "meta.json")["start_us"]
    grid = make_grid(plan.as_of_us, start_us, plan.missing_days)
    pairs, tally = asked_pairs(), Tally()
    with workspace(project.reports / "journey") as folder:
        batches = persons(project.canonical / "events.parquet", settings, folder, JOURNEY_READS)
        for one in each(lambda _, batch: journey_tables(batch, plan, grid, pairs), batches, settings):
            tally.add(one)
    return Facts(tally, plan, grid, spend(project.canonical / "costs.parquet", grid))


def spend(costs: Path, grid: Grid) -> dict[str, dict[str, float]]:
    """Add up what was spent per channel: over the whole grid (``all``), the last 28 days and those before.

    Parameters
    ----------
    costs : Path
        Canonical costs; a source without has no file, or an empty one.
    grid : Grid
        The days looked at.

    Returns
    -------
    dict
        Scope to channel to money; empty without costs.
    """
    if not costs.is_file():
        return {}
    table = pq.read_table(costs, columns=["day_us", "channel", "amount"])
    rows = sorted(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))
    now, before = grid.last - PERIOD_DAYS, grid.last - 2 * PERIOD_DAYS
    spans = {"all": (grid.first, grid.last), "now": (now, grid.last), "before": (before, now)}
    found: dict[str, dict[str, float]] = {scope: {} for scope in spans}
    for day_us, channel, amount in rows:
        for scope, (since, until) in spans.items():
            if since <= day_us // DAY_US < until:
                found[scope][channel] = found[scope].get(channel, 0.0) + amount
    return found if found["all"] else {}
