"""Keeps text from being run as a formula when a CSV or Excel file is opened in a spreadsheet.

A cell of text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end (also in full width) is taken for a
formula by spreadsheets. Such a text gets an apostrophe before it. Numbers stay numbers, Parquet is left alone, and
`restored` gives back what was written to the letter, so ids such as ``+31612345678`` still join.

References
----------
OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = "[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]"
#: Texts that are given an apostrophe; one that has some already gets one more, so that it can be taken off again.
_RISKY, _NEUTRAL = f"^('*{_FORMULA})", f"^'('*{_FORMULA})"


def neutral(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Put an apostrophe before texts that a spreadsheet would run; null stays null.

    Parameters
    ----------
    texts : array of string
        One text per row.

    Examples
    --------
    >>> neutral(pa.array(["=1+1", "+31612345678", "jan", "a=b", None])).to_pylist()
    ["'=1+1", "'+31612345678", 'jan', 'a=b', None]
    """
    return pc.replace_substring_regex(texts, _RISKY, r"'\1")


def restored(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Take off the apostrophe that `neutral` put there.

    Examples
    --------
    >>> texts = pa.array(["=1+1", "'=1+1", "'quoted'", "7"])
    >>> restored(neutral(texts)).equals(texts)
    True
    """
    return pc.replace_substring_regex(texts, _NEUTRAL, r"\1")


def neutralised(table: pa.Table) -> pa.Table:
    """Make every column of text of a table safe to open in a spreadsheet; other columns stay as they are.

    Parameters
    ----------
    table : pyarrow.Table
        Any grain. Columns of lists are not text: join them first.

    Examples
    --------
    >>> neutralised(pa.table({"name": ["@SUM(A1)"], "gain": [-1.5]})).to_pylist()
    [{'name': "'@SUM(A1)", 'gain': -1.5}]
    """
    for place, field in enumerate(table.schema):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            column = table.column(place).cast(pa.string())
            table = table.set_column(place, field.name, neutral(column))
    return table
