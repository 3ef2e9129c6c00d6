"""Which settings are searched, and within which bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.settings import TrainSettings

#: The settings of one trial: key in params.yaml below ``train`` (``lightgbm.num_leaves``) to its value. The
#: penalties of the logistic are named by the word of ``PENALTIES``.
Values = dict[str, Any]


@dataclass(frozen=True)
class Knob:
    """One number that is searched.

    Parameters
    ----------
    key : str
        Below ``train`` in params.yaml.
    low, high : float
        Bounds, both allowed.
    whole : bool
        Whether it is a whole number.
    log : bool
        Whether factors count (0.01 to 0.02 is as far as 0.1 to 0.2).
    """

    key: str
    low: float
    high: float
    whole: bool = False
    log: bool = False

    def at(self, place: float) -> float | int:
        """Give the value at a place from 0 (``low``) to 1 (``high``); four digits are plenty.

        Examples
        --------
        >>> Knob("lightgbm.num_leaves", 4, 64, whole=True, log=True).at(0.5)
        16
        """
        factor = (self.high / self.low) ** place
        return self.rounded(self.low * factor if self.log else self.low + (self.high - self.low) * place)

    def rounded(self, value: float) -> float | int:
        """Give the value as it stands in params.yaml, within the bounds."""
        short = round(value) if self.whole else float(f"{value:.4g}")
        return (
            min(max(short, self.low), self.high)
            if not self.whole
            else int(min(max(short, self.low), self.high))
        )


#: Around what ships, wide enough to hold what suits a log of thousands and one of millions of rows.
KNOBS = (
    Knob("lightgbm.learning_rate", 0.02, 0.2, log=True),
    Knob("lightgbm.num_leaves", 4, 63, whole=True, log=True),
    Knob("lightgbm.min_child_samples", 10, 400, whole=True, log=True),
    Knob("lightgbm.feature_fraction", 0.1, 1.0),
    Knob("lightgbm.bagging_fraction", 0.5, 1.0),
    Knob("lightgbm.lambda_l2", 0.1, 100.0, log=True),
    Knob("lightgbm.max_bin", 31, 255, whole=True, log=True),
)
#: Sets of prior precisions for the logistic, of which the train stage takes the best one itself.
PENALTIES: dict[str, tuple[float, ...]] = {
    "light": (3.0, 10.0, 30.0, 100.0),
    "shipped": (30.0, 100.0, 300.0, 1000.0),
    "strong": (300.0, 1000.0, 3000.0, 10000.0),
    "wide": (3.0, 30.0, 300.0, 3000.0),
}
PENALTY_KEY = "logistic.penalties"
#: The word for penalties in params.yaml that are none of the sets.
OWN = "as in params.yaml"


def searched(settings: TrainSettings) -> tuple[tuple[Knob, ...], tuple[str, ...]]:
    """Give the knobs and the words of the penalty sets that the estimators in use have.

    Examples
    --------
    >>> knobs, penalties = searched(TrainSettings(estimators=("logistic",)))
    >>> len(knobs), penalties
    (0, ('light', 'shipped', 'strong', 'wide'))
    """
    knobs = tuple(knob for knob in KNOBS if knob.key.split(".")[0] in settings.estimators)
    if "logistic" not in settings.estimators:
        return knobs, ()
    own = values_of(settings).get(PENALTY_KEY)
    return knobs, (*PENALTIES, *((OWN,) if own == OWN else ()))


def values_of(settings: TrainSettings) -> Values:
    """Read the searched settings from params.yaml as it is.

    Examples
    --------
    >>> values_of(TrainSettings())["lightgbm.num_leaves"], values_of(TrainSettings())["logistic.penalties"]
    (15, 'shipped')
    """
    found: Values = {}
    for knob in KNOBS:
        block, name = knob.key.split(".")
        if block in settings.estimators:
            found[knob.key] = getattr(getattr(settings, block), name)
    if "logistic" in settings.estimators:
        own = tuple(sorted(settings.logistic.penalties))
        found[PENALTY_KEY] = next((word for word, one in PENALTIES.items() if one == own), OWN)
    return found


def with_values(settings: TrainSettings, values: Mapping[str, Any]) -> TrainSettings:
    """Give the settings with the values of a trial in their place; what it does not name stays.

    Examples
    --------
    >>> with_values(TrainSettings(), {"lightgbm.num_leaves": 31}).lightgbm.num_leaves
    31
    """
    changed: dict[str, dict[str, Any]] = {}
    for key, value in written(values):
        block, name = key.split(".")
        changed.setdefault(block, {})[name] = tuple(value) if isinstance(value, list) else value
    update = {block: getattr(settings, block).model_copy(update=new) for block, new in changed.items()}
    return settings.model_copy(update=update)


def written(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give key and value of a trial as they stand in params.yaml: the penalties as a list of numbers."""
    for key, value in values.items():
        if key != PENALTY_KEY:
            yield key, value
        elif value != OWN:
            yield key, list(PENALTIES[value])


def drawn_values(knobs: tuple[Knob, ...], penalties: tuple[str, ...], rng: np.random.Generator) -> Values:
    """Draw a place for every knob, evenly between its bounds."""
    found: Values = {knob.key: knob.at(float(rng.random())) for knob in knobs}
    if penalties:
        found[PENALTY_KEY] = penalties[int(rng.integers(len(penalties)))]
    return found
