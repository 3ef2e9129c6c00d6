"""How the exports write: moments as a system would show them, CSV files, and the faults of real exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from pipelines.demo_shop.settings import START_US
from pipelines.demo_shop.state import Ints

START_S = START_US // 1_000_000
Column: TypeAlias = "NDArray[Any] | pa.Array"


def moments(second: Ints, form: str = "%Y-%m-%dT%H:%M:%S", zone: str = "local") -> pa.Array:
    """Write seconds since the start of the log as text; below 0 is null.

    Parameters
    ----------
    second : array of int64
    form : str
        Of ``strftime``.
    zone : {"local", "utc"}
        Local is Europe/Amsterdam.

    Examples
    --------
    >>> moments(np.array([0, 200 * 86_400, -1])).to_pylist()
    ['2024-01-01T01:00:00', '2024-07-19T02:00:00', None]
    """
    utc = second.astype(np.int64) + START_S
    shown = utc + (_offset(utc) if zone == "local" else 0)
    text = pc.strftime(pa.array(shown, pa.timestamp("s")), format=form)
    return pc.if_else(pa.array(second < 0), pa.scalar(None, pa.string()), text)


def _offset(utc: Ints) -> Ints:
    """Seconds that Amsterdam is ahead: the rule of the EU, so that no time zone files are needed."""
    ahead = np.full(len(utc), 3_600, dtype=np.int64)
    if not len(utc):
        return ahead
    years = range(1970 + int(utc.min()) // 31_557_600, 1971 + int(utc.max()) // 31_557_600)
    for year in years:
        ahead[(utc >= _change(year, 3)) & (utc < _change(year, 10))] = 7_200
    return ahead


def _change(year: int, month: int) -> int:
    """Give the last Sunday of a month, 01:00 UTC."""
    last = date(year, month, 31)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    return int(datetime(sunday.year, sunday.month, sunday.day, 1, tzinfo=UTC).timestamp())


def numbered(letters: str, values: Ints, width: int) -> pa.Array:
    """Write numbers as ids: ``K000123``.

    Examples
    --------
    >>> numbered("K", np.array([7]), 6).to_pylist()
    ['K000007']
    """
    text = pc.utf8_lpad(pa.array(values.astype(np.int64)).cast(pa.string()), width=width, padding="0")
    return pc.binary_join_element_wise(letters, text, "")


def money(values: NDArray[np.floating[Any]]) -> pa.Array:
    """Write euros with two decimals."""
    cents = np.round(values * 100).astype(np.int64)
    sign = pa.array(np.where(cents < 0, "-", ""))
    whole = pa.array(np.abs(cents) // 100).cast(pa.string())
    part = pc.utf8_lpad(pa.array(np.abs(cents) % 100).cast(pa.string()), width=2, padding="0")
    return pc.binary_join_element_wise(sign, pc.binary_join_element_wise(whole, part, "."), "")


@dataclass
class Exports:
    """Where the exports go, and what was done to them on purpose.

    Attributes
    ----------
    folder : Path
        ``data/raw/demo``.
    seed : int
    faults : dict
        ``file: {fault: number of rows}``: part of the truth.
    """

    folder: Path
    seed: int
    faults: dict[str, dict[str, int]] = field(default_factory=dict)

    def rng(self, stream: int) -> np.random.Generator:
        """Give the random numbers of one export; no export disturbs another's."""
        return np.random.default_rng([self.seed, 100, stream])

    def count(self, name: str, fault: str, number: int) -> None:
        """Note a fault that was put into a file."""
        self.faults.setdefault(name, {})[fault] = int(number)

    def write(
        self, name: str, columns: Mapping[str, Column], *, key: str, moment: str, share: float = 0.0005
    ) -> None:
        """Write one CSV file with a few faults, as real exports have them.

        Parameters
        ----------
        name : str
            Path inside the folder.
        columns : mapping of str to array
            In the order of the file.
        key : str
            Column that names a row: the broken copies get names of their own.
        moment : str
            Column that is unreadable in the broken copies.
        share : float
            Of the rows that stand there twice, and of those that have a broken copy (at least 2 of each).
        """
        table = pa.table({title: _text(values) for title, values in columns.items()})
        rows = table.num_rows
        if rows:
            rng = np.random.default_rng([self.seed, 101, *name.encode()])
            number = min(rows, max(2, round(rows * share)))
            twice = np.sort(rng.choice(rows, number, replace=False))
            broken = table.take(np.sort(rng.choice(rows, number, replace=False)))
            broken = _with(broken, key, pc.binary_join_element_wise(broken[key].fill_null(""), "-x", ""))
            broken = _with(
                broken, moment, pa.array(np.where(np.arange(number) % 2, "31-02-2024", "onbekend"))
            )
            self.count(name, "repeated", number)
            self.count(name, "broken", number)
            table = pa.concat_tables([table, table.take(twice), broken])
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # "needed" quotes every text; plain files read better, and most hold no comma and no quote.
        plain = not any(_special(table[title]) for title in table.column_names)
        style = "none" if plain else "needed"
        if plain:
            # The writer also looks at what stands behind a null; a copy has nothing there.
            table = table.take(pa.array(np.arange(table.num_rows)))
        csv.write_csv(table, path, csv.WriteOptions(quoting_style=style, quoting_header="none"))


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)


def _special(column: pa.ChunkedArray) -> bool:
    """Tell whether any text of a column needs quotes."""
    found = pc.fill_null(pc.match_substring_regex(column, '[",\\r\\n]'), False)
    return bool((pc.sum(found).as_py() or 0) > 0)


def _text(values: Column) -> pa.Array:
    """Turn a column into text: an export has no types."""
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column if pa.types.is_string(column.type) else column.cast(pa.string())
