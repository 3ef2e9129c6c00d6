"""Decisions joined to the features that were known at the midnight before them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from features.contract import DAY_US
from features.errors import InputError
from features.settings import LabelContract
from models.actions.decision_log import DecisionLog, FloatArray, decision_log
from models.newest_rows import schema_of

UNKNOWN_CUSTOMER = "no features at the midnight before (customer not yet known)"
WITHIN_A_DAY = (
    "decided within a day and the log gives no outcome and value of its own; labels start at midnight"
)
_KEYS = ("customer_id", "cutoff_us", "phase")


def load_decisions(
    decisions_path: Path,
    features_path: Path,
    labels_path: Path,
    as_of_us: int,
    contract: LabelContract,
) -> DecisionLog:
    """Read the decision log with the pipeline's own features, phase, outcome and value.

    A decision at any time of a day is joined to the features at that day's midnight, so nothing that
    happened on the day itself is used. The phase is the pipeline's, not the log's: at scoring there is no
    other.

    Outcome and value come from the log where it has them and their window (gap and horizon after the
    decision) has closed by ``as_of_us``: what was written later was not known then. Else they come from the
    label columns ``next_action__outcome`` and ``next_action__value``, whose window starts at the midnight.
    That window would count a purchase of the morning as the success of an action of the afternoon, so a
    decision within a day of which the log itself gives no outcome and value is left out and counted.

    Parameters
    ----------
    decisions_path, features_path, labels_path : Path
        Parquet files as in ``features/contract.py`` and of the features stage.
    as_of_us : int
        Only decisions before this moment.
    contract : LabelContract
        Of ``next_action``: the gap and the horizon of an outcome.

    Returns
    -------
    DecisionLog
        One row per decision that can be used, in order of ``decision_id``; ``left_out`` counts the others.
        It has no rows when nothing was decided before ``as_of_us``.

    Raises
    ------
    InputError
        The features stage did not cut at the days of the decisions.
    """
    found = _joined(decisions_path, features_path, labels_path, as_of_us, contract)
    if found.total and not found.known and found.lacking:
        raise InputError(
            f"{decisions_path}: {found.total} decisions, none of them with features at the midnight before; "
            f"the features stage must cut at the days of the decisions ({features_path}); run it again "
            "(`klantreis features`, or `dvc repro`)"
        )
    joined = found.table
    columns = [name for name in joined.column_names if not name.startswith("d$")]
    x = np.empty((joined.num_rows, len(columns)), dtype=np.float32)
    for position, name in enumerate(columns):
        x[:, position] = joined[name].to_numpy()
    left_out = {UNKNOWN_CUSTOMER: found.total - found.known, WITHIN_A_DAY: found.known - joined.num_rows}
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
        left_out={reason: count for reason, count in left_out.items() if count},
        until_us=as_of_us,
    )


class _Found(NamedTuple):
    """Decisions that can be used; how many there were, and how many with features; days that lack them."""

    table: pa.Table
    total: int
    known: int
    lacking: int


def _joined(decisions: Path, features: Path, labels: Path, as_of_us: int, contract: LabelContract) -> _Found:
    import duckdb

    names = [name for name in schema_of(features).names if name not in _KEYS]
    labelled = set(schema_of(labels).names)
    outcome, value = (
        f"CAST(l.{name} AS DOUBLE)" if name in labelled else "NULL::DOUBLE"
        for name in ("next_action__outcome", "next_action__value")
    )
    wide = ", ".join(f'f."{name}"' for name in names)
    closed = as_of_us - (contract.gap_days + contract.horizon_days) * DAY_US
    with duckdb.connect(config={"threads": 1}) as database:
        for view, path in (("every", decisions), ("features", features), ("labels", labels)):
            quoted = str(path).replace("'", "''")
            database.execute(f"CREATE VIEW {view} AS SELECT * FROM read_parquet('{quoted}')")
        database.execute(
            f"""
            CREATE VIEW decisions AS
            SELECT * REPLACE (CASE WHEN decided_us <= {closed} THEN outcome END AS outcome,
                              CASE WHEN decided_us <= {closed} THEN value END AS value),
                   decided_us // {DAY_US} * {DAY_US} AS midnight_us,
                   decided_us % {DAY_US} = 0 AS at_midnight
            FROM every WHERE decided_us < {int(as_of_us)};
            CREATE VIEW known AS
            SELECT d.* FROM decisions d
            JOIN features f ON f.customer_id = d.customer_id AND f.cutoff_us = d.midnight_us
            """
        )
        counts = database.sql(
            """
            SELECT (SELECT count(*) FROM decisions), (SELECT count(*) FROM known),
                   (SELECT count(DISTINCT midnight_us) FROM decisions
                    WHERE midnight_us > (SELECT min(cutoff_us) FROM features)
                      AND midnight_us NOT IN (SELECT cutoff_us FROM features))
            """
        ).fetchall()
        table = database.sql(
            f"""
            SELECT d.customer_id AS "d$customer", d.decided_us AS "d$decided_us",
                   CAST(f.phase AS VARCHAR) AS "d$phase", d.action AS "d$action",
                   d.eligible AS "d$eligible", d.propensity AS "d$propensity", d.cost AS "d$cost",
                   coalesce(d.outcome, CASE WHEN d.at_midnight THEN {outcome} END) AS "d$outcome",
                   coalesce(d.value, CASE WHEN d.at_midnight THEN {value} END) AS "d$value", {wide}
            FROM known d
            JOIN features f ON f.customer_id = d.customer_id AND f.cutoff_us = d.midnight_us
            LEFT JOIN labels l ON l.customer_id = d.customer_id AND l.cutoff_us = d.midnight_us
            WHERE d.at_midnight OR d.decided_us > {closed}
               OR (d.outcome IS NOT NULL AND d.value IS NOT NULL)
            ORDER BY d.decision_id
            """
        ).to_arrow_table()
    return _Found(table, *(int(count) for count in counts[0]))


def _numbers(column: pa.ChunkedArray) -> FloatArray:
    """Float64; null becomes NaN."""
    values: FloatArray = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values
