"""Command ``score --customers``: score a list, everybody on it once and in the given order; or everybody there is."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.cutoffs import day_of, midnight_us
from features.errors import InputError
from features.identity import owners
from features.plan import Plan
from features.pseudonyms import id_key, unspaced
from pipelines.champion_models import ScoringModels, Which, models_to_score_with
from pipelines.customer_list import CustomerList, check_format, read_list
from pipelines.params import Params, load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score_actions import needs_everybody
from pipelines.score_assembled import TOO_EARLY, UNKNOWN, assembled
from pipelines.score_parts import Ints, Job, finished_parts
from pipelines.score_record import write_record
from pipelines.scores_out import write_scores
from pipelines.whose_ids import read_links, who

__all__ = ["TOO_EARLY", "UNKNOWN", "at_moment", "run"]
logger = logging.getLogger(__name__)


def run(
    root: Path, customers: Path | None, out: Path | None, as_of: str | None, which: Which | None = None,
    part_persons: int | None = None,
) -> str:  # fmt: skip
    """Score a list and say in words what came of it.

    Parameters
    ----------
    root : Path
        Project folder; its models must have been trained.
    customers : Path or None
        The list, with a column ``customer_id`` (ids as the source gives them, also those of browsers or cards,
        and e-mail addresses; ``pipelines.whose_ids``). None: everybody in the log, sorted by id.
    out : Path or None
        ``.csv``, ``.parquet`` or ``.xlsx``; left out: beside the list, ``<list>_scores.csv``. Beside it comes
        ``<out>.json``, which tells what made it (`pipelines.score_record`).
    as_of : str or None
        YYYY-MM-DD; left out: the newest cutoff.
    which : {"champions", "trained"} or None
        Models of the registry or those in ``artifacts/``; None: champions where there are some.
    part_persons : int, optional
        Persons scored at once; changes no byte of the score file.

    Raises
    ------
    InputError
        If the list, the date or the models are not as needed.
    """
    out = _place(customers, out)
    wanted = None if customers is None else read_list(customers)
    params, project = load_params(root), Project(root)
    newest = load_plan(project)
    plan = at_moment(newest, as_of, project)
    models = models_to_score_with(project, params, plan, which)
    for warning in models.warnings:
        logger.warning("%s", warning)
    job = _job(project, models.project, params, plan, wanted, part_persons)
    counts = _Counts()
    with finished_parts(job) as parts:
        blocks = assembled(job, parts, only_scored=wanted is None)
        write_scores(counts.of(blocks), out)
    _record(out, job, models, wanted, counts)
    return "\n  ".join(_told(out, counts, wanted, plan, newest, needs_everybody(params)))


def _place(customers: Path | None, out: Path | None) -> Path:
    """Settle where to write."""
    if out is None and customers is None:
        raise InputError("--everybody needs --out: say where to write the scores (.parquet, .csv or .xlsx)")
    place = out or customers.with_name(f"{customers.stem}_scores.csv")  # type: ignore[union-attr]
    check_format(place, f"--out {place}: a score file")
    if place.is_dir():
        raise InputError(f"--out {place} is a folder; name a file")
    if customers is not None and place.resolve() == customers.resolve():
        raise InputError(f"--out {place} is the list itself; write the scores to another file")
    return place


def _job(
    project: Project,
    models: Project,
    params: Params,
    plan: Plan,
    wanted: CustomerList | None,
    size: int | None,
) -> Job:
    """Find out who the ids of a list are; without a list, who everybody is."""
    if wanted is None:
        source_id, customer, place = _everybody(project, plan)
        known = np.ones(len(customer), np.bool_)
        return Job(project, models, params, plan, source_id, customer, known, place, size)
    key = id_key(project.root, load_source(params.source, project.root).id_key)
    ids = who(project, wanted, plan.as_of_us, key)
    customer, known, place = (ids[name].to_numpy() for name in ("customer_id", "known", "place"))
    return Job(project, models, params, plan, wanted.ids, customer, known, place, size)


def _everybody(project: Project, plan: Plan) -> tuple[pa.StringArray, Ints, Ints]:
    """Give everybody who was nobody else by then, sorted by id as the stage ``score`` does, and their places."""
    table = pq.read_table(project.ids)
    ids = table["customer_id"].to_numpy()
    own = owners(ids, np.full(ids.size, plan.as_of_us), read_links(project)) == ids
    shown = table.set_column(0, "source_id", unspaced(table["source_id"]))
    shown = shown.append_column("place", pa.array(np.arange(ids.size))).filter(pa.array(own))
    shown = shown.sort_by([("source_id", "ascending"), ("id_space", "ascending")]).combine_chunks()
    return shown["source_id"].combine_chunks(), shown["customer_id"].to_numpy(), shown["place"].to_numpy()


@dataclass
class _Counts:
    """Counts what passes by on its way into the score file."""

    rows: int = 0
    eligible: int = 0

    def __post_init__(self) -> None:
        self.reasons: Counter[str] = Counter()
        self.phases: Counter[str] = Counter()

    def of(self, blocks: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Pass blocks on, counted."""
        for block in blocks:
            self.rows += block.num_rows
            self.eligible += pc.sum(block["eligible"]).as_py() or 0
            left = block.filter(pc.invert(block["eligible"]))["not_eligible_reason"]
            for counter, column in ((self.reasons, left), (self.phases, block["phase"])):
                for pair in pc.value_counts(column.drop_null()).to_pylist():
                    counter[pair["values"]] += pair["counts"]
            yield block


def _record(out: Path, job: Job, models: ScoringModels, wanted: CustomerList | None, counts: _Counts) -> None:
    listed = None if wanted is None else {
        "rows": wanted.rows, "ids": len(wanted.ids), "duplicates": wanted.duplicates, "blank": wanted.blank,
    }  # fmt: skip
    told = {
        "rows": counts.rows, "eligible": counts.eligible, "not_eligible": dict(counts.reasons),
        "phases": dict(counts.phases), "list": listed,
    }  # fmt: skip
    write_record(out, job, models, told)


def _told(
    out: Path, counts: _Counts, wanted: CustomerList | None, plan: Plan, newest: Plan, apart: bool
) -> list[str]:
    """Count what is in the score file, and what of the list is not."""
    said = [f"{out}: {counts.rows} customers as of {day_of(plan.as_of_us)}, {counts.eligible} eligible"]
    said += [f"{number} not eligible: {reason}" for reason, number in sorted(counts.reasons.items())]
    if wanted is not None:
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
