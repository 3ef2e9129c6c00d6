"""What each feature says by itself: one that tells the label nearly alone is refused by learning and by the linter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.panel import PHASE_PREFIX, Panel
from models.selection import MIN_JUDGED

Mask = npt.NDArray[np.bool_]
#: A single honest feature does not rank customers this well ahead of time.
TELLS = 0.98
#: Rows of either label that a column is ranked on.
RANKED = 2000
#: Columns that a reason names.
NAMED = 3


def refusal(rows: Panel, own: Mask) -> str:
    """Say why learning must not trust these features; empty if nothing is the matter.

    Parameters
    ----------
    rows : Panel
        Matured, labelled rows, one per customer and cutoff.
    own : bool array, one value per row
        Which of them are looked at.

    Returns
    -------
    str
        The reason in words, the same as that of the check.
    """
    return tells_alone(strengths(rows, own))


def strengths(rows: Panel, own: Mask) -> dict[str, float]:
    """Give the ROC AUC of each column alone (`single_column_aucs`), whichever way it points."""
    return {name: max(auc, 1 - auc) for name, auc in single_column_aucs(rows, own).items()}


def tells_alone(strength: dict[str, float]) -> str:
    """Say which columns tell the label nearly alone; empty if none does.

    Examples
    --------
    >>> tells_alone({"funnel__refunds__28d": 0.999, "recency__order": 0.7}).split(":")[0]
    'funnel__refunds__28d (AUC 0.999) tells the label nearly alone'
    """
    if max(strength.values(), default=0.0) < TELLS:
        return ""
    return (
        f"{named(strength, TELLS)} tells the label nearly alone: it was known only afterwards, or nothing is left to "
        "foresee"
    )


def single_column_aucs(rows: Panel, own: Mask) -> dict[str, float]:
    """Rank the customers of the newest cutoff with such rows by each column alone.

    Parameters
    ----------
    rows : Panel
        Matured, labelled rows, one per customer and cutoff.
    own : bool array, one value per row
        Which of them are looked at.

    Returns
    -------
    dict of str to float
        ROC AUC by column (0.5: says nothing), of the columns that differ at all; on at most ``RANKED`` rows of either
        label. Empty if there are too few to tell.
    """
    if not own.any():
        return {}
    newest = np.flatnonzero(own & (rows.cutoff_us == rows.cutoff_us[own].max()))
    positive = rows.y[newest] > 0.5
    chosen = [_spread(newest[positive]), _spread(newest[~positive])]
    if min(len(part) for part in chosen) < MIN_JUDGED:
        return {}
    x = rows.x[np.concatenate(chosen)]
    differs = np.flatnonzero(x.max(axis=0) > x.min(axis=0))
    return {
        rows.columns[k]: _auc(x[:, k], len(chosen[0]))
        for k in differs.tolist()
        if not rows.columns[k].startswith(PHASE_PREFIX)
    }


def _spread(places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Choose at most ``RANKED`` of the places, evenly."""
    if len(places) <= RANKED:
        return places
    return places[np.arange(RANKED) * len(places) // RANKED]


def _auc(values: npt.NDArray[np.float32], positives: int) -> float:
    """Chance that one of the first ``positives`` values is above one of the others; ties count half."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    above = np.add.reduceat((order < positives).astype(np.int64), starts)
    size = np.diff(np.append(starts, len(values)))
    below = size - above
    # Whole numbers throughout: no order of adding can change a bit.
    twice = int((above * (2 * (np.cumsum(below) - below) + below)).sum())
    return twice / (2 * positives * (len(values) - positives))


def named(strength: dict[str, float], least: float) -> str:
    """Name the strongest columns, those of at least this AUC."""
    names = sorted(
        (name for name in strength if strength[name] >= least), key=lambda one: (-strength[one], one)
    )
    told = ", ".join(f"{name} (AUC {strength[name]:.3f})" for name in names[:NAMED])
    more = len(names) - NAMED
    return f"{told} and {more} more" if more > 0 else told
