"""Command ``score --customers``: score a list, everybody on it once and in the given order."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd
import pyarrow as pa

from features.cutoffs import day_of, midnight_us
from features.engines import local
from features.errors import InputError
from features.pseudonyms import pseudonyms
from features.table import Plan
from models.scoring import newest_rows
from pipelines.customer_list import CustomerList, read_list, write_scores
from pipelines.params import Params, load_params
from pipelines.paths import Project
from pipelines.score import as_arrow, data_hash, model_version, score_tables
from pipelines.train import load_plan


def run(root: Path, customers: Path, out: Path | None, as_of: str | None) -> str:
    """Score a list and say in words what came of it.

    Parameters
    ----------
    root : Path
        Project folder; its models must have been trained.
    customers : Path
        The list, with a column ``customer_id`` (ids as the source gives them).
    out : Path or None
        ``.csv`` or ``.parquet``; left out: beside the list, ``<list>_scores.csv``.
    as_of : str or None
        YYYY-MM-DD; left out: the newest cutoff.

    Raises
    ------
    InputError
        If the list, the date or the models are not as needed.
    """
    wanted, params, project = read_list(customers), load_params(root), Project(root)
    plan = at_moment(load_plan(project), as_of)
    out = out or customers.with_name(f"{customers.stem}_scores.csv")
    scores = score_customers(project, params, plan, wanted)
    write_scores(as_arrow(scores), out)
    unknown = int(scores["phase"].isna().sum())
    eligible = int(scores["eligible"].sum())
    said = [f"{out}: {len(scores)} customers as of {day_of(plan.as_of_us)}, {eligible} eligible"]
    outside = len(scores) - eligible - unknown
    said += [f"{unknown} unknown (eligible = false)"] if unknown else []
    said += [f"{outside} outside the risk sets (see not_eligible_reason)"] if outside else []
    said += [f"{wanted.duplicates} rows repeated an id and were left out"] if wanted.duplicates else []
    said += [f"{wanted.blank} rows had no id"] if wanted.blank else []
    return "\n  ".join(said)


def at_moment(plan: Plan, as_of: str | None) -> Plan:
    """Narrow a plan to one cutoff: the newest, or the midnight of a day within the log."""
    moment = plan.as_of_us
    if as_of is not None:
        try:
            moment = midnight_us(date.fromisoformat(as_of))
        except ValueError:
            raise InputError(f"--as-of {as_of!r} is not a day; write YYYY-MM-DD") from None
        if moment > plan.complete_until_us:
            raise InputError(
                f"--as-of {as_of} lies after the log (complete until {day_of(plan.complete_until_us)}); "
                "ingest newer data first"
            )
    return plan.model_copy(update={"as_of_us": moment, "cutoffs": dict.fromkeys(plan.cutoffs, ())})


def score_customers(project: Project, params: Params, plan: Plan, wanted: CustomerList) -> pd.DataFrame:
    """Score the customers of a list at the plan's moment.

    Returns
    -------
    DataFrame
        One row per id of the list, in its order; who is not in the log has ``eligible`` false and a reason.
    """
    ids = pd.DataFrame(
        {"source_id": wanted.ids, "customer_id": pseudonyms(pa.array(wanted.ids, pa.string()))}
    )
    with TemporaryDirectory(prefix="klantreis_score_") as temporary:
        folder = Path(temporary)
        _their_events(project, ids, folder)
        tables = folder / "features.parquet", folder / "labels.parquet"
        local.run(folder / "events.parquet", plan, params.engine, *tables)
        features, labels = (newest_rows(path, plan.as_of_us) for path in tables)
    scores = score_tables(project, params, plan, features, labels)
    return _in_order(project, plan, ids, scores)


def _their_events(project: Project, ids: pd.DataFrame, folder: Path) -> None:
    wanted = pa.table({"customer_id": pa.array(ids["customer_id"], pa.int64())})
    with duckdb.connect() as store:
        store.register("wanted", wanted)
        store.execute(
            "COPY (SELECT e.* FROM read_parquet(?) e SEMI JOIN wanted USING (customer_id)) TO "
            f"'{folder / 'events.parquet'}' (FORMAT parquet)",
            [str(project.canonical / "events.parquet")],
        )


def _in_order(project: Project, plan: Plan, ids: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Give every id of the list its row; unknown ones an empty row with the reason."""
    found = ids.merge(scores, on="customer_id", how="left", validate="one_to_one")
    missing = found["eligible"].isna()
    fill = {
        "eligible": False, "is_control": False, "journey": plan.journey.name,
        "as_of": day_of(plan.as_of_us).isoformat(),
        "model_version": model_version(project), "data_hash": data_hash(project),
        "not_eligible_reason": "unknown customer: no history before the moment of scoring",
    }  # fmt: skip
    for name, value in fill.items():
        found[name] = found[name].where(~missing, value)
    for name in ("eligible", "is_control"):
        found[name] = found[name].astype(bool)
    for name in ("blocked", "reasons"):
        found[name] = [items if isinstance(items, list) else [] for items in found[name]]
    found["customer_id"] = found.pop("source_id")
    return found[[*scores.columns]]
