"""Why a probability is high or low: exact contributions in log-odds, that sum to the model's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from models.bundle import PhaseModel, load
from models.estimators._base import Floats
from models.estimators.lightgbm import FittedLightGBM
from models.never import WORDS, never_at
from models.panel import PHASE_PREFIX, Panel
from models.tree_contributions import tree_contributions


def contributions(
    model: PhaseModel, x: npt.NDArray[np.float32], columns: Sequence[str]
) -> tuple[Floats, Floats]:
    """Split the log-odds of each row into one part per column and a rest that is the same for all.

    Parameters
    ----------
    model : PhaseModel
        As saved.
    x : float32 array, shape (n, k)
        One row per customer.
    columns : sequence of str
        Names of the k columns.

    Returns
    -------
    tuple of (float array (n, k), float array (n,))
        Parts per column (0 for a column the model does not use) and the rest; together the log-odds that the
        members are blended to.

    References
    ----------
    Lundberg et al. (2020), From local explanations to global understanding with explainable AI for trees,
    Nature Machine Intelligence 2 (the parts of the trees).
    """
    position = {name: j for j, name in enumerate(columns)}
    parts, rest = np.zeros((len(x), len(columns))), np.zeros(len(x))
    for _, weight, fitted in model.members:
        places = [position[name] for name in fitted.columns]
        own = np.take(x, places, axis=1)
        if isinstance(fitted, FittedLightGBM):
            found, remaining = tree_contributions(fitted, own)
            rest += weight * remaining
        else:
            found, base = fitted.contributions(own)
            rest += weight * base
        parts[:, places] += weight * found
    return parts, rest


def reasons(
    panel: Panel, artifacts: Path, dictionary: Sequence[Mapping[str, Any]], language: str, top: int,
    wanted: npt.NDArray[np.bool_],
) -> list[list[str]]:  # fmt: skip
    """Say in words what moves each customer's probability most.

    Parameters
    ----------
    panel : Panel
        One row per customer.
    artifacts : Path
        ``artifacts/<target>``.
    dictionary : sequence of mapping
        The column dictionary (``data/columns.json``).
    language : {"en", "nl"}
        Of the words.
    top : int
        How many reasons per customer.
    wanted : bool array, shape (n,)
        Who gets reasons; the others get an empty list.

    Returns
    -------
    list of list of str
        One list per row, strongest first: what the column means, its value (in words where something never was), and
        ``(+)`` where it raises the probability or ``(-)`` where it lowers it. The sign stands last, because a
        spreadsheet takes a cell that begins with one for a formula.

    Raises
    ------
    InputError
        If a model uses a column that the dictionary does not describe.
    """
    words = {str(row["name"]): str(row[f"meaning_{language}"]) for row in dictionary}
    unknown = [name for name in panel.columns if name not in words and not name.startswith(PHASE_PREFIX)]
    if unknown:
        raise InputError(f"data/columns.json lacks {unknown[0]!r}; run the features stage again")
    meaning = np.array([words.get(name, "") for name in panel.columns], dtype=object)
    silent = never_at(dictionary)
    never = np.array([silent.get(name, np.nan) for name in panel.columns])
    out: list[list[str]] = [[] for _ in range(len(panel))]
    for phase in panel.phases if top else ():
        rows = np.flatnonzero(panel.in_phase(phase) & wanted)
        if not len(rows):
            continue
        parts, _ = contributions(load(artifacts / phase), panel.x[rows], panel.columns)
        # The phase itself is in the score file already; it is no reason.
        parts[:, [j for j, name in enumerate(panel.columns) if name.startswith(PHASE_PREFIX)]] = 0.0
        strongest = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :top]
        moved = np.take_along_axis(parts, strongest, axis=1)
        values = np.take_along_axis(panel.x[rows], strongest, axis=1)
        told = _numbers(values)
        for days in set(silent.values()):
            told[(values == days) & (never[strongest] == days)] = WORDS[language].format(days=days)
        texts = meaning[strongest] + ": " + told + np.where(moved > 0, " (+)", " (-)").astype(object)
        for row, said, count in zip(rows, texts.tolist(), (moved != 0).sum(axis=1).tolist(), strict=True):
            # Strongest first, so the columns that move nothing stand last.
            out[row] = said[:count]
    return out


def _numbers(values: npt.NDArray[np.float32]) -> npt.NDArray[np.object_]:
    """Write numbers short: whole from 100, else three digits."""
    short = np.where(np.abs(values) >= 100, np.char.mod("%.0f", values), np.char.mod("%.3g", values))
    return np.asarray(short.astype(object))
