"""A tuning study in MLflow: one run with its trials as a curve and a table, never logged twice."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.settings import TrackingSettings
from models.tracking.address import tracking_uri
from models.tracking.once import writing
from models.tracking.run import KEY, connect
from models.tracking.run import _delete_leftovers as delete_leftovers
from models.tracking.run import _experiment as experiment_of
from models.tracking.run import _finished as finished
from models.tracking.store_health import explained

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)


def log_study(root: Path, settings: TrackingSettings, tuned: Mapping[str, Any], report: Path) -> str:
    """Write one run for a study; one with the same trials and results is found again.

    Parameters
    ----------
    root : Path
        The project folder.
    settings : TrackingSettings
        Which experiment.
    tuned : mapping
        Content of ``reports/tuning.json``.
    report : Path
        That file; it goes along as an artifact.

    Returns
    -------
    str
        The run id.
    """
    client = connect(root)
    with explained(tracking_uri(root)), writing(root):
        experiment = experiment_of(client, root, settings.experiment)
        key = hashlib.sha256(json.dumps(tuned, sort_keys=True).encode()).hexdigest()[:16]
        found = finished(client, experiment, key)
        if found is None:
            delete_leftovers(client, experiment, key)
        run_id = str(found.info.run_id) if found else _write(client, experiment, key, tuned, report)
        logger.info("MLflow: study %s", "found again" if found else "written")
        return run_id


def study_metrics(tuned: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Give the numbers of a study as MLflow shows them.

    Examples
    --------
    >>> found = {"default": 0.5, "best": 0.4, "gain": 0.1, "low": 0.05, "high": 0.15}
    >>> dict(study_metrics({"targets": {"churn": found}}))["churn/tuning gain low"]
    0.05
    """
    named = {
        "default": "log_loss default", "best": "log_loss best", "gain": "gain", "low": "gain low", "high": "gain high"
    }  # fmt: skip
    for target, found in tuned["targets"].items():
        for name, said in named.items():
            if name in found:
                yield f"{target}/tuning {said}", float(found[name])


def _write(client: MlflowClient, experiment: str, key: str, tuned: Mapping[str, Any], report: Path) -> str:
    import pandas as pd
    from mlflow.entities import Metric, Param

    targets = ", ".join(tuned["asked"])
    tags = {
        KEY: key, "klantreis.level": "tuning", "source": str(tuned["source"]), "as_of": str(tuned["as_of"]),
        "verdict": str(tuned["verdict"]), "mlflow.source.name": "klantreis tune", "mlflow.source.type": "LOCAL",
        "mlflow.note.content": "Settings tried on past cutoffs, all before the test cutoffs. `trial loss`: log loss "
        "as a share of that of the base rate, lower is better, step 0 is params.yaml as it was; `trials.json` has the "
        "settings. `tuning gain`: log loss of params.yaml minus that of the best, on customers the search has not "
        "looked at.",
    }  # fmt: skip
    run = client.create_run(experiment, tags=tags, run_name=f"tune {targets}")
    run_id, moment = run.info.run_id, run.info.start_time
    try:
        metrics = [Metric(name, value, moment, 0) for name, value in study_metrics(tuned)]
        # A stopped trial has seen fewer cutoffs: its number does not compare.
        whole = [trial for trial in tuned["trials"] if not trial["stopped"]]
        metrics += [
            Metric("tuning/trial loss", trial["loss"], moment + place, trial["trial"])
            for place, trial in enumerate(whole)
        ]
        params = {"sampler": tuned["sampler"], "rows": tuned["rows"], "trials": len(tuned["trials"]) - 1}
        params |= {f"best.{name}": value for name, value in tuned["best"].items()}
        # The store takes a thousand numbers at once.
        for start in range(0, len(metrics), 1000):
            client.log_batch(run_id, metrics[start : start + 1000])
        client.log_batch(run_id, params=[Param(name, str(value)) for name, value in params.items()])
        client.log_artifact(run_id, str(report))
        # As objects: MLflow looks for pictures in text columns in a way that pandas 3 warns about.
        client.log_table(run_id, pd.DataFrame(tuned["trials"]).astype(object), "trials.json")
    except BaseException:
        with suppress(Exception):  # the store may be what failed; then the run stays RUNNING
            client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")
    return str(run_id)
