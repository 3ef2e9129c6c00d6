"""Register the models of a run: `challenger` is the newest, `champion` the one that passed the gate."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.atomic import replacing
from features.errors import InputError
from models.promotion.gate import Verdict
from models.settings import TrackingSettings
from models.tracking.address import tracking_uri
from models.tracking.aliases import (
    CHALLENGER,
    CHAMPION,
    DIGEST,
    MODEL_ID,
    QUESTION,
    ROLLED_BACK,
    How,
    aliases_of,
    crown,
    same_content,
    store_address,
    versions_of,
)
from models.tracking.judging import Gate
from models.tracking.once import writing
from models.tracking.run import RECORD, connect

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion

logger = logging.getLogger(__name__)

REGISTERED = "reports/registered.json"
#: Tag of a version: what the gate said when it was registered.
VERDICT = "klantreis.verdict"


def register(root: Path, settings: TrackingSettings, gate: Gate | None = None) -> dict[str, Any]:
    """Register every eligible model of the tracked run that beats the baselines, once, and move the aliases.

    Parameters
    ----------
    root : Path
        The project folder, with ``reports/mlflow_run.json``.
    settings : TrackingSettings
        ``register_models: false`` leaves the registry alone.
    gate : Gate, optional
        How a challenger is judged; left out: with the settings by default.

    Returns
    -------
    dict
        Also written to ``reports/registered.json``: ``run_id``, ``models`` (``klantreis.<target>.<phase>`` to
        ``version``, ``aliases``, ``champion_version``, ``reason``) and ``not_registered`` (``<target>.<phase>`` to
        the reason).

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
        with writing(root), store_address(tracking_uri(root)):
            for model in _logged(client, run):
                place = f"{model.tags['target']}.{model.tags['phase']}"
                why_not = _why_not(model)
                if why_not is None:
                    models[f"klantreis.{place}"] = _register(
                        client, f"klantreis.{place}", model, gate or Gate(root)
                    )
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


def _register(client: MlflowClient, name: str, model: LoggedModel, gate: Gate) -> dict[str, Any]:
    version = _version_of(client, name, model)
    number = str(version.version)
    holder = aliases_of(client, name).get(CHAMPION)
    found, how = _judged(client, name, version, holder, gate)
    client.set_registered_model_alias(name, CHALLENGER, number)
    client.set_model_version_tag(name, number, VERDICT, found.reason[:4000])
    if found.promote and holder != number:
        crown(client, name, number, how, found.reason)
    return {
        "version": int(number),
        "model_id": model.model_id,
        "aliases": [CHAMPION, CHALLENGER] if found.promote else [CHALLENGER],
        "champion_version": int(number if found.promote else holder or 0),
        "reason": found.reason,
    }


def _judged(
    client: MlflowClient, name: str, version: ModelVersion, holder: str | None, gate: Gate
) -> tuple[Verdict, How]:
    """Say whether a version becomes (or stays) champion, why, and by what right."""
    if holder == str(version.version):
        return Verdict(True, "already champion"), "gate"
    if back := [one for one in same_content(client, name, version) if ROLLED_BACK in one.tags]:
        told = (
            f"was rolled back ({back[0].tags[ROLLED_BACK]}); only klantreis registry promote brings it back"
        )
        return Verdict(False, told), "gate"
    if holder is None:
        return Verdict(True, "first of its name"), "first"
    found = gate.judge(client, version, client.get_model_version(name, holder))
    said = f"against champion version {holder}: {found.reason}"
    return Verdict(found.promote, said, found.comparable), "gate"


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
    for version in versions_of(client, name):
        if version.tags.get(MODEL_ID) == model.model_id:
            return version
    version = client.create_model_version(
        name,
        source=f"models:/{model.model_id}",
        run_id=model.source_run_id,
        model_id=model.model_id,
        tags={MODEL_ID: model.model_id}
        | {key: model.tags.get(key, "") for key in ("judged_on", QUESTION, DIGEST)},
        description=model.tags.get("reason", ""),
    )
    # The column "Registered models" of the Models tab reads this; a registry in a database leaves it out.
    client.set_logged_model_tags(
        model.model_id, {"mlflow.modelVersions": json.dumps([{"name": name, "version": version.version}])}
    )
    return version
