"""Write the run to MLflow, once: equal results are found again by their content key, never logged twice."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.atomic import replacing
from features.errors import InputError
from models.settings import TrackingSettings
from models.tracking.address import DATABASES, artifact_root, scheme_of, shown, tracking_uri
from models.tracking.content import RunContent, read_content
from models.tracking.experiment_page import NOTE, VIEW, write_page
from models.tracking.logged_models import log_model
from models.tracking.once import first_finished, is_being_written, is_whole, remove, writer, writing
from models.tracking.store import connect as connect
from models.tracking.store_health import explained, short_patience
from models.tracking.tables import tables_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Run

logger = logging.getLogger(__name__)

KEY = "klantreis.key"
RECORD = "reports/mlflow_run.json"
#: Name of the feature table in the UI; its digest is how the md5 begins that DVC knows it by.
DATASET = "features"


def track(
    root: Path,
    settings: TrackingSettings,
    params: Mapping[str, Any],
    defaults: Mapping[str, Any],
    phases: Sequence[str],
) -> dict[str, Any]:
    """Write parameters, metrics, models, tables and pictures of this execution as one MLflow run.

    A run with the same content is reused; one that was cut off halfway is deleted and written again. A run
    is ``RUNNING`` until its last byte is there.

    Parameters
    ----------
    root : Path
        The project folder, with ``reports/`` and ``artifacts/`` of the stages before.
    settings : TrackingSettings
        Which experiment.
    params, defaults : mapping
        The whole of ``params.yaml`` with what the source declares filled in, and the same keys by default.
    phases : sequence of str
        Phases of the journey, in order.

    Returns
    -------
    dict
        Also written to ``reports/mlflow_run.json``: ``run_id``, ``key``, ``experiment``, ``experiment_id``,
        ``view`` (of the experiment page), ``uri`` (no machine path, no password), ``models`` (target to phase
        to model id) and ``reused``.

    Raises
    ------
    InputError
        If the store cannot be reached, or an output of an earlier stage is missing.
    """
    content = read_content(root, params, defaults, phases)
    client = connect(root)
    with explained(tracking_uri(root)), writing(root):
        experiment = _experiment(client, root, settings.experiment)
        found = _finished(client, experiment, content.key, models=len(content.models))
        _delete_leftovers(client, experiment, content.key)
        if found is None:
            run, models = _write(client, experiment, content)
        else:
            run, models = found, _models_of(client, experiment, found.info.run_id)
            _add_experiment_name(client, found)
        write_page(client, experiment, list(content.metrics))
    record = {
        "run_id": run.info.run_id,
        "key": content.key,
        "experiment": settings.experiment,
        "experiment_id": experiment,
        "view": VIEW,
        "uri": shown(tracking_uri(root)),
        "models": models,
        "reused": found is not None,
    }
    with replacing(root / RECORD) as beside:
        beside.write_text(json.dumps(record, sort_keys=True, indent=1) + "\n", encoding="utf-8")
    what = "found again" if record["reused"] else "written"
    logger.info("MLflow: run %s %s, experiment %s", run.info.run_name, what, settings.experiment)
    return record


def _experiment(client: MlflowClient, root: Path, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        database = scheme_of(tracking_uri(root)) in DATABASES
        try:
            # A server knows best where its artifacts go; with a database only, the place must be absolute.
            return client.create_experiment(
                name,
                artifact_location=artifact_root(root) if database else None,
                tags={"mlflow.note.content": NOTE, "mlflow.experimentKind": "custom_model_development"},
            )
        except MlflowException:
            found = client.get_experiment_by_name(name)  # another process was first
            if found is None:
                raise
    if found.lifecycle_stage != "active":
        raise InputError(
            f"the MLflow experiment {name!r} has been deleted; choose another name in params.yaml "
            f"(tracking.experiment) or restore it: mlflow experiments restore -x {found.experiment_id}"
        )
    return str(found.experiment_id)


def _runs_with(client: MlflowClient, experiment: str, key: str) -> Sequence[Run]:
    return client.search_runs([experiment], f"tags.`{KEY}` = '{key}'", order_by=["attributes.start_time ASC"])


def _finished(client: MlflowClient, experiment: str, key: str, models: int = 0) -> Run | None:
    """Find the run of this content; one that has lost some of its models does not count."""
    runs = [
        run
        for run in _runs_with(client, experiment, key)
        if not models or is_whole(_logged_models(client, experiment, run.info.run_id), models)
    ]
    return first_finished(runs)


def _logged_models(client: MlflowClient, experiment: str, run_id: str) -> list[Any]:
    return list(client.search_logged_models([experiment], f"source_run_id = '{run_id}'", max_results=1000))


def _models_of(client: MlflowClient, experiment: str, run_id: str) -> dict[str, dict[str, str]]:
    models: dict[str, dict[str, str]] = {}
    for model in _logged_models(client, experiment, run_id):
        models.setdefault(model.tags["target"], {})[model.tags["phase"]] = model.model_id
    return models


def _delete_leftovers(client: MlflowClient, experiment: str, key: str) -> None:
    """Delete the runs of this content that were cut off; those that another process still writes are its own."""
    alone = scheme_of(client.tracking_uri) == "sqlite"
    for run in _runs_with(client, experiment, key):
        models = _logged_models(client, experiment, run.info.run_id)
        if run.info.status != "FINISHED" and not is_being_written(run, models, alone):
            logger.info("MLflow: run %s was cut off (%s); deleted", run.info.run_name, run.info.status)
            remove(client, run, models)


def _add_experiment_name(client: MlflowClient, run: Run) -> None:
    """Keep the names of all the DVC experiments that reached these results."""
    name = os.environ.get("DVC_EXP_NAME", "")
    names = [word for word in run.data.tags.get("dvc.exp", "").split(", ") if word]
    if name and name not in names:
        client.set_tag(run.info.run_id, "dvc.exp", ", ".join([*names, name]))


def _write(
    client: MlflowClient, experiment: str, content: RunContent
) -> tuple[Run, dict[str, dict[str, str]]]:
    from mlflow.entities import Param

    run = client.create_run(experiment, tags={**content.tags, **writer()}, run_name=content.name)
    run_id, models = run.info.run_id, dict[str, dict[str, str]]()
    try:
        # The newest model stands on top in the UI: written last to first, they read in journey order.
        for model in reversed(content.models):
            model_id = log_model(client, experiment, run_id, model)
            models.setdefault(model.target, {})[model.phase] = model_id
        client.log_batch(
            run_id,
            _metrics(content, models, run_id, run.info.start_time),
            [Param(name, value) for name, value in content.params.items()],
        )
        _log_files(client, run_id, content)
    except BaseException:
        # The store may be what failed; then the run stays RUNNING, which is as good.
        with suppress(Exception), short_patience():
            client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")
    first = _finished(client, experiment, content.key, models=len(content.models))
    if first is not None and first.info.run_id != run_id:  # written on another machine at the same time
        remove(client, run, _logged_models(client, experiment, run_id))
        return first, _models_of(client, experiment, first.info.run_id)
    return run, models


def _metrics(
    content: RunContent, models: Mapping[str, Mapping[str, str]], run_id: str, moment: int
) -> list[Metric]:
    """Numbers of the run, and of each model bound to it.

    A number bound to a model also lands on the run, where the last model would win: the mean over all models,
    one millisecond later, takes that place.
    """
    from mlflow.entities import Metric

    data = {"dataset_name": DATASET, "dataset_digest": content.data[:8]} if content.data else {}
    found = [Metric(name, value, moment, 0) for name, value in content.metrics.items()]
    for model in content.models:
        model_id = models[model.target][model.phase]
        for name, value in model.metrics.items():
            found.append(Metric(f"model/{name}", value, moment, 0, model_id=model_id, run_id=run_id, **data))
    found += [Metric(f"model/{name}", value, moment + 1, 0) for name, value in content.model_means.items()]
    return found


def _log_files(client: MlflowClient, run_id: str, content: RunContent) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    if content.data:
        place = json.dumps({"uri": "data/features.parquet"})
        data = Dataset(DATASET, content.data[:8], "local", place)
        client.log_inputs(run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])
    for path, folder in content.files:
        client.log_artifact(run_id, str(path), folder or None)
    for name, table in tables_of(content).items():
        # As objects: MLflow looks for pictures in text columns in a way that pandas 3 warns about.
        client.log_table(run_id, table.astype(object), f"tables/{name}.json")
