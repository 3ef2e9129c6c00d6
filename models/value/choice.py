"""Which candidate predicts the money: lowest gapped out-of-time deviance; within noise the simplest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.selection import Candidate, Choice
from models.value.deviance import Floats

MEANS = "means"


def listed(scope: str, simplicity: Mapping[str, int], blend: bool) -> tuple[Candidate, ...]:
    """List the candidates of one scope: the mean of each phase, every estimator alone, and their equal mean.

    Parameters
    ----------
    scope : str
        ``pooled`` (all phases together) or ``separate`` (the phase's own rows).
    simplicity : mapping of str to int
        Estimator to its rank, without the means; lower is simpler.
    blend : bool
        Whether the mean of all estimators takes part.

    Examples
    --------
    >>> [one.name for one in listed("pooled", {"tweedie": 2, "linear": 1}, blend=True)]
    ['pooled means', 'pooled linear', 'pooled tweedie', 'pooled blend']
    """
    order = sorted(simplicity, key=lambda name: (simplicity[name], name))
    base = 0 if scope == "pooled" else 1000
    alone = [Candidate(scope, {MEANS: 1.0}, base)]
    alone += [Candidate(scope, {name: 1.0}, base + simplicity[name]) for name in order]
    if blend and len(order) > 1:
        together = {name: 1.0 / len(order) for name in order}
        alone.append(Candidate(scope, together, base + sum(simplicity.values())))
    return tuple(alone)


def averaged(parts: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """Mix predicted money: the weighted mean, which stays a mean.

    Examples
    --------
    >>> averaged({"a": np.array([2.0]), "b": np.array([8.0])}, {"a": 0.5, "b": 0.5}).tolist()
    [5.0]
    """
    total = np.zeros(len(next(iter(parts.values()))))
    for name, weight in weights.items():
        total += weight * parts[name]
    return total


def choose(compared: Sequence[tuple[Candidate, Floats]], margin: float, rows: str = "later rows") -> Choice:
    """Choose by mean deviance; among those within noise of the best, take the simplest.

    Parameters
    ----------
    compared : sequence of (Candidate, float array of shape (n,))
        Deviance of each later row: these lie at least gap + horizon after every row learnt from.
    margin : float
        Noise is this many standard errors of the paired difference; 0 takes the best.
    rows : str
        What these rows are, for the reason.

    Examples
    --------
    >>> means, linear = listed("pooled", {"linear": 1}, blend=False)
    >>> losses = np.array([1.0, 3.0] * 50)
    >>> choose([(means, losses), (linear, losses)], margin=1.0).candidate.name
    'pooled means'
    >>> choose([(means, losses), (linear, losses - 1.0)], margin=1.0).candidate.name
    'pooled linear'
    """
    candidates = [candidate for candidate, _ in compared]
    losses = [loss for _, loss in compared]
    means = [float(loss.mean()) for loss in losses]
    best = int(np.argmin(means))
    number = len(losses[best])
    errors = [float((loss - losses[best]).std() / np.sqrt(number)) for loss in losses]
    allowed = [i for i, mean in enumerate(means) if mean - means[best] <= margin * errors[i]]
    chosen = min(allowed, key=lambda i: candidates[i].simplicity)
    table = [
        {"candidate": one.name, "deviance": mean, "behind": mean - means[best], "standard_error": error}
        for one, mean, error in zip(candidates, means, errors, strict=True)
    ]
    if chosen == best:
        reason = f"{candidates[best].name} has the lowest deviance on {number} {rows} ({means[best]:.4g})"
    else:
        reason = (
            f"{candidates[chosen].name} is the simplest within noise of {candidates[best].name} on {number} {rows}: "
            f"{means[chosen] - means[best]:.3g} behind, {margin:g} standard error(s) = "
            f"{margin * errors[chosen]:.3g}"
        )
    return Choice(candidates[chosen], reason, tuple(table))
