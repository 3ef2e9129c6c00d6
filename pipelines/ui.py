"""Command ``ui``: the MLflow server on this machine, and the link that opens the experiment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import typer

from features.errors import InputError
from models.tracking.address import artifact_root, tracking_uri
from pipelines.paths import Project


def link(root: Path, port: int) -> str:
    """Give the address of the experiment page, in the mode for models rather than for chat agents.

    Parameters
    ----------
    root : Path
        Project folder.
    port : int
        Of the server on this machine.
    """
    record = Project(root).reports / "mlflow_run.json"
    page = ""
    if record.is_file():
        experiment = json.loads(record.read_text(encoding="utf-8"))["experiment_id"]
        page = f"/experiments/{experiment}/runs"
    return f"http://127.0.0.1:{port}/#{page}?workflowType=machine_learning"


def run(root: Path, port: int) -> None:
    """Start the server and stay until it is stopped (Ctrl-C).

    Raises
    ------
    InputError
        If runs go to a server elsewhere: its own page shows them.
    """
    uri = tracking_uri(root)
    if uri.startswith(("http:", "https:")):
        raise InputError(
            f"runs go to the server of MLFLOW_TRACKING_URI ({uri}); open that page, or unset the variable"
        )
    typer.echo(f"Open  {link(root, port)}\n(the server needs up to a minute; stop it with Ctrl-C)")
    variables = {
        **os.environ,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = [
        sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri,
        "--default-artifact-root", artifact_root(root), "--port", str(port),
    ]  # fmt: skip
    try:
        subprocess.run(command, env=variables, check=False)
    except KeyboardInterrupt:
        typer.echo("stopped")
