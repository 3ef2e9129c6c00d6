"""Compare two results of the task cell by cell: ``python -m benchmarks.features.compare REFERENCE OTHER``.

Rows are joined on (customer_id, cutoff_us). Counts must be equal; sums, means, deviations, ages and ratios may
differ by the order of adding and of rounding to float32. A missing value (null or NaN) equals a missing one, or one
and the same number in its whole column: what the project says of a customer of whom nothing is known.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from numpy.typing import NDArray

from benchmarks.features.task import COLUMNS, EXACT, KEYS

#: Relative difference allowed where the order of adding may differ (float32 itself: 6e-8).
TOLERANCE = 1e-6


def compare(reference: Path, other: Path, columns: Sequence[str] = COLUMNS) -> dict[str, Any]:
    """Count the cells in which two results differ.

    Parameters
    ----------
    reference, other : Path
        Folders with parquet files, one row per customer and cutoff.
    columns : sequence of str
        Of the task; ``other`` holds these and no more.

    Returns
    -------
    dict
        ``rows``, ``cells`` (compared), ``differ`` (cells by column, those that do not differ left out),
        ``example`` (of the first column that differs, in words), ``missing_as`` (the numbers that stand for a
        missing value, by family), and ``fault`` where they cannot be compared.
    """
    one, two = (ds.dataset(files(folder)) for folder in (reference, other))
    fault = _shape(one, COLUMNS) or _shape(two, columns)
    if fault:
        return {"fault": fault}
    keys = [_keys(result) for result in (one, two)]
    orders = [np.lexsort(tuple(key)) for key in keys]
    ordered = [key[:, order] for key, order in zip(keys, orders, strict=True)]
    if not np.array_equal(ordered[0], ordered[1]):
        return {"fault": f"{ordered[0].shape[1]} and {ordered[1].shape[1]} rows, not the same keys"}
    differ: dict[str, int] = {}
    missing_as: dict[str, set[float]] = {}
    example = ""
    for name in columns:
        left, right = (_cells(result, name)[order] for result, order in zip((one, two), orders, strict=True))
        said = np.unique(right[np.isnan(left)])
        if len(said) == 1 and not np.isnan(said[0]):
            missing_as.setdefault(name.split("__")[0], set()).add(float(said[0]))
            right = np.where(np.isnan(left), np.nan, right)
        wrong = np.flatnonzero(~same(left, right, exact=name.split("__")[0] in EXACT))
        if len(wrong):
            differ[name] = len(wrong)
            at = wrong[0]
            cutoff, customer = ordered[0][:, at]
            example = example or f"{name} of {customer} at {cutoff}: {left[at]} and {right[at]}"
    return {
        "rows": ordered[0].shape[1],
        "cells": ordered[0].shape[1] * len(columns),
        "differ": differ,
        "example": example,
        "missing_as": {family: sorted(said) for family, said in missing_as.items()},
    }


def rows(folder: Path) -> int:
    """Count the rows of a result."""
    return int(ds.dataset(files(folder)).count_rows())


def files(folder: Path) -> list[str]:
    """Give the parquet files of a result: one, several, or those of the folder ``features.parquet``."""
    table = folder / "features.parquet"
    return sorted(map(str, (table if table.is_dir() else folder).rglob("*.parquet")))


def same(left: NDArray[np.float64], right: NDArray[np.float64], exact: bool) -> NDArray[np.bool_]:
    """Tell which cells are equal.

    Examples
    --------
    >>> same(np.array([1.0, np.nan, 2.0]), np.array([1.0000001, np.nan, np.nan]), exact=False).tolist()
    [True, True, False]
    """
    tolerance = 0.0 if exact else TOLERANCE
    missing = np.isnan(left) | np.isnan(right)
    near = np.abs(left - right) <= tolerance * np.maximum(np.abs(left), np.abs(right))
    found: NDArray[np.bool_] = np.where(missing, np.isnan(left) & np.isnan(right), near)
    return found


def _shape(result: ds.Dataset, columns: Sequence[str]) -> str:
    """Say what is wrong with the columns; nothing if nothing is."""
    types = {field.name: field.type for field in result.schema}
    wanted = dict.fromkeys(KEYS, pa.int64()) | dict.fromkeys(columns, pa.float32())
    wrong = sorted(name for name in wanted.keys() | types.keys() if wanted.get(name) != types.get(name))
    return f"columns missing, too many or of another type: {', '.join(wrong[:5])}" if wrong else ""


def _keys(result: ds.Dataset) -> NDArray[np.int64]:
    """Give (cutoff, customer) of each row, shape (2, rows)."""
    table = result.to_table(columns=list(KEYS))
    return np.stack([table[name].to_numpy() for name in ("cutoff_us", "customer_id")])


def _cells(result: ds.Dataset, name: str) -> NDArray[np.float64]:
    column: NDArray[np.float64] = result.to_table(columns=[name])[name].to_numpy().astype(np.float64)
    return column


if __name__ == "__main__":
    print(json.dumps(compare(Path(sys.argv[1]), Path(sys.argv[2]))))
