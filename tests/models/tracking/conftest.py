"""A finished pipeline execution in a folder, and an empty MLflow store to track it in."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.contract import DAY_US
from features.settings import LabelContract
from models.actions.action_effects import RidgeEffect
from models.actions.action_rule import ActionRule
from models.actions.average_effects import AverageEffect
from models.actions.effects._baseline import Baseline
from models.actions.effects._joint_effects import JointEffects
from models.actions.effects._small_trees import SmallTrees, learn_small_trees
from models.actions.judged_decisions import JUDGED, JudgedDecisions, write_judged
from models.actions.money import SpendModel
from models.actions.phase_policy import PhasePolicy
from models.bundle import PhaseModel, estimators, save
from models.estimators._base import Rows
from models.evaluation import cleaned, evaluate_target
from models.offpolicy import Estimate
from models.settings import EvaluationSettings, LightGBMSettings, TrackingSettings, TrainSettings
from models.signed_log import SignedLogScale
from models.tracking.content import RunContent, read_content

PHASES = ("awareness", "decision", "retention")
COLUMNS = ("recency__order", "frequency__orders__28d", "monetary__spend__28d")
SETTINGS = TrackingSettings(experiment="shop")
PARAMS: dict[str, Any] = {
    "source": "shop",
    "journey": "five_phase",
    "cutoffs": {"as_of": "2018-03-10", "step_days": 28},
    "engine": {"threads": 2},
    "churn": {"horizon_days": 56},
    "readiness": {"horizon_days": 14},
    "next_action": {"horizon_days": 14, "margin_rate": 1.0, "action_cost": {}, "folds": 3},
    "train": {
        "seed": 7,
        "estimators": ["logistic", "lightgbm"],
        "lightgbm": {"learning_rate": 0.05, "max_bin": 127},
    },
    "tracking": {"experiment": "shop"},
}


def rows(seed: int = 1, n: int = 600) -> Rows:
    rng = np.random.default_rng(seed)
    x = rng.gamma(2.0, 9.0, size=(n, len(COLUMNS))).astype(np.float32)
    y = (rng.random(n) < 1 / (1 + np.exp(2.0 - 0.15 * x[:, 0]))).astype(np.float32)
    return Rows(x, y, COLUMNS)


def phase_model(target: str, phase: str, members: dict[str, float], eligible: bool = True) -> PhaseModel:
    trees = LightGBMSettings(seeds=2, min_child_samples=20)
    settings = TrainSettings(num_threads=1, lightgbm=trees)
    learnt = rows(seed=len(target + phase))
    fitted = tuple(
        (name, weight, estimators()[name].fit(learnt, {"rounds": 12, "penalty": 0.03}, settings))
        for name, weight in members.items()
    )
    return PhaseModel(
        LabelContract(target=target, horizon_days=28),
        phase, "pooled blend", eligible, "lowest log loss" if eligible else "not eligible: 3 positives",
        fitted, (0,), 200, 400, 50, 100, 7,
    )  # fmt: skip


def action_rule() -> ActionRule:
    """A rule with every part in use; ``none`` and two actions."""
    rng = np.random.default_rng(4)
    k = len(COLUMNS)
    effects = tuple(RidgeEffect(0.01, rng.normal(0, 0.05, k), 10.0) for _ in range(2))
    return ActionRule(
        arms=("none", "mail", "visit"),
        scale=SignedLogScale(rng.normal(2, 0.3, k), np.array([0.7, 0.0, 0.9])),
        baseline=rng.normal(0, 0.3, k + 1),
        effects=effects,
        spend=SpendModel(rng.normal(1, 0.3, (2, k + 1)), np.array([[0.9, 1.0, 1.1], [1.0, 0.95, 1.2]])),
        cost=np.array([0.0, 0.05, 0.2]),
        margin_rate=0.4,
        learners={"s_trees": joint_effects()},
    )


def joint_effects() -> JointEffects:
    """Effects on the log-odds with slopes for one action and small trees for another."""
    some = rows()
    trees = learn_small_trees(some.x, some.y, "binary", smallest_leaf=20, seed=1, num_threads=1)
    slopes = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.3], [0.0, 0.0, 0.0]])
    baseline = Baseline(np.array([0.2, 0.0, -0.1, -0.5]))
    return JointEffects(baseline, np.array([0.0, 0.1, 0.05]), slopes, (SmallTrees(), SmallTrees(), trees))


def policies() -> dict[str, PhasePolicy]:
    """One phase that personalises, one with an action for all, one the log says nothing about."""

    def averages(level: float) -> AverageEffect:
        groups = tuple(Estimate(level + step / 100, 0.0, 0.1, 0.01, 300) for step in range(3))
        whole = Estimate(level, 0.01, 0.03, 0.005, 900)
        return AverageEffect(whole, Estimate(0.5, 0.1, 0.9, 0.2, 900), 700.0, np.array([0.0, 0.05]), groups)

    effects = {"mail": averages(0.02), "visit": averages(0.2)}
    words = {"en": "so says the log", "nl": "aldus het logboek"}
    cost = {"none": 0.0, "mail": 0.05, "visit": 0.2}
    return {
        "decision": PhasePolicy(
            "decision", "personalise", "mail", words, COLUMNS, effects=effects, rule=action_rule(), cost=cost
        ),
        "retention": PhasePolicy(
            "retention",
            "constant",
            "mail",
            words,
            COLUMNS,
            effects=effects,
            rule=action_rule(),
            cost=cost,
        ),
        "awareness": PhasePolicy("awareness", "refuse", "none", words, COLUMNS),
    }


def judged(
    chosen: str, day: int = 17_500, n: int = 900, arms: tuple[str, ...] = ("none", "mail", "visit")
) -> JudgedDecisions:
    """Decisions whose actions were drawn; mail earns 1 more than nothing, a visit 2 more."""
    rng = np.random.default_rng(day)
    gain = np.array([{"none": 0.0, "mail": 1.0, "visit": 2.0}[arm] for arm in arms])
    return JudgedDecisions(
        arms=arms,
        customers=np.arange(n, dtype=np.int64) // 2,
        cutoff_us=np.full(n, day * DAY_US),
        money=rng.normal(5.0, 1.0, (n, 1)) + gain + rng.normal(0, 2.0, (n, len(arms))),
        chance=np.tile(np.eye(len(arms))[arms.index(chosen)], (n, 1)),
        taken=rng.integers(0, len(arms), n),
        propensity=np.full(n, 1 / len(arms)),
        min_ess=100,
    )


def tournament(value: float = 2.0) -> dict[str, Any]:
    def phase(state: str, gain: float | None) -> dict[str, Any]:
        listed = [{"name": name, "value": value, "ess": 700.0} for name in ("none", "mail", "personalised")]
        interval = (
            None if gain is None else {"value": gain, "low": gain - 0.1, "high": gain + 0.1, "se": 0.05}
        )
        known = listed if gain is not None else []
        return {
            "state": state,
            "recommended": "mail",
            "n": 900,
            "customers": 300,
            "policies": known,
            "gain": interval,
        }

    return {
        "phases": {
            "decision": phase("personalise", 0.3),
            "retention": phase("constant", -0.1),
            "awareness": phase("refuse", None),
        }
    }


def out_of_time(seed: int, skill: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 900
    signal = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(1 - signal))).astype(np.int8)
    return pd.DataFrame(
        {
            "customer_id": np.arange(n, dtype=np.int64),
            "cutoff_us": np.int64(17_500 * DAY_US),
            "phase": np.resize(["decision", "retention"], n),
            "y": y,
            "p": 1 / (1 + np.exp(1 - skill * signal)),
            "p_base_rate": 0.3,
        }
    )


def write_results(root: Path, skill: float = 1.0) -> None:
    """The out-of-time predictions of two targets and their evaluation; less ``skill`` is a worse model."""
    found = {}
    for seed, target in enumerate(("churn", "readiness")):
        predicted = out_of_time(seed, skill)
        predicted.to_parquet(root / "artifacts" / target / "out_of_time.parquet", index=False)
        found[target] = evaluate_target(predicted, EvaluationSettings(resamples=20), PHASES)
    (root / "reports/evaluation.json").write_text(json.dumps(cleaned({"targets": found})))
    (root / "reports/metrics.json").write_text(json.dumps({"churn": {"log_loss": 1 / skill}}))


@pytest.fixture(scope="session")
def finished_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the stages before ``track`` leave behind."""
    root = tmp_path_factory.mktemp("finished")
    (root / "reports/plots").mkdir(parents=True)
    (root / "data/canonical").mkdir(parents=True)
    members = {
        "awareness": {"base_rate": 1.0},
        "decision": {"logistic": 0.5, "lightgbm": 0.5},
        "retention": {"logistic": 1.0},
    }
    for target in ("churn", "readiness"):
        for phase in PHASES:
            model = phase_model(target, phase, members[phase], eligible=phase in ("decision", "retention"))
            save(model, root / "artifacts" / target / phase, "five_phase")
    for phase, policy in policies().items():
        policy.save(root / "artifacts/next_action" / phase / "policy.json")
    (root / "artifacts/next_action/tournament.json").write_text(json.dumps(tournament()))
    write_judged(
        [(phase, judged("mail")) for phase in ("decision", "retention")],
        root / "artifacts/next_action" / JUDGED,
    )
    write_results(root)
    meta = {"source": "shop"}
    (root / "data/canonical/meta.json").write_text(json.dumps(meta))
    (root / "data/features.parquet").write_bytes(b"any bytes")
    (root / "reports/report.html").write_text("<h1>report</h1>")
    (root / "reports/plots/lift.png").write_bytes(b"\x89PNG")
    (root / "reports/segment_lift.csv").write_text("target,phase,segment,lift\nchurn,decision,a,1.5\n")
    return root


