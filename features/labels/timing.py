"""Timing: days until the next order, as far as the log can tell, and who had left without one (survival data)."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from features.contract import DAY_US
from features.history import Floats, History
from features.labels._base import Label, happened, resolved
from features.settings import Days, LabelContract, LabelSettings, Rhythm

#: Days are counted in steps of 1/64 (22.5 minutes): exact in 32 bits, so that no order at 23:59 becomes one of
#: the next day.
STEPS_A_DAY = 64
#: What stands in ``timing__days`` when no order was seen.
NONE_SEEN = -1.0


class TimingLabelSettings(LabelSettings):
    """What may be set of the timing contract: ``horizons_days`` rise, at most 20 of them."""

    horizons_days: Annotated[tuple[Days, ...], Field(min_length=1, max_length=20)] = (7, 14, 28, 56, 84)

    @model_validator(mode="after")
    def _horizons_rise(self) -> TimingLabelSettings:
        if list(self.horizons_days) != sorted(set(self.horizons_days)):
            raise ValueError(f"horizons_days must rise, without repeats; found {list(self.horizons_days)}")
        if self.horizon_days is not None:
            raise ValueError("timing has no horizon_days: its horizons are horizons_days")
        return self


def left_before(code: Floats, place: int) -> Floats:
    """Tell who was dormant, without an order, at the end of one of the horizons.

    Parameters
    ----------
    code : float array, one value per row
        ``timing__left``: the sum of ``2 ** place`` over the horizons at whose end that was so.
    place : int
        Which of the horizons, 0 the shortest.

    Returns
    -------
    float array
        1 or 0; NaN stays NaN.

    Examples
    --------
    >>> left_before(np.array([0.0, 6.0, np.nan]), 1).tolist()
    [0.0, 1.0, nan]
    """
    return np.asarray(np.floor(code / 2.0**place) % 2.0, dtype=np.float64)


def _contract(settings: LabelSettings, rhythm: Rhythm) -> LabelContract:
    own = settings if isinstance(settings, TimingLabelSettings) else TimingLabelSettings()
    whole = resolved("timing", settings, event="purchase", active_event=rhythm.readiness_active_event,
                     horizon_days=own.horizons_days[-1], active_days=rhythm.readiness_active_days)  # fmt: skip
    horizons = (*(h for h in own.horizons_days if h < whole.horizon_days), whole.horizon_days)
    return whole.model_copy(update={"horizons_days": horizons})


def _first(future: History, contract: LabelContract) -> tuple[Floats, ...]:
    """Days from the start of the window to the first event that counts; ``NONE_SEEN`` without one."""
    found = happened(future, contract.event)
    start_us = future.frame.cutoff_us - future.frame.lookback_days * DAY_US
    days = np.full(future.frame.customers, NONE_SEEN)
    some = np.flatnonzero(found.starts < found.ends)
    occurred = found.column("occurred_us").astype(np.int64, copy=False)[found.starts[some]]
    days[some] = (occurred - start_us) * STEPS_A_DAY // DAY_US / STEPS_A_DAY
    return (days,)


LABEL = Label(_contract, ("days", "observed", "left"), _first, censored=True)
