"""Champions score: fetched once, the bytes of the version that holds the alias, and only where they fit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.errors import InputError
from models.bundle import load
from models.folder_digest import folder_digest
from models.target import READINESS
from pipelines import canary_models
from pipelines.champion_models import ScoringModels, Which, models_to_score_with
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.plan import load_plan

CHURN = ("churn", "retention")


@pytest.fixture(scope="module")
def champion_shop(trained_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained shop with a registry: churn and readiness of one phase, the models as they were trained."""
    root = Path(shutil.copytree(trained_shop, tmp_path_factory.mktemp("champions") / "shop"))
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_"))]:
            patch.delenv(name)
        register_trained(root)
    return root


@pytest.fixture
def shop(champion_shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it; the files of the registered models stay where they are."""
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_"))]:
        monkeypatch.delenv(name)
    return Path(shutil.copytree(champion_shop, tmp_path / "shop"))


def register_trained(root: Path) -> None:
    """Register what stands in ``artifacts``, as the stages track and register do, and make it champion."""
    from models.tracking.champions import opened

    with opened(root) as client:
        found = client.get_experiment_by_name("shop")
        place = (root / "mlartifacts").as_uri()
        experiment = (
            found.experiment_id if found else client.create_experiment("shop", artifact_location=place)
        )
        run_id = client.create_run(experiment).info.run_id
        for target in ("churn", "readiness"):
            client.log_artifact(run_id, str(root / "artifacts" / target / "out_of_time.parquet"), target)
            register_one(client, root, experiment, run_id, target)


def register_one(client: Any, root: Path, experiment: str, run_id: str, target: str) -> None:
    from models.tracking.aliases import CHALLENGER, MODEL_ID, aliases_of, crown
    from models.tracking.content import ModelContent
    from models.tracking.logged_models import log_model

    folder, name = root / "artifacts" / target / CHURN[1], f"klantreis.{target}.{CHURN[1]}"
    content = ModelContent(target, CHURN[1], folder, load(folder).columns, "pooled", True, "", {}, "")
    model_id = log_model(client, experiment, run_id, content)
    if not aliases_of(client, name):
        client.create_registered_model(name)
    tags = {MODEL_ID: model_id}
    version = client.create_model_version(name, f"models:/{model_id}", run_id, tags=tags, model_id=model_id)
    client.set_registered_model_alias(name, CHALLENGER, str(version.version))
    crown(client, name, str(version.version), "hand", "a test")


def chosen(root: Path, which: Which | None = None) -> ScoringModels:
    project = Project(root)
    return models_to_score_with(project, load_params(root), load_plan(project), which)


def spoil(root: Path, shift: float) -> None:
    """Make the trained churn model another one."""
    path = root / "artifacts" / CHURN[0] / CHURN[1] / "model.json"
    content: dict[str, Any] = json.loads(path.read_text())
    content["calibration"] = {"kind": "logistic", "numbers": {"slope": [-1.0], "shift": [shift]}}
    path.write_text(json.dumps(content))


def predicted(models: ScoringModels) -> bytes:
    model = load(models.project.artifacts(CHURN[0]) / CHURN[1])
    x = np.random.default_rng(2).gamma(2.0, 9.0, (20, len(model.columns))).astype(np.float32)
    return model.predict(x, model.columns).tobytes()


def test_rollback_then_scoring_gives_the_old_model_s_bytes(shop: Path) -> None:
    from models.tracking.changes import rollback

    first = chosen(shop)
    assert first.kind == "champions" and first.project.features == Project(shop).features
    old = predicted(first)
    spoil(shop, 0.5)
    register_trained(shop)
    second = chosen(shop)
    assert predicted(second) != old
    assert predicted(second) == predicted(chosen(shop, "trained"))
    rollback(shop, "klantreis.churn.retention")
    back = chosen(shop)
    assert predicted(back) == old, "the champion of before, not what was trained last"

    told = [one.described() for one in (first, second, back)]
    versions = [one["phases"]["churn"]["retention"]["version"] for one in told]
    assert versions == [1, 2, 1]
    assert told[0]["phases"]["churn"]["retention"] == told[2]["phases"]["churn"]["retention"]
    assert told[0]["phases"]["churn"]["awareness"]["served_by"] == "trained", "no champion there"
    assert (
        told[0]["contracts"]["churn"]["horizon_days"] == 28 and told[0]["registry"] == "sqlite:///mlflow.db"
    )
    assert json.loads(json.dumps(told)) == told


def test_a_folder_of_champions_is_reused(shop: Path) -> None:
    first = chosen(shop)
    before = folder_digest(first.project.artifacts("churn"))
    stamp = (first.project.artifacts("churn").parent / "champions.json").stat().st_mtime_ns
    second = chosen(shop)
    assert (second.project.artifacts("churn").parent / "champions.json").stat().st_mtime_ns == stamp
    assert folder_digest(second.project.artifacts("churn")) == before
    reference = first.project.artifacts(READINESS.name) / "out_of_time.parquet"
    assert reference.is_file()


def test_a_champion_that_does_not_fit_is_refused_with_the_remedy(shop: Path) -> None:
    dictionary = shop / "data/columns.json"
    columns = json.loads(dictionary.read_text())
    gone = next(name for name in load(shop / "artifacts/churn/retention").columns if "__is_" not in name)
    dictionary.write_text(json.dumps([one for one in columns if one["name"] != gone]))
    with pytest.raises(
        InputError, match=rf"version 1 needs 1 feature columns .*: {gone}; .*--models trained"
    ):
        chosen(shop)
    dictionary.write_text(json.dumps(columns))
    plan = load_plan(Project(shop))
    longer = tuple(one.model_copy(update={"horizon_days": 60}) for one in plan.contracts)
    with pytest.raises(InputError, match="horizon_days 28 instead of 60"):
        models_to_score_with(Project(shop), load_params(shop), plan.model_copy(update={"contracts": longer}))


def test_without_a_registry_what_was_trained_scores_and_mlflow_is_not_loaded(trained_shop: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipelines.champion_models import *;"
        "from pipelines.params import load_params; from pipelines.plan import load_plan;"
        "root = Path(sys.argv[1]); project = Project(root);"
        "one = models_to_score_with(project, load_params(root), load_plan(project));"
        "assert one.project == project and one.kind == 'trained', one;"
        "sys.exit('mlflow' in sys.modules)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(trained_shop)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with pytest.raises(InputError, match="no champion for this journey"):
        chosen(trained_shop, "champions")


def test_the_challenger_beside_the_champion(shop: Path) -> None:
    same = canary_models.run(shop, "churn")
    assert "version 1 is champion and challenger" in same[0]
    spoil(shop, 0.5)
    register_trained(shop)
    from models.tracking.changes import rollback

    rollback(shop, "klantreis.churn.retention")
    told = canary_models.run(shop, "churn", "retention")
    assert told[0].startswith("churn retention: challenger 2 beside champion 1, ")
    report = json.loads((shop / "reports/registry_compare.json").read_text())["targets"]["churn"]["retention"]
    assert report["rank_correlation"] == pytest.approx(-1.0, abs=0.01), "turned around"
    assert report["n"] > 10 and report["other_band"] > 0.3 and report["moves"]
    with pytest.raises(InputError, match="no phase 'nowhere'; allowed: awareness"):
        canary_models.run(shop, "churn", "nowhere")
