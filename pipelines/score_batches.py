"""Scores of a features table in batches of rows: bounded memory, and the same bits however rows are cut."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.cutoffs import day_of
from features.plan import Plan
from models.newest_rows import newest_rows
from pipelines.params import Params
from pipelines.paths import Project
from pipelines.score import score_tables
from pipelines.score_actions import Why, needs_everybody
from pipelines.score_columns import score_columns

#: Customers scored at once by one thread: their features take some 20 MB.
ROWS = 16_384


def scored_columns(plan: Plan) -> pa.Schema:
    """Give the columns of scores on their way: the pseudonym, which one place alone turns into the id of the source.

    The next categories come from events, not from features, and are added later.
    """
    later = ("customer_id", "id_space", "next_categories")
    return pa.schema(
        [("customer_id", pa.int64()), *(one for one in score_columns(plan) if one.name not in later)]
    )


def scored(
    project: Project, params: Params, plan: Plan, features: pa.Table, labels: pa.Table
) -> tuple[pa.Table, Why]:
    """Score rows of one cutoff as an Arrow table (`scored_columns`), with what was decided on them."""
    scores, why = score_tables(project, params, plan, features, labels)
    schema, columns = scored_columns(plan), []
    for field in schema:
        values = scores[field.name]
        # From a list, because an empty column of lists has lost its type in pandas.
        given = values.tolist() if pa.types.is_list(field.type) else values
        columns.append(pa.array(given, field.type, from_pandas=True))
    return pa.table(columns, schema=schema), why


def scored_slices(
    project: Project, params: Params, plan: Plan, features: pa.Table, labels: pa.Table
) -> pa.Table:
    """Score rows of one cutoff, ``engine.threads`` slices of ``ROWS`` rows at a time.

    Parameters
    ----------
    project, params, plan
        As in `pipelines.score.score_tables`.
    features, labels : pyarrow.Table
        One row per customer, same rows.

    Returns
    -------
    pyarrow.Table
        Columns of `scored_columns`, rows in the order of ``features``. The number of threads changes no bit of it.
    """
    one = partial(_slice, project, params, plan, features, labels)
    with ThreadPoolExecutor(params.engine.threads) as pool:
        batches = pool.map(one, range(0, max(features.num_rows, 1), ROWS))
        return pa.concat_tables([scores for scores, _ in batches]).combine_chunks()


def score_newest(project: Project, params: Params, plan: Plan) -> tuple[pd.DataFrame, Why]:
    """Score everybody at the newest cutoff in bounded memory; what `pipelines.score.score_tables` gives of them.

    Parameters
    ----------
    project, params, plan
        As there. Where customers compete for a budget or stock they are decided on together, in one batch.

    Returns
    -------
    DataFrame
        One row per customer with the pseudonymous ``customer_id``, in the order of the features table.
    Why
        What was decided on them.
    """
    paths = [table / f"{day_of(plan.as_of_us)}.parquet" for table in (project.features, project.labels)]
    if needs_everybody(params) or not all(path.is_file() for path in paths):
        tables = [newest_rows(path, plan.as_of_us) for path in (project.features, project.labels)]
        return score_tables(project, params, plan, *tables)
    batches: list[tuple[pa.Table, Why]] = []
    with ThreadPoolExecutor(params.engine.threads) as pool:
        for rows, theirs in _row_groups(*paths):
            one = partial(_slice, project, params, plan, rows, theirs)
            batches += pool.map(one, range(0, max(rows.num_rows, 1), ROWS))
    scores = pa.concat_tables([table for table, _ in batches]).to_pandas()
    return scores, Why.together([why for _, why in batches])


def _slice(
    project: Project, params: Params, plan: Plan, features: pa.Table, labels: pa.Table, start: int
) -> tuple[pa.Table, Why]:
    return scored(project, params, plan, features.slice(start, ROWS), labels.slice(start, ROWS))


def _row_groups(features: Path, labels: Path) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Read the tables of one cutoff side by side: the features stage writes both in the same row groups."""
    with pq.ParquetFile(features) as rows, pq.ParquetFile(labels) as theirs:
        for group in range(rows.num_row_groups):
            yield rows.read_row_group(group), theirs.read_row_group(group)
