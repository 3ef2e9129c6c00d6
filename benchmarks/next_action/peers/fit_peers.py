"""The libraries of the field on simulated decisions, as their users write them. Imports nothing of klantreis.

``PYTHON fit_peers.py PEER CELL...`` with the python of an environment of its own (``requirements.txt`` beside this
file). Every cell is a folder that `benchmarks.next_action.peers.exchange` wrote; the peer adds its choice to it.

Each peer learns effects on the probability of success. What follows is the same for all: chance without action from
one classifier on features and action, times the *true* money per success, minus the *true* cost, largest wins.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

log = logging.getLogger("peers")

#: One setting for every boosted model of every peer.
BOOSTED: dict[str, Any] = {
    "n_estimators": 120,
    "learning_rate": 0.05,
    "num_leaves": 8,
    "min_child_samples": 200,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.8,
    "reg_lambda": 10.0,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "n_jobs": 1,
    "verbose": -1,
}
FOREST: dict[str, Any] = {"n_estimators": 100, "min_samples_leaf": 200, "n_jobs": 1}
FOLDS = 3


@dataclass(frozen=True)
class Cell:
    """One training log and the customers to choose for.

    Attributes
    ----------
    arms : tuple of str
        ``none`` first.
    cost : array (arms,)
    seed : int
    x, fresh : frame, one row per customer
        Features in the log, and of the customers to choose for.
    arm, outcome : array
        Position of the action that was taken, and 0 or 1.
    propensity, fresh_propensity : array (rows, arms)
        True chance of every action.
    money : array (rows, arms)
        True money per success, of the customers to choose for.
    """

    arms: tuple[str, ...]
    cost: Any
    seed: int
    x: pd.DataFrame
    arm: Any
    outcome: Any
    propensity: Any
    fresh: pd.DataFrame
    fresh_propensity: Any
    money: Any


def read_cell(folder: Path) -> Cell:
    """Read what `exchange.write_cell` wrote."""
    about = json.loads((folder / "cell.json").read_text(encoding="utf-8"))
    seen, fresh = (pd.read_parquet(folder / f"{name}.parquet") for name in ("train", "test"))
    arms, features = tuple(about["arms"]), about["features"]
    chance, money = [f"propensity_{arm}" for arm in arms], [f"money_{arm}" for arm in arms]
    return Cell(
        arms=arms,
        cost=np.asarray(about["cost"]),
        seed=about["seed"],
        x=seen[features],
        arm=seen["arm"].to_numpy(),
        outcome=seen["outcome"].to_numpy(),
        propensity=seen[chance].to_numpy(),
        fresh=fresh[features],
        fresh_propensity=fresh[chance].to_numpy(),
        money=fresh[money].to_numpy(),
    )


def classifier(cell: Cell) -> Any:
    """Give an untrained LightGBM classifier."""
    from lightgbm import LGBMClassifier

    return LGBMClassifier(**BOOSTED, random_state=cell.seed)


def regressor(cell: Cell) -> Any:
    """Give an untrained LightGBM regressor."""
    from lightgbm import LGBMRegressor

    return LGBMRegressor(**BOOSTED, random_state=cell.seed)


def econml_linear_dr(cell: Cell) -> Any:
    """Doubly robust scores, linear final stage; estimates its own propensities."""
    from econml.dr import LinearDRLearner  # type: ignore[import-not-found]

    return _econml(cell, LinearDRLearner, _dr_models(cell))


def econml_forest_dr(cell: Cell) -> Any:
    """Doubly robust scores, honest forest as final stage; estimates its own propensities."""
    from econml.dr import ForestDRLearner

    return _econml(cell, ForestDRLearner, {**_dr_models(cell), **FOREST})


def econml_causal_forest(cell: Cell) -> Any:
    """Causal forest on residuals of outcome and action; estimates its own propensities."""
    from econml.dml import CausalForestDML  # type: ignore[import-not-found]

    models = {"model_y": classifier(cell), "model_t": classifier(cell)}
    return _econml(cell, CausalForestDML, {**models, "discrete_treatment": True, **FOREST})


def _dr_models(cell: Cell) -> dict[str, Any]:
    return {"model_propensity": classifier(cell), "model_regression": classifier(cell)}


def _econml(cell: Cell, learner: Callable[..., Any], given: dict[str, Any]) -> Any:
    learnt = learner(**given, discrete_outcome=True, cv=FOLDS, random_state=cell.seed)
    learnt.fit(cell.outcome, cell.arm, X=cell.x.to_numpy())
    return learnt.const_marginal_effect(cell.fresh.to_numpy())


def causalml_s(cell: Cell) -> Any:
    """S-learner: one classifier per action, against none."""
    from causalml.inference.meta import BaseSClassifier  # type: ignore[import-not-found]

    learner = BaseSClassifier(learner=classifier(cell), control_name="none")
    learner.fit(X=cell.x.to_numpy(), treatment=np.array(cell.arms)[cell.arm], y=cell.outcome)
    return _in_order(cell, learner, learner.predict(X=cell.fresh.to_numpy()))


def causalml_x(cell: Cell) -> Any:
    """X-learner with the true propensities, of every action among itself and none."""
    from causalml.inference.meta import BaseXClassifier

    def pairwise(chance: Any) -> dict[str, Any]:
        return {arm: chance[:, at] / (chance[:, at] + chance[:, 0]) for at, arm in enumerate(cell.arms) if at}

    models = {"outcome_learner": classifier(cell), "effect_learner": regressor(cell)}
    learner = BaseXClassifier(**models, control_name="none")
    taken = np.array(cell.arms)[cell.arm]
    learner.fit(X=cell.x.to_numpy(), treatment=taken, y=cell.outcome, p=pairwise(cell.propensity))
    found = learner.predict(X=cell.fresh.to_numpy(), p=pairwise(cell.fresh_propensity))
    return _in_order(cell, learner, found)


def _in_order(cell: Cell, learner: Any, found: Any) -> Any:
    names = [str(name) for name in learner.t_groups]
    return found[:, [names.index(arm) for arm in cell.arms[1:]]]


def sklift_solo(cell: Cell) -> Any:
    """Solo model: it knows two arms only, so one per action, against none."""
    from sklift.models import SoloModel  # type: ignore[import-not-found]

    found = []
    for at in range(1, len(cell.arms)):
        rows = np.isin(cell.arm, (0, at))
        model = SoloModel(estimator=classifier(cell), method="dummy")
        treated = pd.Series((cell.arm[rows] == at).astype(int))
        model.fit(cell.x[rows].reset_index(drop=True), pd.Series(cell.outcome[rows]), treated)
        found.append(model.predict(cell.fresh))
    return np.column_stack(found)


#: Effect on the probability of success, against none: array (customers to choose for, actions after none).
PEERS: dict[str, Callable[[Cell], Any]] = {
    "econml_linear_dr": econml_linear_dr,
    "econml_forest_dr": econml_forest_dr,
    "econml_causal_forest": econml_causal_forest,
    "causalml_s": causalml_s,
    "causalml_x": causalml_x,
    "sklift_solo": sklift_solo,
}
LIBRARIES = ("econml", "causalml", "scikit-uplift", "lightgbm", "scikit-learn", "numpy", "pandas")


def baseline(cell: Cell) -> Any:
    """Chance of success without action, for every peer from one classifier on features and action."""

    def with_action(x: pd.DataFrame, arm: Any) -> Any:
        return np.hstack([x.to_numpy(), np.eye(len(cell.arms))[arm]])

    model = classifier(cell).fit(with_action(cell.x, cell.arm), cell.outcome)
    nothing = np.zeros(len(cell.fresh), dtype=np.int64)
    return model.predict_proba(with_action(cell.fresh, nothing))[:, 1]


def choose(effect: Any, chance: Any, money: Any, cost: Any) -> Any:
    """Give the action that earns most beyond doing nothing: value x probability - cost; none where none earns.

    Examples
    --------
    >>> effect, chance = np.array([[0.1], [0.1]]), np.array([0.2, 0.9])
    >>> choose(effect, chance, money=np.array([[10.0, 9.0]] * 2), cost=np.array([0.0, 0.5])).tolist()
    [1, 0]
    """
    beyond = money[:, 1:] * (chance[:, None] + effect) - (money[:, 0] * chance)[:, None] - cost[1:]
    return np.hstack([np.zeros((len(effect), 1)), beyond]).argmax(axis=1)


def answer(peer: str, folder: Path) -> None:
    """Fit one peer on one cell and write its choice, or what went wrong, beside it."""
    cell = read_cell(folder)
    about: dict[str, Any] = {"versions": _versions()}
    started = time.perf_counter()
    try:
        effect = np.asarray(PEERS[peer](cell), dtype=np.float64).reshape(len(cell.fresh), -1)
    except Exception as error:  # a library that breaks is a finding, the others go on
        about["error"] = f"{type(error).__name__}: {error}"
    else:
        about["seconds"] = time.perf_counter() - started
        chosen = choose(effect, baseline(cell), cell.money, cell.cost)
        pd.DataFrame({"arm": chosen.astype(np.int64)}).to_parquet(folder / f"{peer}.parquet")
    log.info("%s, %s: %s", peer, folder.name, about.get("error") or f"{about['seconds']:.0f} s")
    beside = folder / f".{peer}.json"
    beside.write_text(json.dumps(about), encoding="utf-8")
    beside.replace(folder / f"{peer}.json")


def _versions() -> dict[str, str]:
    there = {str(one.metadata["Name"]).lower() for one in metadata.distributions()}
    return {name: metadata.version(name) for name in LIBRARIES if name in there}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    for one in sys.argv[2:]:
        answer(sys.argv[1], Path(one))
