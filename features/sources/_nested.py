"""Reading nested columns of a batch, whether or not the export has them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.sources._columns import as_mask

_WHOLE = r"^\s*-?[0-9]{1,18}\s*$"
_NUMBER = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*$"


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
    return as_kind(array, kind)


def as_kind(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Cast a field; what cannot be that (a list, a text that is no number) becomes null."""
    if array.type == kind:
        return array
    if pa.types.is_nested(array.type) or pa.types.is_null(array.type):
        return pa.nulls(len(array), kind)
    if _is_text(array.type) and not _is_text(kind):
        readable = pc.match_substring_regex(array, _WHOLE if pa.types.is_integer(kind) else _NUMBER)
        array = pc.utf8_trim_whitespace(pc.if_else(readable, array, pa.scalar(None, array.type)))
    return array.cast(kind, safe=False)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


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


class Params:
    """The ``event_params`` of a batch: key and value pairs, flattened once.

    Parameters
    ----------
    table : table
        Raw rows; without the column (or with another type of it) every parameter is null.

    Examples
    --------
    >>> pair = {"key": "ga_session_id", "value": {"int_value": None, "string_value": "17"}}
    >>> params = Params(pa.table({"event_params": [[pair], None]}))
    >>> params.number("ga_session_id", pa.int64()).to_pylist(), params.text("source").to_pylist()
    ([17, None], [None, None])
    """

    def __init__(self, table: pa.Table) -> None:
        self._total = table.num_rows
        found, self._rows = items_of(table, "event_params")
        self._values: pa.Array | None = None
        self._keys: list[str | None] = []
        if found is not None and pa.types.is_struct(found.type) and found.type.get_field_index("value") >= 0:
            self._values = pc.struct_field(found, "value")
            keys = pc.dictionary_encode(dig_struct(found, ["key"], pa.string()))
            self._keys = keys.dictionary.to_pylist()
            self._codes = keys.indices.fill_null(-1).to_numpy(zero_copy_only=False)

    def _first(self, key: str, fields: tuple[str, ...], kind: pa.DataType) -> pa.Array:
        """Give per row the first value of ``key`` that stands in one of ``fields``."""
        if self._values is None or key not in self._keys:
            return pa.nulls(self._total, kind)
        places = np.flatnonzero(self._codes == self._keys.index(key))
        pairs = self._values.take(pa.array(places))
        values = pc.coalesce(*(dig_struct(pairs, [field], kind) for field in fields))
        said = np.flatnonzero(as_mask(pc.is_valid(values)))
        return first_per_row(values, self._rows[places], said, self._total)

    def number(self, key: str, kind: pa.DataType) -> pa.Array:
        """Give a parameter as a number, wherever the tag wrote it."""
        return self._first(key, ("int_value", "double_value", "float_value", "string_value"), kind)

    def text(self, key: str) -> pa.Array:
        """Give a parameter as text."""
        return self._first(key, ("string_value",), pa.string())
