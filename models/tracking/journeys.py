"""The comparison of phase models in MLflow: one run per journey, side by side, never logged twice."""

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


def log_comparison(
    root: Path, settings: TrackingSettings, compared: Mapping[str, Any], report: Path
) -> dict[str, str]:
    """Write one run per journey into the experiment; a run with the same numbers is found again.

    Parameters
    ----------
    root : Path
        The project folder.
    settings : TrackingSettings
        Which experiment.
    compared : mapping
        Content of ``reports/journeys.json``.
    report : Path
        That file; it goes along as an artifact.

    Returns
    -------
    dict of str to str
        Journey to run id.
    """
    client = connect(root)
    with explained(tracking_uri(root)), writing(root):
        experiment = experiment_of(client, root, settings.experiment)
        runs = {}
        # The newest run stands on top in the UI: written last to first, the journey in use is on top.
        for name in reversed(compared["journeys"]):
            metrics = dict(comparison_metrics(compared, name))
            content = json.dumps([name, metrics, compared["source"], compared["as_of"]], sort_keys=True)
            key = hashlib.sha256(content.encode()).hexdigest()[:16]
            found = finished(client, experiment, key)
            if found is None:
                delete_leftovers(client, experiment, key)
            runs[name] = (
                found.info.run_id if found else _write(client, experiment, key, compared, name, report)
            )
            logger.info("MLflow: journey %s %s", name, "found again" if found else "written")
        return {name: runs[name] for name in compared["journeys"]}


def comparison_metrics(compared: Mapping[str, Any], journey: str) -> Iterator[tuple[str, float]]:
    """Give the numbers of one journey as MLflow shows them: ``<target>/<metric> <what predicts>``.

    Examples
    --------
    >>> rungs = {"model": {"log_loss": 0.5, "difference": -0.1, "low": -0.2, "high": 0.0}}
    >>> dict(comparison_metrics({"targets": {"churn": {"journeys": {"5k": rungs}}}}, "5k"))["churn/log_loss model"]
    0.5
    """
    for target, found in compared["targets"].items():
        for rung, numbers in found["journeys"].get(journey, {}).items():
            for metric, value in numbers.items():
                yield f"{target}/{metric} {rung.replace('_', ' ')}", float(value)


def _write(
    client: MlflowClient, experiment: str, key: str, compared: Mapping[str, Any], name: str, report: Path
) -> str:
    from mlflow.entities import Metric, Param

    tags = {
        KEY: key, "klantreis.level": "journey", "journey": name, "source": str(compared["source"]),
        "as_of": str(compared["as_of"]), "mlflow.source.name": "klantreis journeys compare",
        "mlflow.source.type": "LOCAL",
        "mlflow.note.content": "How well this phase model foresees churn and readiness, on the same customers and "
        "cutoffs as its sister runs (`log_loss`, lower is better; `difference` to the first journey).",
    }  # fmt: skip
    run = client.create_run(experiment, tags=tags, run_name=f"journey {name}")
    moment = run.info.start_time
    try:
        metrics = [Metric(metric, value, moment, 0) for metric, value in comparison_metrics(compared, name)]
        phases = ", ".join(compared["shares"][name])
        client.log_batch(run.info.run_id, metrics, [Param("journey", name), Param("phases", phases)])
        client.log_artifact(run.info.run_id, str(report))
    except BaseException:
        with suppress(Exception):  # the store may be what failed; then the run stays RUNNING
            client.set_terminated(run.info.run_id, "FAILED")
        raise
    client.set_terminated(run.info.run_id, "FINISHED")
    return str(run.info.run_id)
