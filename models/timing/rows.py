"""Rows of survival data: features, days until the next order, and how long we looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import DAY_US
from features.labels.timing import left_before
from features.settings import DORMANT, LabelContract
from models.panel import KEYS, Panel, panel_of, require_one_plan

TARGET = "timing"
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TimingRows:
    """One row per customer and cutoff.

    Parameters
    ----------
    panel : Panel
        Keys, phase, features and population; its ``y`` says nothing.
    days : float array, shape (n,)
        Days from cutoff + gap to the first order seen, -1 when none was; NaN where nobody asked.
    observed : float array, shape (n,)
        Whole days of the longest window that the log covers.
    left : float array, shape (n,)
        At the end of which horizons the customer was dormant without an order, see ``left_before``.
    """

    panel: Panel
    days: Floats
    observed: Floats
    left: Floats

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.panel)

    def take(self, mask: Mask) -> TimingRows:
        """Keep the rows where ``mask`` (bool, shape (n,)) is true, in their order."""
        return TimingRows(self.panel.take(mask), self.days[mask], self.observed[mask], self.left[mask])

    def at_risk(self, include_dormant: bool) -> Mask:
        """Find the rows of who is asked and has a label."""
        asked = self.panel.population & ~np.isnan(self.days)
        return np.asarray(asked if include_dormant else asked & ~self.panel.in_phase(DORMANT))

    def known_days(self, contract: LabelContract, known_at_us: int) -> Floats:
        """Count the whole days of each row's window that lay behind a moment (microseconds), at least 0."""
        passed = (known_at_us - self.panel.cutoff_us) // DAY_US - contract.gap_days
        return np.asarray(np.clip(np.minimum(self.observed, passed), 0, None))

    def ordered(self, horizon_days: int) -> npt.NDArray[np.float32]:
        """Give 1 for an order within the horizon (days), else 0; meant for rows known that long."""
        return ((self.days >= 0) & (self.days < horizon_days)).astype(np.float32)

    def left_by(self, contract: LabelContract, horizon_days: int) -> npt.NDArray[np.float32]:
        """Give 1 for who was dormant, without an order, at the end of one of the horizons (days)."""
        place = contract.horizons_days.index(horizon_days)
        return left_before(self.left, place).astype(np.float32)

    def drawn(self, max_rows: int, seed: int, among: Mask) -> Mask:
        """Draw customers by ``seed`` until about ``max_rows`` rows of ``among``; the mask of their rows."""
        if among.sum() <= max_rows:
            return among
        customers = np.unique(self.panel.customer_id[among])
        wanted = max(1, int(len(customers) * max_rows / among.sum()))
        chosen = np.random.default_rng(seed).permutation(len(customers))[:wanted]
        return np.asarray(among & np.isin(self.panel.customer_id, customers[chosen]))


def rows_of(features: pa.Table, labels: pa.Table, phases: Sequence[str]) -> TimingRows:
    """Join a feature table and a label table, row by row.

    Parameters
    ----------
    features : pyarrow.Table
        One row per customer and cutoff.
    labels : pyarrow.Table
        The same rows, with ``timing__population``, ``timing__days``, ``timing__observed``, ``timing__left``.
    phases : sequence of str
        Every phase of the journey, in order.

    Raises
    ------
    InputError
        If the two tables do not have the same rows, or a phase is not of this journey.
    """
    renamed = labels.rename_columns(
        [f"{TARGET}__label" if name == f"{TARGET}__days" else name for name in labels.column_names]
    )
    panel = panel_of(features, renamed, TARGET, phases)
    values = {
        name: np.asarray(labels[f"{TARGET}__{name}"].cast(pa.float64()).to_numpy(), dtype=np.float64)
        for name in ("days", "observed", "left")
    }
    return TimingRows(panel, **values)


def load_rows(
    features: Path, labels: Path, phases: Sequence[str], plan_digest: str | None = None
) -> TimingRows:
    """Read ``features.parquet`` and ``labels.parquet``; see ``rows_of``.

    Raises
    ------
    InputError
        If the two files were built from another plan than each other or than the one at hand.
    """
    require_one_plan([features, labels], plan_digest)
    wanted = [*KEYS[:2], *(f"{TARGET}__{name}" for name in ("population", "days", "observed", "left"))]
    return rows_of(pq.read_table(features), pq.read_table(labels, columns=wanted), phases)
