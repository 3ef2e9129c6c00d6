"""What a dimension is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import dataset

from models.newest_rows import schema_of

#: Value of a dimension where nothing is known.
UNKNOWN = "unknown"
#: Value of a dimension that is too seldom to stand alone.
OTHER = "other"
KEY = ["customer_id", "cutoff_us"]
Segments = NDArray[np.str_]


@dataclass(frozen=True)
class Known:
    """What a dimension may look at.

    Parameters
    ----------
    rows : DataFrame
        One row per prediction: ``customer_id``, ``cutoff_us``, ``phase``.
    features : Path
        The feature table.
    customers : DataFrame
        The canonical table of attributes.
    audit_attributes : tuple of str
        Those to audit.
    events, personas : Path or None
        The canonical events, and the file of personas.
    """

    rows: pd.DataFrame
    features: Path
    customers: pd.DataFrame
    audit_attributes: tuple[str, ...] = ()
    events: Path | None = None
    personas: Path | None = None

    @cached_property
    def cutoffs(self) -> list[int]:
        """Cutoffs of the rows, rising."""
        return sorted(set(self.rows["cutoff_us"].tolist()))

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Columns of the feature table."""
        return tuple(schema_of(self.features).names)

    def table(self, names: Sequence[str]) -> pd.DataFrame | None:
        """Read columns for EVERY customer of the feature table at the cutoffs; None if one is missing."""
        if not set(names) <= set(self.column_names):
            return None
        chosen = self._opened.to_table(
            columns=[*KEY, *dict.fromkeys(names)], filter=pc.field("cutoff_us").isin(self.cutoffs)
        )
        found: pd.DataFrame = chosen.to_pandas()
        return found

    @cached_property
    def _opened(self) -> dataset.Dataset:
        """The feature table, opened once: where it has hundreds of columns, opening takes longer than reading one."""
        return dataset.dataset(self.features)

    def relative(self, names: Sequence[str], bands: Callable[..., Segments]) -> dict[str, Segments]:
        """Band every customer at each cutoff by columns, and give those of the rows; nothing without them.

        Parameters
        ----------
        names : sequence of str
            Feature columns, handed to ``bands`` in this order: one array per column, the customers of a cutoff.
        bands : callable
            Gives one segment per customer.
        """
        table = self.table(names)
        if table is None:
            return {}
        table["segment"] = ""
        for _, group in table.groupby("cutoff_us", sort=True):
            table.loc[group.index, "segment"] = bands(*(group[name].to_numpy() for name in names))
        return {"": self.matched(table)}

    def matched(self, table: pd.DataFrame) -> Segments:
        """Give the column ``segment`` of a table per customer and cutoff, row by row; ``unknown`` where absent."""
        joined = self.rows[KEY].merge(table[[*KEY, "segment"]], on=KEY, how="left", validate="many_to_one")
        found: Segments = joined["segment"].fillna(UNKNOWN).to_numpy(dtype=str)
        return found

    def window(self, stem: str, days: int) -> str:
        """Name the column ``<stem>__<window>d`` whose window lies closest to ``days``; empty if there is none."""
        ends = [
            name.removeprefix(f"{stem}__")[:-1] for name in self.column_names if name.startswith(f"{stem}__")
        ]
        windows = sorted(int(end) for end in ends if end.isdigit())
        return f"{stem}__{min(windows, key=lambda one: (abs(one - days), one))}d" if windows else ""


@dataclass(frozen=True)
class Dimension:
    """One way to divide customers.

    Parameters
    ----------
    segments : callable
        From what is known to segments by kind; the kind ``""`` bears the name of the file. Empty: cannot be told.
    name : mapping
        By language.
    words : mapping
        Segment to its words by language, in the order people read them; a segment without words is shown as
        the source has it.
    place : int
        Low numbers are read first.
    """

    segments: Callable[[Known], Mapping[str, Segments]]
    name: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    place: int = 50
