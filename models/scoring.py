"""Scores: probabilities, rank and action of every customer at one cutoff (``data/scores.parquet``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import DAY_US
from features.cutoffs import day_of
from features.settings import JourneySettings, LabelContract
from models.bundle import PhaseModel, load
from models.churn import TARGET as CHURN
from models.estimators._base import Floats, logit, sigmoid
from models.panel import Panel, panel_of
from models.readiness import TARGET as READINESS
from models.settings import ScoreSettings

PROBABILITIES = (CHURN, READINESS)
DORMANT = "dormant"
Strings = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Reference:
    """Readiness of the customers last judged out of time: what a percentile and a score are relative to.

    Parameters
    ----------
    sorted_p : float array
        Their probabilities, rising.
    base_rate : float
        Share of them who did buy within the horizon.
    """

    sorted_p: Floats
    base_rate: float

    @classmethod
    def read(cls, out_of_time: Path) -> Reference:
        """Read the newest test cutoff of ``artifacts/readiness/out_of_time.parquet``."""
        table = pq.read_table(out_of_time, columns=["cutoff_us", "y", "p"]).to_pandas()
        newest = table[table["cutoff_us"] == table["cutoff_us"].max()]
        rate = float(newest["y"].mean()) if len(newest) else 0.5
        return cls(np.sort(newest["p"].to_numpy(dtype=np.float64)), min(max(rate, 1e-4), 1 - 1e-4))

    def percentile(self, p: Floats) -> Floats:
        """Give the share (0-100) of the reference below each ``p``, ties counted half.

        Examples
        --------
        >>> Reference(np.array([0.1, 0.2, 0.2, 0.4]), 0.2).percentile(np.array([0.2, 0.5])).tolist()
        [50.0, 100.0]
        """
        below = np.searchsorted(self.sorted_p, p, side="left")
        upto = np.searchsorted(self.sorted_p, p, side="right")
        return np.asarray(50.0 * (below + upto) / max(len(self.sorted_p), 1), dtype=np.float64)

    def score(self, p: Floats) -> Floats:
        """Give 0-100, where 50 is a customer as ready as the average; no probability, and not the percentile.

        Examples
        --------
        >>> Reference(np.array([0.2]), 0.2).score(np.array([0.2, 0.5])).tolist()
        [50.0, 80.0]
        """
        average = float(logit(np.array([self.base_rate]))[0])
        return np.round(100.0 * sigmoid(logit(p) - average), 1)


def probabilities(panel: Panel, artifacts: Path, target: str) -> tuple[Floats, dict[str, PhaseModel]]:
    """Predict every row by the saved model of its phase; dormant customers have none (NaN).

    Parameters
    ----------
    panel : Panel
        One row per customer.
    artifacts : Path
        ``artifacts/<target>``.
    target : str
        ``churn`` or ``readiness``.
    """
    models = {phase: load(artifacts / phase) for phase in panel.phases if phase != DORMANT}
    p = np.full(len(panel), np.nan)
    for phase, model in models.items():
        rows = panel.in_phase(phase)
        if rows.any():
            p[rows] = model.predict(panel.x[rows], panel.columns)
    return p, models


def score_rows(
    features: pa.Table,
    labels: pa.Table,
    journey: JourneySettings,
    contracts: Sequence[LabelContract],
    artifacts: Mapping[str, Path],
    settings: ScoreSettings,
) -> pd.DataFrame:
    """Score the rows of one cutoff, all but actions and reasons.

    Parameters
    ----------
    features, labels : pyarrow.Table
        One row per customer, all at one cutoff (``labels`` for its population columns).
    journey : JourneySettings
        The phases.
    contracts : sequence of LabelContract
        Who is at risk, in words.
    artifacts : mapping of str to Path
        Folder by target.
    settings : ScoreSettings
        Bands.

    Returns
    -------
    DataFrame
        One row per customer, in the order of ``features``. A probability is missing exactly where the
        customer is outside the risk set of its target, and ``not_eligible_reason`` says so.
    """
    panel = panel_of(features, None, CHURN.name, journey.phase_keys)
    phase = np.asarray(panel.phases, dtype=object)[panel.phase]
    columns: dict[str, object] = {
        "customer_id": panel.customer_id,
        "as_of": [day_of(int(cutoff)).isoformat() for cutoff in panel.cutoff_us],
        "journey": journey.name,
        "phase": phase,
        "days_in_phase": features["days_in_phase"].to_numpy(),
    }
    found = {contract.target: contract for contract in contracts}
    at_risk, reasons = {}, np.full(len(panel), "", dtype=object)
    for target in PROBABILITIES:
        inside = labels[target.population_column].to_numpy() & (phase != DORMANT)
        p, _ = probabilities(panel, artifacts[target.name], target.name)
        columns[target.score] = np.where(inside, p, np.nan)
        at_risk[target.name] = inside
        reasons = _joined(reasons, ~inside, _why_outside(found[target.name]))
    anyone = np.logical_or.reduce(list(at_risk.values()))
    reasons[phase == DORMANT] = "dormant: silent for so long that no phase is open"
    reference = Reference.read(artifacts[READINESS.name] / "out_of_time.parquet")
    ready = at_risk[READINESS.name]
    columns |= {"eligible": anyone, "not_eligible_reason": reasons}
    return pd.DataFrame(columns | _relative(columns[READINESS.score], ready, reference, settings))


def _relative(
    p: object, ready: npt.NDArray[np.bool_], reference: Reference, settings: ScoreSettings
) -> dict[str, object]:
    """Score, percentile and band of readiness; nothing for who is outside its risk set."""
    probability = np.asarray(p, dtype=np.float64)
    percentile = np.where(ready, reference.percentile(np.nan_to_num(probability)), np.nan)
    names = np.array(["low", "medium", "high"], dtype=object)
    band = names[np.searchsorted(np.asarray(settings.bands) * 100.0, np.nan_to_num(percentile), side="right")]
    return {
        "score": np.where(ready, reference.score(np.nan_to_num(probability)), np.nan),
        "percentile": np.round(percentile, 1),
        "band": np.where(ready, band, None),
    }


def _why_outside(contract: LabelContract) -> str:
    what = "order" if contract.active_event == "purchase" else "activity of their own"
    if contract.active_days is None:
        return f"{contract.target}: no {what} yet"
    return f"{contract.target}: no {what} in the last {contract.active_days} days"


def _joined(reasons: Strings, where: npt.NDArray[np.bool_], words: str) -> Strings:
    """Add a reason to the rows of ``where``, parted by a semicolon."""
    added = np.array([f"{old}; {words}" if old else words for old in reasons], dtype=object)
    return np.where(where, added, reasons)


def newest_rows(features: Path, cutoff_us: int) -> pa.Table:
    """Read the rows of one cutoff from a features or labels table."""
    assert cutoff_us % DAY_US == 0
    return pq.read_table(features, filters=[("cutoff_us", "=", cutoff_us)])