@pytest.fixture(scope="session")
def own_environment() -> Iterator[None]:
    """What the developer has set for MLflow and DVC is kept out of the stores that are made once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_"))]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory, own_environment: None) -> Path:
    """A new database: its first migrations take seconds, so they are run once and the file is copied."""
    from models.tracking.run import connect

    root = tmp_path_factory.mktemp("store")
    connect(root)
    return root / "mlflow.db"


@pytest.fixture(scope="session")
def tracked_project(
    finished_project: Path, empty_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The finished project with its run in the store: nine models cost seconds, so they are written once."""
    from models.tracking.run import track

    root = tmp_path_factory.mktemp("tracked") / "shop"
    shutil.copytree(finished_project, root)
    shutil.copy(empty_store, root / "mlflow.db")
    track(root, SETTINGS, PARAMS, PARAMS, PHASES)
    return root


@pytest.fixture(scope="session")
def registered_project(tracked_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its models registered."""
    from models.tracking.registry import register

    root = tmp_path_factory.mktemp("registered") / "shop"
    shutil.copytree(tracked_project, root)
    register(root, SETTINGS)
    return root


@pytest.fixture
def project(
    finished_project: Path, empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of the finished project with an empty store; the environment of the developer is kept out."""
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_"))]:
        monkeypatch.delenv(name)
    root = tmp_path / "shop"
    shutil.copytree(finished_project, root)
    shutil.copy(empty_store, root / "mlflow.db")
    return root


def moved_in(made: Path, project: Path) -> None:
    """Put a project with its store in the place of another; its addresses follow when the store is opened."""
    shutil.rmtree(project)
    shutil.copytree(made, project)


@pytest.fixture
def tracked(project: Path, tracked_project: Path) -> dict[str, Any]:
    """``project`` with its run in the store already: the record of that run."""
    moved_in(tracked_project, project)
    return json.loads((project / "reports/mlflow_run.json").read_text())


@pytest.fixture
def registered(project: Path, registered_project: Path) -> dict[str, Any]:
    """``project`` with its models registered already: the record of the stage."""
    moved_in(registered_project, project)
    return json.loads((project / "reports/registered.json").read_text())


@pytest.fixture
def two_models(project: Path) -> Path:
    """``project`` with two of its nine models: when a run is written does not depend on how many it has."""
    for target in ("churn", "readiness", "next_action"):
        for phase in PHASES if target != "churn" else ("awareness",):
            shutil.rmtree(project / "artifacts" / target / phase)
    return project


@pytest.fixture
def write_evaluation(project: Path) -> Callable[[float], None]:
    """Write the results anew, for a model of less (below 1) skill."""
    return lambda skill: write_results(project, skill)


@pytest.fixture
def retrained(project: Path) -> Callable[..., None]:
    """Put another policy in the phase retention, one action for all, judged on decisions of a day of your choice."""

    def retrain(action: str, day: int, arms: tuple[str, ...] = ("none", "mail", "visit")) -> None:
        place = project / "artifacts/next_action"
        words = {"en": "so says the newer log", "nl": "aldus het nieuwere logboek"}
        replace(policies()["retention"], recommended=action, reason=words).save(
            place / "retention/policy.json"
        )
        write_judged([("retention", judged(action, day, arms=arms))], place / JUDGED)

    return retrain


@pytest.fixture
def retention_policy(project: Path, registered: dict[str, Any]) -> Path:
    """``project`` with its models registered, and only the policy of retention left to be tracked again."""
    for target in ("churn", "readiness", "next_action"):
        for phase in PHASES if target != "next_action" else ("awareness", "decision"):
            shutil.rmtree(project / "artifacts" / target / phase)
    return project


@pytest.fixture
def read_project(project: Path) -> Callable[[], RunContent]:
    """Collect what would be logged, without MLflow."""
    return lambda: read_content(project, PARAMS, PARAMS, PHASES)


@pytest.fixture
def run_track(project: Path) -> Callable[..., dict[str, Any]]:
    from models.tracking.run import track

    def run(**change: dict[str, Any]) -> dict[str, Any]:
        params = {
            name: value | change.get(name, {}) if isinstance(value, dict) else change.get(name, value)
            for name, value in PARAMS.items()
        }
        return track(project, SETTINGS, params, PARAMS, PHASES)

    return run
