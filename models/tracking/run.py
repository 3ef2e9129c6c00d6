"""Write the run to MLflow, once: equal results are found again by their content key, never logged twice."""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.atomic import replacing
from features.errors import InputError
from models.settings import TrackingSettings
from models.tracking.address import DATABASES, artifact_root, scheme_of, shown, tracking_uri
from models.tracking.content import RunContent, read_content
from models.tracking.logged_models import log_model

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Run

logger = logging.getLogger(__name__)

KEY = "klantreis.key"
RECORD = "reports/mlflow_run.json"
#: Name of the feature table in the UI; its digest is how the md5 begins that DVC knows it by.
DATASET = "features"
NOTE = """One run = one execution of the pipeline. Metrics are read as `target/metric phase` \
(`churn/lift10 decision`), `target/metric mean` (plain mean over the phases), `target/metric all` \
(everybody).

- **Compare**: tick runs, *Compare*; start from `churn/log_loss mean` and `readiness/log_loss mean` (lower \
is better), then `lift10` per phase. Compare only runs with the same tags `source`, `as_of` and `journey`.
- **Models**: one row per target x phase; the columns `model/...` are that model's out-of-time metrics \
(at run level: their mean).
- **Journey**: `journey/drop-off <phase>` (share of customers silent 8 weeks later; in a shorter log, of stays that \
end in silence) and `journey/loop` (share of orders after which the customer looks around again and orders again).
- **Phase models**: the runs called `journey <name>` come from `klantreis journeys compare` and hold no models. Tick \
them, *Compare*: `log_loss model` per target, lower is better; `difference`, `low` and `high` are against the \
journey in use.
- **Artifacts** of a run: `report.html`, `journey_map.svg`, `plots/`, and the tables `segment_lift.json`, \
`journey_kpis.json` and `journey_transitions.json`.

If the page speaks of agents and traces, switch *GenAI* to *Model training* (top left).
"""


def connect(root: Path) -> MlflowClient:
    """Open the store that ``tracking_uri`` names; a store that does not answer is said quickly.

    Parameters
    ----------
    root : Path
        The project folder.

    Raises
    ------
    InputError
        If the store cannot be reached or read, naming ``MLFLOW_TRACKING_URI``.
    """
    uri = tracking_uri(root)
    # Read by MLflow when it works, not when it is imported; what the user has set goes first.
    for name, value in {
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    for chatty in ("alembic", "mlflow.store.db.utils"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        if uri.startswith("sqlite:"):
            _create_database(Path(uri.removeprefix("sqlite:///").split("?", 1)[0]), artifact_root(root))
        client = MlflowClient(uri, registry_uri=os.environ.get("MLFLOW_REGISTRY_URI") or uri)
        client.search_experiments(max_results=1)
    except Exception as error:  # whatever the driver of the store raises at first contact
        reason = re.sub(r"\s+", " ", str(error)).replace(uri, shown(uri))[:300]
        raise InputError(
            f"MLflow does not answer at {shown(uri)}: {reason}; start the server, correct "
            f"MLFLOW_TRACKING_URI, or unset it to use mlflow.db in the project folder"
        ) from error
    return client


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
        ``uri`` (no machine path, no password), ``models`` (target to phase to model id) and ``reused``.

    Raises
    ------
    InputError
        If the store cannot be reached, or an output of an earlier stage is missing.
    """
    content = read_content(root, params, defaults, phases)
    client = connect(root)
    experiment = _experiment(client, root, settings.experiment)
    found = _finished(client, experiment, content.key)
    if found is None:
        _delete_leftovers(client, experiment, content.key)
        run, models = _write(client, experiment, content)
    else:
        run, models = found, _models_of(client, experiment, found.info.run_id)
        _add_experiment_name(client, found)
    record = {
        "run_id": run.info.run_id,
        "key": content.key,
        "experiment": settings.experiment,
        "experiment_id": experiment,
        "uri": shown(tracking_uri(root)),
        "models": models,
        "reused": found is not None,
    }
    with replacing(root / RECORD) as beside:
        beside.write_text(json.dumps(record, sort_keys=True, indent=1) + "\n", encoding="utf-8")
    what = "found again" if record["reused"] else "written"
    logger.info("MLflow: run %s %s, experiment %s", run.info.run_name, what, settings.experiment)
    return record


def _create_database(path: Path, artifacts: str) -> None:
    """Build a new database beside and link it into place: a kill during the migrations leaves nothing."""
    if path.exists():
        return
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f"{path.name}-") as folder:
        beside = Path(folder) / path.name
        store = SqlAlchemyStore(f"sqlite:///{beside}", artifacts)  # type: ignore[no-untyped-call]
        store.engine.dispose()
        try:
            # Unlike a rename this never replaces the database that another process made in the meantime.
            path.hardlink_to(beside)
        except FileExistsError:
            logger.info("another process has just created %s", path.name)


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


def _finished(client: MlflowClient, experiment: str, key: str) -> Run | None:
    return next((run for run in _runs_with(client, experiment, key) if run.info.status == "FINISHED"), None)


def _logged_models(client: MlflowClient, experiment: str, run_id: str) -> list[Any]:
    return list(client.search_logged_models([experiment], f"source_run_id = '{run_id}'", max_results=1000))


def _models_of(client: MlflowClient, experiment: str, run_id: str) -> dict[str, dict[str, str]]:
    models: dict[str, dict[str, str]] = {}
    for model in _logged_models(client, experiment, run_id):
        models.setdefault(model.tags["target"], {})[model.tags["phase"]] = model.model_id
    return models


def _delete_leftovers(client: MlflowClient, experiment: str, key: str) -> None:
    for run in _runs_with(client, experiment, key):
        logger.info(
            "MLflow: run %s was cut off (%s); it is written again", run.info.run_name, run.info.status
        )
        for model in _logged_models(client, experiment, run.info.run_id):
            client.delete_logged_model(model.model_id)
        client.delete_run(run.info.run_id)


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

    run = client.create_run(experiment, tags=dict(content.tags), run_name=content.name)
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
        with suppress(
            Exception
        ):  # the store may be what failed; then the run stays RUNNING, which is as good
            client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")
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
    import pandas as pd

    tables = {name: pd.DataFrame(rows) for name, rows in content.tables.items()}
    if content.table is not None:
        tables[content.table.stem] = pd.read_csv(content.table)
    for name, table in tables.items():
        # As objects: MLflow looks for pictures in text columns in a way that pandas 3 warns about.
        client.log_table(run_id, table.astype(object), f"{name}.json")
