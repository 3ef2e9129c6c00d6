"""Settings of ``klantreis monitor`` and ``klantreis mature``: the limits beyond which somebody must look."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from features.settings import Name, Settings
from models.settings import Share


class MonitorSettings(Settings):
    """What is compared with what, and how much may move.

    A thing has moved if it passes its limit AND lies beyond ``beyond`` times the most that it moved at any earlier
    cutoff (or in any earlier week): the past says what is usual.

    Attributes
    ----------
    cutoffs : int
        The newest so many cutoffs are looked at.
    reference : int
        Each cutoff is compared with so many before it.
    rows : int
        Rows drawn per phase and cutoff; fewer than ``min_rows`` are not compared.
    psi : float
        The least population stability index that is worth a word, chance taken off.
    beyond : float
        Times the most that was usual.
    rate : float
        The least change of a label rate, a score or a share of customers (0.05 is five percentage points).
    weeks : int
        Weeks of the log that say what is usual.
    volume : float
        The least change of a weekly count: 0.3 is 30 % fewer, or as much more on a log scale.
    silence : float
        Times the usual longest silence of a source.
    quarantined : float
        The least share of the rows of a file that must be newly quarantined.
    model_age_days : int or None
        Older models are told; null: as ``klantreis staleness`` found, if it was run.
    lift, gap : float
        Matured scores: the least lift that the top 10 % must have, and the largest distance between what was expected
        and what happened.
    kept : int
        At least so many score files are kept; more where their longest horizon is not yet over for a month.
    leave_out : tuple of str
        Checks that are left out.
    """

    cutoffs: Annotated[int, Field(ge=3, le=200)] = 13
    reference: Annotated[int, Field(ge=1, le=50)] = 3
    rows: Annotated[int, Field(ge=100)] = 2000
    min_rows: Annotated[int, Field(ge=20)] = 100
    psi: Annotated[float, Field(gt=0)] = 0.1
    beyond: Annotated[float, Field(ge=1)] = 1.5
    rate: Share = 0.05
    weeks: Annotated[int, Field(ge=4, le=520)] = 26
    volume: Share = 0.3
    silence: Annotated[float, Field(ge=1)] = 2.0
    quarantined: Share = 0.02
    model_age_days: Annotated[int, Field(ge=1)] | None = None
    lift: Annotated[float, Field(ge=0)] = 1.0
    gap: Share = 0.05
    kept: Annotated[int, Field(ge=1, le=1000)] = 12
    leave_out: tuple[Name, ...] = ()
