"""Arrow columns: putting tables together, masks, ids as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask: TypeAlias = npt.NDArray[np.bool_]
Column: TypeAlias = "pa.Array | pa.ChunkedArray"


def fill_table(schema: pa.Schema, rows: int, columns: Mapping[str, Any]) -> pa.Table:
    """Make a table of ``schema``: arrays as given, single values repeated, the rest null.

    Examples
    --------
    >>> schema = pa.schema([("kind", pa.string()), ("value", pa.float64())])
    >>> fill_table(schema, 2, {"kind": "purchase"}).to_pylist()
    [{'kind': 'purchase', 'value': None}, {'kind': 'purchase', 'value': None}]
    """
    unknown = set(columns) - set(schema.names)
    if unknown:
        raise ValueError(f"columns {sorted(unknown)} are not in the contract")
    return pa.table([_filled(columns.get(one.name), one.type, rows) for one in schema], schema=schema)


def _filled(value: Any, kind: pa.DataType, rows: int) -> Column:
    if value is None:
        return pa.nulls(rows, kind)
    if isinstance(value, np.ndarray):
        return pa.array(value, kind)
    if isinstance(value, pa.Array | pa.ChunkedArray):
        return value if value.type == kind else value.cast(kind)
    return pa.repeat(pa.scalar(value, kind), rows)


def as_mask(values: Column) -> Mask:
    """Turn an Arrow column of booleans into numpy; null is false."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    mask: Mask = values.fill_null(False).to_numpy(zero_copy_only=False)
    return mask


def id_strings(column: Column) -> Column:
    """Write ids the way the source shows them: whole numbers as ``str(int)``, text trimmed.

    Examples
    --------
    >>> id_strings(pa.array([7.0, None])).to_pylist(), id_strings(pa.array([" 007"])).to_pylist()
    (['7', None], ['007'])
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        whole = pc.equal(pc.floor(column), column)
        if pc.all(whole, min_count=0).as_py() is not False:
            column = column.cast(pa.int64(), safe=False)
    return pc.utf8_trim_whitespace(column.cast(pa.string()))
