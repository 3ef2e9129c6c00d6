"""What would happen under each action: one model over rows and actions (S-learner), cross-fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.signed_log import SignedLogScale

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Kind = Literal["probability", "money"]
#: From rows to one column per action.
ArmMeans = Callable[[NDArray[np.float32]], FloatArray]

#: Below this many rows trees are noise: a linear model with one shift per action serves.
ENOUGH_FOR_TREES = 2000

#: Measured as safe on 10^4-10^5 rows and low event rates (notes/next-best-action.md section 1); LightGBM's
#: own defaults are not.
SAFE_TREES: dict[str, Any] = {
    "learning_rate": 0.05,
    "num_leaves": 8,
    "lambda_l2": 10.0,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.8,
    "max_bin": 63,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
}
TREES = 120


def smallest_leaf(rows: int) -> int:
    """200 rows a leaf, fewer only where the log is small."""
    return int(np.clip(rows // 40, 20, 200))


def learn_arm_means(
    x: NDArray[np.float32],
    arm: IntArray,
    target: FloatArray,
    arms: int,
    kind: Kind,
    seed: int,
    num_threads: int,
) -> ArmMeans:
    """Learn E[target | x, arm] from the rows whose ``arm`` is 0 .. arms-1; other rows are left out.

    Without such rows it is 0.

    Parameters
    ----------
    x : float32 array, one row per decision
    arm : array, one per decision
        Which candidate was given; -1 for an action that is no candidate.
    target : array, one per decision
        0/1 for ``probability``, any number for ``money``.
    arms : int
        Number of candidates.
    kind : {"probability", "money"}
    seed, num_threads : int

    Examples
    --------
    >>> x = np.zeros((400, 1), np.float32)
    >>> arm = np.arange(400) % 2
    >>> means = learn_arm_means(x, arm, arm * 5.0, 2, "money", seed=1, num_threads=1)
    >>> means(x[:1]).round(0).tolist()
    [[0.0, 5.0]]
    """
    used = arm >= 0
    if not used.any():
        return lambda rows: np.zeros((len(rows), arms))
    if kind == "probability" and len(np.unique(target[used])) < 2:
        constant = float(target[used].mean())
        return lambda rows: np.full((len(rows), arms), constant)
    learn = _trees if int(used.sum()) >= ENOUGH_FOR_TREES else _linear
    return learn(x[used], arm[used], target[used], arms, kind, seed, num_threads)


def cross_fitted_means(
    x: NDArray[np.float32],
    arm: IntArray,
    target: FloatArray,
    fold: IntArray,
    arms: int,
    kind: Kind,
    seed: int,
    num_threads: int,
) -> FloatArray:
    """E[target | x, arm] for every row and arm, each row predicted by models that never saw its customer.

    Parameters
    ----------
    fold : array, one per decision
        From `models.actions.keyed_draws.customer_folds`.
    x, arm, target, arms, kind, seed, num_threads
        As in `learn_arm_means`.

    Returns
    -------
    array (rows, arms)
    """
    means = np.empty((len(x), arms))
    for held_out in np.unique(fold):
        rest = fold != held_out
        learnt = learn_arm_means(x[rest], arm[rest], target[rest], arms, kind, seed, num_threads)
        means[~rest] = learnt(x[~rest])
    return means


def _trees(
    x: NDArray[np.float32],
    arm: IntArray,
    target: FloatArray,
    arms: int,
    kind: Kind,
    seed: int,
    num_threads: int,
) -> ArmMeans:
    import lightgbm

    settings = {
        **SAFE_TREES,
        "objective": "binary" if kind == "probability" else "regression",
        "min_child_samples": smallest_leaf(len(x)),
        "num_threads": num_threads,
        "seed": seed,
    }
    hot = np.eye(arms, dtype=np.float32)
    data = lightgbm.Dataset(np.hstack([x, hot[arm]]), label=target, params=settings)
    booster = lightgbm.train(settings, data, num_boost_round=TREES)

    def predict(rows: NDArray[np.float32]) -> FloatArray:
        means = np.empty((len(rows), arms))
        for position in range(arms):
            asked = np.hstack([rows, np.broadcast_to(hot[position], (len(rows), arms))])
            means[:, position] = booster.predict(asked, num_threads=num_threads)
        return means

    return predict


def _linear(
    x: NDArray[np.float32],
    arm: IntArray,
    target: FloatArray,
    arms: int,
    kind: Kind,
    seed: int,
    num_threads: int,
) -> ArmMeans:
    from sklearn.linear_model import LogisticRegression, Ridge

    del seed, num_threads  # closed form and convex: nothing to draw, nothing to spread
    scale = SignedLogScale.learn(x)
    hot = np.eye(arms)
    design = np.hstack([scale.apply(x), hot[arm]])
    if kind == "probability":
        classifier = LogisticRegression(C=0.1, max_iter=500).fit(design, target)
    else:
        regression = Ridge(alpha=10.0).fit(design, target)

    def predict(rows: NDArray[np.float32]) -> FloatArray:
        scaled = scale.apply(rows)
        means = np.empty((len(rows), arms))
        for position in range(arms):
            asked = np.hstack([scaled, np.broadcast_to(hot[position], (len(rows), arms))])
            means[:, position] = (
                classifier.predict_proba(asked)[:, 1] if kind == "probability" else regression.predict(asked)
            )
        return means

    return predict
