"""One action per customer within budgets: a price per resource, found on the whole batch.

Every customer takes the action with the highest ``priority - price x use``. With one resource the price comes from
bisection: the lowest at which all that is taken fits. With more it comes from cutting planes on the dual, which is
convex. Then customers are served, those who gain most at these prices first, the ones to whom two actions are worth
the same in their order, as long as it fits: no limit is ever passed. With one resource the whole stays at most one
customer's step under the optimum; with more `dual_bound` tells how far from it at most.

References
----------
Sinha & Zoltners (1979), The multiple-choice knapsack problem. Kellerer, Pferschy & Pisinger (2004), Knapsack
problems, ch. 11. Kelley (1960), The cutting-plane method for solving convex programs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import fsum

import numpy as np
from numpy.typing import NDArray

from models.policies.first_fit import first_fit
from models.policies.resources import Resources
from models.policies.rule import BoolArray, IntArray

FloatArray = NDArray[np.float64]
#: Halvings of a price; more than a float64 has bits after a first guess.
HALVINGS = 60
#: Cutting planes, and the gap (as a share of the bound) at which no more are needed.
CUTS, GAP = 80, 1e-9
#: Within this share of the largest priority two actions are worth the same; prices of cutting planes are less exact.
SAME, SAME_CUTS = 1e-9, 1e-6
#: Rounds in which what is left goes to whoever gains by it.
ROUNDS = 6


@dataclass(frozen=True)
class Plan:
    """One action per customer, and the prices it was chosen at.

    Attributes
    ----------
    action : int array, one per customer
    prices : array (resources,)
        Priority per millionth of a unit.
    """

    action: IntArray
    prices: FloatArray


@dataclass(frozen=True)
class Demand:
    """Who wants what.

    Attributes
    ----------
    priority : array (customers, arms)
        0 for the first, -inf where not possible.
    place : int array, one per customer
        Row of ``resources.uses``.
    resources : Resources
    order : int array, one per customer
        In which equals are served.
    """

    priority: FloatArray
    place: IntArray
    resources: Resources
    order: IntArray

    def reduced(self, prices: FloatArray) -> FloatArray:
        """Priority less the price of what an action takes."""
        priced = np.zeros(self.resources.uses.shape[:2])
        for number, price in enumerate(prices):
            priced += price * self.resources.uses[:, :, number]
        left: FloatArray = self.priority - priced[self.place]
        return left

    def wanted(self, prices: FloatArray) -> IntArray:
        """Best action of each customer at these prices."""
        best: IntArray = np.argmax(self.reduced(prices), axis=1)
        return best

    def used(self, prices: FloatArray) -> IntArray:
        """Sum what all take at these prices."""
        return self.resources.used(self.place, self.wanted(prices))


def plan(demand: Demand, limits: IntArray) -> Plan:
    """Choose one action per customer so that no limit is passed.

    Parameters
    ----------
    demand : Demand
    limits : int64 array (resources,)
        In millionths.
    """
    never: BoolArray = np.asarray((demand.resources.uses > limits).any(axis=2))
    priority = np.where(never[demand.place], -np.inf, demand.priority)
    rows = np.flatnonzero((priority > 0).any(axis=1))
    action, prices = np.zeros(len(demand.place), dtype=np.int64), np.zeros(len(limits))
    if len(rows):
        own = replace(demand, priority=priority[rows], place=demand.place[rows], order=demand.order[rows])
        if (own.used(prices) > limits).any():
            prices = np.array([_bisected(own, limits)]) if len(limits) == 1 else _cut(own, limits)
        action[rows] = _filled(own, prices, limits)
    return Plan(action, prices)


def dual_bound(demand: Demand, prices: FloatArray, limits: IntArray) -> float:
    """No choice within the limits has a higher total priority than this."""
    best = fsum(demand.reduced(prices).max(axis=1))
    return best + fsum(price * limit for price, limit in zip(prices, limits, strict=True))


def _top(demand: Demand, number: int) -> float:
    """Give a price at which nobody takes any of a resource."""
    uses = demand.resources.uses[:, :, number]
    return 2 * float(demand.priority.max()) / float(uses[uses > 0].min())


def _bisected(demand: Demand, limits: IntArray) -> float:
    """Lowest price at which all that is taken fits."""
    low, high = 0.0, _top(demand, 0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if demand.used(np.array([middle]))[0] <= limits[0]:
            high = middle
        else:
            low = middle
    return high


def _cut(demand: Demand, limits: IntArray) -> FloatArray:
    """Prices at which the dual bound is lowest, each as the priority of a whole limit while it is looked for."""
    from scipy.optimize import linprog

    numbers = np.flatnonzero((demand.resources.uses > 0).any(axis=(0, 1)) & (limits > 0))
    top = np.array([_top(demand, int(number)) * float(limits[number]) for number in numbers])
    prices, best, lowest = np.zeros(len(limits)), np.zeros(len(limits)), np.inf
    slopes, heights = [], []
    for _ in range(CUTS):
        wanted = demand.wanted(prices)
        # An exact sum: the same whatever the order of the customers.
        worth = fsum(demand.priority[np.arange(len(wanted)), wanted])
        used = demand.resources.used(demand.place, wanted)
        bound = worth + fsum(
            price * (limit - use) for price, limit, use in zip(prices, limits, used, strict=True)
        )
        if bound < lowest:
            lowest, best = bound, prices
        slopes.append([*(1.0 - used[numbers] / limits[numbers]), -1.0])
        heights.append(-worth)
        solved = linprog(
            [*np.zeros(len(numbers)), 1.0], A_ub=np.array(slopes), b_ub=np.array(heights),
            bounds=[*((0.0, one) for one in top), (None, None)], method="highs",
        )  # fmt: skip
        if solved.x is None or lowest - solved.fun <= GAP * max(abs(lowest), 1.0):
            break
        prices = np.zeros(len(limits))
        prices[numbers] = solved.x[:-1] / limits[numbers]
    return best


def _filled(demand: Demand, prices: FloatArray, limits: IntArray) -> IntArray:
    """Serve all: first who gains most, then those to whom more is worth the same, then with what is left."""
    rows = np.arange(len(demand.place))
    reduced = demand.reduced(prices)
    best = reduced.max(axis=1)
    same = (SAME if len(limits) == 1 else SAME_CUTS) * float(demand.priority.max())
    # Those who gain nothing at these prices still come before doing nothing, if anything is left.
    tied = np.where(reduced >= best[:, None] - same, demand.priority, np.nan)
    nothing = np.zeros(len(rows), dtype=np.int64)
    least = np.where(np.isnan(tied).all(axis=1), 0, np.argmin(np.where(np.isnan(tied), np.inf, tied), axis=1))
    action = _moved(demand, nothing, least, -best, limits)
    most = np.argmax(np.where(np.isnan(tied), -np.inf, tied), axis=1)
    action = _moved(demand, action, most, np.zeros(len(rows)), limits)
    for _ in range(ROUNDS):
        better = demand.priority > demand.priority[rows, action][:, None]
        fits = (_steps(demand, action) <= _left(demand, action, limits)).all(axis=2)
        value = np.where(better & fits, reduced, -np.inf)
        to = np.argmax(value, axis=1)
        target = np.where(np.isfinite(value[rows, to]), to, action)
        if (target == action).all():
            break
        action = _moved(demand, action, target, best - reduced[rows, target], limits)
    return action


def _left(demand: Demand, action: IntArray, limits: IntArray) -> IntArray:
    left: IntArray = limits - demand.resources.used(demand.place, action)
    return left


def _steps(demand: Demand, action: IntArray) -> IntArray:
    """Give what each action takes above the one a customer has; what it gives back is not counted."""
    uses = demand.resources.uses[demand.place]
    now = demand.resources.uses[demand.place, action]
    more: IntArray = np.maximum(uses - now[:, None, :], 0)
    return more


def _moved(
    demand: Demand, action: IntArray, target: IntArray, regret: FloatArray, limits: IntArray
) -> IntArray:
    """Move customers to another action while it fits: the least regretted first, equals in their order."""
    movers = np.flatnonzero(target != action)
    movers = movers[np.lexsort((demand.order[movers], regret[movers]))]
    uses = demand.resources.uses
    step = uses[demand.place[movers], target[movers]] - uses[demand.place[movers], action[movers]]
    served = movers[first_fit(np.maximum(step, 0), _left(demand, action, limits))]
    moved = action.copy()
    moved[served] = target[served]
    return moved
