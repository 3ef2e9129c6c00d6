"""How likely each candidate action was: as logged, or estimated and labelled so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError
from models.actions.outcome_models import ENOUGH_FOR_TREES, SAFE_TREES, TREES, smallest_leaf
from models.actions.propensity_calibration import calibrated, reliability
from models.signed_log import SignedLogScale

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

WARNING = {
    "en": "estimated propensities: assumes no unlogged driver of who got what",
    "nl": "geschatte kansen: neemt aan dat niets buiten het logboek bepaalde wie wat kreeg",
}
#: An arm this unlikely for too many customers cannot be compared: nobody like them ever got it.
HOPELESS, HOPELESS_SHARE = 0.01, 0.20
#: An action given less often than this is rare: that its chance is low for many tells of no rule.
RARE = 0.02


@dataclass(frozen=True)
class Propensities:
    """Probability of the action taken, per decision, with where it came from.

    Attributes
    ----------
    mode : {"known", "estimated"}
    taken : array, one per decision
        Not clipped.
    overlap : dict
        Per arm: decisions, effective decisions, smallest propensity, the share that got it of those who could, and
        the shares below the floor and below 0.01 (where known: at least, from those who got it).
    log_loss, base_log_loss : float or None
        Of the estimate and of the plain shares per eligible set; None where propensities are known.
    power : float or None
        To which the estimate was raised to fit what was done (`models.actions.propensity_calibration`).
    reliability : dict
        Per arm: what was estimated against what happened; empty where propensities are known.
    """

    mode: Literal["known", "estimated"]
    taken: FloatArray
    overlap: dict[str, dict[str, float]]
    log_loss: float | None = None
    base_log_loss: float | None = None
    power: float | None = None
    reliability: dict[str, dict[str, Any]] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """For ``tournament.json``."""
        return {
            "mode": self.mode,
            "warning": WARNING["en"] if self.mode == "estimated" else None,
            "overlap": self.overlap,
            "log_loss": self.log_loss,
            "base_log_loss": self.base_log_loss,
            "power": self.power,
            "reliability": self.reliability,
        }


def known_propensities(
    taken: FloatArray, arm: IntArray, eligible: BoolArray, names: tuple[str, ...], floor: float
) -> Propensities:
    """Take logged propensities once they balance: the mean of 1{A=a}/e must be 1 for every arm.

    Parameters
    ----------
    taken : array, one per decision
        Logged propensity of the action taken, in (0, 1].
    arm : array, one per decision
        Position in ``names``; -1 for an action that is no candidate.
    eligible : bool array (rows, arms)
    names : tuple of str
    floor : float
        For the share below it.

    Raises
    ------
    InputError
        An arm's inverse propensities are more than 4 standard errors from their expectation.

    Examples
    --------
    >>> arm, eligible = np.array([0, 1, 0, 1]), np.ones((4, 2), bool)
    >>> half = known_propensities(np.full(4, 0.5), arm, eligible, ("none", "mail"), 0.02)
    >>> half.mode, half.overlap["mail"]["ess"]
    ('known', 2.0)
    """
    if wrong := imbalance(taken, arm, eligible, names):
        raise InputError(wrong)
    overlap = {
        name: _known_overlap(taken[arm == position], int(eligible[:, position].sum()), floor)
        for position, name in enumerate(names)
    }
    return Propensities("known", taken, overlap)


def imbalance(taken: FloatArray, arm: IntArray, eligible: BoolArray, names: tuple[str, ...]) -> str | None:
    """Say which arm's logged propensities do not balance; None if all do. Parameters: `known_propensities`."""
    for position, name in enumerate(names):
        able = eligible[:, position]
        if not able.any():
            continue
        inverse = (arm[able] == position) / taken[able]
        error = float(inverse.std()) / np.sqrt(len(inverse))
        if abs(float(inverse.mean()) - 1) > 4 * error + 1e-9:
            return (
                f"decision log: the logged propensities of {name!r} do not balance: mean of 1/propensity "
                f"over its decisions is {inverse.mean():.3f}, expected 1 (standard error {error:.3f}); "
                "correct them in the log, or leave the column empty so that they are estimated "
                "(next_action.propensities: estimate)"
            )
    return None


