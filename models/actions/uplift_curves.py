"""What acting on the most promising customers first earns, for several actions at once.

Customers are ranked by the predicted gain of their best action; what they gain is read from doubly robust scores of
decisions that the prediction never saw. There is no "normalised Qini" here: with harmful actions it can exceed 1, and
libraries disagree about its perfect curve.

References
----------
Yadlowsky, Fleming, Shah, Brunskill & Wager (2025), Evaluating treatment prioritization rules via rank-weighted
average treatment effects, J. Am. Stat. Assoc. Zhao & Harinen (2019), Uplift modeling for multiple treatments with cost
optimization.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.action_rule import Candidates
from models.offpolicy import Estimate, clustered_mean

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Shares of customers acted on that the table shows, and those whose lift is given.
SHARES = tuple(round(0.05 * step, 2) for step in range(21))
LIFT_SHARES = (0.1, 0.2, 0.3)
#: Customers at the edge of the top share are told apart by nothing but their rank: their mean gain is taken over this
#: share of all, half on either side.
EDGE = 0.05


@dataclass(frozen=True)
class Lift:
    """Acting on the top share, against giving the best single action to as many at random.

    Attributes
    ----------
    share : float
    gain : Estimate
        Money per decision of all decisions, over doing nothing.
    over_random : Estimate
        The same minus what the best single action earns on a random ``share``, paired.
    ratio : float or None
        Gain divided by that of the random share; None unless the latter is surely above zero.
    """

    share: float
    gain: Estimate
    over_random: Estimate
    ratio: float | None


@dataclass(frozen=True)
class UpliftCurve:
    """Gain over doing nothing by the share of customers acted on.

    Attributes
    ----------
    best : str
        The single action that the line is of.
    points : tuple of Lift
        At `SHARES`; a customer without a promising action gets none, whatever the share.
    autoc : Estimate or None
        Area under the targeting operator characteristic: how much more the best action earns among those ranked high,
        averaged over every share. 0: the ranking tells nothing. None: nobody could be given an action.
    """

    best: str
    points: tuple[Lift, ...]
    autoc: Estimate | None

    def lifts(self) -> tuple[Lift, ...]:
        """Give the points at `LIFT_SHARES`."""
        return tuple(one for one in self.points if one.share in LIFT_SHARES)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers: a table of the curve and its line, the lifts, and the area."""
        table = [
            {
                "share": one.share,
                "gain": one.gain.value,
                "low": one.gain.low,
                "high": one.gain.high,
                "line": one.gain.value - one.over_random.value,
            }
            for one in self.points
        ]
        lift = [
            {
                "share": one.share,
                "gain": _span(one.gain),
                "over_random": _span(one.over_random),
                "ratio": one.ratio,
            }
            for one in self.lifts()
        ]
        autoc = None if self.autoc is None else _span(self.autoc)
        return {"best_single_action": self.best, "curve": table, "lift": lift, "autoc": autoc}


def uplift_curve(
    predicted: FloatArray, values: FloatArray, log: Candidates, best: str, confidence: float = 0.95
) -> UpliftCurve | None:
    """Draw the uplift curve of a rule.

    Parameters
    ----------
    predicted : array (rows, arms)
        Money after costs that the rule expects of every action, by a rule that never saw the customer.
    values : array (rows, arms)
        Doubly robust money after costs, for example ``money`` of `models.actions.tournament.Tournament`; NaN where
        not eligible.
    log : Candidates
    best : str
        The best single action: the line. ``none`` makes it zero.
    confidence : float
        Of the two-sided intervals, clustered by customer.

    Returns
    -------
    UpliftCurve or None
        None where fewer than two customers have a decision.

    Examples
    --------
    >>> n, x = 4000, np.zeros((4000, 1), np.float32)
    >>> effect = np.linspace(-1, 1, n)
    >>> log = Candidates(("none", "mail"), x, x[:, 0], np.arange(n), np.arange(n) % 2, np.ones((n, 2), bool),
    ...     np.full(n, 0.5), np.zeros(n), np.zeros(n), np.zeros(2))
    >>> both = np.column_stack([np.zeros(n), effect])
    >>> curve = uplift_curve(both, both, log, "mail")
    >>> [round(one.gain.value, 3) for one in curve.lifts()], round(curve.points[-1].gain.value, 3)
    ([0.09, 0.16, 0.21], 0.25)
    >>> round(curve.autoc.value, 2)
    0.5
    """
    if len(np.unique(log.customers)) < 2:
        return None
    action, rank = _best_action(predicted, log)
    row = np.arange(len(log))
    over_none = np.where(log.eligible, values - values[:, :1], 0.0)
    ranked = _Ranked.by(rank)
    gained = np.where(rank > 0, over_none[row, action], 0.0)
    line = over_none[:, log.arms.index(best)]
    points = [_lift(share, gained, line, ranked, log.customers, confidence) for share in SHARES]
    if clustered_mean(line, log.customers, confidence).low > 0:
        # Only a line that is surely above zero can be divided by.
        each = float(line.mean())
        points = [
            replace(one, ratio=one.gain.value / (one.share * each)) if one.share else one for one in points
        ]
    able = rank > -np.inf
    area = None
    if len(np.unique(log.customers[able])) > 1:
        part = _Ranked.by(rank[able])
        area = _autoc(over_none[row, action][able], part, log.customers[able], confidence)
    return UpliftCurve(best, tuple(points), area)


