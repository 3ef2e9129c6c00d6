"""Decisions joined to the features that were known at the midnight before them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from features.contract import DAY_US
from features.errors import InputError
from models.actions.decision_log import DecisionLog, FloatArray, decision_log

_KEYS = ("customer_id", "cutoff_us", "phase")


def load_decisions(
    decisions_path: Path, features_path: Path, labels_path: Path, as_of_us: int | None = None
) -> DecisionLog:
    """Read the decision log with the pipeline's own features, phase, outcome and value.

    A decision at any time of a day is joined to the features at that day's midnight, so nothing that
    happened on the day itself is used. The phase is the pipeline's, not the log's: at scoring there is no
    other. Outcome and value come from the log where it has them, else from the label columns
    ``next_action__outcome`` and ``next_action__value``.

    Parameters
    ----------
    decisions_path, features_path, labels_path : Path
        Parquet files as in ``features/contract.py`` and of the features stage.
    as_of_us : int, optional
        Only decisions before this moment.

    Returns
    -------
    DecisionLog
        One row per decision that has features, in order of ``decision_id``; ``left_out`` counts the others.

    Raises
    ------
    InputError
        There is no decision at all, or none has features.
    """
    joined, total = _joined(decisions_path, features_path, labels_path, as_of_us)
    if joined.num_rows == 0:
        raise InputError(
            f"{decisions_path}: {total} decisions, none of them with features at the midnight before; the "
            "features "
            f"stage must cut at the days of the decisions ({features_path}); see cutoffs in params.yaml"
        )
    columns = [name for name in joined.column_names if not name.startswith("d$")]
    x = np.empty((joined.num_rows, len(columns)), dtype=np.float32)
    for position, name in enumerate(columns):
        x[:, position] = joined[name].to_numpy()
    return decision_log(
        columns=columns,
        x=x,
        phase=joined["d$phase"].to_pylist(),
        customers=joined["d$customer"].to_numpy(),
        action=joined["d$action"].to_pylist(),
        eligible=joined["d$eligible"].to_pylist(),
        propensity=_numbers(joined["d$propensity"]),
        outcome=_numbers(joined["d$outcome"]),
        value=_numbers(joined["d$value"]),
        cost=_numbers(joined["d$cost"]),
        decided_us=joined["d$decided_us"].to_numpy(),
        left_out={"no features at the midnight before (customer not yet known)": total - joined.num_rows},
    )


def _joined(decisions: Path, features: Path, labels: Path, as_of_us: int | None) -> tuple[pa.Table, int]:
    import duckdb
    import pyarrow.parquet as pq

    names = [name for name in pq.read_schema(features).names if name not in _KEYS]
    known = set(pq.read_schema(labels).names)
    outcome, value = (
        f"CAST(l.{name} AS DOUBLE)" if name in known else "NULL::DOUBLE"
        for name in ("next_action__outcome", "next_action__value")
    )
    wide = ", ".join(f'f."{name}"' for name in names)
    limit = "" if as_of_us is None else f"WHERE decided_us < {int(as_of_us)}"
    with duckdb.connect(config={"threads": 1}) as database:
        for view, path in (("decisions", decisions), ("features", features), ("labels", labels)):
            quoted = str(path).replace("'", "''")
            database.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet('{quoted}')")
        [(total,)] = database.sql(f"SELECT count(*) FROM decisions {limit}").fetchall()
        table = database.sql(
            f"""
            SELECT d.customer_id AS "d$customer", d.decided_us AS "d$decided_us",
                   CAST(f.phase AS VARCHAR) AS "d$phase", d.action AS "d$action",
                   d.eligible AS "d$eligible", d.propensity AS "d$propensity", d.cost AS "d$cost",
                   coalesce(d.outcome, {outcome}) AS "d$outcome",
                   coalesce(d.value, {value}) AS "d$value", {wide}
            FROM (SELECT *, decided_us // {DAY_US} * {DAY_US} AS midnight_us FROM decisions {limit}) d
            JOIN features f ON f.customer_id = d.customer_id AND f.cutoff_us = d.midnight_us
            LEFT JOIN labels l ON l.customer_id = d.customer_id AND l.cutoff_us = d.midnight_us
            ORDER BY d.decision_id
            """
        ).to_arrow_table()
    return table, int(total)


def _numbers(column: pa.ChunkedArray) -> FloatArray:
    """Float64; null becomes NaN."""
    values: FloatArray = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values