def estimate_propensities(
    x: NDArray[np.float32],
    arm: IntArray,
    eligible: BoolArray,
    names: tuple[str, ...],
    fold: IntArray,
    floor: float,
    seed: int,
    num_threads: int,
) -> tuple[Propensities, FloatArray]:
    """Cross-fitted probability of every arm given the features and what was eligible.

    Parameters
    ----------
    x : float32 array, one row per decision
    arm : array, one per decision
        Position in ``names``. Every action of the log has a place here, candidate or not.
    eligible : bool array (rows, arms)
        An arm that is not eligible gets probability 0; the rest is renormalised.
    names, fold, floor, seed, num_threads
        As in `known_propensities` and `models.actions.outcome_models.cross_fitted_means`.

    Returns
    -------
    Propensities
        Of the actions taken.
    array (rows, arms)
        Of all actions; rows sum to 1.
    """
    # What was on offer is itself a driver of who got what: the flags go in as features.
    design = np.hstack([x, eligible.astype(np.float32)])
    every = np.empty((len(x), len(names)))
    for held_out in np.unique(fold):
        rest = fold != held_out
        learn = _tree_shares if int(rest.sum()) >= ENOUGH_FOR_TREES else _linear_shares
        every[~rest] = learn(design[rest], arm[rest], design[~rest], len(names), seed, num_threads)
    every = np.where(eligible, np.maximum(every, 1e-6), 0.0)
    every /= every.sum(axis=1, keepdims=True)
    every, power = calibrated(every, arm, fold)
    taken = every[np.arange(len(arm)), arm]
    overlap = {
        name: _overlap(every[eligible[:, position], position], taken[arm == position], floor)
        for position, name in enumerate(names)
    }
    base = _set_shares(arm, eligible)
    trusted = {
        name: reliability(every[able, position], arm[able] == position)
        for position, (name, able) in enumerate(zip(names, eligible.T, strict=True))
    }
    losses = (float(-np.log(taken).mean()), float(-np.log(base).mean()))
    return Propensities("estimated", taken, overlap, *losses, power, trusted), every


def _overlap(eligible: FloatArray, taken: FloatArray, floor: float) -> dict[str, float]:
    return {
        "n": len(taken),
        "ess": _effective(taken, floor),
        "min": float(eligible.min(initial=1.0)),
        "share": len(taken) / max(len(eligible), 1),
        "share_below_floor": float((eligible < floor).mean()) if len(eligible) else 0.0,
        "share_hopeless": float((eligible < HOPELESS).mean()) if len(eligible) else 0.0,
    }


def _known_overlap(taken: FloatArray, able: int, floor: float) -> dict[str, float]:
    return {
        "n": len(taken),
        "ess": _effective(taken, 0.0),
        "min": float(taken.min(initial=1.0)),
        "share": len(taken) / max(able, 1),
        "share_below_floor": _share_below(taken, able, floor),
        "share_hopeless": _share_below(taken, able, HOPELESS),
    }


def _effective(taken: FloatArray, floor: float) -> float:
    weight = 1.0 / np.maximum(taken, floor)
    return round(float(weight.sum() ** 2 / (weight**2).sum()), 6) if len(weight) else 0.0


def _share_below(taken: FloatArray, able: int, line: float) -> float:
    """Share of the decisions in which an arm was less likely than this, at least: 2 standard errors below.

    Known is only the chance of what was done, so those who got the arm all the same stand for the others, each
    for 1/chance: few of them, and the share could be anything.
    """
    below = np.where(taken < line, 1.0 / taken, 0.0)
    mean = float(below.sum()) / max(able, 1)
    spread = float((below**2).sum()) / max(able, 1) - mean**2
    return float(np.clip(mean - 2 * np.sqrt(max(spread, 0.0) / max(able, 1)), 0.0, 1.0))


def _set_shares(arm: IntArray, eligible: BoolArray) -> FloatArray:
    """Share of the action taken among decisions with the same eligible set: the estimate without features."""
    _, sets = np.unique(eligible, axis=0, return_inverse=True)
    arms = eligible.shape[1]
    counts = np.bincount(sets * arms + arm, minlength=(sets.max() + 1) * arms).reshape(-1, arms)
    shares: FloatArray = counts[sets, arm] / counts.sum(axis=1)[sets]
    return shares


def _tree_shares(
    learn: NDArray[np.float32],
    arm: IntArray,
    ask: NDArray[np.float32],
    arms: int,
    seed: int,
    num_threads: int,
) -> FloatArray:
    import lightgbm

    settings = {
        **SAFE_TREES,
        "objective": "multiclass",
        "num_class": arms,
        "min_child_samples": smallest_leaf(len(learn)),
        "num_threads": num_threads,
        "seed": seed,
    }
    booster = lightgbm.train(settings, lightgbm.Dataset(learn, label=arm, params=settings), TREES)
    shares: FloatArray = np.asarray(booster.predict(ask, num_threads=num_threads), dtype=np.float64)
    return shares


def _linear_shares(
    learn: NDArray[np.float32],
    arm: IntArray,
    ask: NDArray[np.float32],
    arms: int,
    seed: int,
    num_threads: int,
) -> FloatArray:
    from sklearn.linear_model import LogisticRegression

    del seed, num_threads  # convex: nothing to draw
    shares = np.zeros((len(ask), arms))
    present = np.unique(arm)
    if len(present) == 1:
        shares[:, present[0]] = 1.0
        return shares
    scale = SignedLogScale.learn(learn)
    model = LogisticRegression(C=0.1, max_iter=500).fit(scale.apply(learn), arm)
    shares[:, present] = model.predict_proba(scale.apply(ask))
    return shares
