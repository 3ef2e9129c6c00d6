"""The search: try settings cutoff by cutoff, stop the hopeless early, keep the best."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.settings import TrainSettings
from models.tuning.folds import Folds
from models.tuning.samplers import Asked, Sampler
from models.tuning.space import Values, values_of, with_values

logger = logging.getLogger(__name__)

#: A trial may be stopped once so many others have come as far.
ENOUGH = 4


@dataclass(frozen=True)
class Trial:
    """Settings that were tried.

    Attributes
    ----------
    number : int
        0 is params.yaml as it is.
    values : dict
        See `models.tuning.space.Values`.
    running : tuple of float
        After each cutoff the mean so far of log loss divided by that of the base rate, over cutoffs and targets:
        0.9 is 10 % better than giving everybody the base rate.
    stopped : bool
        Whether it was given up before the last cutoff, because more than half of the others did better by then.
    """

    number: int
    values: Values
    running: tuple[float, ...]
    stopped: bool

    @property
    def loss(self) -> float:
        """The last running mean; of a stopped trial it holds fewer cutoffs than of the others."""
        return self.running[-1]

    def told(self) -> dict[str, Any]:
        """Give the trial as a flat row (JSON-able)."""
        return {
            "trial": self.number,
            "loss": self.loss,
            "cutoffs": len(self.running),
            "stopped": self.stopped,
        } | self.values


def search(
    targets: Sequence[Folds], train: TrainSettings, sampler: Sampler, trials: int, seconds: float | None,
    clock: Callable[[], float] = time.monotonic,
) -> list[Trial]:  # fmt: skip
    """Try settings, params.yaml as it is first.

    Parameters
    ----------
    targets : sequence of Folds
        What is tuned together; only the half of the customers meant for the search is looked at.
    train : TrainSettings
        As in params.yaml.
    sampler : Sampler
        Proposes settings.
    trials : int
        How many, besides params.yaml as it is.
    seconds : float or None
        No trial begins after so much time; a search that was cut short depends on the speed of the machine.
    clock : callable
        Gives seconds.

    Returns
    -------
    list of Trial
        In the order tried.
    """
    began, done = clock(), list[Trial]()
    rooms = max(len(one.folds) for one in targets)
    logger.info("tune: %d settings by %s, %d cutoffs each", trials, sampler.name, rooms)
    for number in range(trials + 1):
        if number and seconds is not None and clock() - began > seconds:
            logger.info("tune: time is up after %d of %d settings", number - 1, trials)
            break
        asked = sampler.ask() if number else Asked(values_of(train))
        trial = _tried(number, asked.values, targets, train, done)
        sampler.tell(asked, trial.running, trial.stopped)
        done.append(trial)
        said = "stopped early" if trial.stopped else f"loss {trial.loss:.5f}"
        logger.info("tune: %d of %d: %s (best %.5f)", number, trials, said, best(done).loss)
    return done


def best(trials: Sequence[Trial]) -> Trial:
    """Give the trial with the lowest loss over all cutoffs; the earlier one if equal."""
    return min((trial for trial in trials if not trial.stopped), key=lambda trial: trial.loss)


def _tried(
    number: int, values: Values, targets: Sequence[Folds], train: TrainSettings, done: Sequence[Trial]
) -> Trial:
    settings = with_values(train, values)
    found: list[float] = []
    running: list[float] = []
    for step in range(max(len(one.folds) for one in targets)):
        for one in targets:
            if step < len(one.folds):
                mine = one.halves(step, train.seed)
                found.append(
                    float(one.losses(step, settings)[mine].mean() / one.base_losses(step)[mine].mean())
                )
        running.append(float(np.mean(found)))
        last = step == max(len(other.folds) for other in targets) - 1
        if not last and hopeless(running, done):
            return Trial(number, values, tuple(running), stopped=True)
    return Trial(number, values, tuple(running), stopped=False)


def hopeless(running: Sequence[float], done: Sequence[Trial]) -> bool:
    """Tell whether a trial does worse after so many cutoffs than the median of those that came as far.

    References
    ----------
    Golovin et al. (2017), Google Vizier: a service for black-box optimization, KDD (the median rule).

    Examples
    --------
    >>> done = [Trial(n, {}, (loss, loss), stopped=False) for n, loss in enumerate((0.7, 0.8, 0.9, 0.9))]
    >>> hopeless([0.95], done), hopeless([0.75], done)
    (True, False)
    """
    reached = [trial.running[len(running) - 1] for trial in done if len(trial.running) >= len(running)]
    return len(reached) >= ENOUGH and running[-1] > float(np.median(reached))
