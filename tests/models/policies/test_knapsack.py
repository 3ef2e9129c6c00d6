from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from models.policies.first_fit import first_fit
from models.policies.knapsack import Demand, dual_bound, plan
from models.policies.resources import PARTS, Resources

ARMS = 4


def case(seed: int, n: int, resources: int, whole: bool) -> tuple[Demand, np.ndarray]:
    """Customers of two phases; with ``whole`` numbers many actions are worth the same."""
    rng = np.random.default_rng(seed)
    gains = rng.integers(-1, 4, (n, ARMS)) if whole else rng.normal(1.0, 1.0, (n, ARMS))
    priority = np.where(rng.random((n, ARMS)) < 0.2, -np.inf, gains.astype(float))
    priority[:, 0] = 0.0
    uses = rng.integers(0, 4, (2, ARMS, resources)) * PARTS
    uses[:, 0] = 0
    limits = (rng.uniform(0.1, 0.8, resources) * n * 1.5 * PARTS).astype(np.int64)
    given = Resources(tuple(f"budget_{one}" for one in range(resources)), limits, uses)
    return Demand(priority, rng.integers(0, 2, n), given, rng.permutation(n)), limits


def total(demand: Demand, action: np.ndarray) -> float:
    return float(demand.priority[np.arange(len(action)), action].sum())


def optimum(demand: Demand, limits: np.ndarray) -> float:
    n = len(demand.place)
    every = np.array(list(product(range(ARMS), repeat=n)))
    used = demand.resources.uses[demand.place[None, :], every].sum(axis=1)
    worth = demand.priority[np.arange(n)[None, :], every].sum(axis=1)
    return float(worth[(used <= limits).all(axis=1)].max())


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_one_budget_is_at_most_one_customer_under_the_best_there_is(seed: int, whole: bool):
    demand, limits = case(seed, 6, 1, whole)
    found = plan(demand, limits)
    assert (demand.resources.used(demand.place, found.action) <= limits).all()
    best = optimum(demand, limits)
    assert best - demand.priority.max() - 1e-9 <= total(demand, found.action) <= best + 1e-9


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_one_budget_is_within_one_customer_of_the_linear_bound(seed: int, whole: bool):
    from scipy.optimize import linprog

    demand, limits = case(seed, 150, 1, whole)
    found = plan(demand, limits)
    n = len(demand.place)
    worth = np.where(np.isfinite(demand.priority), demand.priority, -1e6).ravel()
    used = demand.resources.uses[demand.place][:, :, 0].ravel() / PARTS
    solved = linprog(
        -worth,
        A_ub=used[None, :],
        b_ub=limits / PARTS,
        A_eq=np.kron(np.eye(n), np.ones(ARMS)),
        b_eq=np.ones(n),
        method="highs",
    )
    value = total(demand, found.action)
    assert -solved.fun - demand.priority.max() - 1e-6 <= value <= -solved.fun + 1e-6
    assert value <= dual_bound(demand, found.prices, limits) + 1e-6
    assert dual_bound(demand, found.prices, limits) == pytest.approx(-solved.fun, rel=1e-6)


@pytest.mark.parametrize("resources", [2, 3])
@pytest.mark.parametrize("seed", range(20))
def test_several_budgets_hold_and_come_near_the_bound(seed: int, resources: int):
    demand, limits = case(seed, 300, resources, whole=seed % 2 == 0)
    found = plan(demand, limits)
    assert (demand.resources.used(demand.place, found.action) <= limits).all()
    value, bound = total(demand, found.action), dual_bound(demand, found.prices, limits)
    assert value <= bound + 1e-6
    # Where next to everybody ties, prices do not tell whom to serve with what.
    assert value >= (0.85 if seed % 2 == 0 else 0.98) * bound


def test_equals_are_served_in_their_order_until_the_money_is_gone():
    given = Resources(("budget_money",), np.array([3 * PARTS]), np.array([[[0], [PARTS]]]))
    order = np.array([4, 0, 3, 1, 2])
    demand = Demand(np.tile([0.0, 1.0], (5, 1)), np.zeros(5, dtype=np.int64), given, order)
    assert np.flatnonzero(plan(demand, given.limits).action).tolist() == [1, 3, 4]


def test_no_budget_no_price_and_nothing_to_spend_nothing_done():
    demand, limits = case(3, 50, 1, whole=False)
    ample = plan(demand, limits * 100)
    assert ample.prices.tolist() == [0.0]
    assert np.array_equal(ample.action, np.argmax(demand.priority, axis=1))
    empty = plan(demand, limits * 0)
    assert demand.resources.used(demand.place, empty.action).tolist() == [0]


@pytest.mark.parametrize("seed", range(30))
def test_first_fit_is_the_plain_loop(seed: int):
    rng = np.random.default_rng(seed)
    wanted, left = rng.integers(0, 5, (30, 2)), rng.integers(0, 40, 2)
    served, rest = [], left.copy()
    for one in wanted:
        served.append(bool((one <= rest).all()))
        rest = rest - one * served[-1]
    assert first_fit(wanted, left).tolist() == served
