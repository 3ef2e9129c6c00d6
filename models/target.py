"""What a target says about itself: one file per target fills this in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["nl", "en"]


@dataclass(frozen=True)
class Target:
    """One probability per customer, and how to speak about it.

    Parameters
    ----------
    name : str
        As in ``params.yaml``; prefixes the label columns.
    score : str
        Its column in the score file.
    title, positive : dict
        In Dutch and English: what it is called, and what label 1 means (``{days}`` is the horizon).
    headline : str
        The metric shown first, as in ``models/metrics``.
    wanted : {"low", "high"}
        Which probability is good news for the shop.
    """

    name: str
    score: str
    title: dict[Language, str]
    positive: dict[Language, str]
    headline: str
    wanted: Literal["low", "high"]

    @property
    def label_column(self) -> str:
        """Column of the label table: 1, 0 or null (not matured)."""
        return f"{self.name}__label"

    @property
    def population_column(self) -> str:
        """Column of the label table: whether the customer is at risk under the contract."""
        return f"{self.name}__population"
