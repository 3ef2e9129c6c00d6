"""How simple a saved phase model is: what it is made of, as its ``model.json`` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from features.contract import DAY_US
from models.bundle import estimators


@dataclass(frozen=True, order=True)
class Complexity:
    """What a phase model is made of; the smaller the simpler.

    Parameters
    ----------
    members : int
        Estimators that are mixed.
    rank : int
        Of the least simple of them (``simplicity`` in ``models/estimators``).
    columns : int
        Feature columns it needs.

    Examples
    --------
    >>> Complexity(1, 1, 280) < Complexity(2, 2, 280)
    True
    """

    members: int
    rank: int
    columns: int

    def __str__(self) -> str:
        return f"{self.members} estimator{'s' * (self.members != 1)} on {self.columns} columns"


def complexity(model: Mapping[str, Any]) -> Complexity:
    """Read the complexity off the content of a ``model.json``.

    Examples
    --------
    >>> str(complexity({"members": [{"estimator": "logistic"}], "columns": ["a", "b"]}))
    '1 estimator on 2 columns'
    """
    known = estimators()
    names = [member["estimator"] for member in model["members"]]
    # An estimator that is gone from this repository is the least simple of all.
    rank = max((known[name].simplicity if name in known else 99 for name in names), default=0)
    return Complexity(len(names), rank, len(model["columns"]))


def learnt_until_us(model: Mapping[str, Any]) -> int:
    """Give the moment (microseconds) by which every outcome had happened that the model learnt from; 0: none.

    Examples
    --------
    >>> contract = {"gap_days": 0, "horizon_days": 14}
    >>> learnt_until_us({"training_cutoffs_us": [0, 86_400_000_000], "contract": contract}) // DAY_US
    15
    """
    cutoffs = model.get("training_cutoffs_us") or []
    days = model["contract"]["gap_days"] + model["contract"]["horizon_days"]
    return max(int(one) for one in cutoffs) + days * DAY_US if cutoffs else 0
