"""Command ``canary``: nothing leaks from the future, on one's own data; ``reports/canary.json``."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from features.atomic import replacing, workspace
from features.canary.draw import Drawn, draw
from features.canary.flight import Flight, fly
from features.canary.injuries import CONTROL, INJURIES, STORED
from features.canary.stored import digest_of
from features.crowd import Learnt
from features.cutoffs import day_of, midnight_us
from features.engines.persons import persons
from features.errors import InputError
from features.plan import Plan
from features.table import columns_read
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan

logger = logging.getLogger(__name__)
#: Lines of findings that are told in the terminal; all of them are in the report.
_TOLD = 20
_ALL = {injury.name: injury for injury in (STORED, *INJURIES, CONTROL)}


def run(root: Path, customers: int, cutoffs: Sequence[str], seed: int) -> tuple[bool, list[str]]:
    """Let the canary fly over the project's own events.

    Parameters
    ----------
    root : Path
        Project folder; the features stage must have run.
    customers : int
        Whole persons that are drawn; 0 is everybody.
    cutoffs : sequence of str
        Days (YYYY-MM-DD) on which the plan has a cutoff, or ``all``; empty: `usual_cutoffs`.
    seed : int
        The key of all draws.

    Returns
    -------
    tuple of (bool, list of str)
        Whether nothing leaked and the counter-check sang; and what to tell.

    Raises
    ------
    InputError
        If a stage has not run, or a cutoff is not one of the plan.
    """
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    if digest_of(project.features) != plan.digest.encode():
        raise InputError(
            "data/features.parquet and data/plan.json are not of one run; run `klantreis features` again"
        )
    with workspace(project.root / "data/canary") as folder:
        drawn = draw(project.canonical / "events.parquet", customers, seed, params.engine, folder)
        logger.info("canary: %d persons with %d events", drawn.persons, drawn.rows)
        flight = fly(
            persons(drawn.events, params.engine, folder, columns_read(plan)), plan, Learnt.read(project.crowd),
            chosen_cutoffs(plan, cutoffs), drawn.kinds, seed, params.engine.threads, project.features,
        )  # fmt: skip
    found = _report(plan, drawn, flight, seed)
    with replacing(project.reports / "canary.json") as beside:
        text = json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8")
    return found["verdict"] == "nothing moved", lines(found)


def usual_cutoffs(plan: Plan) -> list[int]:
    """Give the oldest cutoff, one in the middle, the newest with a label, and the moment of scoring."""
    every = plan.all_cutoffs
    labelled = sorted(moment for grid in plan.cutoffs.values() for moment in grid)
    return sorted({every[0], every[len(every) // 2], *labelled[-1:], plan.as_of_us})


def chosen_cutoffs(plan: Plan, days: Sequence[str]) -> list[int]:
    """Read the cutoffs that the user names; none named: `usual_cutoffs`."""
    if list(days) == ["all"]:
        return list(plan.all_cutoffs)
    try:
        wanted = sorted({midnight_us(date.fromisoformat(day)) for day in days})
    except ValueError:
        raise InputError(f"--cutoff {' '.join(days)}: write YYYY-MM-DD, or all") from None
    strange = [day_of(moment).isoformat() for moment in wanted if moment not in plan.all_cutoffs]
    if strange:
        known = ", ".join(day_of(moment).isoformat() for moment in plan.all_cutoffs)
        raise InputError(f"--cutoff {', '.join(strange)}: not a cutoff of data/plan.json; those are {known}")
    return wanted or usual_cutoffs(plan)


def _report(plan: Plan, drawn: Drawn, flight: Flight, seed: int) -> dict[str, Any]:
    leaks = [
        {"injury": injury, "cutoff": day_of(cutoff_us).isoformat(), "column": moved.column,
         "family": moved.family, "of": moved.of, "number": moved.number, "example": moved.example,
         "before": moved.before, "after": moved.after, "means": _ALL[injury].means}
        for injury, cutoff_us, moved in flight.leaks
    ]  # fmt: skip
    tried = {
        name: {
            day_of(cutoff_us).isoformat(): {
                "rows": tally.rows, "customers": tally.customers, "cells": tally.cells,
                "moved": sum(moved.number for moved in tally.moved.values()),
            }
            for cutoff_us, tally in at.items()
        }
        for name, at in flight.tallies.items()
    }  # fmt: skip
    silent = [day_of(cutoff_us).isoformat() for cutoff_us in flight.silent]
    empty = [day_of(cutoff_us).isoformat() for cutoff_us in flight.empty]
    proven = not silent and len(empty) < len(flight.tallies[CONTROL.name])
    return {
        "source": plan.source, "plan": plan.digest, "seed": seed, "persons": drawn.persons,
        "events": drawn.rows, "columns": len(flight.columns), "injuries": tried, "leaks": leaks,
        "silent_cutoffs": silent, "empty_cutoffs": empty, "unmoved_by_control": flight.unmoved,
        "verdict": _word(leaks, proven),
    }  # fmt: skip


def _word(leaks: Sequence[dict[str, Any]], proven: bool) -> str:
    if any(leak["injury"] != STORED.name for leak in leaks):
        return "leak"
    return "stale" if leaks else "nothing moved" if proven else "void"


def lines(found: dict[str, Any]) -> list[str]:
    """Set ``reports/canary.json`` out for the terminal."""
    cutoffs = list(found["injuries"][CONTROL.name])
    told = [
        f"canary: {found['persons']} persons, {found['events']} events, {found['columns']} columns; "
        f"cutoffs {', '.join(cutoffs)}",
        f"{'injury':<12}  {'rows touched':>12}  {'cells compared':>14}  {'moved':>9}",
    ]
    for name, at in found["injuries"].items():
        rows, cells, moved = (sum(one[what] for one in at.values()) for what in ("rows", "cells", "moved"))
        told.append(f"{name:<12}  {rows:>12}  {cells:>14}  {moved:>9}  {_ALL[name].done}".rstrip())
    if found["empty_cutoffs"]:
        told.append(f"nobody drawn was known yet at {', '.join(found['empty_cutoffs'])}")
    told.append(
        f"counter-check: what was known in time moved {found['columns'] - len(found['unmoved_by_control'])} "
        f"of {found['columns']} columns"
        + _named("; of the others nothing is proven", found["unmoved_by_control"])
    )
    return [*told, *_findings(found["leaks"]), *_verdict(found)]


def _findings(leaks: Sequence[dict[str, Any]]) -> list[str]:
    """Tell what moved, per column and injury over the cutoffs, and what each injury means."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for leak in leaks:
        groups.setdefault((leak["column"], leak["injury"]), []).append(leak)
    told = []
    for (column, injury), group in list(groups.items())[:_TOLD]:
        worst = max(group, key=lambda leak: leak["number"])
        told.append(
            f"MOVED {column} (family {worst['family']}) by {injury} at "
            f"{', '.join(leak['cutoff'] for leak in group)}: {worst['number']} {worst['of']} at {worst['cutoff']}, "
            f"for example {worst['example']}: {worst['before']} -> {worst['after']}"
        )
    if len(groups) > _TOLD:
        told.append(f"and {len(groups) - _TOLD} more such lines; all of them in reports/canary.json")
    injuries = dict.fromkeys(injury for _, injury in groups)
    return [*told, *(f"what {injury} means: {_ALL[injury].means}" for injury in injuries)]


def _verdict(found: dict[str, Any]) -> list[str]:
    if found["verdict"] == "leak":
        leaks = [leak for leak in found["leaks"] if leak["injury"] != STORED.name]
        columns, families = ({leak[what] for leak in leaks} for what in ("column", "family"))
        return [f"LEAK: {len(columns)} column(s) of {', '.join(sorted(families))} see what they must not"]
    if found["verdict"] == "stale":
        return [f"STALE: nothing leaks, but {STORED.means}"]
    if found["verdict"] == "void":
        where = ", ".join(found["silent_cutoffs"] or found["empty_cutoffs"])
        return [f"VOID: {CONTROL.means} at {where}; draw more with --customers"]
    return ["nothing moved: on these persons no column sees the future"]


def _named(opening: str, names: Sequence[str]) -> str:
    return f"{opening}: {', '.join(names)}" if names else ""
