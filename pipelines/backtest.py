"""Command ``backtest``: at each past cutoff, train on what was known then and predict."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import replacing, workspace
from features.contract import DAY_US
from features.cutoffs import day_of, midnight_us
from features.engines import engine_of
from features.errors import InputError
from features.ingest import ingest
from features.plan import Plan
from features.planning import make_plan
from features.pseudonyms import unspaced
from features.settings import CutoffSettings, LabelContract
from models.learning import Learned, learn, matured
from models.panel import Panel, load_panel
from pipelines.params import Params, load_journey, load_params, load_source
from pipelines.tasks import Task, load_tasks

logger = logging.getLogger(__name__)

PREDICTIONS = pa.schema(
    [
        pa.field("task", pa.string()),
        pa.field("cutoff", pa.timestamp("us")),
        pa.field("customer_id", pa.string()),
        pa.field("p", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Predicted:
    """One task at one test cutoff.

    Attributes
    ----------
    task : Task
        What was predicted.
    cutoff_us : int
        When, in microseconds.
    customers : array of string
        Ids as in the raw source, one per row of ``rows``.
    known : Panel
        The rows learnt from: labels that had matured at the cutoff.
    rows : Panel
        The population at the cutoff, one row per customer; labels are not known.
    learned : Learned
        The models.
    p : float array, shape (rows,)
        Probability of what the task asks.
    """

    task: Task
    cutoff_us: int
    customers: pa.Array
    known: Panel
    rows: Panel
    learned: Learned
    p: npt.NDArray[np.float64]

    @property
    def table(self) -> pa.Table:
        """The predictions as they are written, one row per customer."""
        columns = {
            "task": pa.array([self.task.name] * len(self.p), pa.string()),
            "cutoff": pa.array(np.full(len(self.p), self.cutoff_us), pa.timestamp("us")),
            "customer_id": self.customers,
            "p": pa.array(self.p, pa.float64()),
        }
        return pa.table(columns, schema=PREDICTIONS)


def run(root: Path, tasks_path: Path, out: Path) -> None:
    """Predict every task and write one table: ``task, cutoff, customer_id, p`` (ids as in the raw source).

    Parameters
    ----------
    root : Path
        Project folder; the learning settings come from its params.yaml.
    tasks_path : Path
        A task file.
    out : Path
        Parquet file, one row per task, cutoff and customer of the population.

    Raises
    ------
    InputError
        If the task file, a source or a cutoff is wrong; nothing is written then.
    """
    tasks = load_tasks(tasks_path)
    with workspace(out) as folder:
        pieces = [predicted.table for predicted in predict(root, tasks, folder)]
    with replacing(out) as beside:
        pq.write_table(pa.concat_tables(pieces), beside, compression="zstd")
    logger.info("%d predictions in %s", sum(len(piece) for piece in pieces), out)


def predict(root: Path, tasks: tuple[Task, ...], folder: Path) -> Iterator[Predicted]:
    """Predict tasks, source by source: each source is read once.

    Parameters
    ----------
    root : Path
        Project folder.
    tasks : tuple of Task
        What to predict, and when.
    folder : Path
        Holds the canonical log of one source and the tables of one task at a time.

    Yields
    ------
    Predicted
        In the order of the sources and tasks, then of the test cutoffs.
    """
    params = load_params(root)
    by_source: dict[str, list[Task]] = {}
    for task in tasks:
        by_source.setdefault(task.source, []).append(task)
    settings = {source: load_source(source, root) for source in by_source}
    # A backtest looks at a closed past: no row of it lies in the future of the whole log.
    now_us = int(pd.Timestamp.now(tz="UTC").value // 1000)
    number, total = 0, sum(len(task.test_cutoffs) for task in tasks)
    for source, its_tasks in by_source.items():
        meta = ingest(
            Path(source).stem, settings[source], root, folder / "canonical", folder / "ids.parquet",
            now_us=now_us, threads=params.engine.threads, memory_gb=params.engine.memory_gb,
        )  # fmt: skip
        for predicted in chain.from_iterable(
            _predict(root, params, task, meta, folder) for task in its_tasks
        ):
            number += 1
            logger.info(
                "%d of %d: %s at %s: %d customers predicted, learnt from %d rows of %d cutoffs (%s)",
                number, total, predicted.task.name, day_of(predicted.cutoff_us), len(predicted.rows),
                len(predicted.known), len(np.unique(predicted.known.cutoff_us)),
                predicted.learned.pooled.reason,
            )  # fmt: skip
            yield predicted


def _predict(
    root: Path, params: Params, task: Task, meta: dict[str, Any], folder: Path
) -> Iterator[Predicted]:
    minima = params.readiness if task.target == "purchase" else params.churn
    contract = task.contract(minima.min_positives, minima.min_negatives)
    plan = _plan(root, params, task, contract, meta)
    tables = folder / "features.parquet", folder / "labels.parquet"
    engine, events = engine_of(params.engine), folder / "canonical/events.parquet"
    learnt = engine.learn(events, plan, params.engine, folder / "learn")
    engine.run(events, plan, params.engine, *tables, learnt)
    panel = load_panel(*tables, contract.target, plan.journey.phase_keys)
    ids = pq.read_table(folder / "ids.parquet").sort_by("customer_id")
    pseudonyms = ids["customer_id"].to_numpy()
    for test in map(midnight_us, task.test_cutoffs):
        past = panel.take(np.isin(panel.cutoff_us, task.training_cutoffs(test)))
        rows = panel.take((panel.cutoff_us == test) & panel.population)
        learned = learn(past, contract, params.train, test, include_dormant=True)
        known = past.take(matured(past, contract, test, include_dormant=True))
        places = np.searchsorted(pseudonyms, rows.customer_id)
        customers = unspaced(ids["source_id"].take(pa.array(places)).cast(pa.string()).combine_chunks())
        yield Predicted(task, test, customers, known, rows, learned, learned.predict(rows))


def _plan(root: Path, params: Params, task: Task, contract: LabelContract, meta: dict[str, Any]) -> Plan:
    source = load_source(task.source, root)
    _check_inside(task, meta, source.complete_until is not None)
    tests = [midnight_us(day) for day in task.test_cutoffs]
    # Seen from the last test cutoff: whatever comes after it, in the log or not, cannot change a byte.
    as_known = {**meta, "complete_until_us": tests[-1]}
    settings = CutoffSettings(min_history_days=0, step_days=task.step_days)
    journey = load_journey(params.journey, root)
    plan = make_plan(as_known, params.features, settings, (contract,), journey, source.rhythm)
    cutoffs = set(tests).union(*(task.training_cutoffs(test) for test in tests))
    return plan.model_copy(update={"cutoffs": {contract.target: tuple(sorted(cutoffs))}})


def _check_inside(task: Task, meta: dict[str, Any], declared: bool) -> None:
    """Refuse test cutoffs at which nothing could have been known, or after the end of the log."""
    tests = [midnight_us(day) for day in task.test_cutoffs]
    start, until = day_of(meta["start_us"]), day_of(meta["complete_until_us"])
    # Without a declared end the last event ends the log; a few silent days after it are just that.
    end_us = meta["complete_until_us"] + (0 if declared else (task.horizon_days - 1) * DAY_US)
    if not meta["start_us"] < tests[0] or tests[-1] > end_us:
        raise InputError(
            f"task {task.name}: test_cutoffs {task.test_cutoffs[0]}..{task.test_cutoffs[-1]} must lie inside "
            f"the log of {task.source}, {start}..{until}; change test_cutoffs in the task file"
        )
    if tests[-1] > meta["complete_until_us"]:
        logger.warning(
            "%s: the log of %s ends before %s; the days since %s are read as silence (say complete_until in "
            "conf/sources if they are not)", task.name, task.source, task.test_cutoffs[-1], until,
        )  # fmt: skip
    newest = task.training_cutoffs(tests[0])[-1]
    if newest <= meta["start_us"]:
        raise InputError(
            f"task {task.name}: nothing to learn from at {task.test_cutoffs[0]}: the log of {task.source} begins "
            f"on {start}, and the newest label that had matured ({task.horizon_days} days) is that of "
            f"{day_of(newest)}; choose later test_cutoffs or a shorter horizon_days"
        )
