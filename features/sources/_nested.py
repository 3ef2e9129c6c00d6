"""Reading nested columns of a batch, whether or not the export has them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def dig(table: pa.Table, path: str, kind: pa.DataType) -> pa.Array:
    """Give the field ``path`` (``column.field.field``) of every row; null where the export lacks it.

    Examples
    --------
    >>> table = pa.table({"device": [{"category": "mobile"}, None]})
    >>> dig(table, "device.category", pa.string()).to_pylist()
    ['mobile', None]
    >>> dig(table, "geo.city", pa.string()).to_pylist()
    [None, None]
    """
    column, *fields = path.split(".")
    if column not in table.column_names:
        return pa.nulls(table.num_rows, kind)
    return dig_struct(table[column].combine_chunks(), fields, kind)


def dig_struct(array: pa.Array, fields: list[str], kind: pa.DataType) -> pa.Array:
    """Follow ``fields`` down a struct."""
    for field in fields:
        if not pa.types.is_struct(array.type) or array.type.get_field_index(field) < 0:
            return pa.nulls(len(array), kind)
        array = pc.struct_field(array, field)
    if pa.types.is_nested(array.type):
        return pa.nulls(len(array), kind)
    return array.cast(kind, safe=False)


def items_of(table: pa.Table, column: str) -> tuple[pa.Array | None, npt.NDArray[np.int64]]:
    """Give the items of a list column one under the other, and the row that each belongs to."""
    none = np.zeros(0, np.int64)
    if column not in table.column_names:
        return None, none
    lists = table[column].combine_chunks()
    if not (pa.types.is_list(lists.type) or pa.types.is_large_list(lists.type)):
        return None, none
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    return pc.list_flatten(lists), rows


def first_per_row(
    values: pa.Array, rows: npt.NDArray[np.int64], chosen: npt.NDArray[np.int64], total: int
) -> pa.Array:
    """Give per row the value of the first of the ``chosen`` items (in that order); null for a row without."""
    places = np.full(total, -1, np.int64)
    backwards = chosen[::-1]
    places[rows[backwards]] = backwards  # the first is written last and stands
    return values.take(pa.array(places, mask=places < 0))
