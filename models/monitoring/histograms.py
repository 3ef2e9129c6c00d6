"""How every feature is spread, per phase and cutoff: counts in bins that are the same at every cutoff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.newest_rows import newest_rows
from models.panel import KEYS

#: Shares of the past rows at which a bin ends; the last ones part the few that are not at the default.
CUTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
#: One bin below the least that was ever seen, one per cut, one above the last.
BINS = len(CUTS) + 2
#: About so many past rows are sorted to find where the bins end.
SORTED = 5000
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Histograms:
    """Counts per phase, feature, cutoff and bin.

    Attributes
    ----------
    phases, columns : tuple of str
        First and second axis.
    cutoffs_us : tuple of int
        Third axis, oldest first; the last is the newest.
    counts : float array of shape (phases, columns, cutoffs, BINS)
        Rows of the drawn customers.
    rows : int array of shape (phases, cutoffs)
        Customers of each phase, drawn or not.
    at_default : float array of shape (phases, columns, cutoffs)
        Share of the drawn rows that hold the default of the column.
    """

    phases: tuple[str, ...]
    columns: tuple[str, ...]
    cutoffs_us: tuple[int, ...]
    counts: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int64]
    at_default: npt.NDArray[np.float64]


def histograms(
    features: Path, cutoffs_us: Sequence[int], phases: Sequence[str], defaults: dict[str, float], rows: int
) -> Histograms:
    """Count the feature table in bins that the cutoffs before the newest give.

    Parameters
    ----------
    features : Path
        One row per customer and cutoff, a file per cutoff.
    cutoffs_us : sequence of int
        Oldest first.
    phases : sequence of str
        Phases of the journey, ``dormant`` too.
    defaults : dict of str to float
        Feature column to its value for an empty history; these columns are counted.
    rows : int
        At most so many customers per phase and cutoff; who they are depends on their ids alone.
    """
    columns = tuple(defaults)
    drawn: list[list[npt.NDArray[np.float32]]] = [[] for _ in phases]
    number = np.zeros((len(phases), len(cutoffs_us)), dtype=np.int64)
    for place, cutoff_us in enumerate(cutoffs_us):
        table = newest_rows(features, cutoff_us)
        for code, phase in enumerate(phases):
            theirs = table.filter(pc.equal(table["phase"].cast(pa.string()), phase))
            number[code, place] = len(theirs)
            drawn[code].append(_values(theirs, columns, rows))
    counts = np.zeros((len(phases), len(columns), len(cutoffs_us), BINS))
    at_default = np.full((len(phases), len(columns), len(cutoffs_us)), np.nan)
    empty = np.array([defaults[name] for name in columns], dtype=np.float32)
    for code in range(len(phases)):
        for place, values in enumerate(drawn[code]):
            if len(values):
                at_default[code, :, place] = (values == empty).mean(axis=0)
        counts[code] = _counted(drawn[code])
    return Histograms(tuple(phases), columns, tuple(cutoffs_us), counts, number, at_default)


def _values(table: pa.Table, columns: Sequence[str], rows: int) -> npt.NDArray[np.float32]:
    """Give the columns of the customers whose scattered id is lowest: the same ones in whatever order they stand."""
    ids = table[KEYS[0]].to_numpy().astype(np.uint64)
    place = np.argsort(ids * _SPREAD, kind="stable")[:rows] if len(ids) > rows else np.arange(len(ids))
    kept = table.take(pa.array(np.sort(place)))
    out = np.empty((len(kept), len(columns)), dtype=np.float32)
    for position, name in enumerate(columns):
        out[:, position] = kept[name].to_numpy()
    return out


def _counted(drawn: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float64]:
    """Count one phase, shape (columns, cutoffs, BINS)."""
    columns = drawn[0].shape[1]
    found = np.zeros((columns, len(drawn), BINS))
    past = np.concatenate(drawn[:-1]) if len(drawn) > 1 else drawn[0]
    if not len(past):
        return found
    lengths = np.array([len(values) for values in drawn])
    moment = np.repeat(np.arange(len(drawn)), lengths) * BINS
    everything = np.concatenate(drawn)
    ordered = np.sort(past[:: max(1, len(past) // SORTED)], axis=0)
    places = [int(share * (len(ordered) - 1)) for share in CUTS]
    least = past.min(axis=0)
    for column in range(columns):
        edges = np.unique(ordered[places, column])
        below = np.nextafter(least[column], np.float32(-np.inf))
        code = np.searchsorted(np.append(below, edges), everything[:, column], side="left")
        found[column] = np.bincount(moment + code, minlength=len(drawn) * BINS).reshape(len(drawn), BINS)
    return found
