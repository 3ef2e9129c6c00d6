"""Groups of customers to speak to, per phase and band of probability, with how well such groups did out of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from models.bootstrap import CustomerBootstrap, Floats
from models.scoring import BANDS
from models.segments import MIN_OUTCOMES
from models.settings import EvaluationSettings


@dataclass(frozen=True)
class BandLift:
    """How a band of a phase did out of time.

    Attributes
    ----------
    judged : int
        Rows: customers x test cutoffs.
    rate : float
        Share of them with the outcome.
    lift, low, high : float
        That rate over the rate of the whole phase, with its interval over customers.
    note : str
        Why there is no lift; else empty.
    """

    judged: int
    rate: float = float("nan")
    lift: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    note: str = ""


def bands_of(percentile: Floats, limits: tuple[float, ...]) -> NDArray[np.object_]:
    """Put percentiles (0-100) into low, medium and high; None where there is no percentile.

    Examples
    --------
    >>> bands_of(np.array([10.0, 50.0, 95.0, np.nan]), (0.5, 0.8)).tolist()
    ['low', 'medium', 'high', None]
    """
    places = np.searchsorted(np.asarray(limits) * 100.0, np.nan_to_num(percentile), side="right")
    found = np.array(BANDS, dtype=object)[places]
    found[np.isnan(percentile)] = None
    return found


def band_lifts(
    judged: pd.DataFrame, band: NDArray[np.object_], settings: EvaluationSettings
) -> dict[tuple[str, str], BandLift]:
    """Judge every band of every phase out of time.

    Parameters
    ----------
    judged : DataFrame
        One row per customer and test cutoff: ``customer_id``, ``phase``, ``y``.
    band : ndarray of shape (rows,)
        Band of each row.
    settings : EvaluationSettings
        Resamples, confidence, minimum cell, seed.

    Returns
    -------
    dict of (phase, band) to BandLift
    """
    if judged.empty:
        return {}
    boot = CustomerBootstrap.draw(judged["customer_id"].to_numpy(), settings.resamples, settings.seed)
    phase, y = judged["phase"].astype(str).to_numpy(), judged["y"].to_numpy(dtype=np.float64)
    found = {}
    for key in sorted(set(phase)):
        inside = np.flatnonzero(phase == key)
        for name in BANDS:
            found[key, name] = _lift(boot, inside, band[inside] == name, y[inside], settings)
    return found


def _lift(
    boot: CustomerBootstrap, rows: NDArray[np.int64], mine: NDArray[np.bool_], y: Floats, settings: EvaluationSettings
) -> BandLift:  # fmt: skip
    judged, hits = int(mine.sum()), int(y[mine].sum())
    customers = len(boot.among(rows[mine])[0])
    if customers < settings.min_cell:
        return BandLift(judged, note=f"too small: {customers} customers < min_cell {settings.min_cell}")
    rate = hits / judged
    for count, outcome in ((hits, 1), (judged - hits, 0)):
        if count < MIN_OUTCOMES:
            return BandLift(judged, rate, note=f"too few with outcome {outcome}: {count} < {MIN_OUTCOMES}")
    local, code = boot.among(rows)
    sums: Floats = np.stack([
        np.bincount(code, weights=values, minlength=len(local)) for values in (y * mine, 1.0 * mine, y, np.ones(len(y)))
    ])  # fmt: skip
    drawn = np.concatenate([_totals(sums, block) for block in boot.times_drawn(local, 64)], axis=1)
    lifts = (drawn[0] / np.maximum(drawn[1], 1)) / (drawn[2] / np.maximum(drawn[3], 1))
    known = lifts[np.isfinite(lifts) & (lifts > 0)]
    value = rate / float(y.mean())
    freedom = 2 * min(hits, judged - hits)
    half = float(stdtrit(freedom, (1 + settings.confidence) / 2)) * float(np.log(known).std(ddof=1))
    return BandLift(judged, rate, value, value * float(np.exp(-half)), value * float(np.exp(half)))


def _totals(sums: Floats, drawn: Floats) -> Floats:
    # Not @: BLAS may add in another order on another machine.
    return np.stack([(one[:, None] * drawn).sum(axis=0) for one in sums])
