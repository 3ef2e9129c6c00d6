"""Which settings to try next: optuna's tree of Parzen estimators, or plain draws where it is not installed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from features.errors import InputError
from models.tuning.space import KNOBS, PENALTY_KEY, Knob, Values, drawn_values

logger = logging.getLogger(__name__)

#: Trials that are drawn at random before earlier results steer the choice.
STARTUP = 8


@dataclass(frozen=True)
class Asked:
    """Settings to try; ``ticket`` is what the sampler knows them by."""

    values: Values
    ticket: Any = None


class Sampler(Protocol):
    """Proposes settings and hears what came of them."""

    name: str

    def ask(self) -> Asked:
        """Give the next settings to try."""

    def tell(self, asked: Asked, losses: Sequence[float], stopped: bool) -> None:
        """Hear the running mean of the loss after each cutoff, and whether the trial was stopped early."""


class RandomSampler:
    """Independent draws between the bounds, the same for the same seed.

    References
    ----------
    Bergstra and Bengio (2012), Random search for hyper-parameter optimization, JMLR 13.
    """

    name = "random draws"

    def __init__(self, knobs: tuple[Knob, ...], penalties: tuple[str, ...], seed: int) -> None:
        self._knobs, self._penalties, self._rng = knobs, penalties, np.random.default_rng(seed)

    def ask(self) -> Asked:
        """Draw."""
        return Asked(drawn_values(self._knobs, self._penalties, self._rng))

    def tell(self, asked: Asked, losses: Sequence[float], stopped: bool) -> None:
        """Learn nothing."""


class TreeSampler:
    """Optuna's TPE: settings like those that did well, unlike those that did not.

    Parameters
    ----------
    knobs : tuple of Knob
        What is searched.
    penalties : tuple of str
        Words of the penalty sets.
    seed : int
        Same seed and same losses: same proposals.
    study : str
        Names what is tuned on which data, so that a storage never mixes two.
    storage : str or None
        An address of optuna, for example ``sqlite:///tuning.db``, to go on from earlier trials; None keeps
        nothing.

    References
    ----------
    Bergstra et al. (2011), Algorithms for hyper-parameter optimization, NeurIPS 24.
    Akiba et al. (2019), Optuna: a next-generation hyperparameter optimization framework, KDD.
    """

    name = "optuna TPE"

    def __init__(
        self, knobs: tuple[Knob, ...], penalties: tuple[str, ...], seed: int, study: str, storage: str | None
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna = optuna
        spread: dict[str, Any] = {
            knob.key: optuna.distributions.IntDistribution(int(knob.low), int(knob.high), log=knob.log)
            if knob.whole
            else optuna.distributions.FloatDistribution(knob.low, knob.high, log=knob.log)
            for knob in knobs
        }
        if penalties:
            spread[PENALTY_KEY] = optuna.distributions.CategoricalDistribution(penalties)
        self._spread = spread
        self._study = optuna.create_study(storage=storage, study_name=study, load_if_exists=True)
        earlier = len(self._study.trials)
        # Going on from a storage must not draw the same proposals again.
        self._study.sampler = optuna.samplers.TPESampler(
            seed=seed + earlier, n_startup_trials=STARTUP, multivariate=False
        )
        if earlier:
            logger.info("tune: %d earlier trials found in the storage", earlier)

    def ask(self) -> Asked:
        """Let the study propose."""
        trial = self._study.ask(self._spread)
        knobs = {knob.key: knob for knob in KNOBS}
        values = {
            key: knobs[key].rounded(value) if key in knobs else value for key, value in trial.params.items()
        }
        return Asked(values, trial)

    def tell(self, asked: Asked, losses: Sequence[float], stopped: bool) -> None:
        """Add the trial to the study; one that did not come from `ask` is added whole."""
        state = self._optuna.trial.TrialState.PRUNED if stopped else self._optuna.trial.TrialState.COMPLETE
        if asked.ticket is None:
            inside = {key: value for key, value in asked.values.items() if self._holds(key, value)}
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    params=inside, distributions={key: self._spread[key] for key in inside}, value=losses[-1]
                )
            )
            return
        for step, loss in enumerate(losses):
            asked.ticket.report(loss, step)
        self._study.tell(asked.ticket, None if stopped else losses[-1], state=state)

    def _holds(self, key: str, value: Any) -> bool:
        return key in self._spread and bool(
            self._spread[key]._contains(self._spread[key].to_internal_repr(value))
        )


def sampler_of(
    knobs: tuple[Knob, ...], penalties: tuple[str, ...], seed: int, study: str, storage: str | None
) -> Sampler:
    """Give the best sampler that is installed.

    Raises
    ------
    InputError
        If there is nothing to search, or a storage is asked for and optuna is not installed.
    """
    if not knobs and not penalties:
        raise InputError(
            "nothing to tune: train.estimators in params.yaml names neither lightgbm nor logistic"
        )
    if find_spec("optuna") is not None:
        return TreeSampler(knobs, penalties, seed, study, storage)
    if storage is not None:
        raise InputError(
            "--storage needs optuna, which is not installed; run: "
            'python -m pip install "optuna>=4" (the extra tune of klantreis), or leave --storage out'
        )
    logger.info(
        "tune: optuna is not installed (the extra tune of klantreis); settings are drawn at random instead"
    )
    return RandomSampler(knobs, penalties, seed)
