"""The gate to the registry: a phase model is registered only if out of time it beats every baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.bootstrap import CustomerBootstrap, Floats
from models.estimators._base import log_losses
from models.metrics._metric import mean_of_rows
from models.settings import EvaluationSettings

#: ``beats``: a lower log loss than every baseline. ``within noise``: one is lower, by less than chance can do.
#: ``worse``: one is lower beyond chance. ``not judged``: too few customers or outcomes to tell.
Outcome = Literal["beats", "within noise", "worse", "not judged"]
PREFIX = "p_"


@dataclass(frozen=True)
class Verdict:
    """Whether the model of one phase may be registered.

    Attributes
    ----------
    outcome : str
        ``beats`` passes; nothing else does.
    reason : str
        In words, with the numbers.
    over : str
        The baseline with the lowest log loss; empty if nothing was judged.
    less : float
        Log loss of that baseline less that of the model (nats per row); above 0 the model is better. NaN if not
        judged.
    surely_less, at_most_less : float
        One-sided limits of ``less`` at the confidence of the settings: customers drawn anew, pairs kept.
    """

    outcome: Outcome
    reason: str
    over: str = ""
    less: float = float("nan")
    surely_less: float = float("nan")
    at_most_less: float = float("nan")

    @property
    def passes(self) -> bool:
        """Whether the model may be registered."""
        return self.outcome == "beats"

    def as_json(self) -> dict[str, Any]:
        """Give what goes into ``evaluation.json``: the attributes, and ``passes``."""
        return {**asdict(self), "passes": self.passes}


def tags_of(verdict: Mapping[str, Any]) -> dict[str, str]:
    """Give the tags of a logged model from what ``Verdict.as_json`` gave; none if there is no verdict.

    Examples
    --------
    >>> tags_of({"passes": False, "reason": "does not beat baseline recency"})
    {'beats_baselines': 'false', 'gate': 'does not beat baseline recency'}
    """
    if not verdict:
        return {}
    return {"beats_baselines": str(bool(verdict["passes"])).lower(), "gate": str(verdict["reason"])[:4000]}


def beats_baselines(
    predictions: pd.DataFrame, settings: EvaluationSettings, phase_keys: Sequence[str] = ()
) -> dict[str, Verdict]:
    """Hold the model of each phase against every baseline, in log loss on the same out-of-time rows.

    A model passes if its log loss is lower than that of every baseline. Where one is lower, the reason says whether
    that is more than chance: the whole one-sided interval of the paired difference lies below 0.

    Parameters
    ----------
    predictions : DataFrame
        One row per customer and test cutoff, predicted by what was known then: ``customer_id``, ``cutoff_us``,
        ``phase``, ``y`` (0 or 1), ``p``, and the baselines ``p_*``.
    settings : EvaluationSettings
        Resamples, confidence, minimum cell, seed.
    phase_keys : sequence of str
        Phases to judge, in journey order; one without any row is ``not judged``. Empty: those that occur.

    Returns
    -------
    dict of str to Verdict
        One per phase.

    References
    ----------
    Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13.
    """
    phase = predictions["phase"].astype(str).to_numpy()
    identity = predictions["customer_id"].to_numpy(dtype=np.int64)
    boot = CustomerBootstrap.draw(identity, settings.resamples, settings.seed)
    y = predictions["y"].to_numpy(dtype=np.float32)
    ours = log_losses(y, predictions["p"].to_numpy(dtype=np.float64))
    less = {
        name.removeprefix(PREFIX): log_losses(y, predictions[name].to_numpy(dtype=np.float64)) - ours
        for name in predictions.columns
        if name.startswith(PREFIX)
    }
    verdicts = {}
    for key in phase_keys or sorted(set(phase)):
        rows = np.flatnonzero(phase == key)
        # In one order whatever the order of the table: sums of fractions depend on it in their last bit.
        rows = rows[np.lexsort((predictions["cutoff_us"].to_numpy()[rows], identity[rows]))]
        unjudged = _not_judged(y[rows], identity[rows], list(less), settings)
        verdicts[key] = (
            Verdict("not judged", unjudged)
            if unjudged
            else _verdict({name: one[rows] for name, one in less.items()}, rows, boot, settings)
        )
    return verdicts


def _not_judged(
    y: NDArray[np.float32],
    identity: NDArray[np.int64],
    baselines: Sequence[str],
    settings: EvaluationSettings,
) -> str:
    """Say why nothing can be said; empty if something can."""
    customers = len(np.unique(identity))
    if not baselines:
        return "not judged: there is no baseline to compare with"
    if customers < settings.min_cell:
        return (
            f"not judged: {customers} customers at the test cutoffs, at least {settings.min_cell} needed "
            f"(evaluation.min_cell in params.yaml)"
        )
    if y.min() == y.max():
        return f"not judged: all {len(y)} outcomes at the test cutoffs are {int(y[0])}"
    return ""


def _verdict(
    less: dict[str, Floats], rows: NDArray[np.int64], boot: CustomerBootstrap, settings: EvaluationSettings
) -> Verdict:
    means = {name: float(one.mean()) for name, one in less.items()}
    limits = {name: _limits(one, rows, boot, settings.confidence) for name, one in less.items()}
    surely = [name for name in less if limits[name][1] < 0]
    # Named is the baseline with the lowest log loss, of those that are surely better if there are any.
    over = min(sorted(surely or means), key=lambda name: means[name])
    outcome: Outcome = "worse" if surely else "beats" if means[over] > 0 else "within noise"
    reason = _reason(outcome, over, means[over], limits[over], len(rows), settings.confidence)
    return Verdict(outcome, reason, over, means[over], *limits[over])


def _limits(
    less: Floats, rows: NDArray[np.int64], boot: CustomerBootstrap, confidence: float
) -> tuple[float, float]:
    """Give the lower and the upper one-sided limit of the mean, customers drawn anew."""
    drawn = np.concatenate([mean_of_rows(less, weights) for weights in boot.blocks(rows)])
    known = drawn[np.isfinite(drawn)]
    low, high = (float(one) for one in np.quantile(known, [1.0 - confidence, confidence]))
    return low, high


def _reason(
    outcome: Outcome, over: str, value: float, limits: tuple[float, float], rows: int, confidence: float
) -> str:
    name, where = over.replace("_", " "), f"on {rows} out-of-time rows"
    if outcome == "beats":
        sure = (
            f"at least {limits[0]:.4f}" if limits[0] > 0 else f"not beyond chance: at least {limits[0]:+.4f}"
        )
        return f"beats every baseline: log loss {value:.4f} below {name} {where} ({sure} at {confidence:.0%})"
    if outcome == "worse":
        return (
            f"does not beat baseline {name}: log loss {-value:.4f} above it {where} "
            f"(at least {-limits[1]:.4f} at {confidence:.0%})"
        )
    return f"does not beat baseline {name}: log loss {-value:.4f} above it {where}, within chance"
