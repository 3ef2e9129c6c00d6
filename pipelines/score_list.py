"""Command ``score --customers``: score a list, everybody on it once and in the given order."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import workspace
from features.crowd import Learnt
from features.cutoffs import day_of, midnight_us
from features.engines import engine_of
from features.errors import InputError
from features.plan import Plan
from features.pseudonyms import id_key
from models.newest_rows import newest_rows
from models.policy import ACTION_COLUMNS
from pipelines.customer_list import CustomerList, check_format, read_list, write_scores
from pipelines.params import Params, load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score import data_hash, model_version, next_categories, score_tables
from pipelines.score_actions import needs_everybody
from pipelines.score_columns import as_arrow
from pipelines.whose_ids import read_links, who

UNKNOWN = "unknown customer: the source has no such id"
TOO_EARLY = "no history yet at the moment of scoring"


def run(root: Path, customers: Path, out: Path | None, as_of: str | None) -> str:
    """Score a list and say in words what came of it.

    Parameters
    ----------
    root : Path
        Project folder; its models must have been trained.
    customers : Path
        The list, with a column ``customer_id`` (ids as the source gives them, also those of browsers or cards,
        and e-mail addresses; ``pipelines.whose_ids``).
    out : Path or None
        ``.csv`` or ``.parquet``; left out: beside the list, ``<list>_scores.csv``.
    as_of : str or None
        YYYY-MM-DD; left out: the newest cutoff.

    Raises
    ------
    InputError
        If the list, the date or the models are not as needed.
    """
    out = out or customers.with_name(f"{customers.stem}_scores.csv")
    check_format(out, f"--out {out}: a score file")
    if out.resolve() == customers.resolve():
        raise InputError(f"--out {out} is the list itself; write the scores to another file")
    wanted, params, project = read_list(customers), load_params(root), Project(root)
    newest = load_plan(project)
    plan = at_moment(newest, as_of, project)
    scores = score_customers(project, params, plan, wanted)
    write_scores(as_arrow(scores, plan), out)
    return "\n  ".join(_told(out, scores, wanted, plan, newest, needs_everybody(params)))


def _told(
    out: Path, scores: pd.DataFrame, wanted: CustomerList, plan: Plan, newest: Plan, apart: bool
) -> list[str]:
    """Count what is in the score file, and what of the list is not."""
    counted = scores["not_eligible_reason"].where(~scores["eligible"]).value_counts()
    eligible = int(scores["eligible"].sum())
    said = [f"{out}: {len(scores)} customers as of {day_of(plan.as_of_us)}, {eligible} eligible"]
    said += [f"{number} not eligible: {reason}" for reason, number in sorted(counted.items())]
    said += [f"{wanted.duplicates} row(s) repeated an id and were left out"] if wanted.duplicates else []
    said += [f"{wanted.blank} row(s) had no id"] if wanted.blank else []
    if apart:
        said.append(
            "no actions: customers compete for a budget, stock or contacts (params.yaml: policy, "
            "next_action.tournament.contact_share), so a list is not decided on alone; see data/scores.parquet"
        )
    if plan.as_of_us < newest.as_of_us:
        said.append(
            f"the models learnt from what was known on {day_of(newest.as_of_us)}, so these scores of the past are "
            "better than they would have been then; `klantreis backtest` measures honestly"
        )
    return said


def at_moment(plan: Plan, as_of: str | None, project: Project) -> Plan:
    """Narrow a plan to one cutoff: the newest, or the midnight with which a day of the log begins.

    Raises
    ------
    InputError
        If ``as_of`` is no day, or lies outside the log.
    """
    moment = plan.as_of_us
    if as_of is not None:
        try:
            moment = midnight_us(date.fromisoformat(as_of))
        except ValueError:
            raise InputError(f"--as-of {as_of!r} is not a day; write YYYY-MM-DD") from None
        meta = json.loads((project.canonical / "meta.json").read_text(encoding="utf-8"))
        if not meta["start_us"] < moment <= plan.complete_until_us:
            raise InputError(
                f"--as-of {as_of} lies outside the log, which runs from {day_of(meta['start_us'])} and is "
                f"complete until {day_of(plan.complete_until_us)}; choose a day within it, or ingest newer data"
            )
    return plan.model_copy(update={"as_of_us": moment, "cutoffs": dict.fromkeys(plan.cutoffs, ())})


def score_customers(project: Project, params: Params, plan: Plan, wanted: CustomerList) -> pd.DataFrame:
    """Score the customers of a list at the plan's moment.

    Returns
    -------
    DataFrame
        One row per id of the list, in its order; who is not in the log has ``eligible`` false and a reason. An id
        that was linked by then has the scores of the customer it belongs to.
    """
    ids = who(
        project, wanted, plan.as_of_us, id_key(project.root, load_source(params.source, project.root).id_key)
    )
    with workspace(project.root / "data" / "score_list") as folder:
        _their_events(project, ids, folder)
        tables = folder / "features.parquet", folder / "labels.parquet"
        learnt = Learnt.read(project.crowd)
        engine_of(params.engine).run(folder / "events.parquet", plan, params.engine, *tables, learnt)
        features, labels = (newest_rows(path, plan.as_of_us) for path in tables)
        scores, _ = score_tables(project, params, plan, features, labels)
        events = folder / "events.parquet"
        scores["next_categories"] = pd.Series(next_categories(project, params, plan, events, scores))
    spaces = pq.read_table(project.ids, columns=["customer_id", "id_space"]).to_pandas()
    scores = scores.merge(spaces, on="customer_id", how="left", validate="one_to_one")
    return _in_order(project, plan, ids, scores, needs_everybody(params))


def _their_events(project: Project, ids: pd.DataFrame, folder: Path) -> None:
    events = project.canonical / "events.parquet"
    if not events.is_file():
        raise InputError(f"{events} is missing; run `klantreis ingest` first (or `dvc repro`)")
    known = ids.loc[ids["known"], "customer_id"].to_numpy()
    persons = pa.table({"person_id": read_links(project).persons(known)})
    with duckdb.connect() as store:
        store.register("wanted", persons)
        # Whole persons, as in the stage `features`.
        store.execute(
            "CREATE TEMP VIEW theirs AS SELECT e.* FROM "
            f"read_parquet({_quoted(events)}) e SEMI JOIN wanted USING (person_id)"
        )
        store.execute(f"COPY theirs TO {_quoted(folder / 'events.parquet')} (FORMAT parquet)")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _in_order(
    project: Project, plan: Plan, ids: pd.DataFrame, scores: pd.DataFrame, apart: bool
) -> pd.DataFrame:
    """Give every id of the list its row; who has no history an empty row with the reason.

    ``apart``: actions cannot be decided on for a list alone (customers compete), and stay empty.
    """
    known = ids["known"].to_numpy()
    place = np.where(known, pd.Index(scores["customer_id"]).get_indexer(ids["customer_id"]), -1)
    found = scores.take(place[place >= 0]).set_axis(np.flatnonzero(place >= 0)).reindex(range(len(ids)))
    missing = pd.Series(place < 0)
    fill: dict[str, object] = {
        "eligible": False, "is_control": False, "explore": False, "journey": plan.journey.name,
        "as_of": day_of(plan.as_of_us).isoformat(),
        "model_version": model_version(project), "data_hash": data_hash(project),
        "not_eligible_reason": pd.Series(np.where(known, TOO_EARLY, UNKNOWN), dtype=object),
    }  # fmt: skip
    for name, value in fill.items():
        found[name] = found[name].astype(object).mask(missing, value)
    if apart:
        found[list(ACTION_COLUMNS)] = None
        found[["is_control", "explore"]] = False
    for name in ("eligible", "is_control", "explore"):
        found[name] = found[name].astype(bool)
    for name in ("blocked", "eligible_actions", "reasons"):
        found[name] = [items if isinstance(items, list) else [] for items in found[name]]
    found["customer_id"] = ids["source_id"]
    return found
