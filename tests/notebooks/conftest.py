"""A small demo shop taken through the whole pipeline twice, as after two experiments, for the notebooks to read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pipelines import (
    evaluate,
    features,
    fetch,
    ingest,
    journey,
    personas,
    register,
    report,
    score,
    track,
    train_category,
    train_exits,
    train_next_action,
    train_probability,
    train_timing,
    train_value,
)

LIGHTER = (
    ("customers: 20000", "customers: 700"),
    ("days: 546", "days: 280"),
    ("windows_days: [7, 28, 56, 84, 168, 364]", "windows_days: [28, 84]"),
    ("kind_windows_days: [7, 28, 84]", "kind_windows_days: [28]"),
    ("threads: 2", "threads: 1"),
    ("workers: 2", "workers: 1"),
    ("max_rounds: 600", "max_rounds: 20"),
    ("max_rounds: 150", "max_rounds: 10"),
    ("max_rounds: 100", "max_rounds: 10"),
    ("max_rounds: 200", "max_rounds: 10"),
    ("min_positives: null", "min_positives: 20"),
    ("min_negatives: null", "min_negatives: 20"),
    ("min_positives: 50", "min_positives: 20"),
    ("min_negatives: 50", "min_negatives: 20"),
    ("test_cutoffs: 3", "test_cutoffs: 2"),
    ("resamples: 200", "resamples: 20"),
    ("min_cell: 100", "min_cell: 30"),
    ("min_arm: 100", "min_arm: 20"),
    ("min_ess: 200", "min_ess: 20"),
    ("separate_phases: true ", "separate_phases: false "),
    ("most: 7", "most: 4"),
)
FAMILIES = "features:\n  families: [recency, frequency, monetary, cadence]\n"
TARGETS = tuple(partial(train_probability.run, target=target) for target in ("churn", "readiness"))
LEARN = (
    *TARGETS,
    *(
        one.run
        for one in (train_next_action, train_exits, train_timing, train_value, train_category, personas)
    ),
)
FIRST = (fetch.run, ingest.run, features.run, *LEARN, journey.run, evaluate.run, score.run, report.run)


def light_params(text: str) -> str:
    """Give params.yaml with settings for a test, the families of notebook 2 among them."""
    for old, new in LIGHTER:
        assert old in text, old
        text = text.replace(old, new)
    before, _, rest = text.partition("features:\n")
    return before + FAMILIES + rest[rest.index("  windows_days") :]


@pytest.fixture(scope="session")
def quiet_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the machine: no MLflow server of its user, no history of IPython."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "DVC_ROOT", "KLANTREIS_ID_KEY"):
            patch.delenv(name, raising=False)
        for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        yield


@pytest.fixture(scope="session")
def finished(repo: Path, tmp_path_factory: pytest.TempPathFactory, quiet_home: None) -> Path:
    """A finished project with two runs in MLflow; the notebooks may read it, not change it."""
    project = tmp_path_factory.mktemp("finished") / "shop"
    shutil.copytree(repo / "conf", project / "conf")
    params = light_params((repo / "params.yaml").read_text())
    (project / "params.yaml").write_text(params)
    for stage in (*FIRST, track.run, register.run):
        stage(project)
    changed = params.replace("penalties: [30.0, 100.0, 300.0, 1000.0]", "penalties: [3000.0]")
    assert changed != params
    (project / "params.yaml").write_text(changed)
    # A second experiment, for the sake of its predictions: pictures and metrics drawn again would double the time.
    for stage in (*TARGETS, track.run):
        stage(project)
    return project
