"""Who joins an experiment: the list without those who may not get every arm; and the strata they are drawn in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import InputError
from features.fingerprint import fingerprint
from pipelines.customer_list import COLUMN
from pipelines.experiment_reasons import CONTROL, MAY_NOT, NOT_KNOWN, PHASE
from pipelines.experiment_tables import IntArray, customer_keys, numbers, read_table

#: A numeric column with more values than this is cut into thirds.
MOST_VALUES = 10
BANDS = ("low", "middle", "high")


@dataclass(frozen=True)
class Joining:
    """The customers of an experiment.

    Attributes
    ----------
    frame : DataFrame
        One row per customer, by id.
    keys : int64 array
        A number per customer (`customer_keys`).
    left_out : dict of str to int
        Customers of the list who do not join, by reason.
    """

    frame: pd.DataFrame
    keys: IntArray
    left_out: dict[str, int]


def joining(path: Path, variants: Sequence[str], phases: Sequence[str], measured: set[str] | None) -> Joining:
    """Read the list and leave out who must not be drawn.

    Parameters
    ----------
    path : Path
        The scores, or any list with a column ``customer_id``.
    variants : sequence of str
        Who may not get one of them (column ``blocked``) is left out: they could not be drawn for it.
    phases : sequence of str
        Only these; empty: all.
    measured : set of str or None
        Phases of which the outcome is known; None: any.

    Raises
    ------
    InputError
        If an id stands there twice, a phase is unknown, or nobody is left.
    """
    frame = read_table(path, [COLUMN], "list of customers")
    keys = customer_keys(frame)
    if len(np.unique(keys)) < len(keys):
        twice = frame[COLUMN][pd.Series(keys).duplicated()].iloc[0]
        raise InputError(f"{path}: {COLUMN} {twice!r} stands there twice; a customer is drawn once")
    if phases:
        _check_phases(path, frame, phases)
    why = _reasons(frame, variants, phases, measured)
    stays = (why == "").to_numpy()
    left_out = dict(sorted(Counter(why[~stays]).items()))
    if stays.sum() < 2:
        raise InputError(f"{path}: {int(stays.sum())} customer(s) can join ({left_out}); bring a longer list")
    order = np.argsort(keys[stays], kind="stable")
    return Joining(frame[stays].iloc[order].reset_index(drop=True), keys[stays][order], left_out)


def strata_of(frame: pd.DataFrame, columns: Sequence[str], path: Path) -> pd.Series:
    """Name the stratum of each customer: the values of the columns, numbers cut into thirds.

    Raises
    ------
    InputError
        If a column is not there.
    """
    missing = [name for name in columns if name not in frame]
    if missing:
        raise InputError(
            f"{path}: no column {', '.join(missing)} for --strata; found: {', '.join(frame.columns)}"
        )
    named = pd.Series([""] * len(frame), index=frame.index, dtype=object)
    for name in columns:
        named = named + ("" if name == columns[0] else " / ") + _banded(frame[name], name, path)
    return named


def stratum_numbers(strata: pd.Series) -> IntArray:
    """Give a number per stratum that depends on its name only."""
    return fingerprint({"stratum": pa.array(strata.astype(str))})


def _banded(column: pd.Series, name: str, path: Path) -> pd.Series:
    if not pd.api.types.is_bool_dtype(column) and column.nunique() > MOST_VALUES:
        values = numbers(column.to_frame(name), name, f"{path}: --strata")
        limits = np.nanquantile(values, [1 / 3, 2 / 3])
        place = np.searchsorted(limits, values, side="right")
        return pd.Series(
            np.where(np.isnan(values), "none", np.array(BANDS)[np.minimum(place, 2)]), column.index
        )
    return column.astype(object).where(column.notna(), "none").astype(str).replace("", "none")


def _check_phases(path: Path, frame: pd.DataFrame, phases: Sequence[str]) -> None:
    found = sorted(frame["phase"].dropna().astype(str).unique()) if "phase" in frame else []
    unknown = [phase for phase in phases if phase not in found]
    if unknown:
        raise InputError(
            f"{path}: nobody is in phase {', '.join(unknown)}; found: {', '.join(found) or 'no column phase'}"
        )


def _reasons(
    frame: pd.DataFrame, variants: Sequence[str], phases: Sequence[str], measured: set[str] | None
) -> pd.Series:
    """Give why a customer does not join; empty: joins. The first reason that holds counts."""
    why = pd.Series([""] * len(frame), index=frame.index, dtype=object)

    def leave(mask: pd.Series, reason: str) -> None:
        why.mask(mask & (why == ""), reason, inplace=True)

    if phases:
        leave(~frame["phase"].isin(list(phases)), PHASE)
    if measured is not None and "phase" in frame:
        leave(~frame["phase"].isin(measured), NOT_KNOWN)
    if "is_control" in frame:
        leave(frame["is_control"].astype(str).str.lower().isin(["true", "1"]), CONTROL)
    if "blocked" in frame:
        blocked = _joined(frame["blocked"])
        for variant in variants:
            leave(blocked.str.contains(rf"(?:^|;)\s*{variant}:", regex=True), MAY_NOT + variant)
    return why


def _joined(column: pd.Series) -> pd.Series:
    """Write lists as a CSV file of scores does."""
    told = pa.array(column, from_pandas=True)
    told = pc.binary_join(told, ";") if pa.types.is_list(told.type) else told.cast(pa.string())
    return pd.Series(pc.fill_null(told, "").to_numpy(zero_copy_only=False), column.index, dtype=object)
