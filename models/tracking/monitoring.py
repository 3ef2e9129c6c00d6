"""What ``monitor`` and ``mature`` found, in MLflow: one run each, never logged twice, with numbers over time."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.settings import TrackingSettings
from models.tracking.run import KEY, connect
from models.tracking.run import _delete_leftovers as delete_leftovers
from models.tracking.run import _experiment as experiment_of
from models.tracking.run import _finished as finished

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

logger = logging.getLogger(__name__)

#: Behind the name of the experiment of the models, so that neither stands in the way of the other.
SUFFIX = "-monitoring"
#: Name, value, and the day (YYYY-MM-DD) it is about.
Number = tuple[str, float, str]
_NOTES = {
    "monitor": "What changed in sources, log, features and scores. `alarms` is what somebody must look at, "
    "`by chance` how "
    "many comparisons passed at a past moment; `<check>/...` are numbers over time (choose *Time* as the x-axis).",
    "mature": "Old scores against what happened. `<score>/lift <weeks>w` of the top of the list, `gap` what "
    "was expected "
    "minus what happened; the time of a number is the moment of scoring (choose *Time* as the x-axis).",
}  # fmt: skip


def log_monitor(root: Path, settings: TrackingSettings, found: Mapping[str, Any], report: Path) -> str:
    """Write one run for what ``monitor`` found; one with the same findings is found again.

    Parameters
    ----------
    root : Path
        The project folder.
    settings : TrackingSettings
        Which experiment; ``-monitoring`` is put behind its name.
    found : mapping
        Content of ``reports/monitor.json``.
    report : Path
        That file; it goes along as an artifact.

    Returns
    -------
    str
        The run id.
    """
    tags = {
        "as_of": str(found["as_of"]),
        "model_version": str(found["model_version"]),
        "journey": str(found["journey"]),
    }
    return _log(root, settings, "monitor", found, tags, list(monitor_numbers(found)), report)


def log_mature(root: Path, settings: TrackingSettings, found: Mapping[str, Any], report: Path) -> str:
    """Write one run for how old scores did; one with the same numbers is found again.

    Parameters
    ----------
    root, settings, report
        See `log_monitor`.
    found : mapping
        Content of ``reports/mature.json``.
    """
    tags = {"as_of": str(found["known_until"])}
    return _log(root, settings, "mature", found, tags, list(mature_numbers(found)), report)


def monitor_numbers(found: Mapping[str, Any]) -> Iterator[Number]:
    """Give the numbers of a ``monitor`` as MLflow shows them.

    Examples
    --------
    >>> series = [{"name": "decision", "measure": "mean psi", "points": [{"at": "2025-01-06", "value": 0.5}]}]
    >>> check = {"name": "features", "findings": [], "series": series}
    >>> found = {"as_of": "2025-01-06", "alarms": 0, "notes": 1, "compared": 7, "by_chance": None, "checks": [check]}
    >>> list(monitor_numbers(found))[-1]
    ('features/mean psi decision', 0.5, '2025-01-06')
    """
    day = str(found["as_of"])
    for name in ("alarms", "notes", "compared", "by_chance"):
        if found[name] is not None:
            yield name.replace("_", " "), float(found[name]), day
    for check in found["checks"]:
        alarms = sum(one["severity"] == "alarm" for one in check["findings"])
        yield f"alarms/{check['name']}", float(alarms), day
        for series in check["series"]:
            for point in series["points"]:
                yield (
                    f"{check['name']}/{series['measure']} {series['name']}",
                    float(point["value"]),
                    str(point["at"]),
                )


def mature_numbers(found: Mapping[str, Any]) -> Iterator[Number]:
    """Give the numbers of a ``mature`` as MLflow shows them, for everybody together.

    Examples
    --------
    >>> one = {"score": "p_ready", "phase": "all", "weeks": 4.0, "lift10": {"value": 2.0}, "ece": None}
    >>> one |= {"gap": {"value": 0.01}}
    >>> list(mature_numbers({"files": [{"as_of": "2025-01-06", "results": [one]}]}))
    [('p_ready/lift 4w', 2.0, '2025-01-06'), ('p_ready/gap 4w', 0.01, '2025-01-06')]
    """
    for file in reversed(found["files"]):
        for one in file["results"]:
            if one["phase"] != "all":
                continue
            numbers = {
                "lift": one["lift10"]["value"],
                "gap": (one["gap"] or {}).get("value"),
                "ece": one["ece"],
            }
            for name, value in numbers.items():
                if value is not None:
                    yield f"{one['score']}/{name} {one['weeks']:g}w", float(value), str(file["as_of"])


def _log(
    root: Path, settings: TrackingSettings, level: str, found: Mapping[str, Any], tags: Mapping[str, str],
    numbers: list[Number], report: Path,
) -> str:  # fmt: skip
    client = connect(root)
    experiment = experiment_of(client, root, settings.experiment + SUFFIX)
    key = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]
    before = finished(client, experiment, key)
    if before is None:
        delete_leftovers(client, experiment, key)
    whole = {
        KEY: key, "klantreis.level": level, "source": str(found["source"]), "state": str(found["state"]), **tags,
        "mlflow.source.name": f"klantreis {level}", "mlflow.source.type": "LOCAL", "mlflow.note.content": _NOTES[level],
    }  # fmt: skip
    run_id = str(before.info.run_id) if before else _write(client, experiment, level, whole, numbers, report)
    logger.info(
        "MLflow: %s %s, experiment %s",
        level,
        "found again" if before else "written",
        settings.experiment + SUFFIX,
    )
    return run_id


def _write(
    client: MlflowClient,
    experiment: str,
    level: str,
    tags: dict[str, str],
    numbers: list[Number],
    report: Path,
) -> str:
    run = client.create_run(experiment, tags=tags, run_name=f"{level} {tags['as_of']}")
    run_id = str(run.info.run_id)
    try:
        metrics = [_metric(*number) for number in numbers]
        # The store takes a thousand numbers at once.
        for start in range(0, len(metrics), 1000):
            client.log_batch(run_id, metrics[start : start + 1000])
        client.log_artifact(run_id, str(report))
    except BaseException:
        with suppress(Exception):  # the store may be what failed; then the run stays RUNNING
            client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")
    return run_id


def _metric(name: str, value: float, day: str) -> Metric:
    """Make a metric whose time is the day it is about, and whose step counts days: charts then run over time."""
    from mlflow.entities import Metric

    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    seconds = int(moment.timestamp())
    return Metric(name, value, seconds * 1000, seconds // 86_400)
