"""Compares two tables bit for bit, and says what moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.crowd import Learnt
from features.history import Ints, Mask

#: What a row that comes or goes is told as.
ROWS = "(rows)"
#: How the columns of a learnt table are named.
LEARNT = "learnt by"


@dataclass(frozen=True)
class Moved:
    """A column that is not what it was.

    Attributes
    ----------
    column, family : str
        Which; ``(rows)`` where a row appeared or went.
    of : str
        What is counted: ``customers``, or ``rows`` of a learnt table.
    number : int
        How many moved.
    example : str
        The first of them: pseudonym of the customer, or key in the learnt table.
    before, after : str
        What it was, and what it became.
    """

    column: str
    family: str
    of: str
    number: int
    example: str
    before: str
    after: str


def add_up(found: dict[str, Moved], more: Iterable[Moved]) -> None:
    """Add what moved elsewhere to what moved so far, column by column; the first example stays."""
    for one in more:
        number = one.number + (found[one.column].number if one.column in found else 0)
        found[one.column] = replace(found.get(one.column, one), number=number)


def compare_rows(base: pa.Table, other: pa.Table, key: str = "customer_id") -> list[Moved]:
    """Compare feature rows of one cutoff.

    Parameters
    ----------
    base, other : pyarrow.Table
        Rows with a distinct key, rising; other columns are floats or words.
    key : str
        The key.

    Examples
    --------
    >>> base = pa.table({"customer_id": [1, 2], "recency__last": pa.array([3.0, 4.0], pa.float32())})
    >>> other = base.set_column(1, "recency__last", pa.array([3.0, 5.0], pa.float32()))
    >>> [(one.column, one.number, one.example, one.before, one.after) for one in compare_rows(base, other)]
    [('recency__last', 1, '2', '4.0', '5.0')]
    """
    one, two = base[key].to_numpy(), other[key].to_numpy()
    both, left, right = np.intersect1d(one, two, assume_unique=True, return_indices=True)
    found = []
    for ids, was in ((one, ("a row", "none")), (two, ("none", "a row"))):
        alone = np.setdiff1d(ids, both, assume_unique=True)
        if len(alone):
            found.append(Moved(ROWS, "rows", "customers", len(alone), str(alone[0]), *was))
    if len(both) < len(one):
        base = base.take(pa.array(left))
    if len(both) < len(two):
        other = other.take(pa.array(right))
    if not len(both):
        return found
    before, after = (
        {name: table[name] for name in table.column_names if name != key} for table in (base, other)
    )
    for name in dict.fromkeys((*before, *after)):
        found += _column(name, before.get(name), after.get(name), both)
    return found


def compare_learnt(base: Learnt, other: Learnt) -> list[Moved]:
    """Compare what families learnt, table by table; an example is the key of a row."""
    found: dict[str, Moved] = {}
    for family, tables in base.tables.items():
        for cutoff_us, table in tables.items():
            add_up(found, _learnt(family, table, other.tables[family][cutoff_us]))
    return list(found.values())


def cells(table: pa.Table, keys: Sequence[str] = ("customer_id", "cutoff_us")) -> int:
    """Count the values of a table that are compared."""
    return len(table) * len([name for name in table.column_names if name not in keys])


def _column(name: str, base: pa.ChunkedArray | None, other: pa.ChunkedArray | None, ids: Ints) -> list[Moved]:
    family = name.split("__")[0] if "__" in name else "phase"
    if base is None or other is None:
        was = ("none", "a column") if base is None else ("a column", "none")
        return [Moved(name, family, "customers", len(ids), str(ids[0]), *was)]
    differ = differs(base, other)
    if not differ.any():
        return []
    first = int(np.argmax(differ))
    was = (str(base[first].as_py()), str(other[first].as_py()))
    return [Moved(name, family, "customers", int(differ.sum()), str(ids[first]), *was)]


def _learnt(family: str, base: pa.Table, other: pa.Table) -> list[Moved]:
    if base.column_names != other.column_names or len(base) != len(other):
        was, now = (f"{len(table)} rows of {table.num_columns} columns" for table in (base, other))
        number = abs(len(base) - len(other)) or len(base)
        return [Moved(f"{LEARNT} {family}: {ROWS}", family, "rows", number, "the table", was, now)]
    found = []
    keys = [field.name for field in base.schema if not pa.types.is_floating(field.type)]
    for name in base.column_names:
        differ = differs(base[name], other[name])
        if differ.any():
            first = int(np.argmax(differ))
            row = ", ".join(f"{key} {base[key][first].as_py()}" for key in keys if key != name)
            was, now = (str(table[name][first].as_py()) for table in (base, other))
            found.append(
                Moved(f"{LEARNT} {family}: {name}", family, "rows", int(differ.sum()), row, was, now)
            )
    return found


def differs(one: pa.ChunkedArray, other: pa.ChunkedArray) -> Mask:
    """Tell which values differ in any bit; the sign of zero counts, NaN equals itself.

    Examples
    --------
    >>> one, other = pa.chunked_array([[0.0, None, 2.0]]), pa.chunked_array([[-0.0, None, 2.0]])
    >>> differs(one, other).tolist()
    [True, False, False]
    """
    gone = pc.xor(one.is_null(), other.is_null())
    if pa.types.is_floating(one.type) and one.type == other.type:
        bits = np.dtype(f"i{one.type.bit_width // 8}")
        left, right = (pc.fill_null(column, 0.0).to_numpy().view(bits) for column in (one, other))
        differ: Mask = (left != right) | gone.to_numpy()
        return differ
    if pa.types.is_nested(one.type):  # only in learnt tables, which are small
        return np.asarray(
            [a != b for a, b in zip(one.to_pylist(), other.to_pylist(), strict=True)], dtype=np.bool_
        )
    words = [column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
             for column in (one, other)]  # fmt: skip
    found: Mask = pc.coalesce(pc.not_equal(*words), gone).to_numpy()
    return found
