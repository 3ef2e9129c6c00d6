"""What a registered version is made of: its own files, and what its run kept of the rows it was judged on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from features.cutoffs import midnight_us
from features.errors import InputError
from models.actions.judged_decisions import JUDGED, JudgedDecisions, read_judged
from models.tracking.aliases import MODEL_ID

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

PREDICTIONS = "out_of_time.parquet"


def model_folder(client: MlflowClient, version: ModelVersion, place: Path) -> Path:
    """Fetch the files of a version, as ``models/bundle.py`` or ``models/policy.py`` wrote them.

    Parameters
    ----------
    client : MlflowClient
        An open store; its address must be set (`models.tracking.aliases.store_address`).
    version : ModelVersion
        With the tag of its logged model.
    place : Path
        An existing folder to fetch into; left empty where the store lies on this machine.

    Raises
    ------
    InputError
        If the files cannot be fetched.
    """
    import mlflow.artifacts

    phase = version.name.rsplit(".", 1)[-1]
    try:
        location = client.get_logged_model(version.tags[MODEL_ID]).artifact_location
        found = mlflow.artifacts.download_artifacts(
            artifact_uri=f"{location.rstrip('/')}/artifacts/{phase}", dst_path=str(place)
        )
    except Exception as error:  # whatever the store of the artifacts raises
        raise InputError(
            f"the files of {version.name} version {version.version} cannot be fetched from the MLflow store "
            f"({type(error).__name__}); were they deleted or moved? promote another version: "
            f"klantreis registry list"
        ) from error
    return Path(found)


def run_file(client: MlflowClient, version: ModelVersion, name: str, place: Path) -> Path | None:
    """Fetch one artifact of the run that made a version; None if the run has no such artifact."""
    from mlflow.exceptions import MlflowException

    try:
        return Path(client.download_artifacts(version.run_id or "", name, str(place)))
    except (MlflowException, OSError):
        return None


def predictions_of(
    client: MlflowClient, version: ModelVersion, target: str, phase: str, place: Path
) -> pd.DataFrame | None:
    """Read the out-of-time predictions of one phase from the run of a version.

    Returns
    -------
    DataFrame or None
        One row per customer and cutoff: ``customer_id``, ``cutoff_us``, ``y``, ``p``. None where the run was
        tracked without them.
    """
    path = run_file(client, version, f"{target}/{PREDICTIONS}", place)
    if path is None:
        return None
    rows = pd.read_parquet(path, columns=["customer_id", "cutoff_us", "phase", "y", "p"])
    return rows[rows["phase"].astype(str) == phase].drop(columns="phase").reset_index(drop=True)


def judged_of(client: MlflowClient, version: ModelVersion, phase: str, place: Path) -> JudgedDecisions | None:
    """Read the decisions that a policy was judged on, from the run of its version.

    Returns
    -------
    JudgedDecisions or None
        None where the run was tracked without them, or compared nothing in this phase.
    """
    path = run_file(client, version, f"next_action/{JUDGED}", place)
    return read_judged(path, phase) if path else None


def scored_at_us(client: MlflowClient, version: ModelVersion) -> int | None:
    """Give the moment of scoring of a version's run; None where it does not say. Nothing it learnt from is later."""
    from mlflow.exceptions import MlflowException

    try:
        day = client.get_run(version.run_id or "").data.tags.get("as_of", "")
        return midnight_us(date.fromisoformat(day))
    except (MlflowException, ValueError):
        return None
