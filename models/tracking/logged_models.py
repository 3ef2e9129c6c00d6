"""One phase model into MLflow: code, text boosters and JSON, its columns and requirements spelled out."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from models.tracking.content import ModelContent

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

#: What a server needs to run a logged model, in the versions of this environment. Spelled out, because to
#: find out by itself MLflow imports everything once more: half a minute per model.
REQUIREMENTS = ("mlflow", "numpy", "pandas", "lightgbm")
PROBABILITY = (("double", "p"),)
ACTION = (("string", "action"), ("double", "value"), ("double", "effect"))


def log_model(client: MlflowClient, experiment: str, run_id: str, model: ModelContent) -> str:
    """Log one model as code with text files; it loads without pickles and without this repository.

    Parameters
    ----------
    client : MlflowClient
        An open store.
    experiment, run_id : str
        Where it belongs.
    model : ModelContent
        What to log.

    Returns
    -------
    str
        The model id; the model loads as ``models:/<model id>``.
    """
    import mlflow.pyfunc
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    logged = client.create_logged_model(
        experiment,
        name=f"{model.target}-{model.phase}",
        source_run_id=run_id,
        tags=model.tags,
        params={name: model.tags[name] for name in ("target", "phase", "candidate", "eligible")},
        model_type=model.target,
    )
    code = "served_policy.py" if model.target == "next_action" else "served_model.py"
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # "An input example was not provided": the signature is explicit, and an example would be a customer.
        warnings.simplefilter("ignore", UserWarning)
        place = Path(folder) / "model"
        mlflow.pyfunc.save_model(
            str(place),
            python_model=str(Path(__file__).with_name(code)),
            artifacts={"model": str(model.folder)},
            signature=_signature(model),
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                model_uuid=logged.model_id,
                run_id=run_id,
                model_id=logged.model_id,
            ),
        )
        for compiled in list(place.rglob("__pycache__")):
            shutil.rmtree(compiled)
        client.log_model_artifacts(logged.model_id, str(place))
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    client.finalize_logged_model(logged.model_id, "READY")
    return str(logged.model_id)


def _signature(model: ModelContent) -> ModelSignature:
    """Doubles throughout: an integer column cannot hold a missing value, and a float32 passes as a double."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    columns: list[ColSpec | TensorSpec] = [ColSpec("double", name) for name in model.columns]
    # A base rate needs no column, but rows without a column cannot be counted: one that every row has.
    columns = columns or [ColSpec("double", "days_in_phase")]
    outputs = ACTION if model.target == "next_action" else PROBABILITY
    return ModelSignature(Schema(columns), Schema([ColSpec(kind, name) for kind, name in outputs]))
