"""Why one customer's probability is high or low: reasons for and against, with how usual the values are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from models.bundle import PhaseModel
from models.estimators._base import logit, sigmoid
from models.explain import contributions
from models.never import never_at
from models.panel import PHASE_PREFIX, Panel


@dataclass(frozen=True)
class Reason:
    """What one column does to the probability.

    Attributes
    ----------
    column : str
        As in the column dictionary; empty for the phase as a whole.
    meaning, unit : str
        In words.
    value : float
        The customer's own.
    log_odds : float
        What it adds; above 0 it raises the probability.
    below, same : float
        Share of the customers in the same phase with a lower and with an equal value.
    never : bool
        Whether the value, days since something, says that it never was within the look-back.
    """

    column: str
    meaning: str
    unit: str
    value: float
    log_odds: float
    below: float
    same: float
    never: bool = False

    @property
    def odds(self) -> float:
        """By what the odds are multiplied."""
        return float(np.exp(self.log_odds))


@dataclass(frozen=True)
class Explanation:
    """The probability of one customer taken apart.

    Attributes
    ----------
    p : float
        The probability that serves.
    average : float
        Probability before any column has spoken: the model's own average.
    reasons_for, reasons_against : tuple of Reason
        Strongest first.
    phase : float
        Log-odds that being in the phase adds (its columns together).
    others : float
        Log-odds of all columns that are not listed.
    adjusted : float
        Log-odds between the model and what serves, where it is calibrated; together with ``average`` all parts add
        up to the log-odds of ``p``.
    peers : int
        Customers in the same phase that the values are compared with.
    """

    p: float
    average: float
    reasons_for: tuple[Reason, ...]
    reasons_against: tuple[Reason, ...]
    phase: float
    others: float
    adjusted: float
    peers: int


def customer_reasons(
    model: PhaseModel,
    panel: Panel,
    row: int,
    dictionary: Sequence[Mapping[str, Any]],
    language: str,
    top: int,
) -> Explanation:
    """Take the probability of one customer apart.

    Parameters
    ----------
    model : PhaseModel
        The model of the customer's phase.
    panel : Panel
        One row per customer at one cutoff; those in the same phase are the peers.
    row : int
        The customer.
    dictionary : sequence of mapping
        The column dictionary (``data/columns.json``).
    language : {"en", "nl"}
        Of the words.
    top : int
        At most so many reasons for, and so many against.

    Raises
    ------
    InputError
        If the model uses a column that the dictionary does not describe.
    """
    known = {str(one["name"]): one for one in dictionary}
    x = panel.x[row : row + 1]
    found, rest = contributions(model, x, panel.columns)
    parts = found[0]
    is_phase = np.array([name.startswith(PHASE_PREFIX) for name in panel.columns], dtype=np.bool_)
    unknown = [
        panel.columns[j] for j in np.flatnonzero(~is_phase & (parts != 0)) if panel.columns[j] not in known
    ]
    if unknown:
        raise InputError(f"data/columns.json lacks {unknown[0]!r}; run the features stage again")
    peers, silent = panel.phase == panel.phase[row], never_at(dictionary)
    own = np.where(is_phase, 0.0, parts)
    order = np.argsort(-np.abs(own), kind="stable")
    chosen = {
        sign: [j for j in order[: np.count_nonzero(own)] if sign * own[j] > 0][:top] for sign in (1, -1)
    }
    told = {
        sign: tuple(
            _reason(
                panel.columns[j],
                known[panel.columns[j]],
                panel.x[:, j],
                row,
                float(own[j]),
                peers,
                language,
                silent.get(panel.columns[j]),
            )
            for j in places
        )
        for sign, places in chosen.items()
    }
    p = model.predict(x, panel.columns)
    listed = sum(reason.log_odds for reasons in told.values() for reason in reasons)
    return Explanation(
        p=float(p[0]),
        average=float(sigmoid(rest)[0]),
        reasons_for=told[1],
        reasons_against=told[-1],
        phase=float(parts[is_phase].sum()),
        others=float(own.sum() - listed),
        adjusted=float(logit(p)[0] - parts.sum() - rest[0]),
        peers=int(peers.sum()),
    )


def _reason(
    column: str, about: Mapping[str, Any], values: npt.NDArray[np.float32], row: int, log_odds: float,
    peers: npt.NDArray[np.bool_], language: str, never: float | None,
) -> Reason:  # fmt: skip
    value, theirs = values[row], values[peers]
    return Reason(
        column, str(about[f"meaning_{language}"]), str(about["unit"]), float(value), log_odds,
        float((theirs < value).mean()), float((theirs == value).mean()), bool(value == never),
    )  # fmt: skip
