"""What a verdict rests on: both models on the same customers at the same cutoffs, with the same outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.estimators._base import Floats
from models.paired import PairedJudge
from models.promotion.settings import PromotionSettings
from models.segments import MIN_OUTCOMES
from models.settings import EvaluationSettings

KEYS = ["customer_id", "cutoff_us"]


@dataclass(frozen=True)
class Evidence:
    """Two models of one phase on the same rows.

    Parameters
    ----------
    rows : DataFrame
        One row per customer and cutoff: ``customer_id``, ``cutoff_us``, ``y`` (0 or 1), and the probabilities
        ``challenger`` and ``champion``; in one order whatever the order they came in (`paired_rows`).
    segments : DataFrame
        The same rows; one text column per guarded dimension. No column: nothing is guarded.
    challenger, champion : mapping
        The content of their ``model.json``.
    settings : PromotionSettings
    evaluation : EvaluationSettings
        Resamples, confidence, smallest group, seed.
    """

    rows: pd.DataFrame
    segments: pd.DataFrame
    challenger: Mapping[str, Any]
    champion: Mapping[str, Any]
    settings: PromotionSettings
    evaluation: EvaluationSettings

    @property
    def y(self) -> npt.NDArray[np.float32]:
        """Outcomes, 0 or 1."""
        return self.rows["y"].to_numpy(dtype=np.float32)

    def p(self, whose: str) -> Floats:
        """Give the probabilities of ``challenger`` or ``champion``."""
        return self.rows[whose].to_numpy(dtype=np.float64)

    @property
    def customer_id(self) -> npt.NDArray[np.int64]:
        """Whose row it is."""
        return self.rows["customer_id"].to_numpy(dtype=np.int64)

    def judge(self) -> PairedJudge:
        """Draw the customers anew; the same draws every time."""
        return PairedJudge.of(self.y, self.customer_id, self.evaluation)

    @property
    def on(self) -> str:
        """Say on what: customers and rows."""
        return f"{self.rows['customer_id'].nunique()} customers, {len(self.rows)} rows of both"


def paired_rows(challenger: pd.DataFrame, champion: pd.DataFrame) -> pd.DataFrame:
    """Join the predictions of two models on customer, cutoff and outcome; the rest is left out.

    Parameters
    ----------
    challenger, champion : DataFrame
        One row per customer and cutoff of one phase: ``customer_id``, ``cutoff_us``, ``y``, ``p``.

    Returns
    -------
    DataFrame
        ``customer_id``, ``cutoff_us``, ``y``, ``challenger``, ``champion``, in the order of cutoff and customer.

    Examples
    --------
    >>> one = pd.DataFrame({"customer_id": [1, 2], "cutoff_us": [0, 0], "y": [1.0, 0.0], "p": [0.7, 0.2]})
    >>> two = one.assign(y=[1.0, 1.0], p=[0.6, 0.3])
    >>> paired_rows(one, two)[["customer_id", "challenger", "champion"]].values.tolist()
    [[1.0, 0.7, 0.6]]
    """
    sides = [
        side[[*KEYS, "y", "p"]].rename(columns={"p": name}).astype({"y": float})
        for side, name in ((challenger, "challenger"), (champion, "champion"))
    ]
    both = sides[0].merge(sides[1], on=[*KEYS, "y"], validate="one_to_one")
    return both.sort_values(["cutoff_us", "customer_id"], ignore_index=True)


def why_too_few(rows: pd.DataFrame, evaluation: EvaluationSettings) -> str:
    """Say why the shared rows cannot tell two models apart; empty if they can.

    Examples
    --------
    >>> few = pd.DataFrame({"customer_id": [1, 2], "y": [1.0, 0.0]})
    >>> why_too_few(few, EvaluationSettings())
    'they share 2 customers, at least 100 needed (evaluation.min_cell in params.yaml)'
    """
    customers = int(rows["customer_id"].nunique())
    if customers < evaluation.min_cell:
        least = f"{evaluation.min_cell} needed (evaluation.min_cell in params.yaml)"
        return f"they share {customers} customers, at least {least}"
    for outcome in (1, 0):
        found = int((rows["y"] == outcome).sum())
        if found < MIN_OUTCOMES:
            return f"the rows they share hold {found} with outcome {outcome}, at least {MIN_OUTCOMES} needed"
    return ""
