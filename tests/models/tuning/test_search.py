"""The search: params.yaml first, the hopeless stopped early, the same seed the same trials, the best found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, cast

import numpy as np
import pytest

from features.errors import InputError
from models.estimators._base import Floats
from models.settings import TrainSettings
from models.tuning.folds import Folds
from models.tuning.samplers import Asked, RandomSampler, Sampler, TreeSampler, sampler_of
from models.tuning.search import Trial, best, search
from models.tuning.space import KNOBS, OWN, PENALTIES, searched, values_of, with_values, written

TRAIN = TrainSettings()
SAMPLERS = ["random", *(["optuna"] if find_spec("optuna") else [])]


def make(kind: str, seed: int = 7) -> Sampler:
    knobs, penalties = searched(TRAIN)
    if kind == "random":
        return RandomSampler(knobs, penalties, seed)
    return TreeSampler(knobs, penalties, seed, "test", None)


@dataclass
class Bowl:
    """Stands in for folds: the loss is lowest at 30 leaves and a learning rate of 0.1, whatever the fold."""

    target: str = "churn"
    folds: tuple[int, ...] = (0, 1, 2)
    seen: list[int] = field(default_factory=list)

    def losses(self, number: int, settings: TrainSettings) -> Floats:
        self.seen.append(number)
        own = settings.lightgbm
        away = abs(np.log(own.num_leaves / 30)) + abs(np.log(own.learning_rate / 0.1))
        # The half that is kept for the end says the opposite: the search must not see it.
        return np.array([0.5 + 0.1 * away, 9.0 - away])

    def base_losses(self, number: int) -> Floats:
        return np.array([1.0, 1.0])

    def halves(self, number: int, seed: int) -> Any:
        return np.array([True, False])


def searched_for(sampler: Sampler, trials: int, **kwargs: Any) -> list[Trial]:
    return search([cast(Folds, Bowl())], TRAIN, sampler, trials, kwargs.pop("seconds", None), **kwargs)


@pytest.mark.parametrize("kind", SAMPLERS)
def test_the_first_trial_is_params_yaml_and_the_search_improves_on_it(kind: str) -> None:
    tried = searched_for(make(kind), 30)
    assert tried[0].values == values_of(TRAIN)
    assert not tried[0].stopped
    assert best(tried).loss < tried[0].loss
    assert len(tried) == 31


@pytest.mark.parametrize("kind", SAMPLERS)
def test_one_seed_one_search(kind: str) -> None:
    one, same, other = (searched_for(make(kind, seed), 12) for seed in (7, 7, 8))
    assert [trial.values for trial in one] == [trial.values for trial in same]
    assert [trial.values for trial in one] != [trial.values for trial in other]


@pytest.mark.parametrize("kind", SAMPLERS)
def test_every_proposal_lies_within_the_bounds_and_is_a_valid_setting(kind: str) -> None:
    limits = {knob.key: knob for knob in KNOBS}
    for trial in searched_for(make(kind), 25)[1:]:
        for key, value in trial.values.items():
            if key in limits:
                assert limits[key].low <= value <= limits[key].high
                assert isinstance(value, int) == limits[key].whole
        settings = with_values(TRAIN, trial.values)
        assert TrainSettings.model_validate_json(settings.model_dump_json()) == settings


def test_a_hopeless_trial_sees_fewer_cutoffs_and_never_wins() -> None:
    class Worse:
        name = "worse and worse"

        def __init__(self) -> None:
            self.told: list[bool] = []

        def ask(self) -> Asked:
            leaves = 20 if len(self.told) < 5 else 4
            return Asked({**values_of(TRAIN), "lightgbm.num_leaves": leaves})

        def tell(self, asked: Asked, losses: Sequence[float], stopped: bool) -> None:
            self.told.append(stopped)

    tried = searched_for(Worse(), 6)
    assert [trial.stopped for trial in tried[:5]] == [False] * 5
    assert tried[5].stopped and len(tried[5].running) == 1
    assert not best(tried).stopped


def test_no_trial_begins_when_time_is_up() -> None:
    now = iter(range(0, 1000, 10))
    tried = searched_for(make("random"), 50, seconds=25.0, clock=lambda: float(next(now)))
    assert 1 < len(tried) < 6
    assert len(searched_for(make("random"), 50, seconds=0.0, clock=iter([0.0, 1.0]).__next__)) == 1


def test_penalties_of_ones_own_stay_possible_and_are_written_as_numbers() -> None:
    own = TRAIN.model_copy(update={"logistic": TRAIN.logistic.model_copy(update={"penalties": (5.0, 6.0)})})
    assert values_of(own)["logistic.penalties"] == OWN
    assert OWN in searched(own)[1]
    assert with_values(own, values_of(own)) == own
    changed = with_values(TRAIN, {"logistic.penalties": "light"})
    assert changed.logistic.penalties == PENALTIES["light"]
    assert dict(written({"logistic.penalties": "light", "lightgbm.num_leaves": 9})) == {
        "logistic.penalties": list(PENALTIES["light"]), "lightgbm.num_leaves": 9,
    }  # fmt: skip


def test_a_storage_without_optuna_and_nothing_to_tune_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    knobs, penalties = searched(TRAIN)
    with pytest.raises(InputError, match=r"train\.estimators"):
        sampler_of((), (), 7, "x", None)
    monkeypatch.setattr("models.tuning.samplers.find_spec", lambda name: None)
    assert isinstance(sampler_of(knobs, penalties, 7, "x", None), RandomSampler)
    with pytest.raises(InputError, match="extra tune"):
        sampler_of(knobs, penalties, 7, "x", "sqlite:///x.db")
