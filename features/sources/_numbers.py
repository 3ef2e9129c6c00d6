"""Numbers of a raw column, as text or as numbers, with a decimal point or a decimal comma."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.sources._columns import Column, Mask, as_mask

_POINT = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_COMMA = r"^[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]*)?$"


def to_numbers(column: Column, decimal: str) -> tuple[npt.NDArray[np.float64], Mask, Mask]:
    """Read a column of numbers.

    Parameters
    ----------
    column : array
        Text or numbers, one per row.
    decimal : str
        ``"."`` or ``","``. With a comma, points may separate thousands; a text that could be read both ways
        is refused rather than guessed.

    Returns
    -------
    array of float, array of bool, array of bool
        The numbers (NaN where there is none), the rows without a value, the rows with something else than a
        number.

    Examples
    --------
    >>> numbers, missing, bad = to_numbers(pa.array(["1.234,50", "12.50", None, "NaN"]), ",")
    >>> numbers.tolist(), missing.tolist(), bad.tolist()
    ([1234.5, nan, nan, nan], [False, False, True, False], [False, True, False, True])
    """
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    missing = as_mask(pc.is_null(column))
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan), missing, np.zeros(len(column), bool)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        numbers = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return numbers, missing, ~missing & ~np.isfinite(numbers)
    text = pc.utf8_trim_whitespace(column)
    good = pc.match_substring_regex(text, _COMMA if decimal == "," else _POINT)
    if decimal == ",":
        text = pc.replace_substring(pc.replace_substring(text, ".", ""), ",", ".")
    readable = pc.if_else(good, text, pa.scalar(None, text.type))
    numbers = readable.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return numbers, missing, ~missing & ~np.isfinite(numbers)
