"""BG/NBD: how often, how recently and for how long somebody has bought says whether they will buy again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.settings import LabelContract
from models.baselines._base import BUYING, Floats, newest, order_columns
from models.baselines._bg_nbd_law import BgNbdLaw, Buying
from models.estimators._base import smoothed_rate
from models.panel import Panel
from models.target import CHURN

#: Below this many customers who came back there is nothing to fit four parameters to.
LEAST_AGAIN = 10
#: No probability is nearer to 0 or 1 than this.
EDGE = 1e-6


@dataclass(frozen=True)
class FittedBgNbd:
    """A law of buying, and one number for who has no order yet (or for all, when there is no law)."""

    contract: LabelContract
    law: BgNbdLaw | None
    rate: float

    def predict(self, panel: Panel) -> Floats:
        """Give the probability of label 1 per row."""
        p = np.full(len(panel), self.rate)
        if self.law is None:
            return p
        buying, bought = histories(panel, self.contract)
        orders = self.law.orders_within(
            buying, self.contract.gap_days / 7.0, self.contract.horizon_days / 7.0
        )
        label = 1.0 - orders if self.contract.target == CHURN.name else orders
        p[bought] = np.clip(label, EDGE, 1.0 - EDGE)
        return p


class BgNbd:
    """Maximum likelihood on days with an order, in the look-back, of who is at risk at the newest cutoff.

    Where the contract takes only who ordered lately, the likelihood is that of such customers. No label is looked
    at: only who has no order in the look-back gets the share of label 1 among their like.

    References
    ----------
    Fader, Hardie and Lee (2005), "Counting your customers the easy way: an alternative to the Pareto/NBD model",
    Marketing Science 24.
    """

    reads = BUYING

    def fit(self, rows: Panel, contract: LabelContract) -> FittedBgNbd:
        """Find the law; without enough customers who came back everybody gets the share of label 1."""
        rows = newest(rows)
        buying, bought = histories(rows, contract)
        if int((buying.repeats > 0).sum()) < LEAST_AGAIN:
            return FittedBgNbd(contract, None, smoothed_rate(rows.y))
        without = rows.y[~bought] if not bought.all() else rows.y
        days = contract.active_days if contract.active_event == "purchase" else None
        law = BgNbdLaw.learn(buying, None if days is None else days / 7.0)
        return FittedBgNbd(contract, law, smoothed_rate(without))


def histories(panel: Panel, contract: LabelContract) -> tuple[Buying, npt.NDArray[np.bool_]]:
    """Read the buying of each row from the feature columns.

    Parameters
    ----------
    panel : Panel
        One row per customer and cutoff.
    contract : LabelContract
        A target about purchases.

    Returns
    -------
    tuple of (Buying, bool array of shape (n,))
        One entry per row with an order in the look-back, and which rows these are.
    """
    rate, since_first, since_last = order_columns(panel, contract)
    # The rate is order days / max(days since the first order, 7): back to the whole number it was made of.
    days = np.rint(rate * np.maximum(since_first, 7.0))
    bought = days >= 1.0
    repeats = days[bought] - 1.0
    age = np.maximum(since_first[bought], 0.0) / 7.0
    last = np.clip((since_first - since_last)[bought] / 7.0, 0.0, age)
    return Buying(repeats, np.where(repeats > 0, last, 0.0), age), bought


BASELINE = BgNbd()
