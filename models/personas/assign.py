"""Put customers into the personas that were found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.json_files import read_json_if_there
from models.personas.axes import Axis, Floats, scaled
from models.personas.cluster import nearest


@dataclass(frozen=True)
class Personas:
    """What decides to which persona a customer belongs.

    Parameters
    ----------
    axes : tuple of Axis
        The columns and their scale.
    centres : float array, shape (personas, axes)
        On that scale.
    ids : tuple of str
        In the same order.
    """

    axes: tuple[Axis, ...]
    centres: Floats
    ids: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Personas | None:
        """Read ``personas.json``; None where there is none, or where there were too few customers for any."""
        found = read_json_if_there(path)
        if not found.get("personas"):
            return None
        axes = tuple(Axis(**one) for one in found["axes"])
        each = found["personas"]
        return cls(axes, np.array([one["centre"] for one in each]), tuple(one["id"] for one in each))

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the feature table that are needed."""
        return tuple(axis.column for axis in self.axes)

    def assign(self, x: NDArray[np.floating[Any]]) -> NDArray[np.object_]:
        """Give the id of each customer's persona.

        Parameters
        ----------
        x : array, shape (customers, columns)
            The values of `columns`, in that order.

        Examples
        --------
        >>> axes = (Axis("orders", "frequency__orders"),)
        >>> Personas(axes, np.array([[0.0], [2.0]]), ("sleepers", "regulars")).assign(np.array([[0.0], [9.0]])).tolist()
        ['sleepers', 'regulars']
        """
        return np.asarray(self.ids, dtype=object)[nearest(scaled(self.axes, x), self.centres)]


def persona_of(path: Path, features: pa.Table) -> NDArray[np.object_]:
    """Give the persona of each row of the feature table; None everywhere where there are no personas.

    Parameters
    ----------
    path : Path
        ``artifacts/personas/personas.json``.
    features : pyarrow.Table
        One row per customer.
    """
    personas = Personas.read(path)
    if personas is None:
        return np.full(features.num_rows, None, dtype=object)
    columns = [np.asarray(features[name].to_numpy(), dtype=np.float64) for name in personas.columns]
    return personas.assign(np.column_stack(columns))
