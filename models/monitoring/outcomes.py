"""What became of customers after a moment: the first event that counts, by the rules of the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from features.contract import DAY_US
from features.crowd import Learnt
from features.cutoffs import day_start_us
from features.engines import engine_of
from features.plan import Plan
from features.settings import EngineSettings, LabelContract, TargetEvent

TARGET = "timing"


@dataclass(frozen=True)
class Outcomes:
    """What is known of everybody who had history at a moment.

    Attributes
    ----------
    customer_id : int64 array, rising
        Pseudonyms.
    days : float array
        Days from the start of the window to the first event that counts, -1: none was seen; NaN: nobody asked.
    observed : int
        Whole days of the window that the log covers without a gap.
    """

    customer_id: npt.NDArray[np.int64]
    days: npt.NDArray[np.float64]
    observed: int

    def within(self, customers: npt.NDArray[np.int64], days: int) -> npt.NDArray[np.float64]:
        """Tell who did it within so many days: 1, 0, or NaN for who is not known.

        Examples
        --------
        >>> seen = Outcomes(np.array([1, 2, 5]), np.array([3.0, -1.0, 8.0]), 14)
        >>> seen.within(np.array([5, 2, 3, 1]), 7).tolist()
        [0.0, 0.0, nan, 1.0]
        """
        if not len(self.customer_id):
            return np.full(len(customers), np.nan)
        place = np.minimum(np.searchsorted(self.customer_id, customers), len(self.customer_id) - 1)
        found = self.days[place]
        did = ((found >= 0) & (found < days)).astype(np.float64)
        return np.where((self.customer_id[place] == customers) & ~np.isnan(found), did, np.nan)


def outcomes(
    events: Path, plan: Plan, engine: EngineSettings, moment_us: int, event: TargetEvent, gap_days: int,
    days: Sequence[int], folder: Path,
) -> Outcomes:  # fmt: skip
    """Look what happened after a moment, each horizon judged by what was known at its end.

    Parameters
    ----------
    events : Path
        The canonical events.
    plan : Plan
        Where the log ends and which days are missing.
    engine : EngineSettings
        Who moves the rows.
    moment_us : int
        The moment of scoring (a midnight).
    event : str
        ``purchase`` or ``behaviour``, as in a label contract.
    gap_days : int
        Days after the moment that do not count.
    days : sequence of int
        The horizons, rising.
    folder : Path
        For the tables, which are read back and not kept.
    """
    contract = LabelContract(
        target=TARGET, event=event, active_event="behaviour", horizon_days=days[-1], horizons_days=tuple(days),
        gap_days=gap_days,
    )  # fmt: skip
    # No features and no phases: only who was there and what they did afterwards.
    journey = plan.journey.model_copy(update={"phases": ()})
    asked = plan.model_copy(
        update={
            "families": (), "contracts": (contract,), "cutoffs": {TARGET: (moment_us,)}, "journey": journey,
            "as_of_us": max(day_start_us(plan.complete_until_us), moment_us),
        }
    )  # fmt: skip
    labels = folder / "labels.parquet"
    engine_of(engine).run(events, asked, engine, folder / "features.parquet", labels, Learnt())
    table = pq.read_table(labels, filters=[("cutoff_us", "=", moment_us)])
    who = table["customer_id"].to_numpy()
    order = np.argsort(who, kind="stable")
    found = table[f"{TARGET}__days"].to_numpy().astype(np.float64)[order]
    seen = table[f"{TARGET}__observed"].to_numpy().astype(np.float64)
    known = seen[~np.isnan(seen)]
    return Outcomes(who[order], found, int(known.max()) if len(known) else 0)


def matures_on(moment_us: int, contract: LabelContract, days: int) -> int:
    """Give the midnight at which a window of so many days is over."""
    return moment_us + (contract.gap_days + days) * DAY_US
