"""Command ``backtest``: at each past cutoff, train on what was known then and predict."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import replacing
from features.contract import DAY_US
from features.cutoffs import day_of, midnight_us
from features.engines import local
from features.errors import InputError
from features.ingest import ingest
from features.settings import CutoffSettings, LabelContract
from features.table import Plan, make_plan
from models.learning import learn
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


def run(root: Path, tasks_path: Path, out: Path) -> None:
    """Predict every task and write one table: ``task, cutoff, customer_id`` (as in the raw source)``, p``.

    Parameters
    ----------
    root : Path
        Project folder; the learning settings come from its params.yaml.
    tasks_path : Path
        A task file.
    out : Path
        Parquet file, one row per task, cutoff and customer of the population.
    """
    params = load_params(root)
    by_source: dict[str, list[Task]] = {}
    for task in load_tasks(tasks_path):
        by_source.setdefault(task.source, []).append(task)
    pieces = [
        table for source, tasks in by_source.items() for table in predict_source(root, params, source, tasks)
    ]
    with replacing(out) as beside:
        pq.write_table(pa.concat_tables(pieces), beside, compression="zstd")
    logger.info("%d predictions in %s", sum(len(piece) for piece in pieces), out)


def predict_source(root: Path, params: Params, source: str, tasks: list[Task]) -> Iterator[pa.Table]:
    """Ingest a source once and predict each of its tasks."""
    settings = load_source(source, root)
    with TemporaryDirectory(prefix="klantreis_backtest_") as temporary:
        folder = Path(temporary)
        # A backtest looks at a closed past; nothing in it can lie in the future of the whole log.
        now_us = int(pd.Timestamp.now(tz="UTC").value // 1000)
        meta = ingest(
            Path(source).stem, settings, root, folder / "canonical", folder / "ids.parquet", now_us=now_us
        )
        names = pq.read_table(folder / "ids.parquet").to_pandas().set_index("customer_id")["source_id"]
        for task in tasks:
            yield from _predict_task(root, params, task, meta, folder, names)


def _predict_task(
    root: Path, params: Params, task: Task, meta: dict[str, Any], folder: Path, names: pd.Series[str]
) -> Iterator[pa.Table]:
    for cutoff, panel, p in predict_task(root, params, task, meta, folder):
        yield pa.table(
            {
                "task": pa.array([task.name] * len(p), pa.string()),
                "cutoff": pa.array(np.full(len(p), cutoff), pa.timestamp("us")),
                "customer_id": pa.array(names.loc[panel.customer_id].to_numpy(), pa.string()),
                "p": pa.array(p, pa.float64()),
            },
            schema=PREDICTIONS,
        )


def predict_task(
    root: Path, params: Params, task: Task, meta: dict[str, Any], folder: Path
) -> Iterator[tuple[int, Panel, np.ndarray[tuple[int], np.dtype[np.float64]]]]:
    """Predict one task: per test cutoff the rows of its population and the probability of the target.

    Parameters
    ----------
    root : Path
        Project folder (journey).
    params : Params
        Learning settings.
    task : Task
        What to predict, and when.
    meta : dict
        Of the ingested log.
    folder : Path
        Holds ``canonical/events.parquet``; the tables of the task are written beside it.

    Yields
    ------
    tuple of (cutoff in microseconds, Panel, probabilities)
    """
    contract = task.contract(params.churn.min_positives, params.churn.min_negatives)
    plan = _plan(root, params, task, contract, meta)
    tables = folder / "features.parquet", folder / "labels.parquet"
    local.run(folder / "canonical/events.parquet", plan, params.engine, *tables)
    panel = load_panel(*tables, contract.target, plan.journey.phase_keys)
    for day in task.test_cutoffs:
        test = midnight_us(day)
        training = np.isin(panel.cutoff_us, task.training_cutoffs(test))
        learned = learn(panel.take(training), contract, params.train, test, include_dormant=True)
        rows = panel.take((panel.cutoff_us == test) & panel.population)
        logger.info("%s at %s: %d customers, %d training rows", task.name, day, len(rows), training.sum())
        yield test, rows, learned.predict(rows)


def _plan(root: Path, params: Params, task: Task, contract: LabelContract, meta: dict[str, Any]) -> Plan:
    tests = [midnight_us(day) for day in task.test_cutoffs]
    if not meta["start_us"] < tests[0] or tests[-1] > meta["complete_until_us"]:
        raise InputError(
            f"task {task.name}: test_cutoffs {task.test_cutoffs[0]}..{task.test_cutoffs[-1]} must lie inside "
            f"the log of {task.source}, {day_of(meta['start_us'])}..{day_of(meta['complete_until_us'])}"
        )
    cutoffs = set(tests).union(*(task.training_cutoffs(test) for test in tests))
    as_known = {**meta, "complete_until_us": tests[-1] // DAY_US * DAY_US}
    settings = CutoffSettings(min_history_days=0, step_days=task.step_days)
    rhythm = load_source(task.source, root).rhythm
    plan = make_plan(
        as_known, params.features, settings, (contract,), load_journey(params.journey, root), rhythm
    )
    return plan.model_copy(update={"cutoffs": {contract.target: tuple(sorted(cutoffs))}})
