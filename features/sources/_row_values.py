"""The columns of some rows of a flat export, each read as what it should be, and the verdict on each row."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.sources._base import Source
from features.sources._batches import RawBatch, Verdict
from features.sources._columns import Mask, as_mask, id_strings
from features.sources._moments import to_micros
from features.sources._numbers import to_numbers

YES = ("1", "true", "t", "yes", "y", "ja", "j", "waar")
NO = ("0", "false", "f", "no", "n", "nee", "onwaar")


class RowValues:
    """One batch of a table: columns by our names, each read as what it should be.

    Reading rejects what cannot be read: the row goes to quarantine with the column in the reason. All methods
    give one value per raw row, null where there is none; rejected rows are left out by `result`.

    Parameters
    ----------
    source : Source
        The source; its options ``date_format``, ``time_zone`` and ``decimal`` say how values are written.
    batch : RawBatch
        The raw rows.
    names : mapping of str to str
        Our name of each column to that of the file.
    key : tuple of str
        Columns that name a row; none: the whole row does.
    """

    def __init__(
        self, source: Source, batch: RawBatch, names: Mapping[str, str], key: tuple[str, ...] = ()
    ) -> None:
        self._source = source
        self._batch = batch
        self._names = names
        self._key = key
        self.rows = batch.data.num_rows
        self.verdict = Verdict(self.rows)

    def has(self, name: str) -> bool:
        """Whether the file has the column."""
        return self._names[name] in self._batch.data.column_names

    def raw(self, name: str) -> pa.Array:
        """Give a column as it is; nulls where the file lacks it."""
        if not self.has(name):
            return pa.nulls(self.rows, pa.string())
        column = self._batch.data[self._names[name]]
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

    def text(self, name: str, *, required: bool = False) -> pa.Array:
        """Read text or ids: trimmed, whole numbers as ``str(int)``; nothing but blanks is null."""
        text = id_strings(self.raw(name))
        empty = as_mask(pc.equal(pc.utf8_length(text), 0))
        if empty.any():
            text = pc.if_else(pa.array(empty), pa.scalar(None, pa.string()), text)
        if required:
            self.verdict.reject(as_mask(pc.is_null(text)), f"{name} is missing")
        return text

    def moment(
        self, name: str, *, required: bool = True, zone: str | None = None, where: Mask | None = None
    ) -> pa.Array:
        """Read a date or time as microseconds UTC; it must lie between 1970 and tomorrow.

        ``zone`` is that of moments which name none; not given: the option ``time_zone``. Rows outside ``where``
        are not read: null, and never rejected for it.
        """
        column = self.raw(name)
        chosen = np.ones(self.rows, bool) if where is None else where
        options, place = self._source.options, f"{self._batch.file.name}: column {self._names[name]!r}"
        absent = as_mask(pc.is_null(self.text(name)))
        found, unread = to_micros(column, options.date_format, zone or options.time_zone, where=place)
        if required:
            self.verdict.reject(chosen & absent, f"{name} is missing")
        self.verdict.reject(chosen & unread & ~absent, f"{name} cannot be read as a date")
        self.verdict.reject(chosen & ~unread & (found < 0), f"{name} lies before 1970")
        self.verdict.reject(chosen & ~unread & (found > self._source.latest_us), f"{name} lies in the future")
        return pa.array(found, pa.int64(), mask=unread | absent | ~chosen)

    def number(
        self, name: str, *, required: bool = False, least: float | None = None, most: float | None = None
    ) -> pa.Array:
        """Read a number within ``[least, most]``; texts such as NaN are no number."""
        numbers, absent, bad = to_numbers(_blank_is_null(self.raw(name)), self._source.options.decimal)
        self.verdict.reject(bad, f"{name} is not a number")
        if required:
            self.verdict.reject(absent, f"{name} is missing")
        with np.errstate(invalid="ignore"):
            if least is not None:
                below = "is negative" if least == 0 else f"is below {least:g}"
                self.verdict.reject(numbers < least, f"{name} {below}")
            if most is not None:
                self.verdict.reject(numbers > most, f"{name} is above {most:g}")
        return pa.array(numbers, pa.float64(), mask=absent | bad)

    def flag(self, name: str) -> pa.Array:
        """Read yes or no (1/0, true/false, ja/nee ...) as booleans."""
        column = self.raw(name)
        if pa.types.is_boolean(column.type):
            return column
        text = pc.utf8_lower(self.text(name))
        yes = pc.is_in(text, value_set=pa.array(YES))
        known = pc.is_in(text, value_set=pa.array(YES + NO))
        self.verdict.reject(as_mask(pc.is_valid(text)) & ~as_mask(known), f"{name} is neither yes nor no")
        return pc.if_else(known, yes, pa.scalar(None, pa.bool_()))

    def word(
        self, name: str, mapping: Mapping[str, str], *, other: str | None = None, required: bool = False
    ) -> pa.Array:
        """Read one of a few words (capitals do not matter) and translate it.

        Parameters
        ----------
        name : str
            The column.
        mapping : mapping of str to str
            Raw word to ours.
        other : str, optional
            What every other word becomes; without it a row with another word is rejected.
        required : bool
            Whether a row without the word is rejected.
        """
        text = self.text(name, required=required)
        keys = pa.array([key.lower() for key in mapping], pa.string())
        places = pc.index_in(pc.utf8_lower(text), value_set=keys, skip_nulls=True)
        found = pa.array(list(mapping.values()), pa.string()).take(places)
        unknown = as_mask(pc.is_valid(text)) & ~as_mask(pc.is_valid(places))
        if other is None:
            self.verdict.reject(unknown, f"{name} is not one of {', '.join(mapping)}")
            return found
        return pc.if_else(pa.array(unknown), other, found)


def _blank_is_null(column: pa.Array) -> pa.Array:
    """Write a text of blanks as no value: Parquet files have empty texts where CSV has nothing."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    blank = as_mask(pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(column)), 0))
    return pc.if_else(pa.array(blank), pa.scalar(None, column.type), column) if blank.any() else column
