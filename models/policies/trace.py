"""Why each customer got their action: one row per customer and candidate action."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.atomic import replacing
from models.policies.decided import Decided

_WORD = pa.dictionary(pa.int32(), pa.string())
TRACE = pa.schema(
    [
        pa.field("customer_id", pa.string(), metadata={"meaning": "as the scores name the customer"}),
        pa.field("id_space", _WORD, metadata={"meaning": "what customer_id is the id of"}),
        pa.field("phase", _WORD),
        pa.field("action", _WORD, metadata={"meaning": "a candidate, incl. none"}),
        pa.field("chosen", pa.bool_()),
        pa.field(
            "blocked", _WORD, metadata={"meaning": "rule that kept it from the customer; null: allowed"}
        ),
        pa.field("p_success", pa.float64(), metadata={"meaning": "P: chance of success with the action"}),
        pa.field("context", pa.float64(), metadata={"meaning": "C: weight of the phase"}),
        pa.field("value", pa.float64(), metadata={"meaning": "V: expected money before costs"}),
        pa.field("lever", pa.float64(), metadata={"meaning": "L: weight of the marketer"}),
        pa.field("cost", pa.float64(), metadata={"meaning": "money"}),
        pa.field("gain", pa.float64(), metadata={"meaning": "expected money after costs over doing nothing"}),
        pa.field("priority", pa.float64(), metadata={"meaning": "gain x C x L; null: may not be chosen"}),
        pa.field("effect", pa.float64(), metadata={"meaning": "on the chance of success"}),
        pa.field("effect_low", pa.float64()),
        pa.field("effect_high", pa.float64()),
        pa.field("propensity", pa.float64(), metadata={"meaning": "chance that it would be chosen"}),
        pa.field("explore", pa.bool_(), metadata={"meaning": "the customer's action was drawn"}),
        pa.field("is_control", pa.bool_()),
    ]
)
"""P, V and the gain of each action are empty where one action is for all and no average is known: no personal figure
is claimed that the log does not carry."""

#: The same on its way: the pseudonym, which one place alone turns into the id of the source.
ROWS = pa.schema(
    [
        pa.field("customer_id", pa.int64()),
        *(one for one in TRACE if one.name not in ("customer_id", "id_space")),
    ]
)
#: Customers per row group of the file.
GROUP_CUSTOMERS = 50_000


def trace_rows(decided: Decided) -> pa.Table:
    """Give the trace of a batch: rows of ``ROWS``, customers in the order of the batch, ``none`` first of each.

    Parameters
    ----------
    decided : Decided
    """
    masks, scores, arms = decided.masks, decided.scores, decided.arms
    per_customer, size = len(arms), len(decided.action)
    which = np.tile(np.arange(per_customer), size)
    phases, phase = np.unique(decided.batch.phase.astype(str), return_inverse=True)
    reason = masks.code.ravel().astype(np.int32) - 1

    def repeated(values: NDArray[Any]) -> pa.Array:
        return pa.array(np.repeat(values, per_customer))

    def known(values: NDArray[np.float64]) -> pa.Array:
        flat = values.ravel()
        return pa.array(flat, mask=~np.isfinite(flat))

    columns = {
        "customer_id": repeated(decided.batch.customers),
        "phase": _words(np.repeat(phase, per_customer), tuple(phases)),
        "action": _words(which, arms),
        "chosen": pa.array(which == np.repeat(decided.action, per_customer)),
        "blocked": _words(reason, masks.names[1:] or ("",), reason < 0),
        "p_success": known(scores.success),
        "context": repeated(scores.context),
        "value": known(scores.value),
        "lever": pa.array(np.tile(scores.lever, size)),
        "cost": pa.array(scores.cost[scores.place].ravel()),
        "gain": known(scores.gain),
        "priority": known(scores.priority),
        "effect": known(scores.effect),
        "effect_low": known(scores.low),
        "effect_high": known(scores.high),
        "propensity": known(decided.propensity),
        "explore": repeated(decided.explore),
        "is_control": repeated(decided.is_control),
    }
    return pa.Table.from_arrays([columns[field.name] for field in ROWS], schema=ROWS)


def write_trace(
    rows: pa.Table,
    ids: NDArray[np.object_],
    id_spaces: NDArray[np.object_],
    path: Path,
    group_customers: int = GROUP_CUSTOMERS,
) -> None:
    """Write the trace to a Parquet file of ``TRACE``, customers by their id, a row group per so many of them.

    Parameters
    ----------
    rows : pyarrow.Table
        From `trace_rows`; of several batches one after the other, if all have the same actions.
    ids, id_spaces : array of str, one per customer
        As the scores name them, in the order of ``rows``.
    path : Path
    group_customers : int
        Customers per row group.
    """
    per_customer = rows.num_rows // max(len(ids), 1)
    order = np.lexsort((id_spaces.astype(str), ids.astype(str)))
    with replacing(path) as beside, pq.ParquetWriter(beside, TRACE, compression="zstd") as writer:
        for start in range(0, len(order), group_customers):
            some = order[start : start + group_customers]
            places = (some[:, None] * per_customer + np.arange(per_customer)).ravel()
            table = _named(
                rows.take(places),
                np.repeat(ids[some], per_customer),
                np.repeat(id_spaces[some], per_customer),
            )
            writer.write_table(table, row_group_size=max(1, table.num_rows))


def _named(rows: pa.Table, ids: NDArray[np.object_], id_spaces: NDArray[np.object_]) -> pa.Table:
    """Put the names of the source in place of pseudonyms; words are coded anew, in the order they come in."""
    given = {"customer_id": pa.array(ids, pa.string()), "id_space": pa.array(id_spaces, pa.string())}
    columns = []
    for field in TRACE:
        column = given[field.name] if field.name in given else rows[field.name].combine_chunks()
        if field.type == _WORD:
            column = column.cast(pa.string()).dictionary_encode()
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=TRACE)


def _words(
    code: NDArray[np.int64] | NDArray[np.int32],
    words: tuple[str, ...],
    missing: NDArray[np.bool_] | None = None,
) -> pa.DictionaryArray:
    numbers = pa.array(code.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(numbers, pa.array(words, pa.string()))
