"""What customers compete for: budgets, and the stock of an action, in whole millionths so that no sum rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.settings import Words
from models.policies.rule import IntArray
from models.policies.settings import PolicySettings

FloatArray = NDArray[np.float64]
#: Parts of one unit (a euro, a call) that are counted.
PARTS = 1_000_000
_BUDGET, _STOCK = "budget_", "stock"


@dataclass(frozen=True)
class Resources:
    """Limits, and what an action takes.

    Attributes
    ----------
    names : tuple of str
        As shown where one blocks an action; ``stock`` may stand here more than once.
    limits : int64 array (resources,)
        In millionths, rounded down.
    uses : int64 array (phases + 1, arms, resources)
        In millionths, rounded up; 0 for ``none``.
    """

    names: tuple[str, ...]
    limits: IntArray
    uses: IntArray

    def used(self, place: IntArray, action: IntArray) -> IntArray:
        """Sum what customers take: array (resources,), exact whatever their order."""
        _, arms, _ = self.uses.shape
        counts = np.bincount(place * arms + action, minlength=self.uses.shape[0] * arms)
        total: IntArray = (counts[:, None] * self.uses.reshape(len(counts), len(self.names))).sum(axis=0)
        return total


def resources(
    settings: PolicySettings, arms: Sequence[str], cost: FloatArray, spent: Mapping[str, float]
) -> Resources:
    """Read the budgets and stocks of the settings.

    Parameters
    ----------
    settings : PolicySettings
    arms : sequence of str
        ``none`` first.
    cost : array (phases + 1, arms)
        Money.
    spent : mapping of budget to float
        What was used of it before this batch.
    """
    names, limits, uses = [], [], []
    for name, budget in sorted(settings.budgets.items()):
        names.append(f"{_BUDGET}{name}")
        limits.append(max(0.0, budget.limit - spent.get(name, 0.0)))
        said = budget.uses
        uses.append(cost if said is None else np.tile([said.get(arm, 0.0) for arm in arms], (len(cost), 1)))
    for column, arm in enumerate(arms):
        stock = settings.of(arm).stock
        if stock is not None and column:
            names.append(_STOCK)
            limits.append(float(stock))
            uses.append(np.tile(np.arange(len(arms)) == column, (len(cost), 1)).astype(np.float64))
    stacked = np.stack(uses, axis=-1) if uses else np.zeros((*cost.shape, 0))
    taken = np.ceil(np.round(stacked * PARTS, 3)).astype(np.int64)
    taken[:, 0] = 0
    return Resources(tuple(names), _whole(np.array(limits)), taken)


def _whole(limits: FloatArray) -> IntArray:
    # A limit beyond all counting would not fit into 64 bits.
    return np.floor(np.round(np.minimum(limits, 1e12) * PARTS, 3)).astype(np.int64)


def resource_words(name: str) -> Words | None:
    """Say a resource as a marketer reads it; None if it is none."""
    if name == _STOCK:
        return {"en": "out of stock", "nl": "voorraad op"}
    if not name.startswith(_BUDGET):
        return None
    known = {"money": {"en": "budget", "nl": "budget"}}
    what = name.removeprefix(_BUDGET)
    said = known.get(what, {"en": f"budget of {what}", "nl": f"budget van {what}"})
    return {"en": f"{said['en']} better spent on others", "nl": f"{said['nl']} brengt bij anderen meer op"}