@dataclass(frozen=True)
class _Ranked:
    """Rows in groups of equal rank, most promising first: equals are never told apart by their place in the log.

    ``group`` is the group of every row, ``end`` the number of rows up to and with a group, ``size`` that in it.
    """

    group: IntArray
    end: IntArray
    size: IntArray

    @classmethod
    def by(cls, rank: FloatArray) -> _Ranked:
        _, group, size = np.unique(-rank, return_inverse=True, return_counts=True)
        return cls(group.astype(np.int64), np.cumsum(size), size)

    def inside(self, rows: float) -> FloatArray:
        """Share of every row that lies within the first ``rows``: a group on the edge is taken in part."""
        part = (rows - (self.end - self.size)) / self.size
        within: FloatArray = np.clip(part, 0.0, 1.0)[self.group]
        return within


def _best_action(predicted: FloatArray, log: Candidates) -> tuple[IntArray, FloatArray]:
    """Give the best eligible action other than none, and its predicted gain over none; -inf where there is none."""
    gain = np.where(log.eligible, predicted - predicted[:, :1], -np.inf)
    action = 1 + np.argmax(gain[:, 1:], axis=1)
    return action, gain[np.arange(len(log)), action]


def _lift(
    share: float, gained: FloatArray, line: FloatArray, ranked: _Ranked, who: IntArray, confidence: float
) -> Lift:
    n = len(gained)
    within = ranked.inside(share * n)
    around = ranked.inside((share + EDGE / 2) * n) - ranked.inside((share - EDGE / 2) * n)
    # Who is in the top share depends on the others too: one more customer above the edge pushes another out, who is
    # worth what customers at the edge are worth.
    at_edge = float((around * gained).sum() / around.sum()) if 0 < share < 1 else 0.0
    scores = within * (gained - at_edge) + share * at_edge
    gain = clustered_mean(scores, who, confidence)
    over = clustered_mean(scores - share * line, who, confidence)
    return Lift(share, gain, over, None)


def _autoc(effect: FloatArray, ranked: _Ranked, who: IntArray, confidence: float) -> Estimate:
    """Mean of effect times (sum of 1/k for k from its rank on) minus 1, with the ranks' own uncertainty."""
    n = len(effect)
    harmonic = np.cumsum((1.0 / np.arange(1, n + 1))[::-1])[::-1]
    per_group = np.add.reduceat(harmonic, ranked.end - ranked.size) / ranked.size
    weight = per_group[ranked.group] - 1.0
    value = float((weight * effect).mean())
    # A row raises the share above everybody ranked below it: minus the sum of effect / share over those.
    above = (ranked.end - ranked.size / 2) / n
    sums = np.bincount(ranked.group, weights=effect, minlength=len(ranked.size)) / above / n
    below = np.cumsum(sums[::-1])[::-1] - sums / 2
    influence = weight * effect - below[ranked.group]
    return clustered_mean(influence - influence.mean() + value, who, confidence)


def _span(one: Estimate) -> dict[str, float]:
    return {"value": one.value, "low": one.low, "high": one.high}
