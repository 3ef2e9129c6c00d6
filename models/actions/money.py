"""Money within the horizon, given success or not: the part of an action's worth that is not its effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.action_effects import DECIMALS
from models.signed_log import weighted_sums

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RIDGE = 30.0
#: Fewer paid decisions than this say nothing about who spends how much: the mean serves.
ENOUGH_SPENDERS = 50


@dataclass(frozen=True)
class SpendModel:
    """Log-linear money per state (0 = no success, 1 = success), times one factor per action.

    Attributes
    ----------
    coefficients : array (2, columns + 1)
        The constant last.
    factor : array (2, arms)
        Above 0.99 or below it only as far as the log can tell it from 1: an action that lowers the value of
        every success (a discount) has a factor below 1. A state without money has factor 0.
    """

    coefficients: FloatArray
    factor: FloatArray

    def expected(self, z: FloatArray, success: FloatArray) -> FloatArray:
        """Expect money per row and action at the given probabilities of success: array (rows, arms)."""
        money = np.expm1(
            np.maximum(weighted_sums(z, self.coefficients[:, :-1]) + self.coefficients[:, -1], 0.0)
        )
        lost, won = (money[:, [state]] * self.factor[state] for state in (0, 1))
        expected: FloatArray = (1.0 - success) * lost + success * won
        return expected

    def to_json(self) -> dict[str, Any]:
        """Plain lists."""
        return {"coefficients": self.coefficients.tolist(), "factor": self.factor.tolist()}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> SpendModel:
        """Back from `to_json`."""
        return cls(np.array(saved["coefficients"]), np.array(saved["factor"]))


def learn_spend(
    z: FloatArray, arm: IntArray, outcome: FloatArray, value: FloatArray, arms: int
) -> SpendModel:
    """Learn money per state from the log.

    Parameters
    ----------
    z : array (rows, columns)
        Standardised.
    arm, outcome, value : array, one per row
        Action (-1: no candidate), success, money before costs.
    arms : int

    Examples
    --------
    >>> z, arm = np.zeros((400, 1)), np.arange(400) % 2
    >>> spend = learn_spend(z, arm, np.ones(400), np.where(arm == 1, 6.0, 8.0) + np.arange(400) % 3, 2)
    >>> spend.expected(z[:1], np.array([[1.0, 0.5]])).round(1).tolist()
    [[9.0, 3.5]]
    """
    learnt = [_learn_state(z, arm, value, (outcome == state) & (arm >= 0), arms) for state in (0.0, 1.0)]
    coefficients, factor = (np.stack([one[part] for one in learnt]).round(DECIMALS) for part in (0, 1))
    return SpendModel(coefficients, factor)


def _learn_state(
    z: FloatArray, arm: IntArray, value: FloatArray, rows: NDArray[np.bool_], arms: int
) -> tuple[FloatArray, FloatArray]:
    paid = np.maximum(value[rows], 0.0)
    flat = np.zeros(z.shape[1] + 1)
    if not rows.any() or paid.sum() == 0:
        return flat, np.zeros(arms)
    if len(paid) < ENOUGH_SPENDERS:
        flat[-1] = np.log1p(paid.mean())
        return flat, np.ones(arms)
    inside, logged = z[rows], np.log1p(paid)
    centre = inside.mean(axis=0)
    gram = (inside - centre).T @ (inside - centre) + RIDGE * np.eye(z.shape[1])
    slope = np.linalg.solve(gram, (inside - centre).T @ (logged - logged.mean()))
    coefficients = np.append(slope, logged.mean() - centre @ slope)
    guess = np.expm1(np.maximum(inside @ slope + coefficients[-1], 0.0))
    return coefficients, _factors(arm[rows], paid, guess, arms)


def _factors(arm: IntArray, paid: FloatArray, guess: FloatArray, arms: int) -> FloatArray:
    """Paid over guessed money per action, held to the common one unless the log can tell them apart."""
    common = paid.sum() / max(float(guess.sum()), 1e-9)
    factors = np.full(arms, common)
    for position in range(arms):
        given = arm == position
        total = common * float(guess[given].sum())
        if given.sum() < ENOUGH_SPENDERS or total <= 0:
            continue
        apart = float(paid[given].sum()) / total - 1.0
        error = float((paid[given] - common * guess[given]).std()) * np.sqrt(float(given.sum())) / total
        # James-Stein towards "no difference": noise in a factor would otherwise choose the action for
        # everybody.
        kept = max(0.0, 1.0 - (error / apart) ** 2) if apart else 0.0
        factors[position] = common * (1.0 + kept * apart)
    return factors
