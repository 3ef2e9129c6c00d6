"""One-cutoff LightGBM: what a tutorial does; default settings, the newest matured cutoff, RFM and windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.settings import LabelContract
from models.baselines._base import RFM, Floats, newest, windows_of
from models.estimators._base import sigmoid, smoothed_rate, varying
from models.panel import Panel

if TYPE_CHECKING:
    import lightgbm

#: LightGBM's own rounds, spelled out because ``train`` and ``LGBMClassifier`` must not drift apart.
ROUNDS = 100
#: All else is LightGBM's default: a learning rate of 0.1, 31 leaves of at least 20 rows, no regularisation.
PARAMETERS: dict[str, Any] = {
    "objective": "binary", "deterministic": True, "force_col_wise": True, "num_threads": 1, "seed": 0, "verbosity": -1,
}  # fmt: skip


@dataclass(frozen=True)
class FittedOneCutoffLightGBM:
    """Trees, the columns they read, and one number for when there are no trees."""

    booster: lightgbm.Booster | None
    columns: tuple[str, ...]
    rate: float

    def predict(self, panel: Panel) -> Floats:
        """Give the probability of label 1 per row."""
        if self.booster is None or not len(panel):
            return np.full(len(panel), self.rate)
        x = np.column_stack([panel.column(name) for name in self.columns])
        log_odds = np.asarray(self.booster.predict(x, raw_score=True, num_threads=1), dtype=np.float64)
        return sigmoid(log_odds)


class OneCutoffLightGBM:
    """Boosted trees as they come, on recency, and frequency and value per window; nothing is chosen."""

    reads = RFM

    def fit(self, rows: Panel, contract: LabelContract) -> FittedOneCutoffLightGBM:
        """Learn from the newest cutoff only; one class or nothing that varies gives the share of label 1."""
        rows = newest(rows)
        columns = windows_of(rows, contract)
        x = np.column_stack([rows.column(name) for name in columns])
        rate = smoothed_rate(rows.y)
        if not len(rows) or rows.y.min() == rows.y.max() or not len(varying(x)):
            return FittedOneCutoffLightGBM(None, columns, rate)
        import lightgbm

        data = lightgbm.Dataset(x, label=rows.y, params=PARAMETERS, feature_name=list(columns))
        return FittedOneCutoffLightGBM(lightgbm.train(PARAMETERS, data, ROUNDS), columns, rate)


BASELINE = OneCutoffLightGBM()
