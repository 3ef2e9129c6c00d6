"""Which candidate serves a phase: lowest gapped out-of-time log loss; within noise the mean, then the simplest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.settings import LabelContract
from models.estimators._base import Floats, log_losses, logit, sigmoid

#: Below this share the rarer label is an accident, whatever its number.
NEAR_CONSTANT = 0.001
#: Fewer later rows of either label than this cannot tell two candidates apart.
MIN_JUDGED = 10


@dataclass(frozen=True)
class Candidate:
    """A way to serve a phase: which rows it learns from, and which estimators with which weights.

    Parameters
    ----------
    scope : str
        ``pooled`` (all phases together) or ``separate`` (the phase's own rows).
    weights : mapping of str to float
        Estimator to its weight in log-odds; the weights sum to 1.
    simplicity : int
        Lower is taken first within noise.
    """

    scope: str
    weights: Mapping[str, float]
    simplicity: int

    @property
    def name(self) -> str:
        """For example ``pooled lightgbm`` or ``separate blend``."""
        kind = next(iter(self.weights)) if len(self.weights) == 1 else "blend"
        return f"{self.scope} {kind}"


@dataclass(frozen=True)
class Choice:
    """What was chosen, why in words, and the table of what was compared (JSON-able)."""

    candidate: Candidate
    reason: str
    compared: tuple[dict[str, Any], ...]


def candidates(scope: str, simplicity: Mapping[str, int], blend: bool) -> tuple[Candidate, ...]:
    """List the candidates of one scope: every estimator alone and, if asked, their equal blend.

    Parameters
    ----------
    scope : str
        ``pooled`` or ``separate``.
    simplicity : mapping of str to int
        Estimator to its rank; lower is simpler.
    blend : bool
        Whether the mean of all estimators in log-odds takes part.

    Returns
    -------
    tuple of Candidate
        Every separate candidate counts as less simple than every pooled one. The mean of all kinds comes first
        within its scope: it makes no choice, so it has nothing to be lucky with.

    Examples
    --------
    >>> [c.name for c in candidates("pooled", {"lightgbm": 2, "logistic": 1}, blend=True)]
    ['pooled blend', 'pooled logistic', 'pooled lightgbm']
    """
    order = sorted(simplicity, key=lambda name: (simplicity[name], name))
    base = 0 if scope == "pooled" else 1000
    alone = tuple(Candidate(scope, {name: 1.0}, base + simplicity[name]) for name in order)
    if not blend or len(order) < 2:
        return alone
    return (Candidate(scope, {name: 1.0 / len(order) for name in order}, base - 1), *alone)


def blended(parts: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """Mix probabilities in log-odds.

    Parameters
    ----------
    parts : mapping of str to float array, shape (n,)
        Probability of label 1 by estimator.
    weights : mapping of str to float
        Which of them take part, and how much.

    Returns
    -------
    float array, shape (n,)

    Examples
    --------
    >>> blended({"a": np.array([0.2]), "b": np.array([0.8])}, {"a": 0.5, "b": 0.5}).round(6).tolist()
    [0.5]
    """
    if len(weights) == 1:
        return parts[next(iter(weights))]
    total = np.zeros(len(next(iter(parts.values()))))
    for name, weight in weights.items():
        total += weight * logit(parts[name])
    return sigmoid(total)


def choose(
    y: npt.NDArray[np.float32],
    predictions: list[tuple[Candidate, Floats]],
    margin: float,
    rows: str = "later rows",
) -> Choice:
    """Choose by log loss; among those within noise of the best, take the mean of all kinds, else the simplest.

    One later cutoff is little to choose a kind of model by: at the cutoffs after it the mean of all kinds had a lower
    log loss than the best of that one cutoff on three of five benchmark tasks, and the same on two (docs/quality.md).

    The number of rounds and the penalty of each candidate were chosen on these same rows, so the losses
    compared here are a little too good, most for who had most to choose. What is reported is not touched by
    this: the test cutoffs lie later than every row used to tune or to choose.

    Parameters
    ----------
    y : float array, shape (n,)
        Labels of rows that lie at least gap + horizon after every row the candidates learnt from.
    predictions : list of (Candidate, float array of shape (n,))
        Probability of label 1 on those rows.
    margin : float
        Noise is this many standard errors of the paired difference in log loss; 0 takes the best.
    rows : str
        What these rows are, for the reason.

    Returns
    -------
    Choice

    Examples
    --------
    >>> logistic, trees = candidates("pooled", {"logistic": 1, "lightgbm": 2}, blend=False)
    >>> y = np.array([0, 1] * 50, np.float32)
    >>> p = np.where(y == 1, 0.6, 0.4)
    >>> choose(y, [(logistic, p), (trees, p)], margin=1.0).candidate.name
    'pooled logistic'
    >>> choose(y, [(logistic, p), (trees, np.where(y == 1, 0.9, 0.1))], margin=1.0).candidate.name
    'pooled lightgbm'
    """
    losses = [log_losses(y, p) for _, p in predictions]
    means = [float(loss.mean()) for loss in losses]
    best = int(np.argmin(means))
    errors = [float((loss - losses[best]).std() / np.sqrt(len(y))) for loss in losses]
    allowed = [i for i, mean in enumerate(means) if mean - means[best] <= margin * errors[i]]
    chosen = min(allowed, key=lambda i: predictions[i][0].simplicity)
    compared = [
        {"candidate": candidate.name, "log_loss": mean, "behind": mean - means[best], "standard_error": error}
        for (candidate, _), mean, error in zip(predictions, means, errors, strict=True)
    ]
    names = [candidate.name for candidate, _ in predictions]
    if chosen == best:
        reason = f"{names[best]} has the lowest log loss on {len(y)} {rows} ({means[best]:.4f})"
    else:
        allowance = margin * errors[chosen]
        reason = (
            f"{names[chosen]} goes first within noise of {names[best]} on {len(y)} {rows}: "
            f"{means[chosen] - means[best]:.4f} behind, {margin:g} standard error(s) = {allowance:.4f}"
        )
    return Choice(predictions[chosen][0], reason, tuple(compared))


def not_eligible(y: npt.NDArray[np.float32], contract: LabelContract) -> str:
    """Say why a model of its own is refused for these labels; empty if it is not.

    Parameters
    ----------
    y : float array, shape (n,)
        Matured labels, 0 or 1.
    contract : LabelContract
        Gives the minima.

    Returns
    -------
    str
        The reason in words.

    Examples
    --------
    >>> contract = LabelContract(target="churn", horizon_days=28)
    >>> not_eligible(np.ones(500, np.float32), contract)
    '0 negatives in the training rows, at least 50 needed (churn.min_negatives in params.yaml)'
    """
    if not len(y):
        return "no training row whose label has matured and is complete"
    counts = {"positives": int((y > 0.5).sum()), "negatives": int((y <= 0.5).sum())}
    for word, least in (("positives", contract.min_positives), ("negatives", contract.min_negatives)):
        if counts[word] < least:
            return (
                f"{counts[word]} {word} in the training rows, at least {least} needed "
                f"({contract.target}.min_{word} in params.yaml)"
            )
    share = min(counts.values()) / len(y)
    if share < NEAR_CONSTANT:
        return f"the label is nearly constant: {share:.3%} of {len(y)} training rows differ"
    return ""


def too_few(y: npt.NDArray[np.float32], least: int, rows: str) -> str:
    """Say that ``rows`` hold too few of either label to compare candidates; empty if they do not.

    Examples
    --------
    >>> too_few(np.array([1, 0, 0], np.float32), 10, "later rows")
    'the later rows hold 1 positives and 2 negatives, at least 10 of each needed to compare'
    """
    positives, negatives = int((y > 0.5).sum()), int((y <= 0.5).sum())
    if min(positives, negatives) >= least:
        return ""
    return (
        f"the {rows} hold {positives} positives and {negatives} negatives, "
        f"at least {least} of each needed to compare"
    )
