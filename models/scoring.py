"""Scores: probabilities and readiness rank of every customer at one cutoff (``data/scores.parquet``).

Three numbers say how ready a customer is, and they are not the same:

- ``p_ready``, the probability of an order within the horizon, as the model gives it (nothing recalibrates it;
  its calibration error out of time is in the report). The only one to count with, and the only one whose size
  means the same in every phase.
- ``score``, 0-100: the same probability seen from the average customer, who has 50. It moves as far for a
  doubling of the odds wherever one stands.
- ``percentile``, 0-100: the share of customers, at the newest cutoff that could be judged, who were less
  likely. ``band`` (low, medium, high) cuts it at ``score.bands`` of params.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.cutoffs import day_of
from features.errors import InputError
from features.settings import DORMANT, JourneySettings, LabelContract
from models.bundle import PhaseModel, load
from models.estimators._base import Floats, logit, sigmoid
from models.panel import Panel, panel_of
from models.settings import ScoreSettings
from models.target import CHURN, PROBABILITIES, READINESS

DORMANT_WORDS = "dormant: silent for so long that no phase is open"
BANDS = ("low", "medium", "high")
#: A base rate of exactly 0 or 1 has no odds.
_EDGE = 1e-4


@dataclass(frozen=True)
class Reference:
    """Readiness of the customers last judged out of time: what a percentile and a score are relative to.

    Parameters
    ----------
    sorted_p : float array
        Their probabilities, rising. Empty where the log is too short to judge a cutoff: then there is no
        percentile.
    base_rate : float
        Share of them who did buy within the horizon.
    """

    sorted_p: Floats
    base_rate: float

    @classmethod
    def read(cls, artifacts: Path, models: Mapping[str, PhaseModel]) -> Reference:
        """Read the newest test cutoff of ``artifacts/readiness``; without one, the base rate of the models.

        Raises
        ------
        InputError
            If the train stage has not written ``out_of_time.parquet``.
        """
        path = artifacts / "out_of_time.parquet"
        if not path.is_file():
            raise InputError(f"{path} is missing; run `klantreis train readiness` first (or `dvc repro`)")
        table = pq.read_table(path, columns=["cutoff_us", "y", "p"]).to_pandas()
        newest = table[table["cutoff_us"] == table["cutoff_us"].max()]
        if len(newest):
            rate = float(newest["y"].mean())
        else:
            positives = sum(model.own_positives for model in models.values())
            labels = positives + sum(model.own_negatives for model in models.values())
            rate = (positives + 1.0) / (labels + 2.0)
        return cls(np.sort(newest["p"].to_numpy(dtype=np.float64)), min(max(rate, _EDGE), 1 - _EDGE))

    def percentile(self, p: Floats) -> Floats:
        """Give the share (0-100) of the reference below each ``p``, ties counted half; NaN without reference.

        Examples
        --------
        >>> Reference(np.array([0.1, 0.2, 0.2, 0.4]), 0.2).percentile(np.array([0.2, 0.5])).tolist()
        [50.0, 100.0]
        """
        if not len(self.sorted_p):
            return np.full(len(p), np.nan)
        below = np.searchsorted(self.sorted_p, p, side="left")
        upto = np.searchsorted(self.sorted_p, p, side="right")
        return np.asarray(50.0 * (below + upto) / len(self.sorted_p), dtype=np.float64)

    def score(self, p: Floats) -> Floats:
        """Give 0-100, where 50 is a customer as ready as the average; no probability, and not the percentile.

        Examples
        --------
        >>> Reference(np.array([0.2]), 0.2).score(np.array([0.2, 0.5])).tolist()
        [50.0, 80.0]
        """
        average = float(logit(np.array([self.base_rate]))[0])
        return np.round(100.0 * sigmoid(logit(p) - average), 1)


def probabilities(
    panel: Panel, artifacts: Path, wanted: npt.NDArray[np.bool_] | None = None
) -> tuple[Floats, dict[str, PhaseModel]]:
    """Predict every row by the saved model of its phase; dormant customers have none (NaN).

    Parameters
    ----------
    panel : Panel
        One row per customer.
    artifacts : Path
        ``artifacts/<target>``.
    wanted : bool array, shape (n,), optional
        Whom to predict; the others have NaN.

    Returns
    -------
    tuple of (float array, shape (n,), dict of phase to PhaseModel)
    """
    models = {phase: load(artifacts / phase) for phase in panel.phases if phase != DORMANT}
    p = np.full(len(panel), np.nan)
    for phase, model in models.items():
        rows = panel.in_phase(phase) if wanted is None else panel.in_phase(phase) & wanted
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
    panel: Panel | None = None,
) -> pd.DataFrame:
    """Score the rows of one cutoff, all but actions and reasons.

    Parameters
    ----------
    features, labels : pyarrow.Table
        One row per customer, all at one cutoff (``labels`` for its population columns). No row is fine.
    journey : JourneySettings
        The phases.
    contracts : sequence of LabelContract
        Who is at risk, in words.
    artifacts : mapping of str to Path
        Folder by target.
    settings : ScoreSettings
        Bands.
    panel : Panel, optional
        What ``panel_of`` made of ``features``, where it is there already.

    Returns
    -------
    DataFrame
        One row per customer, in the order of ``features``. ``eligible``: at risk for at least one target. A
        probability is missing exactly where the customer is outside the risk set of its target, and
        ``not_eligible_reason`` says so.
    """
    panel = panel or panel_of(features, None, CHURN.name, journey.phase_keys)
    phase = np.asarray(panel.phases, dtype=object)[panel.phase]
    days = pd.Series(panel.cutoff_us).map(
        {us: day_of(us).isoformat() for us in set(panel.cutoff_us.tolist())}
    )
    columns: dict[str, object] = {
        "customer_id": panel.customer_id,
        "as_of": days.to_numpy(dtype=object),
        "journey": np.full(len(panel), journey.name, dtype=object),
        "phase": phase,
        "days_in_phase": features["days_in_phase"].to_numpy(),
    }
    inside, models = {}, {}
    for target in PROBABILITIES:
        at_risk = labels[target.population_column].to_numpy() & (phase != DORMANT)
        p, models[target.name] = probabilities(panel, artifacts[target.name], at_risk)
        columns[target.score] = np.where(at_risk, p, np.nan)
        inside[target.name] = at_risk
    columns["eligible"] = np.logical_or.reduce(list(inside.values()))
    columns["not_eligible_reason"] = _why(inside, phase, contracts)
    reference = Reference.read(artifacts[READINESS.name], models[READINESS.name])
    return pd.DataFrame(columns | _relative(columns[READINESS.score], reference, settings))


def _relative(p: object, reference: Reference, settings: ScoreSettings) -> dict[str, object]:
    """Score, percentile and band of readiness; nothing for who is outside its risk set."""
    probability = np.asarray(p, dtype=np.float64)
    ready = ~np.isnan(probability)
    known = np.where(ready, probability, 0.5)
    percentile = np.where(ready, reference.percentile(known), np.nan)
    ranked = ~np.isnan(percentile)
    limits = np.asarray(settings.bands) * 100.0
    band = np.array(BANDS, dtype=object)[np.searchsorted(limits, np.nan_to_num(percentile), side="right")]
    band[~ranked] = None
    return {
        "score": np.where(ready, reference.score(known), np.nan),
        "percentile": np.round(percentile, 1),
        "band": band,
    }


def _why(
    inside: Mapping[str, npt.NDArray[np.bool_]],
    phase: npt.NDArray[np.object_],
    contracts: Sequence[LabelContract],
) -> npt.NDArray[np.object_]:
    """Say for each row which risk sets it is outside of, parted by semicolons; empty where none."""
    outside = [_outside(contract) for contract in contracts if contract.target in inside]
    names = [contract.target for contract in contracts if contract.target in inside]
    code = np.zeros(len(phase), dtype=np.int64)
    for bit, name in enumerate(names):
        code += (~inside[name]).astype(np.int64) << bit
    sentences = [
        "; ".join(words for bit, words in enumerate(outside) if number >> bit & 1)
        for number in range(1 << len(names))
    ]
    return np.where(phase == DORMANT, DORMANT_WORDS, np.array(sentences, dtype=object)[code])


def _outside(contract: LabelContract) -> str:
    what = "order" if contract.active_event == "purchase" else "activity of their own"
    if contract.active_days is None:
        return f"{contract.target}: no {what} yet"
    return f"{contract.target}: no {what} in the last {contract.active_days} days"
