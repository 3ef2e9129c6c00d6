"""What a policy would have earned on a log, by every off-policy estimator; or why the log cannot say.

Doubly robust is the figure to read. IPS and SNIPS use no model, so they show what the model adds. SWITCH-DR and
the direct method are sensitivity figures: they lean on the model where the log is thin.

References
----------
Saito, Aihara, Matsutani & Narita (2021), Open Bandit Dataset and Pipeline. The estimators' own papers stand in
`models.offpolicy`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.actions.action_rule import Candidates
from models.offpolicy import Estimate, Support, dm, dr, ips, sndr, snips, support, switch_dr

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
#: The same words in English (``en``) and Dutch (``nl``).
Words = dict[str, str]

#: Effective decisions a figure takes, and the smallest share of all decisions they may be.
MIN_ESS, MIN_ESS_SHARE = 200.0, 0.02
#: An action that a policy takes this often must have been taken there by the log at least once.
WORTH_SUPPORT = 0.01


@dataclass(frozen=True)
class Reading:
    """How a log is read.

    Attributes
    ----------
    floor : float
        Smallest propensity used; below it weights are clipped.
    margin_rate : float
        Share of the value that is earned.
    confidence : float
        Of the two-sided intervals.
    min_ess, min_ess_share : float
        Below either no figure is given.
    switch : float
        Largest weight that SWITCH-DR still corrects.
    """

    floor: float = 0.02
    margin_rate: float = 1.0
    confidence: float = 0.95
    min_ess: float = MIN_ESS
    min_ess_share: float = MIN_ESS_SHARE
    switch: float = 5.0


@dataclass(frozen=True)
class PolicyValue:
    """Money after costs per decision under a policy.

    Attributes
    ----------
    evaluable : bool
        False: the log cannot say, and no number is given.
    reason : dict of str to str or None
        Why not, ``en`` and ``nl``.
    support : Support
        Decisions, effective decisions and the largest weight.
    share_clipped : float
        Of the decisions that speak about the policy: propensity below the floor.
    estimates : dict of str to Estimate
        ``ips``, ``snips``, ``dr``, ``sndr``, ``switch_dr``; intervals clustered by customer.
    dm : float or None
        The direct method; it has no interval.
    """

    evaluable: bool
    reason: Words | None
    support: Support
    share_clipped: float
    estimates: dict[str, Estimate]
    dm: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and words."""
        shown: dict[str, Any] = {
            name: {"value": one.value, "low": one.low, "high": one.high, "se": one.se}
            for name, one in self.estimates.items()
        }
        if self.dm is not None:
            shown["dm"] = {"value": self.dm}
        return {
            "evaluable": self.evaluable,
            "reason": self.reason,
            **asdict(self.support),
            "share_clipped": self.share_clipped,
            "estimates": shown,
        }


def value_of_policy(
    target: FloatArray, log: Candidates, means: FloatArray, how: Reading, able: BoolArray | None = None
) -> PolicyValue:
    """Value a policy on the log of another.

    Parameters
    ----------
    target : array (rows, arms)
        Probability with which the policy takes every action; 0 where an action was not eligible.
    log : Candidates
        Decisions whose action is no candidate (``arm`` -1) speak about no policy, but count.
    means : array (rows, arms)
        Cross-fitted money before costs of every action (share of the value that is earned), see
        `models.actions.outcome_models`.
    how : Reading
    able : bool array, one per decision, optional
        Where support is counted: of a single action only where it could be given, for elsewhere it is ``none``.

    Raises
    ------
    ValueError
        The policy takes an action where it was not eligible.

    Examples
    --------
    >>> n = 1000
    >>> arm, x = np.arange(n) % 2, np.zeros((n, 1), np.float32)
    >>> log = Candidates(("none", "mail"), x, x[:, 0], np.arange(n), arm, np.ones((n, 2), bool), np.full(n, 0.5),
    ...     arm * 1.0, 3.0 * arm, np.array([0.0, 1.0]))
    >>> mail = value_of_policy(np.tile([0.0, 1.0], (n, 1)), log, np.tile([0.0, 3.0], (n, 1)), Reading())
    >>> mail.estimates["dr"].value, mail.dm, mail.support.ess
    (2.0, 2.0, 500.0)
    """
    if (target[~log.eligible] > 0).any():
        raise ValueError("the policy takes an action where it was not eligible")
    row = np.arange(len(log))
    used = log.arm >= 0
    clipped = np.maximum(log.propensity, how.floor)
    taken = np.where(used, target[row, log.arm], 0.0)
    inside = np.ones(len(log), dtype=np.bool_) if able is None else able
    carried = support(taken[inside], clipped[inside])
    speaking = taken > 0
    below = float((log.propensity[speaking] < how.floor).mean()) if speaking.any() else 0.0
    reason = _unsupported(target, taken, log) or _too_thin(carried, log.customers[inside & speaking], how)
    if reason:
        return PolicyValue(False, reason, carried, below, {}, None)
    net = np.where(log.eligible, means - log.cost, 0.0)
    expected = (target * net).sum(axis=1)
    reward = np.where(used, how.margin_rate * log.value - log.cost[log.arm], 0.0)
    plain = (reward, taken, clipped)
    modelled = (*plain, np.where(used, net[row, log.arm], 0.0), expected)
    who = (log.customers, how.confidence)
    estimates = {
        "ips": ips(*plain, *who),
        "snips": snips(*plain, *who),
        "dr": dr(*modelled, *who),
        "sndr": sndr(*modelled, *who),
        "switch_dr": switch_dr(*modelled, *who, how.switch),
    }
    return PolicyValue(True, None, carried, below, estimates, dm(expected))


def _unsupported(target: FloatArray, taken: FloatArray, log: Candidates) -> Words | None:
    """Name an action that the policy takes and the log does not show."""
    for position, name in enumerate(log.arms):
        share = float(target[:, position].mean()) if len(log) else 0.0
        given = log.arm == position
        never = not given.any()
        # A policy may take an action on a handful of decisions where chance alone kept it out of the log.
        unseen = share >= WORTH_SUPPORT and not (taken[given] > 0).any()
        if share > 0 and (never or unseen):
            return {
                "en": f"not evaluable from this log: the policy chooses {name!r} in {share:.1%} of the decisions, "
                "where the log never took it",
                "nl": f"niet te beoordelen met dit logboek: het beleid kiest {name!r} in {share:.1%} van de "
                "beslissingen, waar het logboek het nooit koos",
            }
    return None


def _too_thin(carried: Support, customers: NDArray[np.int64], how: Reading) -> Words | None:
    if len(np.unique(customers)) < 2:
        return {
            "en": "not evaluable from this log: fewer than two customers speak about the policy",
            "nl": "niet te beoordelen met dit logboek: minder dan twee klanten zeggen iets over het beleid",
        }
    needed = max(how.min_ess, how.min_ess_share * carried.n)
    if carried.ess >= needed:
        return None
    return {
        "en": f"not evaluable from this log: {carried.ess:.0f} effective decisions of {carried.n}, "
        f"at least {needed:.0f} are needed",
        "nl": f"niet te beoordelen met dit logboek: {carried.ess:.0f} effectieve beslissingen van {carried.n}, "
        f"minstens {needed:.0f} zijn nodig",
    }
