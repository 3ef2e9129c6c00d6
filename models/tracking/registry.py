"""Register the models of a run: `challenger` is the newest, `champion` the best proven on the same rows."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.atomic import replacing
from features.errors import InputError
from models.settings import TrackingSettings
from models.tracking.address import tracking_uri
from models.tracking.run import RECORD, connect

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion

logger = logging.getLogger(__name__)

REGISTERED = "reports/registered.json"
CHAMPION, CHALLENGER = "champion", "challenger"
#: Which number decides, and whether more of it is better.
JUDGES = {"churn": ("log_loss", False), "readiness": ("log_loss", False), "next_action": ("value", True)}
MODEL_ID = "klantreis.model_id"


def register(root: Path, settings: TrackingSettings) -> dict[str, Any]:
    """Register every eligible model of the tracked run that beats the baselines, once, and move the aliases.

    Parameters
    ----------
    root : Path
        The project folder, with ``reports/mlflow_run.json``.
    settings : TrackingSettings
        ``register_models: false`` leaves the registry alone.

    Returns
    -------
    dict
        Also written to ``reports/registered.json``: ``run_id``, ``models`` (``klantreis.<target>.<phase>`` to
        ``version``, ``aliases``, ``reason``) and ``not_registered`` (``<target>.<phase>`` to the reason).

    Raises
    ------
    InputError
        If the run is not in the store, or the store cannot be reached.
    """
    models: dict[str, Any] = {}
    refused: dict[str, str] = {}
    run = _tracked(root)
    if settings.register_models:
        client = connect(root)
        with _for_all_of_mlflow(tracking_uri(root)):
            for model in _logged(client, run):
                place = f"{model.tags['target']}.{model.tags['phase']}"
                why_not = _why_not(model)
                if why_not is None:
                    models[f"klantreis.{place}"] = _register(client, f"klantreis.{place}", model)
                else:
                    refused[place] = why_not
    record = {"run_id": run["run_id"], "models": models, "not_registered": refused}
    with replacing(root / REGISTERED) as beside:
        beside.write_text(json.dumps(record, sort_keys=True, indent=1) + "\n", encoding="utf-8")
    promoted = sum(CHAMPION in one["aliases"] for one in models.values())
    logger.info(
        "MLflow: %d models registered, %d champion, %d not registered",
        len(models),
        promoted,
        len(refused),
    )
    return record


def _why_not(model: LoggedModel) -> str | None:
    """Say why a model is not registered: its phase carries none, or it does not beat the baselines."""
    if model.tags["eligible"] != "true":
        return str(model.tags.get("reason", ""))
    # A run of before this gate, and the next best action, which has one of its own, carry no such tag.
    return str(model.tags["gate"]) if model.tags.get("beats_baselines") == "false" else None


@contextmanager
def _for_all_of_mlflow(uri: str) -> Iterator[None]:
    """Set the address for the process: a registry in a database looks models up there."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    os.environ["MLFLOW_TRACKING_URI"] = uri
    try:
        yield
    finally:
        del os.environ["MLFLOW_TRACKING_URI"]
        if before is not None:
            os.environ["MLFLOW_TRACKING_URI"] = before


def _tracked(root: Path) -> dict[str, Any]:
    path = root / RECORD
    if not path.is_file():
        raise InputError(f"{RECORD} is missing; run the track stage first: klantreis track")
    run: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return run


def _logged(client: MlflowClient, run: dict[str, Any]) -> Iterator[LoggedModel]:
    from mlflow.exceptions import MlflowException

    for phases in run["models"].values():
        for model_id in phases.values():
            try:
                yield client.get_logged_model(model_id)
            except MlflowException as error:
                raise InputError(
                    f"model {model_id} of {RECORD} is not in the MLflow store {run['uri']}; was the store "
                    f"replaced, or MLFLOW_TRACKING_URI changed? run klantreis track again"
                ) from error


def _register(client: MlflowClient, name: str, model: LoggedModel) -> dict[str, Any]:
    version = _version_of(client, name, model)
    aliases = client.get_registered_model(name).aliases
    holder = aliases.get(CHAMPION)
    wins, reason = _judge(client, name, model, version, holder)
    client.set_registered_model_alias(name, CHALLENGER, version.version)
    if wins and holder != version.version:
        client.set_registered_model_alias(name, CHAMPION, version.version)
    return {
        "version": int(version.version),
        "model_id": model.model_id,
        "aliases": [CHAMPION, CHALLENGER] if wins else [CHALLENGER],
        "champion_version": int(version.version if wins else holder or 0),
        "reason": reason,
    }


def _version_of(client: MlflowClient, name: str, model: LoggedModel) -> ModelVersion:
    """Find the version made of this model, or make it: a model is registered once."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(
            name, tags={"target": model.tags["target"], "phase": model.tags["phase"]}
        )
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    for version in client.search_model_versions(f"name = '{name}'"):
        if version.tags.get(MODEL_ID) == model.model_id:
            return version
    version = client.create_model_version(
        name,
        source=f"models:/{model.model_id}",
        run_id=model.source_run_id,
        model_id=model.model_id,
        tags={MODEL_ID: model.model_id, "judged_on": model.tags.get("judged_on", "")},
        description=model.tags.get("reason", ""),
    )
    # The column "Registered models" of the Models tab reads this; a registry in a database leaves it out.
    client.set_logged_model_tags(
        model.model_id, {"mlflow.modelVersions": json.dumps([{"name": name, "version": version.version}])}
    )
    return version


def _judge(
    client: MlflowClient, name: str, model: LoggedModel, version: ModelVersion, holder: str | None
) -> tuple[bool, str]:
    """Whether the model becomes (or stays) champion, and why."""
    if holder is None:
        return True, "first of its name"
    if holder == version.version:
        return True, "already champion"
    champion = client.get_logged_model(client.get_model_version(name, holder).tags[MODEL_ID])
    metric, more_is_better = JUDGES[model.tags["target"]]
    new, old = _value(model, metric), _value(champion, metric)
    if new is None:
        return False, f"no out-of-time {metric}: the phase is too small to judge"
    if old is None:
        return True, f"champion version {holder} has no out-of-time {metric}"
    if model.tags.get("judged_on") != champion.tags.get("judged_on"):
        return False, (
            f"not comparable: champion version {holder} was judged on other customers, cutoffs or outcomes; "
            f"score both on the same rows, or move the alias by hand"
        )
    if new == old:
        return True, f"{metric} {new:.6g}, equal to champion version {holder}"
    better = new > old if more_is_better else new < old
    return (
        better,
        f"{metric} {new:.6g}, {'better' if better else 'worse'} than champion version {holder} ({old:.6g})",
    )


def _value(model: LoggedModel, metric: str) -> float | None:
    values = [found.value for found in model.metrics or [] if found.key == f"model/{metric}"]
    return float(values[-1]) if values else None
